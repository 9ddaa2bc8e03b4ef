//! What the tests train: a small network with everything that a checkpoint must hold, on generated points.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Visitor};
use ch07_modules::{Sequential, state_dict};
use ch09_optimizers::{AdamW, Optimizer, Sgd};
use ch10_schedules::WarmupCosine;
use ch12_regularization::Dropout;
use ch13_data::{Batch, Dataset, Loader};
use ch14_training::{History, RunDir, Settings, TrainError, Trainer};

pub const CLASSES: usize = 3;
pub const INPUTS: usize = 8;

/// Points around one centre per class; every batch adds noise of its own, as augmentation does.
pub struct Points {
    pub points: Vec<[f32; INPUTS]>,
    pub labels: Vec<i64>,
    pub noise: f64,
}

impl Points {
    pub fn new(count: usize, noise: f64, seed: u64) -> Self {
        let mut rng = Rng::new(seed, "points");
        let labels: Vec<i64> = (0..count).map(|i| (i % CLASSES) as i64).collect();
        let near =
            |label: i64, i: usize, rng: &mut Rng| (label == i as i64 % 3) as u8 as f64 + 0.7 * rng.normal();
        let points =
            labels.iter().map(|&label| std::array::from_fn(|i| near(label, i, &mut rng) as f32)).collect();
        Points { points, labels, noise }
    }
}

impl Dataset for Points {
    type Input = Tensor;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Tensor> {
        let mut input = Tensor::zeros([indices.len(), INPUTS]);
        let rows = input.data_mut().chunks_mut(INPUTS);
        for (row, &index) in rows.zip(indices) {
            for (x, &point) in row.iter_mut().zip(&self.points[index]) {
                *x = point + (self.noise * rng.normal()) as f32;
            }
        }
        let labels: Vec<i64> = indices.iter().map(|&index| self.labels[index]).collect();
        Batch { input, labels: Array::from_slice(&labels, [labels.len()]) }
    }
}

/// Passes everything on and counts the examples in a buffer: stands for running statistics.
struct Counter {
    seen: Tensor,
}

impl Module for Counter {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.buffer("seen", &mut self.seen);
    }
}

impl Layer for Counter {
    fn forward(&mut self, x: Tensor) -> Tensor {
        let count = x.dim(0) as f32;
        self.seen.map_assign(|seen| seen + count);
        x
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        grad
    }

    fn infer(&self, x: Tensor) -> Tensor {
        x
    }
}

/// Linear, a buffer, ReLU, dropout, Linear.
pub fn model_of(hidden: usize) -> Sequential {
    let mut rng = Rng::new(3, "init");
    Sequential::new()
        .push(Linear::new(INPUTS, hidden, &mut rng))
        .push(Counter { seen: Tensor::zeros([1]) })
        .push(ActivationLayer::new(Activation::Relu))
        .push(Dropout::new(0.3, &mut rng))
        .push(Linear::new(hidden, CLASSES, &mut rng))
}

pub fn model() -> Sequential {
    model_of(16)
}

/// 41 training points in batches of 6: seven batches, the last smaller.
pub fn train() -> Loader<Points> {
    Loader::new(Arc::new(Points::new(41, 0.1, 0)), 6).seed(5).shuffle(true)
}

pub fn valid() -> Loader<Points> {
    Loader::new(Arc::new(Points::new(20, 0.0, 1)), 8)
}

pub const BATCHES: u64 = 7;

pub fn settings() -> Settings {
    Settings {
        epochs: 3,
        clip_norm: Some(0.5),
        label_smoothing: 0.1,
        restore_best: false,
        checkpoint_every: None,
        quiet: true,
        ..Settings::default()
    }
}

pub fn adamw() -> Box<dyn Optimizer> {
    Box::new(AdamW::new().weight_decay(0.1))
}

pub fn sgd() -> Box<dyn Optimizer> {
    Box::new(Sgd::new().momentum(0.9).nesterov(true))
}

pub fn trainer_of(settings: Settings, optimizer: Box<dyn Optimizer>) -> Trainer {
    let schedule = WarmupCosine { peak: 0.02, warmup: 4, total: settings.epochs * BATCHES, floor: 0.0 };
    Trainer::new(settings, Box::new(schedule), optimizer)
}

pub fn trainer(settings: Settings) -> Trainer {
    trainer_of(settings, adamw())
}

/// The bits of all weights and buffers, by name.
pub fn bits(model: &mut dyn Module) -> Vec<(String, Vec<u32>)> {
    let state = state_dict(model).into_iter();
    state.map(|(name, array)| (name, array.iter().map(f32::to_bits).collect())).collect()
}

/// What a run leaves behind: weights, history without times, the best weights' file.
#[derive(Debug, PartialEq)]
pub struct Left {
    pub weights: Vec<(String, Vec<u32>)>,
    pub history: History,
    pub best: Vec<u8>,
}

pub fn left(model: &mut Sequential, mut history: History, dir: &RunDir) -> Left {
    let read = History::load(dir.history()).unwrap();
    assert_eq!(read.epochs, history.epochs, "the file says what fit returned");
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    history.warnings.clear();
    Left { weights: bits(model), history, best: std::fs::read(dir.best()).unwrap() }
}

/// A whole run with these settings in a new folder.
pub fn run(path: &Path, settings: Settings, optimizer: Box<dyn Optimizer>) -> Left {
    let dir = RunDir::create(path).unwrap();
    let mut model = model();
    let history = trainer_of(settings, optimizer).fit(&mut model, &train(), &valid(), &dir, false).unwrap();
    left(&mut model, history, &dir)
}

/// Resumes with a new model and optimizer, as a new process would.
pub fn resume(dir: &RunDir, settings: Settings, optimizer: Box<dyn Optimizer>) -> Result<Left, TrainError> {
    let mut model = model();
    let history = trainer_of(settings, optimizer).fit(&mut model, &train(), &valid(), dir, true)?;
    Ok(left(&mut model, history, dir))
}

/// Trains until so many steps are done in all, then interrupts.
pub fn interrupted(
    dir: &RunDir,
    settings: Settings,
    optimizer: Box<dyn Optimizer>,
    steps: u64,
    resume: bool,
) -> Result<History, TrainError> {
    use std::ops::ControlFlow::{Break, Continue};
    let mut trainer = trainer_of(settings, optimizer)
        .on_step(move |step| if step.step == steps { Break(()) } else { Continue(()) });
    trainer.fit(&mut model(), &train(), &valid(), dir, resume)
}
