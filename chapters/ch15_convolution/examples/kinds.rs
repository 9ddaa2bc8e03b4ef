//! The kinds of convolution side by side, on maps of 128 channels and 32 by 32: weights, multiply-adds, time forward and back.
//!
//! `cargo run --release -p ch15_convolution --example kinds [-- --record]`.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::measure::median;
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch07_modules::Sequential;
use ch15_convolution::*;

const CHANNELS: usize = 128;
const BATCH: usize = 16;
const SIDE: usize = 32;

fn conv(kernel: usize, dilation: usize, groups: usize, rng: &mut Rng) -> Conv2d {
    let padding = [dilation * (kernel / 2); 2];
    let options = Conv2dOptions { padding, dilation: [dilation; 2], groups, ..Conv2dOptions::default() };
    Conv2d::new(CHANNELS, CHANNELS, kernel, options, rng)
}

/// Every channel on its own by the general way: what depthwise convolution costs without a kernel of its own.
struct ChannelByChannel(Vec<Conv2d>);

impl ch05_backprop::Module for ChannelByChannel {
    fn visit(&mut self, _: &mut ch05_backprop::Visitor<'_, f32>) {}
}

impl Layer for ChannelByChannel {
    fn forward(&mut self, x: Tensor) -> Tensor {
        let parts: Vec<Tensor> =
            self.0.iter_mut().enumerate().map(|(c, conv)| conv.forward(x.narrow(1, c, 1))).collect();
        Tensor::concat(&parts.iter().collect::<Vec<_>>(), 1)
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        let parts: Vec<Tensor> =
            self.0.iter_mut().enumerate().map(|(c, conv)| conv.backward(grad.narrow(1, c, 1))).collect();
        Tensor::concat(&parts.iter().collect::<Vec<_>>(), 1)
    }

    fn infer(&self, x: Tensor) -> Tensor {
        let parts: Vec<Tensor> =
            self.0.iter().enumerate().map(|(c, conv)| conv.infer(x.narrow(1, c, 1))).collect();
        Tensor::concat(&parts.iter().collect::<Vec<_>>(), 1)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(12.0);
    let mut record = Record::from_args("ch15_kinds");
    record.seed(0).number("threads", rayon::current_num_threads() as f64);
    let rng = &mut Rng::new(0, "kinds");
    let up = ConvTranspose2dOptions {
        conv: Conv2dOptions { stride: [2, 2], ..Conv2dOptions::default() },
        output_padding: [0, 0],
    };
    let channels = (0..CHANNELS).map(|_| {
        let same = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
        Conv2d::new(1, 1, 3, same, &mut Rng::new(0, "channel"))
    });
    let mut kinds: Vec<(&str, f64, Box<dyn Layer>)> = vec![
        ("full", 9.0 * CHANNELS as f64, Box::new(conv(3, 1, 1, rng))),
        ("dilated", 9.0 * CHANNELS as f64, Box::new(conv(3, 2, 1, rng))),
        ("groups_4", 9.0 * CHANNELS as f64 / 4.0, Box::new(conv(3, 1, 4, rng))),
        ("groups_32", 9.0 * CHANNELS as f64 / 32.0, Box::new(conv(3, 1, 32, rng))),
        ("depthwise", 9.0, Box::new(conv(3, 1, CHANNELS, rng))),
        ("channel_by_channel", 9.0, Box::new(ChannelByChannel(channels.collect()))),
        ("depthwise_5", 25.0, Box::new(conv(5, 1, CHANNELS, rng))),
        ("pointwise", CHANNELS as f64, Box::new(conv(1, 1, 1, rng))),
        (
            "separable",
            9.0 + CHANNELS as f64,
            Box::new(Sequential::new().push(conv(3, 1, CHANNELS, rng)).push(conv(1, 1, 1, rng))),
        ),
        // From 32 by 32 to 64 by 64, by kernels of 2 by 2.
        ("transposed", 4.0 * CHANNELS as f64, Box::new(ConvTranspose2d::new(CHANNELS, CHANNELS, 2, up, rng))),
    ];
    let x = Tensor::normal([BATCH, CHANNELS, SIDE, SIDE], 0.0, 1.0, rng);
    let mut times = vec![[vec![], vec![]]; kinds.len()];
    let start = Instant::now();
    while times[0][0].len() < 7 || start.elapsed().as_secs_f64() < seconds {
        for ((_, _, layer), times) in kinds.iter_mut().zip(&mut times) {
            let from = Instant::now();
            let y = layer.forward(x.clone());
            times[0].push(from.elapsed().as_secs_f64());
            let from = Instant::now();
            drop(black_box(layer.backward(y)));
            times[1].push(from.elapsed().as_secs_f64());
        }
    }
    println!("kind                 multiply-adds  forward ms  backward ms   GFLOP/s");
    for ((name, taps, _), times) in kinds.iter().zip(&times) {
        let work = taps * (BATCH * CHANNELS * SIDE * SIDE) as f64;
        let [forward, backward] = [0, 1].map(|i| median(&times[i]));
        let rate = 6.0 * work / (forward + backward) / 1e9;
        println!("{name:<20} {work:>12.2e} {:>11.2} {:>12.2} {rate:>9.0}", 1e3 * forward, 1e3 * backward);
        record.number(&format!("{name}_millions"), taps * (CHANNELS * SIDE * SIDE) as f64 / 1e6);
        record
            .number(&format!("{name}_forward"), 1e3 * forward)
            .number(&format!("{name}_backward"), 1e3 * backward);
        record.number(&format!("{name}_gflops"), rate);
    }
    record.number("rounds", times[0][0].len() as f64);
    record.finish()?;
    Ok(())
}
