//! How long a training step of the encoder takes, and where the time goes.
//!
//! The workload is `transformer` of the comparison with PyTorch: 32 sequences of 256 random tokens, no padding, AdamW.
//! `cargo run --release -p ch20_transformer --example encoder_step`; `RAYON_NUM_THREADS=1` for one thread; `--seconds 20` for
//! longer than the 6 seconds; `--parts` for the parts as well. The capstone's `bench` measures the step alone.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::measure::{peak_memory, process_seconds};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, zero_grad};
use ch07_modules::count_parameters;
use ch09_optimizers::{AdamW, Optimizer};
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch13_data::Tokens;
use ch17_embeddings::Embedding;
use ch19_attention::{Mask, self_attention, self_attention_backward};
use ch20_transformer::{EncoderClassifier, EncoderConfig};

const BATCH: usize = 32;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let after = arguments.iter().position(|argument| argument == "--seconds").map(|at| at + 1);
    let seconds = after.and_then(|at| arguments.get(at)?.parse().ok()).unwrap_or(6.0);

    let config = EncoderConfig::default();
    let mut rng = Rng::new(0, "step");
    let mut model = EncoderClassifier::new(&config, &mut rng);
    let shape = [BATCH, config.max_tokens];
    let ids = Array::from_fn(shape, |_| rng.below(config.vocabulary) as i64);
    let input = Tokens { ids, mask: Array::full(shape, true) };
    let labels = Array::from_fn([BATCH], |_| rng.below(config.classes) as i64);
    let mut optimizer = AdamW::new();
    let criterion = CrossEntropy::<f32>::default();
    let mut step = || {
        zero_grad(&mut model);
        let logits = model.forward(&input);
        let loss = criterion.forward(&logits, &labels);
        model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, 1e-4);
        loss.item()
    };
    let first = step();
    step();
    let cpu = process_seconds();
    let (times, last) = measure(seconds, 10, &mut step);
    let cpu = (process_seconds() - cpu) / times.len() as f64;
    let (median, best) = (times[times.len() / 2], times[0]);
    println!(
        "{} parameters, {} threads, loss {first:.3} -> {last:.3}",
        count_parameters(&mut model),
        rayon::current_num_threads()
    );
    let steps = times.len();
    println!(
        "{steps} steps: median {:.0} ms, best {:.0} ms, {:.0} ms of processor time each",
        median * 1e3,
        best * 1e3,
        cpu * 1e3
    );
    println!(
        "{:.1} samples/s, best {:.1}; peak {:.0} MB",
        BATCH as f64 / median,
        BATCH as f64 / best,
        peak_memory().unwrap_or(f64::NAN)
    );
    if has("--parts") {
        parts(&config, &mut rng, &mut model, &mut optimizer);
    }
}

/// Runs `f` for this long, and at least so many times; the times in seconds, sorted, and the last result.
fn measure<R>(seconds: f64, at_least: usize, mut f: impl FnMut() -> R) -> (Vec<f64>, R) {
    let start = Instant::now();
    let mut times = Vec::new();
    loop {
        let begin = Instant::now();
        let result = f();
        times.push(begin.elapsed().as_secs_f64());
        if times.len() >= at_least && start.elapsed().as_secs_f64() >= seconds {
            times.sort_by(f64::total_cmp);
            return (times, result);
        }
    }
}

/// The parts of a step by themselves, each with the number of times that a step does it.
fn parts(config: &EncoderConfig, rng: &mut Rng, model: &mut EncoderClassifier, optimizer: &mut AdamW) {
    let (time, size, inner, layers) = (config.max_tokens, config.size, config.feed_forward, config.layers);
    let random = |features: usize| Tensor::normal([BATCH, time, features], 0.0, 1.0, &mut Rng::new(1, "x"));
    let (x, wide, qkv) = (random(size), random(inner), random(3 * size));
    let mut total = 0.0;
    let mut show = |name: &str, times: usize, gigaflop: f64, f: &mut dyn FnMut()| {
        f();
        let best = measure(0.3, 7, f).0[0];
        total += best * times as f64;
        let rate = if gigaflop > 0.0 { format!("{:6.0} GFLOP/s", gigaflop / best) } else { String::new() };
        println!("{name:34} {:7.2} ms x {times:2} = {:7.1} ms {rate}", best * 1e3, best * 1e3 * times as f64);
    };
    let tokens = (BATCH * time) as f64;
    for (name, inputs, outputs) in
        [("qkv", size, 3 * size), ("output", size, size), ("fc1", size, inner), ("fc2", inner, size)]
    {
        let mut linear = Linear::new(inputs, outputs, rng);
        let pick =
            |features: usize| [&x, &wide, &qkv].into_iter().find(|x| x.dim(2) == features).unwrap().clone();
        let (input, grad) = (pick(inputs), pick(outputs));
        let gigaflop = 2e-9 * tokens * (inputs * outputs) as f64;
        show(&format!("{name} forward"), 0, gigaflop, &mut || drop(black_box(linear.infer(input.clone()))));
        show(&format!("{name} forward, backward"), layers, 3.0 * gigaflop, &mut || {
            linear.forward(input.clone());
            black_box(linear.backward(grad.clone()));
        });
    }
    let gigaflop = 4e-9 * tokens * (time * size) as f64;
    let attended = self_attention(&qkv, config.heads, &Mask::NONE);
    show("attention forward", layers, gigaflop, &mut || {
        black_box(self_attention(&qkv, config.heads, &Mask::NONE));
    });
    show("attention backward", layers, 2.5 * gigaflop, &mut || {
        black_box(self_attention_backward(&x, &qkv, &attended, config.heads, &Mask::NONE));
    });
    let mut gelu = ActivationLayer::new(Activation::Gelu);
    show("gelu forward and backward", layers, 0.0, &mut || {
        let y = gelu.forward(wide.clone());
        black_box(gelu.backward(y));
    });
    let mut norm = LayerNorm::new(size);
    show("norm forward and backward", 2 * layers + 1, 0.0, &mut || {
        let y = norm.forward(x.clone());
        black_box(norm.backward(y));
    });
    let mut dropout = Dropout::new(config.dropout, rng);
    let mut y = x.copy();
    show("dropout forward and backward", 2 * layers + 1, 0.0, &mut || {
        y = dropout.forward(std::mem::replace(&mut y, Array::scalar(0.0)));
        y = dropout.backward(std::mem::replace(&mut y, Array::scalar(0.0)));
    });
    show("a sum of two", 4 * layers + 1, 0.0, &mut || drop(black_box(x.copy() + &x)));
    let mut embedding = Embedding::new(config.vocabulary, size, None, rng);
    let ids = Array::from_fn([BATCH, time], |_| rng.below(config.vocabulary) as i64);
    show("embedding forward and backward", 1, 0.0, &mut || {
        let y = embedding.forward(&ids);
        embedding.backward(y);
    });
    show("zero_grad", 1, 0.0, &mut || zero_grad(model));
    show("AdamW", 1, 0.0, &mut || optimizer.step(model, 1e-4));
    println!("together {:.0} ms", total * 1e3);
}
