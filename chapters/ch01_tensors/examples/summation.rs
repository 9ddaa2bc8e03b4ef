//! How wrong is a sum of f32 numbers? One after the other against fixed blocks, beside the bounds of the theory.
//!
//! `cargo run --release -p ch01_tensors --example summation`

use ch00_start::{
    Record,
    figure::{Series, lines_log_log},
};
use ch01_tensors::{Rng, Tensor};

/// Half the distance from 1 to the next f32: the largest relative error of one rounding.
const UNIT: f64 = f32::EPSILON as f64 / 2.0;

/// One running total, as a beginner's loop has it.
fn one_after_the_other(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |total, &x| total + x)
}

/// How many additions an element goes through at most, in a sum of `n` as reduce_loops.rs and fold.rs cut it.
fn depth(n: usize) -> usize {
    // Within a block of 4096: 64 for each of 64 lanes, at most 10 for what is left over and to bring the lanes together;
    // then block after block.
    let fold = |n: usize| n.min(4096) / 64 + 10 + n.div_ceil(4096) - 1;
    // From 65536 elements on, chunks of 16384 are folded side by side, and then their sums.
    if n < 1 << 16 { fold(n) } else { fold(1 << 14) + fold(n >> 14) }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch01_summation");
    record.seed(1);
    let mut rng = Rng::new(1, "summation");
    let draws = 9;
    let sizes: Vec<usize> = (4..=12).map(|i| 1 << (2 * i)).collect();
    let mut errors = [vec![], vec![]];
    println!("{:>10} {:>22} {:>22}", "n", "one after the other", "blocks");
    for &n in &sizes {
        // The largest relative error over several draws: a single one may be lucky.
        let mut worst = [0.0f64; 2];
        for _ in 0..draws {
            let x = Tensor::uniform([n], 0.0, 1.0, &mut rng);
            // All terms are positive, and f64 is 2^29 times finer: its own error does not show.
            let exact: f64 = x.iter().map(f64::from).sum();
            for (worst, sum) in worst.iter_mut().zip([one_after_the_other(x.data()), x.sum_all()]) {
                *worst = worst.max((f64::from(sum) - exact).abs() / exact);
            }
        }
        println!("{n:>10} {:>22.2e} {:>22.2e}", worst[0], worst[1]);
        // A logarithmic axis has no place for 0; a sum that is exact is drawn at a hundredth of a rounding.
        (0..2).for_each(|i| errors[i].push(worst[i].max(UNIT / 100.0)));
    }
    let (last, n) = (sizes.len() - 1, sizes[sizes.len() - 1]);
    record.number("draws", draws as f64);
    record.number("largest", n as f64);
    record.number("sequential_error", errors[0][last]).number("blocked_error", errors[1][last]);
    record.number("ratio", errors[0][last] / errors[1][last]);
    record.number("sequential_depth", (n - 1) as f64).number("blocked_depth", depth(n) as f64);

    // Adding 1 to 2^24 in f32 gives 2^24: the next number is 2^24 + 2.
    let ones = Tensor::ones([20_000_000]);
    record.number("ones_sequential", one_after_the_other(ones.data()).into());
    record.number("ones_blocked", ones.sum_all().into());

    let x: Vec<f64> = sizes.iter().map(|&n| n as f64).collect();
    let bound =
        |depth: &dyn Fn(usize) -> usize| sizes.iter().map(|&n| depth(n) as f64 * UNIT).collect::<Vec<_>>();
    lines_log_log(
        &record.figure_path("ch01_summation"),
        "Relative error of a sum of n numbers in f32",
        "n",
        "largest relative error",
        &[
            Series::of_pairs("one after the other", &x, &errors[0]).marked(),
            Series::of_pairs("blocks (sum)", &x, &errors[1]).marked(),
            Series::of_pairs("bound: one after the other", &x, &bound(&|n| n - 1)).dashed(),
            Series::of_pairs("bound: blocks", &x, &bound(&depth)).dashed(),
        ],
    )?;
    record.finish()?;
    Ok(())
}
