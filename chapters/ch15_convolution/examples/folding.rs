//! What folding saves: SmallCNN in use with its normalisations and without, alternating:
//! `cargo run --release -p ch15_convolution --example folding [-- --record]`.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::measure::median;
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch07_modules::{Sequential, awake};
use ch15_convolution::{fold_batch_norms, small_cnn};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch15_folding");
    record.seed(0).number("threads", rayon::current_num_threads() as f64);
    let build = || small_cnn(3, 10, 32, 0.4, 0);
    let (whole, folded) = (build(), fold_batch_norms(build()));
    for (batch, rounds, repeats) in [(1, 15, 200), (128, 15, 4)] {
        let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, &mut Rng::new(0, "data"));
        let furthest = (whole.infer(x.clone()) - &folded.infer(x.clone())).abs().max(.., false).item();
        let time = |model: &Sequential| {
            awake(|| {
                let start = Instant::now();
                (0..repeats).for_each(|_| drop(black_box(model.infer(x.clone()))));
                start.elapsed().as_secs_f64() / repeats as f64
            })
        };
        let times: Vec<[f64; 2]> = (0..rounds).map(|_| [time(&whole), time(&folded)]).collect();
        let [before, after] = [0, 1].map(|i| median(&times.iter().map(|both| both[i]).collect::<Vec<_>>()));
        let mut ratios: Vec<f64> = times.iter().map(|[before, after]| before / after).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = median(&ratios);
        println!(
            "batch {batch}: {:.0} and {:.0} microseconds, {ratio:.2} times as fast ({:.2} to {:.2}), outputs within {furthest:.1e}",
            1e6 * before,
            1e6 * after,
            ratios[0],
            ratios[rounds - 1]
        );
        record
            .number(&format!("before_{batch}"), 1e6 * before)
            .number(&format!("after_{batch}"), 1e6 * after);
        record
            .number(&format!("ratio_{batch}"), ratio)
            .number(&format!("furthest_{batch}"), f64::from(furthest));
        record.number(&format!("ratio_low_{batch}"), ratios[0]);
        record.number(&format!("ratio_high_{batch}"), ratios[rounds - 1]);
    }
    record.finish()?;
    Ok(())
}
