//! Our side of the layers: what `peer.py` is for PyTorch.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::measure::median;
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{gelu, gelu_backward, softmax, softmax_backward};
use ch04_losses::CrossEntropy;
use ch05_backprop::Layer;
use ch11_normalization::{BatchNorm2d, LayerNorm};
use ch12_regularization::Dropout;
use ch15_convolution::{MaxPool2d, Pool2dOptions};
use ch17_embeddings::Embedding;

/// What is measured: a layer, its input, and what else it needs. The shapes are those of the workloads.
pub const CASES: [&str; 18] = [
    "batch_norm 128x32x32x32",
    "batch_norm 128x64x32x32",
    "batch_norm 128x128x16x16",
    "batch_norm 128x256x8x8",
    "max_pool 128x64x32x32 2 2 0",
    "max_pool 128x128x16x16 2 2 0",
    "max_pool 32x64x56x56 3 2 1",
    "layer_norm 32x256x128",
    "layer_norm 16x256x256",
    "dropout 32x256x128 0.1",
    "dropout 128x128 0.4",
    "gelu 32x256x512",
    "softmax 4096x256",
    "cross_entropy 128x10",
    "cross_entropy 4096x96",
    "embedding 32x256 20000x128",
    "embedding 64x200 20000x128",
    "embedding 16x256 96x256",
];

/// A layer with its input and the gradient of its output. Gradients of parameters are forgotten before each pass.
pub struct Case {
    x: Tensor,
    grad: Tensor,
    passes: Box<dyn Passes>,
}

/// The two passes of a layer.
trait Passes: Send {
    fn forward(&mut self, x: Tensor) -> Tensor;
    fn backward(&mut self, grad: Tensor) -> Tensor;
}

/// A layer of the book.
struct OfLayer<L>(L);

impl<L: Layer + Send> Passes for OfLayer<L> {
    fn forward(&mut self, x: Tensor) -> Tensor {
        self.0.forward(x)
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        ch05_backprop::zero_grad(&mut self.0);
        self.0.backward(grad)
    }
}

struct OfGelu(Tensor);

impl Passes for OfGelu {
    fn forward(&mut self, x: Tensor) -> Tensor {
        self.0 = x.clone();
        gelu(x)
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        gelu_backward(grad, &self.0)
    }
}

struct OfSoftmax(Tensor);

impl Passes for OfSoftmax {
    fn forward(&mut self, x: Tensor) -> Tensor {
        self.0 = softmax(x, -1);
        self.0.clone()
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        softmax_backward(grad, &self.0, -1)
    }
}

struct OfCrossEntropy {
    loss: CrossEntropy,
    logits: Tensor,
    labels: Array<i64>,
}

impl Passes for OfCrossEntropy {
    fn forward(&mut self, x: Tensor) -> Tensor {
        self.logits = x;
        self.loss.forward(&self.logits, &self.labels)
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        self.loss.backward(&grad, &self.logits, &self.labels)
    }
}

struct OfEmbedding {
    layer: Embedding,
    ids: Array<i64>,
}

impl Passes for OfEmbedding {
    fn forward(&mut self, _: Tensor) -> Tensor {
        self.layer.forward(&self.ids)
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        self.layer.weight.zero_grad();
        self.layer.backward(grad);
        Tensor::zeros([0])
    }
}

fn sizes(text: &str) -> Vec<usize> {
    text.split('x').map(|n| n.parse().expect("a case with numbers")).collect()
}

fn whole_numbers(shape: &[usize], below: usize, rng: &mut Rng) -> Array<i64> {
    Array::from_fn(shape, |_| rng.below(below) as i64)
}

/// The case of this name.
pub fn case(name: &str) -> Case {
    let mut rng = Rng::new(0, name);
    let words: Vec<&str> = name.split(' ').collect();
    let shape = sizes(words[1]);
    let mut x = Tensor::normal(&shape[..], 0.0, 1.0, &mut rng);
    let mut passes: Box<dyn Passes> = match words[0] {
        "batch_norm" => Box::new(OfLayer(BatchNorm2d::<f32>::new(shape[1]))),
        "max_pool" => {
            let [kernel, stride, padding] = [2, 3, 4].map(|i| [words[i].parse().expect("a size"); 2]);
            Box::new(OfLayer(MaxPool2d::new(Pool2dOptions { kernel, stride, padding })))
        }
        "layer_norm" => Box::new(OfLayer(LayerNorm::new(shape[shape.len() - 1]))),
        "dropout" => {
            let p = words[2].parse().expect("a probability");
            Box::new(OfLayer(Dropout::<f32>::new(p, &mut rng)))
        }
        "gelu" => Box::new(OfGelu(Tensor::zeros([0]))),
        "softmax" => Box::new(OfSoftmax(Tensor::zeros([0]))),
        "cross_entropy" => Box::new(OfCrossEntropy {
            loss: CrossEntropy::default(),
            logits: Tensor::zeros([0]),
            labels: whole_numbers(&shape[..1], shape[1], &mut rng),
        }),
        "embedding" => {
            let table = sizes(words[2]);
            x = Tensor::zeros([0]);
            let ids = whole_numbers(&shape, table[0], &mut rng);
            Box::new(OfEmbedding { layer: Embedding::new(table[0], table[1], None, &mut rng), ids })
        }
        other => panic!("no layer is called {other}"),
    };
    let grad = {
        let y = passes.forward(x.clone());
        Tensor::normal(*y.shape(), 0.0, 1.0, &mut rng)
    };
    passes.backward(grad.copy());
    Case { x, grad, passes }
}

impl Case {
    /// Milliseconds of the forward and of the backward pass: medians over so many seconds.
    pub fn measure(&mut self, seconds: f64) -> [f64; 2] {
        let mut times = [Vec::new(), Vec::new()];
        let begin = Instant::now();
        while begin.elapsed().as_secs_f64() < seconds || times[0].len() < 3 {
            let x = self.x.clone();
            let start = Instant::now();
            let y = black_box(self.passes.forward(black_box(x)));
            times[0].push(start.elapsed().as_secs_f64() * 1e3);
            // The gradient from above belongs to the layer, as in training.
            let grad = self.grad.copy();
            let start = Instant::now();
            let dx = black_box(self.passes.backward(black_box(grad)));
            times[1].push(start.elapsed().as_secs_f64() * 1e3);
            drop((y, dx));
        }
        times.map(|times| median(&times))
    }
}
