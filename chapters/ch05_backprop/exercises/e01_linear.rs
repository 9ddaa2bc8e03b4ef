//! Linear: `y = x Wᵀ + b` (`torch.nn.Linear`).
//!
//! Shapes: `x` is `[.., in]`, `W` is `[out, in]`, `b` is `[out]`, `y` is `[.., out]`. All axes but the last are batch
//! axes; below they are one axis of length `n`.
//!
//! With `y[n, o] = sum_i x[n, i] W[o, i] + b[o]` and `g = dL/dy`:
//!
//! - `dL/dW[o, i] = sum_n g[n, o] x[n, i]`, that is `gᵀ x`;
//! - `dL/db[o] = sum_n g[n, o]`: the sum over the batch;
//! - `dL/dx[n, i] = sum_o g[n, o] W[o, i]`, that is `g W`.

use ch01_tensors::{Array, Float, Rng, Shape, Tensor, fail};
use ch02_matmul::{matmul, matmul_add};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};

/// A matrix product and a bias.
pub struct Linear<T: Float = f32> {
    /// `[out, in]`.
    pub weight: Param<T>,
    /// `[out]`, if there is one.
    pub bias: Option<Param<T>>,
    /// The inputs of forward calls that have not been gone back through.
    inputs: Vec<Array<T>>,
}

impl Linear {
    /// PyTorch's default: weight and bias even in ±1/sqrt(in). Chapter 8 has better ones.
    pub fn new(inputs: usize, outputs: usize, rng: &mut Rng) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        let weight = Tensor::uniform([outputs, inputs], -bound, bound, rng);
        let bias = Tensor::uniform([outputs], -bound, bound, rng);
        Linear::from_parts(weight, Some(bias))
    }
}

impl<T: Float> Linear<T> {
    /// A layer with these weights, `[out, in]`, and this bias, `[out]`.
    ///
    /// # Panics
    /// When the shapes are others.
    #[track_caller]
    pub fn from_parts(weight: Array<T>, bias: Option<Array<T>>) -> Self {
        if weight.ndim() != 2 || bias.as_ref().is_some_and(|bias| *bias.shape() != [weight.dim(0)]) {
            let (weight, bias) = (weight.shape(), bias.as_ref().map(Array::shape));
            let rule = format_args!("weight {weight:?} and bias {bias:?} are not [out, in] and [out]");
            fail("Linear::from_parts", rule);
        }
        let bias = bias.map(|bias| Param::new(bias, Role::Bias));
        Linear { weight: Param::new(weight, Role::Weight), bias, inputs: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Linear<f64> {
        let bias = self.bias.as_ref().map(Param::to_f64);
        Linear { weight: self.weight.to_f64(), bias, inputs: Vec::new() }
    }

    fn output(&self, x: &Array<T>) -> Array<T> {
        let (x, batch) = (rows(x), *x.shape());
        // Yours: y = x Wᵀ + b, `x` is [n, in]. The weight is [out, in]; `t()` transposes for free. The
        // bias may be absent. End with `with_batch(y, batch)`, which gives y the batch axes of the input.
        todo!()
    }

    /// Adds to the gradients of the parameters. Returns `grad` as `[n, out]`, and the shape of the input.
    #[track_caller]
    fn add_gradients(&mut self, grad: Array<T>) -> (Array<T>, Shape) {
        let Some(x) = self.inputs.pop() else {
            fail("Linear::backward", format_args!("no forward call to go back through"))
        };
        let output = x.shape().without(x.ndim() - 1).with(x.ndim() - 1, self.weight.value.dim(0));
        if *grad.shape() != output {
            let grad = grad.shape();
            fail(
                "Linear::backward",
                format_args!("a gradient of shape {grad:?} for an output of {output:?}"),
            );
        }
        let (g, x, batch) = (rows(&grad), rows(&x), *x.shape());
        // Yours: Add gᵀ x to the gradient of the weight and the sum of g over the batch to that of the
        // bias. `g` is [n, out], `x` is [n, in].
        todo!();
        (g, batch)
    }
}

impl<T: Float> Layer<T> for Linear<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let y = self.output(&x);
        self.inputs.push(x);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let (g, batch) = self.add_gradients(grad);
        // Yours: The gradient of the input is g W. `g` is [n, out]. End with `with_batch` again.
        todo!()
    }

    fn backward_params(&mut self, grad: Array<T>) {
        self.add_gradients(grad);
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.output(&x)
    }
}

impl<T: Float> Module<T> for Linear<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
        if let Some(bias) = &mut self.bias {
            visitor.param("bias", bias);
        }
    }
}

/// All axes but the last as one: `[.., k]` becomes `[n, k]`.
fn rows<T: Float>(x: &Array<T>) -> Array<T> {
    let last = x.dim(-1);
    let n: usize = x.shape()[..x.ndim() - 1].iter().product();
    x.clone().reshape([n, last])
}

/// Gives `[n, k]` the batch axes of `like` again: `[.., k]`.
fn with_batch<T: Float>(y: Array<T>, like: Shape) -> Array<T> {
    let last = like.len() - 1;
    let shape = like.without(last).with(last, y.dim(-1));
    y.reshape(shape)
}
