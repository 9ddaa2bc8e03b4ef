//! Pooling as layers (`torch.nn.MaxPool2d`, `AvgPool2d`, `AdaptiveAvgPool2d(1)`). None has parameters. Max pooling keeps a
//! byte for each number of its output, the others keep a shape.

use ch01_tensors::{Array, Float, Shape, fail};
use ch05_backprop::{Layer, Module, Visitor};

use crate::*;

/// The largest number of each window.
pub struct MaxPool2d {
    /// The window.
    pub options: Pool2dOptions,
    /// Where the largest numbers were, and the shape of the input.
    saved: Vec<(Array<u8>, Shape)>,
}

impl MaxPool2d {
    /// A layer with this window.
    pub fn new(options: Pool2dOptions) -> Self {
        MaxPool2d { options, saved: Vec::new() }
    }
}

impl<T: Float> Layer<T> for MaxPool2d {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let (y, places) = max_pool2d(&x, self.options);
        self.saved.push((places, *x.shape()));
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let (places, input) = popped("MaxPool2d::backward", &mut self.saved);
        max_pool2d_backward(&grad, &places, &input, self.options)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        max_pool2d(&x, self.options).0
    }
}

/// The mean of each window.
pub struct AvgPool2d {
    /// The window.
    pub options: Pool2dOptions,
    /// The shapes of the inputs.
    saved: Vec<Shape>,
}

impl AvgPool2d {
    /// A layer with this window.
    pub fn new(options: Pool2dOptions) -> Self {
        AvgPool2d { options, saved: Vec::new() }
    }
}

impl<T: Float> Layer<T> for AvgPool2d {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.saved.push(*x.shape());
        avg_pool2d(&x, self.options)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let input = popped("AvgPool2d::backward", &mut self.saved);
        avg_pool2d_backward(&grad, &input, self.options)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        avg_pool2d(&x, self.options)
    }
}

/// The mean of each channel, as an image of one number.
#[derive(Default)]
pub struct GlobalAvgPool {
    /// The shapes of the inputs.
    saved: Vec<Shape>,
}

impl GlobalAvgPool {
    /// The layer.
    pub fn new() -> Self {
        GlobalAvgPool::default()
    }
}

impl<T: Float> Layer<T> for GlobalAvgPool {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.saved.push(*x.shape());
        global_avg_pool(&x)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let input = popped("GlobalAvgPool::backward", &mut self.saved);
        global_avg_pool_backward(&grad, &input)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        global_avg_pool(&x)
    }
}

/// What the last forward call has left.
#[track_caller]
pub(crate) fn popped<S>(operation: &str, saved: &mut Vec<S>) -> S {
    match saved.pop() {
        Some(saved) => saved,
        None => fail(operation, format_args!("no forward call to go back through")),
    }
}

impl<T: Float> Module<T> for MaxPool2d {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}

impl<T: Float> Module<T> for AvgPool2d {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}

impl<T: Float> Module<T> for GlobalAvgPool {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}
