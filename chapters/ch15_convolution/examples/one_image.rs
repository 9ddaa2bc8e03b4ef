//! Where the time goes when SmallCNN looks at a single image: `cargo run --release -p ch15_convolution --example one_image`.
//!
//! An argument says for how many seconds, 3 if there is none. The layers are timed one by one within each pass, and so are
//! whole passes without a look at the clock in between; medians.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::measure::median;
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch07_modules::awake;
use ch15_convolution::small_cnn;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let mut record = Record::from_args("ch15_one_image");
    record.seed(0);
    let model = small_cnn(3, 10, 32, 0.4, 0);
    let x = Tensor::normal([1, 3, 32, 32], 0.0, 1.0, &mut Rng::new(0, "data"));
    let mut columns = Vec::new();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let (mut layers, mut whole) = (vec![Vec::new(); model.layers().len()], Vec::new());
        pool.install(|| {
            let start = Instant::now();
            while start.elapsed().as_secs_f64() < seconds / 2.0 {
                awake(|| {
                    let mut y = x.clone();
                    for (layer, times) in model.layers().iter().zip(&mut layers) {
                        let from = Instant::now();
                        y = layer.infer(y);
                        times.push(from.elapsed().as_secs_f64() * 1e6);
                    }
                });
                let from = Instant::now();
                drop(black_box(awake(|| model.infer(x.clone()))));
                whole.push(from.elapsed().as_secs_f64() * 1e6);
            }
        });
        let layers: Vec<f64> = layers.iter().map(|times| median(times)).collect();
        let whole = median(&whole);
        record.number(&format!("whole_{threads}"), whole);
        for (part, name) in PARTS.iter().enumerate() {
            let of_part = layers.iter().enumerate().filter(|(i, _)| self::part(*i) == part);
            record.number(&format!("{name}_{threads}"), of_part.map(|(_, time)| time).sum());
        }
        columns.push((layers, whole));
    }
    println!("layer, microseconds on 1 and 2 threads");
    for i in 0..model.layers().len() {
        println!("{i:>5} {:<14} {:>8.1} {:>8.1}", PARTS[part(i)], columns[0].0[i], columns[1].0[i]);
    }
    println!("whole {:<14} {:>8.1} {:>8.1}", "", columns[0].1, columns[1].1);
    record.finish()?;
    Ok(())
}

const PARTS: [&str; 5] = ["convolution", "normalisation", "relu", "pooling", "rest"];

/// Which of [`PARTS`] a layer of SmallCNN belongs to.
fn part(layer: usize) -> usize {
    match layer {
        0 | 3 | 7 | 10 | 14 => 0,
        1 | 4 | 8 | 11 | 15 => 1,
        2 | 5 | 9 | 12 | 16 | 20 => 2,
        6 | 13 | 17 => 3,
        _ => 4,
    }
}
