//! Steps of the optimizers, beside copies of as much memory.
//!
//! AdamW reads four numbers per parameter and writes three, 28 bytes; SGD with momentum reads three and writes two, 20. The
//! copy works on as much memory altogether, so that both meet the same caches, and its time is scaled to as many bytes.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::measure::median;
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Module, Param, Role, Visitor};
use ch09_optimizers::{AdamW, Optimizer, Sgd};
use rayon::prelude::*;

/// An optimizer, and the workload whose parameters it moves.
pub const CASES: [&str; 5] = ["sgd mlp", "sgd resnet18", "adamw smallcnn", "adamw transformer", "adamw gpt"];

struct Net(Vec<Param>);

impl Module for Net {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        self.0.iter_mut().enumerate().for_each(|(i, param)| visitor.param(i, param));
    }
}

/// The sizes of the large parameters; the small ones, a percent of them, are left out.
fn parameters(workload: &str) -> Vec<usize> {
    let blocks = |count: usize, size: usize| [3, 1, 4, 4].map(|n| n * size * size).repeat(count);
    match workload {
        "mlp" => vec![784 * 256, 256, 256 * 128, 128, 128 * 10, 10],
        "smallcnn" => {
            let conv = [(3, 32), (32, 64), (64, 128), (128, 128), (128, 256)];
            conv.iter().flat_map(|(i, o)| [9 * i * o, *o, *o]).chain([256 * 128, 128, 1280, 10]).collect()
        }
        "resnet18" => {
            let stage = |i: usize, o: usize| [9 * i * o, 9 * o * o, 9 * o * o, 9 * o * o, i * o];
            [(64, 64), (64, 128), (128, 256), (256, 512)].iter().flat_map(|&(i, o)| stage(i, o)).collect()
        }
        "transformer" => [vec![20_000 * 128, 256 * 128], blocks(4, 128)].concat(),
        "gpt" => [vec![96 * 256, 256 * 256], blocks(6, 256)].concat(),
        other => panic!("no workload is called {other}"),
    }
}

/// An optimizer and what it moves, and two arrays to copy.
pub struct Case {
    optimizer: Box<dyn Optimizer>,
    net: Net,
    from: Vec<f32>,
    to: Vec<f32>,
    /// How many bytes a step moves for each that the copy moves.
    scale: f64,
}

impl Case {
    pub fn new(name: &str) -> Self {
        let (optimizer, workload) = name.split_once(' ').expect("two words");
        let mut rng = Rng::new(0, name);
        let param = |size: usize| {
            let mut param = Param::new(Tensor::normal([size], 0.0, 1.0, &mut rng), Role::Weight);
            param.grad = Tensor::normal([size], 0.0, 1.0, &mut rng);
            param
        };
        let sizes = parameters(workload);
        let count: usize = sizes.iter().sum();
        let net = Net(sizes.into_iter().map(param).collect());
        // How many arrays there are, and how many numbers of each are read and written.
        let (optimizer, arrays, moved): (Box<dyn Optimizer>, usize, usize) = match optimizer {
            "adamw" => (Box::new(AdamW::new()), 4, 7),
            _ => (Box::new(Sgd::new().momentum(0.9)), 3, 5),
        };
        let half = arrays * count / 2;
        let scale = (moved * count) as f64 / (2 * half) as f64;
        Case { optimizer, net, from: vec![1.0; half], to: vec![0.0; half], scale }
    }

    /// Milliseconds of a step, and of a copy of as many bytes: medians over so many seconds each.
    pub fn measure(&mut self, seconds: f64) -> [f64; 2] {
        let ours = time(seconds, || self.optimizer.step(black_box(&mut self.net), 1e-4));
        let copy = time(seconds, || {
            let (from, to) = (black_box(&self.from), black_box(&mut self.to));
            let part = from.len().div_ceil(rayon::current_num_threads());
            to.par_chunks_mut(part)
                .zip(from.par_chunks(part))
                .for_each(|(to, from)| to.copy_from_slice(from));
        });
        [ours, copy * self.scale]
    }
}

fn time(seconds: f64, mut f: impl FnMut()) -> f64 {
    let mut times = Vec::new();
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < seconds || times.len() < 3 {
        let start = Instant::now();
        f();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    median(&times)
}
