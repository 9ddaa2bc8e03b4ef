//! Transposed convolution as a layer (`torch.nn.ConvTranspose2d`).

use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};

use crate::pool_layers::popped;
use crate::{ConvTranspose2dOptions, conv_transpose2d, conv_transpose2d_backward, conv2d_bias_gradient};

/// Kernels that every number of a small map stamps onto a larger one.
pub struct ConvTranspose2d<T: Float = f32> {
    /// `[in, out / groups, kernel height, kernel width]`.
    pub weight: Param<T>,
    /// `[out]`, if there is one.
    pub bias: Option<Param<T>>,
    /// Stride, padding, dilation, groups and output padding.
    pub options: ConvTranspose2dOptions,
    /// The inputs of forward calls that have not been gone back through.
    inputs: Vec<Array<T>>,
}

impl ConvTranspose2d {
    /// Kernels of `kernel` rows and columns from `inputs` to `outputs` channels, with a bias. Both are PyTorch's default,
    /// even in ±1/sqrt(outputs / groups * rows * columns).
    ///
    /// # Panics
    /// When the groups do not divide the channels.
    #[track_caller]
    pub fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        options: ConvTranspose2dOptions,
        rng: &mut Rng,
    ) -> Self {
        let groups = options.conv.groups;
        if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            fail("ConvTranspose2d::new", format_args!("{inputs} and {outputs} channels in {groups} groups"));
        }
        let bound = 1.0 / ((outputs / groups * kernel * kernel) as f64).sqrt();
        let weight = Tensor::uniform([inputs, outputs / groups, kernel, kernel], -bound, bound, rng);
        ConvTranspose2d::from_parts(weight, Some(Tensor::uniform([outputs], -bound, bound, rng)), options)
    }
}

impl<T: Float> ConvTranspose2d<T> {
    /// A layer with these weights, `[in, out / groups, kernel height, kernel width]`, and this bias, `[out]`.
    ///
    /// # Panics
    /// When the shapes are others.
    #[track_caller]
    pub fn from_parts(weight: Array<T>, bias: Option<Array<T>>, options: ConvTranspose2dOptions) -> Self {
        let outputs = |weight: &Array<T>| weight.dim(1) * options.conv.groups;
        if weight.ndim() != 4 || bias.as_ref().is_some_and(|bias| *bias.shape() != [outputs(&weight)]) {
            let (weight, bias) = (weight.shape(), bias.as_ref().map(Array::shape));
            let rule = "are not [in, out / groups, h, w] and [out]";
            fail("ConvTranspose2d::from_parts", format_args!("weight {weight:?} and bias {bias:?} {rule}"));
        }
        let bias = bias.map(|bias| Param::new(bias, Role::Bias));
        ConvTranspose2d { weight: Param::new(weight, Role::Weight), bias, options, inputs: Vec::new() }
    }
}

impl<T: Float> Layer<T> for ConvTranspose2d<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let y = self.infer(x.clone());
        self.inputs.push(x);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let x = popped("ConvTranspose2d::backward", &mut self.inputs);
        let (dx, dweight) = conv_transpose2d_backward(&grad, &x, &self.weight.value, self.options);
        self.weight.grad += &dweight;
        if let Some(bias) = &mut self.bias {
            bias.grad += &conv2d_bias_gradient(&grad);
        }
        dx
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        conv_transpose2d(&x, &self.weight.value, self.bias.as_ref().map(|bias| &bias.value), self.options)
    }
}

impl<T: Float> Module<T> for ConvTranspose2d<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
        if let Some(bias) = &mut self.bias {
            visitor.param("bias", bias);
        }
    }
}
