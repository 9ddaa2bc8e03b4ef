//! How long a training step of the speed comparison takes: batch 64, 200 tokens, AdamW. Prints milliseconds of its parts.

use std::time::Instant;

use ch00_start::measure::peak_memory;
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::Tokens;
use ch18_recurrent::{LstmClassifier, LstmClassifierConfig};

fn main() {
    let rng = &mut Rng::new(0, "step");
    let mut model = LstmClassifier::new(&LstmClassifierConfig::default(), rng);
    let ids = Array::from_fn([64, 200], |_| rng.below(20_000) as i64);
    let input = Tokens { ids, mask: Array::full([64, 200], true) };
    let labels = Array::<i64>::from_fn([64], |i| i[0] as i64 % 2);
    let (mut optimizer, loss) = (AdamW::new(), CrossEntropy::default());
    let mut times = Vec::new();
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < 6.0 {
        let mut marks = [0.0; 4];
        let start = Instant::now();
        let mut mark = |i: usize| marks[i] = start.elapsed().as_secs_f64() * 1e3;
        zero_grad(&mut model);
        mark(0);
        let y = model.forward(&input);
        mark(1);
        model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
        mark(2);
        optimizer.step(&mut model, 1e-4);
        mark(3);
        times.push(marks);
    }
    times.sort_by(|a, b| a[3].total_cmp(&b[3]));
    let median = times[times.len() / 2];
    println!(
        "zero {:.1}, forward {:.1}, backward {:.1}, optimizer {:.1} ms",
        median[0],
        median[1] - median[0],
        median[2] - median[1],
        median[3] - median[2]
    );
    println!(
        "{} steps, median {:.1} ms, best {:.1} ms, {:.0} samples/s, peak {:.0} MB",
        times.len(),
        median[3],
        times[0][3],
        64e3 / median[3],
        peak_memory().unwrap_or(0.0)
    );
}
