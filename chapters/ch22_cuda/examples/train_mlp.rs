//! The network of chapter 5 learns digits on a device, and goes the same way as on the host:
//! `cargo run --release -p ch22_cuda --example train_mlp`.
//!
//! On the simulator, or with `--features cuda` on the first NVIDIA GPU, if there is one. The same batches train three networks that
//! begin alike: on the device in f32, on the host in f32, and on the host in f64. The last one shows how far rounding
//! alone carries the other two apart. On the simulator the kernels of the exercises do their part, yours if you have installed them.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Mlp, for_each_param, train_step};
use ch22_cuda::{Feeder, Gpu, GpuMlp};
use datasets::mnist;
use kernels::{Device, KernelError};

const WIDTHS: [usize; 3] = [784, 64, 10];
const BATCH: usize = 32;
const STEPS: usize = 60;
const RATE: f64 = 0.1;
/// What losses and weights may differ by. Sums of 784 products in f32 are wrong by some 1e-6 of their size, in another way
/// for each order of addition; 60 steps add up errors of this size, times the rate.
const LOSS: f64 = 1e-4;
const WEIGHT: f64 = 1e-5;

fn device() -> Result<Device, KernelError> {
    #[cfg(feature = "cuda")]
    match Device::cuda(0) {
        Ok(device) => return Ok(device),
        Err(error) => println!("{error}: using the simulator"),
    }
    Device::simulator()
}

fn far(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = device()?;
    let simulated = device.name() == "simulator";
    println!("Device: {}", device.name());
    if simulated && !ch22_cuda::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch22_cuda::YOURS);
    }
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let [mean, std] = mnist::STATISTICS;
    let pixel = |p: &u8| (f32::from(*p) / 255.0 - mean) / std;
    let batches: Vec<(Vec<f32>, Vec<i32>)> = (0..STEPS)
        .map(|step| {
            let rows = step * BATCH..(step + 1) * BATCH;
            let x = data.train.pixels[rows.start * 784..rows.end * 784].iter().map(pixel).collect();
            (x, data.train.labels[rows].iter().map(|&label| i32::from(label)).collect())
        })
        .collect();

    let mut host = Mlp::new(&WIDTHS, Activation::Relu, &mut Rng::new(0, "init"));
    let mut exact = host.to_f64();
    let gpu = Gpu::new(device);
    let mut there = GpuMlp::from_mlp(&gpu, &mut host)?;
    if simulated {
        there = there.on_exercises();
    }
    let mut feeder = Feeder::new(&gpu, BATCH, WIDTHS[0])?;
    let mut curves: [Vec<f64>; 3] = Default::default();
    feeder.send(&batches[0].0, &batches[0].1)?;
    for (step, (x, labels)) in batches.iter().enumerate() {
        if let Some((x, labels)) = batches.get(step + 1) {
            feeder.send(x, labels)?; // on its way while this batch is computed
        }
        let (x_there, labels_there) = feeder.receive()?;
        let losses = there.train_step(x_there, labels_there, RATE as f32)?;
        let x = Tensor::from_slice(x, [BATCH, WIDTHS[0]]);
        let labels = Array::from_slice(labels, [BATCH]).cast::<i64>();
        let of_exact = train_step(&mut exact, x.to_f64(), &labels, RATE);
        let of_host = train_step(&mut host, x, &labels, RATE);
        let of_device = losses.to_array()?.iter().map(f64::from).sum::<f64>() / BATCH as f64;
        for (curve, loss) in curves.iter_mut().zip([of_device, of_host, of_exact]) {
            curve.push(loss);
        }
        if step % 10 == 0 || step + 1 == STEPS {
            println!("step {step:2}: loss {of_device:.7} on the device, {of_host:.7} on the host");
        }
    }
    let mut on_device = Vec::new();
    for tensor in there.parameters() {
        on_device.extend(tensor.to_array()?.iter().map(f64::from));
    }
    let (mut on_host, mut in_f64) = (Vec::new(), Vec::new());
    for_each_param(&mut host, |_, param| on_host.extend(param.value.iter().map(f64::from)));
    for_each_param(&mut exact, |_, param| in_f64.extend(param.value.iter()));

    let [loss, host_loss] = [far(&curves[0], &curves[1]), far(&curves[1], &curves[2])];
    let [weight, host_weight] = [far(&on_device, &on_host), far(&on_host, &in_f64)];
    println!("device and host: losses differ by {loss:.1e} at most, weights by {weight:.1e}");
    println!("host in f32 and in f64: losses by {host_loss:.1e}, weights by {host_weight:.1e}");
    assert!(loss <= LOSS && weight <= WEIGHT, "more than {LOSS:.0e} and {WEIGHT:.0e}");
    println!("within the tolerance of {LOSS:.0e} for losses and {WEIGHT:.0e} for weights");
    let statistics = gpu.statistics();
    println!(
        "{} blocks of memory allocated, {} requests served again",
        statistics.allocated, statistics.reused
    );

    let mut record = Record::from_args("ch22_train_mlp");
    record.seed(0).text("device", gpu.device().name());
    record.text("data", mnist::name(&source));
    record
        .number("steps", STEPS as f64)
        .number("first_loss", curves[0][0])
        .number("last_loss", curves[0][STEPS - 1]);
    record.number("loss_distance", loss).number("weight_distance", weight);
    record.number("host_loss_distance", host_loss).number("host_weight_distance", host_weight);
    record.number("loss_tolerance", LOSS).number("weight_tolerance", WEIGHT);
    record.number("allocated", statistics.allocated as f64).number("reused", statistics.reused as f64);
    let distance = |name: &str, curve: &[f64]| {
        let points = curve.iter().zip(&curves[2]).enumerate();
        // A difference of exactly 0 has no place on a logarithmic axis.
        Series::new(name, points.map(|(i, (a, b))| ((i + 1) as f64, (a - b).abs().max(1e-9))).collect())
    };
    let series = [distance("device, f32", &curves[0]), distance("host, f32", &curves[1])];
    let path = record.figure_path("ch22_train_mlp");
    figure::lines_log_y(
        &path,
        "How far rounding carries the loss from that in f64",
        "step",
        "difference",
        &series,
    )?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
