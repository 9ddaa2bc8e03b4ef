//! Convolution of sequences (`torch.nn.functional.conv1d`): that of images one row high.
//!
//! `y[n, o, i] = bias[o] + sum_{c, v} weight[o, c, v] x[n, first + c, i s + v d - p]`; `x` is `[batch, in, time]`, `weight` is
//! `[out, in / groups, kernel]`. As images `[batch, in, 1, time]` with kernels of one row these are the sums of [`conv2d`], so
//! its passes do all the work, and its gradients are the gradients.

use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};

use crate::conv2d::input_gradient_for;
use crate::pool_layers::popped;
use crate::{Conv2dOptions, conv2d, conv2d_bias_gradient, conv2d_weight_gradient};

/// How a kernel moves along a sequence; see [`Conv2dOptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv1dOptions {
    /// The step from one position of the kernel to the next.
    pub stride: usize,
    /// The zeros before and behind the sequence.
    pub padding: usize,
    /// The step from one tap to the next.
    pub dilation: usize,
    /// Into how many groups the channels are cut.
    pub groups: usize,
}

/// Stride 1, no padding, no dilation, one group.
impl Default for Conv1dOptions {
    fn default() -> Self {
        Conv1dOptions { stride: 1, padding: 0, dilation: 1, groups: 1 }
    }
}

impl Conv1dOptions {
    /// The same for images one row high.
    fn flat(self) -> Conv2dOptions {
        Conv2dOptions {
            stride: [1, self.stride],
            padding: [0, self.padding],
            dilation: [1, self.dilation],
            groups: self.groups,
        }
    }
}

/// `[a, b, c]` as `[a, b, 1, c]`.
#[track_caller]
fn flat<T: Float>(operation: &str, array: &Array<T>) -> Array<T> {
    if array.ndim() != 3 {
        fail(
            operation,
            format_args!("{:?} does not have three axes: batch or out, channels, time", array.shape()),
        );
    }
    array.clone().unsqueeze(2)
}

/// The convolution of `x`, `[batch, in, time]`, with `weight`, `[out, in / groups, kernel]`: `[batch, out, ..]`.
///
/// # Panics
/// When the axes do not fit, or the kernel is longer than the padded sequence.
#[track_caller]
pub fn conv1d<T: Float>(
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: Conv1dOptions,
) -> Array<T> {
    conv2d(&flat("conv1d", x), &flat("conv1d", weight), bias, options.flat()).squeeze(2)
}

/// `(dL/dx, dL/dweight)` for `grad = dL/dy`. The gradient of the bias is the sum of `grad` over batch and time.
///
/// # Panics
/// As [`conv1d`], and when `grad` does not have the shape of the output.
#[track_caller]
pub fn conv1d_backward<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv1dOptions,
) -> (Array<T>, Array<T>) {
    let [grad, x, weight] = [grad, x, weight].map(|array| flat("conv1d_backward", array));
    let dx = input_gradient_for("conv1d_backward", &grad, x.shape(), &weight, options.flat());
    (dx.squeeze(2), conv2d_weight_gradient(&grad, &x, &weight, options.flat()).squeeze(2))
}

/// A bank of kernels, each of which looks for one pattern everywhere in a sequence (`torch.nn.Conv1d`).
pub struct Conv1d<T: Float = f32> {
    /// `[out, in / groups, kernel]`.
    pub weight: Param<T>,
    /// `[out]`, if there is one.
    pub bias: Option<Param<T>>,
    /// Stride, padding, dilation and groups.
    pub options: Conv1dOptions,
    /// The inputs of forward calls that have not been gone back through.
    inputs: Vec<Array<T>>,
}

impl Conv1d {
    /// `outputs` kernels of length `kernel` over `inputs` channels, with a bias. Both are PyTorch's default, even in
    /// ±1/sqrt(inputs / groups * kernel).
    ///
    /// # Panics
    /// When the groups do not divide the channels.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: usize, options: Conv1dOptions, rng: &mut Rng) -> Self {
        let groups = options.groups;
        if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            fail("Conv1d::new", format_args!("{inputs} and {outputs} channels in {groups} groups"));
        }
        let bound = 1.0 / ((inputs / groups * kernel) as f64).sqrt();
        let weight = Tensor::uniform([outputs, inputs / groups, kernel], -bound, bound, rng);
        Conv1d::from_parts(weight, Some(Tensor::uniform([outputs], -bound, bound, rng)), options)
    }
}

impl<T: Float> Conv1d<T> {
    /// A layer with these weights, `[out, in / groups, kernel]`, and this bias, `[out]`.
    ///
    /// # Panics
    /// When the shapes are others.
    #[track_caller]
    pub fn from_parts(weight: Array<T>, bias: Option<Array<T>>, options: Conv1dOptions) -> Self {
        if weight.ndim() != 3 || bias.as_ref().is_some_and(|bias| *bias.shape() != [weight.dim(0)]) {
            let (weight, bias) = (weight.shape(), bias.as_ref().map(Array::shape));
            let rule =
                format_args!("weight {weight:?} and bias {bias:?} are not [out, in, kernel] and [out]");
            fail("Conv1d::from_parts", rule);
        }
        let bias = bias.map(|bias| Param::new(bias, Role::Bias));
        Conv1d { weight: Param::new(weight, Role::Weight), bias, options, inputs: Vec::new() }
    }
}

impl<T: Float> Layer<T> for Conv1d<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let y = self.infer(x.clone());
        self.inputs.push(x);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let x = popped("Conv1d::backward", &mut self.inputs);
        let (dx, dweight) = conv1d_backward(&grad, &x, &self.weight.value, self.options);
        self.weight.grad += &dweight;
        if let Some(bias) = &mut self.bias {
            bias.grad += &conv2d_bias_gradient(&flat("Conv1d::backward", &grad));
        }
        dx
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        conv1d(&x, &self.weight.value, self.bias.as_ref().map(|bias| &bias.value), self.options)
    }
}

impl<T: Float> Module<T> for Conv1d<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
        if let Some(bias) = &mut self.bias {
            visitor.param("bias", bias);
        }
    }
}
