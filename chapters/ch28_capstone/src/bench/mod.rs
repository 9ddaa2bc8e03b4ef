//! `bench`: how fast a training step is, on fixed made-up data.
//!
//! A workload is a network, a batch, a loss and an optimizer, named and shaped as in the PyTorch programs that the book
//! compares with. One training step forgets the gradients, goes forward, computes the loss, goes backward and lets the
//! optimizer step. With `--infer BATCH` only the forward pass for use is measured.
//!
//! The first steps, until a second has passed, fill the memory pool and wake the threads; they are not counted.

mod workload;

use std::time::{Duration, Instant};

use ch00_start::measure::peak_memory;
use serde_json::{Value, json};

use crate::args::BenchArgs;
use workload::Step;

/// Measures one workload and prints the result.
pub(crate) fn run(args: &BenchArgs) {
    let mut step = workload::prepare(args);
    let times = Times::measure(&mut step, args);
    let result = times.result(args, &step);
    if args.json {
        println!("{result}");
    } else {
        let number = |key: &str| result[key].as_f64().unwrap_or(f64::NAN);
        println!(
            "{} ({}, batch {}): {:.2} ms per step in the median, {:.2} ms at best; {:.0} samples/s, {:.0} at best",
            args.workload.name(),
            result["mode"].as_str().unwrap_or_default(),
            step.batch,
            number("median_ms"),
            number("best_ms"),
            number("samples_s"),
            number("best_samples_s"),
        );
        println!(
            "{} threads, f32, {} parameters, {:.0} MB of memory at the peak",
            args.threads,
            step.parameters,
            number("peak_rss_mb"),
        );
    }
}

/// The seconds that steps took.
struct Times {
    first: f64,
    /// In ascending order.
    sorted: Vec<f64>,
}

impl Times {
    /// Warms up, then measures: for as many seconds and at least as many steps as asked, but no longer than a minute.
    fn measure(step: &mut Step, args: &BenchArgs) -> Times {
        let mut once = || {
            let start = Instant::now();
            (step.run)();
            start.elapsed().as_secs_f64()
        };
        let first = once();
        let start = Instant::now();
        let warm = Duration::from_secs_f64((args.seconds / 4.0).min(1.0));
        let mut steps = 0;
        while steps < 2 || start.elapsed() < warm {
            once();
            steps += 1;
        }
        let (start, mut sorted) = (Instant::now(), Vec::new());
        while sorted.len() < args.min_steps || start.elapsed().as_secs_f64() < args.seconds {
            sorted.push(once());
            if start.elapsed() > Duration::from_secs(60) {
                break;
            }
        }
        sorted.sort_by(f64::total_cmp);
        Times { first, sorted }
    }

    fn result(&self, args: &BenchArgs, step: &Step) -> Value {
        let (median, best) = (self.sorted[self.sorted.len() / 2], self.sorted[0]);
        json!({
            "lib": concat!("gradus ", env!("CARGO_PKG_VERSION")),
            "workload": args.workload.name(),
            "mode": args.infer.map_or("train".to_owned(), |batch| format!("infer{batch}")),
            "batch": step.batch,
            "threads": args.threads,
            "dtype": "f32",
            "steps": self.sorted.len(),
            "median_ms": median * 1e3,
            "best_ms": best * 1e3,
            "samples_s": step.batch as f64 / median,
            "best_samples_s": step.batch as f64 / best,
            "first_step_s": self.first,
            "params": step.parameters,
            "peak_rss_mb": peak_memory(),
        })
    }
}
