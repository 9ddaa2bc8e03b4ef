//! How long a training step of GPT takes.
//!
//! The workload is `gpt` of the comparison with PyTorch: 16 sequences of 256 random tokens, six blocks of 256 features,
//! AdamW. `cargo run --release -p ch20_transformer --example gpt_step`; `RAYON_NUM_THREADS=1` for one thread; `--seconds 20`
//! for longer than the 6 seconds; `--parts` for the parts of a block as well. The capstone's `bench` measures the step
//! beside PyTorch's.

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
use ch19_attention::{Mask, self_attention, self_attention_backward};
use ch20_transformer::{Gpt, GptConfig, tied_logits, tied_logits_backward};

const BATCH: usize = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let after = arguments.iter().position(|argument| argument == "--seconds").map(|at| at + 1);
    let seconds = after.and_then(|at| arguments.get(at)?.parse().ok()).unwrap_or(6.0);

    let config = GptConfig::default();
    let mut rng = Rng::new(0, "step");
    let mut model = Gpt::new(&config, &mut rng);
    let mut draw = |shape: &[usize]| Array::from_fn(shape, |_| rng.below(config.vocabulary) as i64);
    let (ids, labels) = (draw(&[BATCH, config.max_tokens]), draw(&[BATCH * config.max_tokens]));
    let mut optimizer = AdamW::new();
    let criterion = CrossEntropy::<f32>::default();
    let mut step = || {
        zero_grad(&mut model);
        let logits = model.forward(&ids);
        let loss = criterion.forward(&logits, &labels);
        model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, 1e-4);
        loss.item()
    };
    step();
    step();
    let cpu = process_seconds();
    let (times, last) = measure(seconds, 5, &mut step);
    let cpu = (process_seconds() - cpu) / times.len() as f64;
    let (median, best) = (times[times.len() / 2], times[0]);
    let threads = rayon::current_num_threads();
    println!("{} parameters, {threads} threads, loss {last:.3}", count_parameters(&mut model));
    println!(
        "{} steps: median {:.0} ms, best {:.0} ms, {:.0} ms of processor time each",
        times.len(),
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
        parts(&config, &mut model, &mut optimizer);
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
fn parts(config: &GptConfig, model: &mut Gpt, optimizer: &mut AdamW) {
    let (time, size, inner, layers) = (config.max_tokens, config.size, config.feed_forward, config.layers);
    let random = |features: usize| Tensor::normal([BATCH, time, features], 0.0, 1.0, &mut Rng::new(1, "x"));
    let (x, wide, qkv) = (random(size), random(inner), random(3 * size));
    let mut total = 0.0;
    let mut show = |name: &str, times: usize, gigaflop: f64, f: &mut dyn FnMut()| {
        f();
        let best = measure(0.3, 5, f).0[0];
        total += best * times as f64;
        let rate = if gigaflop > 0.0 { format!("{:6.0} GFLOP/s", gigaflop / best) } else { String::new() };
        println!("{name:30} {:7.2} ms x {times:2} = {:7.1} ms {rate}", best * 1e3, best * 1e3 * times as f64);
    };
    let tokens = (BATCH * time) as f64;
    let mut rng = Rng::new(2, "parts");
    for (name, inputs, outputs) in
        [("qkv", size, 3 * size), ("output", size, size), ("fc1", size, inner), ("fc2", inner, size)]
    {
        let mut linear = Linear::new(inputs, outputs, &mut rng);
        let pick = |features| [&x, &wide, &qkv].into_iter().find(|x| x.dim(2) == features).unwrap().clone();
        let (input, grad) = (pick(inputs), pick(outputs));
        let gigaflop = 6e-9 * tokens * (inputs * outputs) as f64;
        show(name, layers, gigaflop, &mut || {
            linear.forward(input.clone());
            black_box(linear.backward(grad.clone()));
        });
    }
    let gigaflop = 2e-9 * tokens * (time * size) as f64;
    let attended = self_attention(&qkv, config.heads, &Mask::CAUSAL);
    show("attention forward (causal half)", layers, gigaflop, &mut || {
        black_box(self_attention(&qkv, config.heads, &Mask::CAUSAL));
    });
    show("attention backward", layers, 2.5 * gigaflop, &mut || {
        black_box(self_attention_backward(&x, &qkv, &attended, config.heads, &Mask::CAUSAL));
    });
    let mut gelu = ActivationLayer::new(Activation::Gelu);
    show("gelu", layers, 0.0, &mut || {
        let y = gelu.forward(wide.clone());
        black_box(gelu.backward(y));
    });
    let mut norm = LayerNorm::new(size);
    show("norm", 2 * layers + 1, 0.0, &mut || {
        let y = norm.forward(x.clone());
        black_box(norm.backward(y));
    });
    show("a sum of two", 4 * layers + 1, 0.0, &mut || drop(black_box(x.copy() + &x)));
    let logits = tied_logits(&x, &model.embedding.weight.value);
    show("head", 1, 6e-9 * tokens * (size * config.vocabulary) as f64, &mut || {
        black_box(tied_logits(&x, &model.embedding.weight.value));
        black_box(tied_logits_backward(&logits, &x, &mut model.embedding.weight));
    });
    show("zero_grad", 1, 0.0, &mut || zero_grad(model));
    show("AdamW", 1, 0.0, &mut || optimizer.step(model, 1e-4));
    println!("together {:.0} ms", total * 1e3);
}
