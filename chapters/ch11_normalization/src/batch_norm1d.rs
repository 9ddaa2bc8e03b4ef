//! Batch normalisation of vectors and sequences (Ioffe and Szegedy 2015; `torch.nn.BatchNorm1d`).
//!
//! Shapes: `x` is `[batch, features]` or `[batch, features, length]`. A feature's `batch` or `batch * length` numbers share
//! a mean and a variance: [`BatchNorm2d`] for images of one row. Formulas and derivation are there.
//!
//! Of `[batch, features]` a feature's numbers lie far from each other, one in each row. They are transposed first, so that
//! each feature is a row of its own: `[1, features, 1, batch]`, one image whose pixels are the batch.

use ch01_tensors::{Array, Float, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch11_normalization::BatchNorm2d;

/// Normalises each feature over the batch, and over the length if there is one.
pub struct BatchNorm1d<T: Float = f32> {
    /// Gain, shift, running statistics, momentum and eps are this layer's.
    pub inner: BatchNorm2d<T>,
}

impl<T: Float> BatchNorm1d<T> {
    /// A layer for this many features, with gain 1, shift 0, and running mean 0 and variance 1.
    pub fn new(features: usize) -> Self {
        BatchNorm1d { inner: BatchNorm2d::new(features) }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> BatchNorm1d<f64> {
        BatchNorm1d { inner: self.inner.to_f64() }
    }

    #[track_caller]
    fn check(&self, x: &Array<T>, least: usize) {
        let features = self.inner.weight.value.size();
        let shape = x.shape();
        if !matches!(x.ndim(), 2 | 3) || x.dim(1) != features {
            let rule = format_args!("{shape:?} is not [batch, {features}] or [batch, {features}, length]");
            fail("BatchNorm1d", rule);
        }
        if x.size() < least * features {
            fail("BatchNorm1d", format_args!("training needs two numbers for each feature: {shape:?}"));
        }
    }
}

/// As an image, as [`BatchNorm2d`] wants it.
fn image<T: Float>(x: Array<T>) -> Array<T> {
    let [n, features] = [x.dim(0), x.dim(1)];
    match x.ndim() {
        2 => x.t().reshape([1, features, 1, n]),
        _ => {
            let length = x.dim(2);
            x.reshape([n, features, 1, length])
        }
    }
}

/// The way back: from an image to the shape that the input had.
fn unimage<T: Float>(y: Array<T>, ndim: usize) -> Array<T> {
    let [n, features, length] = [y.dim(0), y.dim(1), y.dim(3)];
    match ndim {
        2 => y.reshape([features, length]).t().contiguous(),
        _ => y.reshape([n, features, length]),
    }
}

impl<T: Float> Layer<T> for BatchNorm1d<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.check(&x, 2);
        let ndim = x.ndim();
        unimage(self.inner.forward(image(x)), ndim)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.check(&grad, 0);
        let ndim = grad.ndim();
        unimage(self.inner.backward(image(grad)), ndim)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.check(&x, 0);
        let ndim = x.ndim();
        unimage(self.inner.infer(image(x)), ndim)
    }
}

impl<T: Float> Module<T> for BatchNorm1d<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.inner.visit(visitor);
    }
}
