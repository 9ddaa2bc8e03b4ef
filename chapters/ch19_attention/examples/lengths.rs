//! How long attention takes against the number of tokens: `cargo run --release -p ch19_attention --example lengths`.
//!
//! 16384 tokens in sequences of 128 to 16384, four heads of 32 features, forward and backward in f32 on all threads: in
//! blocks of whole rows, in tiles, in tiles with a causal mask, with a window of 256, in BigBird's blocks, and linear
//! attention. Milliseconds, the median of some runs, and the time of rows over that of tiles.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch00_start::measure::median;
use ch01_tensors::{Rng, Tensor};
use ch19_attention::{
    AttentionOptions, BigBird, BlockPattern, LONG, Mask, flash_attention, flash_attention_backward,
    linear_attention, linear_attention_backward, self_attention_rows, self_attention_rows_backward,
    split_heads,
};

const TOKENS: usize = 16384;
const HEADS: usize = 4;
const WIDTH: usize = 128;
const NAMES: [&str; 6] = ["rows", "tiles", "causal", "window", "blocks", "linear"];

/// Milliseconds of each of the kinds, in turns: medians of three to nine rounds, within about two seconds.
fn milliseconds(kinds: &[&dyn Fn()]) -> Vec<f64> {
    let (mut times, start) = (vec![Vec::new(); kinds.len()], Instant::now());
    while times[0].len() < 3 || times[0].len() < 9 && start.elapsed().as_secs_f64() < 1.5 {
        for (kind, times) in kinds.iter().zip(&mut times) {
            let start = Instant::now();
            kind();
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.iter().map(|times| median(times)).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch19_lengths");
    record.seed(0).number("tokens", TOKENS as f64).number("long", LONG as f64);
    let mut curves: [Vec<(f64, f64)>; 6] = Default::default();
    println!("tokens {}", NAMES.map(|name| format!("{name:>15}")).concat());
    for power in 7..=14 {
        let time = 1 << power;
        let batch = TOKENS / time;
        let mut rng = Rng::new(0, "lengths");
        let qkv = Tensor::normal([batch, time, 3 * WIDTH], 0.0, 1.0, &mut rng);
        let grad = Tensor::normal([batch, time, WIDTH], 0.0, 1.0, &mut rng);
        let [q, k, v] = qkv.split_equal(2).map(|part| split_heads(part, HEADS));
        let g = split_heads(grad.clone(), HEADS);
        let tiled = |options: &AttentionOptions<'_>| {
            let attended = flash_attention(&q, &k, &v, options);
            black_box(flash_attention_backward(&g, &q, &k, &v, &attended, options));
        };
        let bird = BigBird { window: 1, global: 1, random: 2 };
        let pattern = BlockPattern::big_bird(time, 64, bird, &mut rng);
        let times = milliseconds(&[
            &|| {
                let attended = self_attention_rows(&qkv, HEADS, &Mask::NONE);
                black_box(self_attention_rows_backward(&grad, &qkv, &attended, HEADS, &Mask::NONE));
            },
            &|| tiled(&Mask::NONE.into()),
            &|| tiled(&Mask::CAUSAL.into()),
            &|| tiled(&AttentionOptions { window: Some(256), ..Mask::CAUSAL.into() }),
            &|| tiled(&AttentionOptions { blocks: Some(&pattern), ..Default::default() }),
            &|| {
                black_box(linear_attention(&q, &k, &v, &Mask::CAUSAL));
                black_box(linear_attention_backward(&g, &q, &k, &v, &Mask::CAUSAL));
            },
        ]);
        println!(
            "{time:6} {}   {:.2}",
            times.iter().map(|t| format!("{t:15.2}")).collect::<String>(),
            times[0] / times[1]
        );
        for ((name, &value), curve) in NAMES.iter().zip(&times).zip(&mut curves) {
            record.number(&format!("{name}_{time}"), value);
            curve.push((time as f64, value));
        }
        record.number(&format!("ratio_{time}"), times[0] / times[1]);
    }
    let path = record.figure_path("ch19_lengths");
    let names = [
        "blocks of whole rows",
        "tiles",
        "tiles, causal",
        "causal, window of 256",
        "blocks of BigBird",
        "linear attention",
    ];
    let series: Vec<Series> =
        names.iter().zip(curves).map(|(name, curve)| Series::new(name, curve).marked()).collect();
    let title = "Forward and backward of 16384 tokens";
    figure::lines_log_log(&path, title, "tokens of a sequence", "milliseconds", &series)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
