//! A network trained on the device goes the same way as on the host.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Mlp, for_each_param, train_step};
use ch22_cuda::{Gpu, GpuMlp, GpuTensor, simulator};
use kernels::testing::device;
use kernels::{Device, HAS_SIMULATOR};

const WIDTHS: [usize; 4] = [20, 33, 17, 5];
const BATCH: usize = 24;
const STEPS: usize = 8;
const RATE: f64 = 0.1;

fn weights(model: &mut Mlp) -> Vec<f32> {
    let mut all = Vec::new();
    for_each_param(model, |_, param| all.extend_from_slice(param.value.clone().contiguous().data()));
    all
}

/// The largest distance in losses and in weights between host and device after some steps (seed 0), and how far the weights moved.
fn distances(device: Device, exercises: bool) -> (f64, f64, f64) {
    let gpu = Gpu::new(device);
    let mut host = Mlp::new(&WIDTHS, Activation::Relu, &mut Rng::new(0, "init"));
    let before = weights(&mut host);
    let mut there = GpuMlp::from_mlp(&gpu, &mut host).unwrap();
    if exercises {
        there = there.on_exercises();
    }
    let mut rng = Rng::new(0, "data");
    let mut worst_loss = 0.0f64;
    for step in 0..STEPS {
        // The last batch is smaller, as at the end of an epoch.
        let batch = if step + 1 == STEPS { 7 } else { BATCH };
        let x = Tensor::normal([batch, WIDTHS[0]], 0.0, 1.0, &mut rng);
        let labels: Vec<i32> = (0..batch).map(|_| rng.below(WIDTHS[3]) as i32).collect();
        let (x_there, labels_there) = (
            GpuTensor::from_array(&gpu, &x).unwrap(),
            GpuTensor::from_slice(&gpu, &labels, [batch]).unwrap(),
        );
        let losses = there.train_step(&x_there, &labels_there, RATE as f32).unwrap().to_array().unwrap();
        let loss = losses.iter().map(f64::from).sum::<f64>() / batch as f64;
        let want = train_step(&mut host, x, &Array::from_slice(&labels, [batch]).cast::<i64>(), RATE);
        worst_loss = worst_loss.max((loss - want).abs());
    }
    let after = weights(&mut host);
    let got: Vec<f32> =
        there.parameters().flat_map(|tensor| tensor.to_array().unwrap().data().to_vec()).collect();
    let far =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    (worst_loss, far(&got, &after), far(&before, &after))
}

/// Both sides compute in f32 and add in different orders. A sum of up to 33 products below 4 is wrong by at most
/// 33 x 4 x 6e-8 = 8e-6, and by far less on average; three layers make of it a few 1e-6 in a loss near 1.6. The error of a
/// gradient enters a weight with the rate 0.1, eight times: below 8 x 0.1 x 1e-6 = 1e-6.
const LOSS: f64 = 5e-6;
const WEIGHT: f64 = 1e-6;

#[test]
fn losses_and_weights_agree_with_the_host() {
    let Some(device) = device() else { return };
    let (loss, weight, moved) = distances(device, false);
    assert!(loss < LOSS && weight < WEIGHT, "losses differ by {loss:e}, weights by {weight:e}");
    // Weights that stay where they are would agree too.
    assert!(moved > 1e4 * WEIGHT, "the weights moved by {moved:e} only");
}

#[test]
fn on_the_kernels_of_the_exercises_too() {
    if !HAS_SIMULATOR {
        return;
    }
    let (loss, weight, _) = distances(simulator(), true);
    assert!(loss < LOSS && weight < WEIGHT, "losses differ by {loss:e}, weights by {weight:e}");
}

#[test]
fn a_step_allocates_nothing_after_the_first() {
    let Some(device) = device() else { return };
    let gpu = Gpu::new(device);
    let mut model =
        GpuMlp::from_mlp(&gpu, &mut Mlp::new(&WIDTHS, Activation::Relu, &mut Rng::new(0, "init"))).unwrap();
    let x = GpuTensor::from_array(&gpu, &Tensor::ones([BATCH, WIDTHS[0]])).unwrap();
    let labels = GpuTensor::from_slice(&gpu, &[1; BATCH], [BATCH]).unwrap();
    model.train_step(&x, &labels, 0.1).unwrap();
    let first = gpu.statistics();
    for _ in 0..3 {
        model.train_step(&x, &labels, 0.1).unwrap();
    }
    let last = gpu.statistics();
    assert_eq!((first.allocated, first.bytes), (last.allocated, last.bytes));
    assert!(last.reused > first.reused);
}

/// The same model and batches twice: launch by launch, and as a graph that was recorded before the first step.
#[test]
fn a_recorded_step_gives_the_same_bits() {
    let Some(device) = device() else { return };
    let gpus = [Gpu::new(device.clone()), Gpu::new(device.clone())];
    let mut models = gpus.each_ref().map(|gpu| {
        let mut host = Mlp::new(&WIDTHS, Activation::Relu, &mut Rng::new(0, "init"));
        GpuMlp::from_mlp(gpu, &mut host).unwrap()
    });
    let weights = |model: &GpuMlp| -> Vec<f32> {
        model.parameters().flat_map(|tensor| tensor.to_array().unwrap().data().to_vec()).collect()
    };
    let before = weights(&models[1]);
    let mut inputs = gpus.each_ref().map(|gpu| {
        let labels = GpuTensor::<i32>::zeros(gpu, [BATCH]).unwrap();
        (GpuTensor::<f32>::zeros(gpu, [BATCH, WIDTHS[0]]).unwrap(), labels)
    });
    // ANCHOR: record
    let (x, labels) = &inputs[1];
    let (graph, losses) = device.record(|| models[1].train_step(x, labels, 0.1)).unwrap();
    // ANCHOR_END: record
    assert_eq!(weights(&models[1]), before, "recording ran the step");
    let mut rng = Rng::new(0, "data");
    for _ in 0..5 {
        let x = Tensor::normal([BATCH, WIDTHS[0]], 0.0, 1.0, &mut rng);
        let labels: Vec<i32> = (0..BATCH).map(|_| rng.below(WIDTHS[3]) as i32).collect();
        for (there, labels_there) in &mut inputs {
            there.buffer_mut().copy_from(x.data()).unwrap();
            labels_there.buffer_mut().copy_from(&labels).unwrap();
        }
        let want = models[0].train_step(&inputs[0].0, &inputs[0].1, 0.1).unwrap().to_array().unwrap();
        graph.launch().unwrap();
        assert_eq!(losses.to_array().unwrap().data(), want.data());
        assert_eq!(weights(&models[1]), weights(&models[0]));
        // What others take from the cache meanwhile is none of the graph's memory.
        let taken: Vec<_> = (1..8).map(|i| GpuTensor::<f32>::zeros(&gpus[1], [64 * i]).unwrap()).collect();
        graph.launch().unwrap();
        assert!(taken.iter().all(|tensor| tensor.to_array().unwrap().data().iter().all(|&x| x == 0.0)));
        models[0].train_step(&inputs[0].0, &inputs[0].1, 0.1).unwrap();
    }
    assert_ne!(weights(&models[1]), before);
}
