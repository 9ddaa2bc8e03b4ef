//! Convolution as a layer (`torch.nn.Conv2d`).

use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};

use crate::conv2d::conv2d_keeping;
use crate::kept::Kept;
use crate::pool_layers::popped;
use crate::{Conv2dOptions, conv2d, conv2d_bias_gradient, conv2d_input_gradient, conv2d_weight_gradient};

// ANCHOR: layer
/// A bank of kernels, each of which looks for one pattern everywhere in an image.
pub struct Conv2d<T: Float = f32> {
    /// `[out, in / groups, kernel height, kernel width]`.
    pub weight: Param<T>,
    /// `[out]`, if there is one.
    pub bias: Option<Param<T>>,
    /// Stride, padding, dilation and groups.
    pub options: Conv2dOptions,
    /// The inputs of forward calls that have not been gone back through.
    inputs: Vec<Array<T>>,
    /// What `infer` has made of the weights.
    kept: Kept,
}
// ANCHOR_END: layer

impl Conv2d {
    /// `outputs` kernels of `kernel` rows and columns over `inputs` channels, without a bias. The weights are PyTorch's
    /// default, even in ±1/sqrt(inputs / groups * rows * columns); chapter 8 has better ones.
    ///
    /// # Panics
    /// When the groups do not divide the channels.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: usize, options: Conv2dOptions, rng: &mut Rng) -> Self {
        let groups = options.groups;
        if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            fail("Conv2d::new", format_args!("{inputs} and {outputs} channels in {groups} groups"));
        }
        let bound = 1.0 / ((inputs / groups * kernel * kernel) as f64).sqrt();
        let weight = Tensor::uniform([outputs, inputs / groups, kernel, kernel], -bound, bound, rng);
        Conv2d::from_parts(weight, None, options)
    }
}

impl Conv2d {
    /// The same layer with a bias of zeros. (PyTorch draws it, even in the bounds of the weights.)
    pub fn with_bias(mut self) -> Self {
        let outputs = self.weight.value.dim(0);
        self.bias = Some(Param::new(Tensor::zeros([outputs]), Role::Bias));
        self
    }
}

impl<T: Float> Conv2d<T> {
    /// A layer with these weights, `[out, in / groups, kernel height, kernel width]`, and this bias, `[out]`.
    ///
    /// # Panics
    /// When the shapes are others.
    #[track_caller]
    pub fn from_parts(weight: Array<T>, bias: Option<Array<T>>, options: Conv2dOptions) -> Self {
        if weight.ndim() != 4 || bias.as_ref().is_some_and(|bias| *bias.shape() != [weight.dim(0)]) {
            let (weight, bias) = (weight.shape(), bias.as_ref().map(Array::shape));
            let rule = format_args!("weight {weight:?} and bias {bias:?} are not [out, in, h, w] and [out]");
            fail("Conv2d::from_parts", rule);
        }
        let bias = bias.map(|bias| Param::new(bias, Role::Bias));
        Conv2d {
            weight: Param::new(weight, Role::Weight),
            bias,
            options,
            inputs: Vec::new(),
            kept: Kept::default(),
        }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Conv2d<f64> {
        let bias = self.bias.as_ref().map(Param::to_f64);
        let (weight, options) = (self.weight.to_f64(), self.options);
        Conv2d { weight, bias, options, inputs: Vec::new(), kept: Kept::default() }
    }

    /// Gives up what the last forward call has kept, its input. Before `backward` it must be [given back](Self::restore).
    ///
    /// # Panics
    /// When nothing is kept.
    pub fn release(&mut self) -> Array<T> {
        popped("Conv2d::release", &mut self.inputs)
    }

    /// Takes the input of the last forward call back.
    pub fn restore(&mut self, x: Array<T>) {
        self.inputs.push(x);
    }
}

// ANCHOR: passes
impl<T: Float> Layer<T> for Conv2d<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.kept.forget();
        let bias = self.bias.as_ref().map(|bias| &bias.value);
        let y = conv2d(&x, &self.weight.value, bias, self.options);
        self.inputs.push(x);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let x = self.add_gradients(&grad);
        conv2d_input_gradient(&grad, &x, &self.weight.value, self.options)
    }

    fn backward_params(&mut self, grad: Array<T>) {
        self.add_gradients(&grad);
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let bias = self.bias.as_ref().map(|bias| &bias.value);
        conv2d_keeping(&x, &self.weight.value, bias, self.options, Some(&self.kept))
    }
}

impl<T: Float> Conv2d<T> {
    /// Adds to the gradients of the parameters, and returns the input.
    fn add_gradients(&mut self, grad: &Array<T>) -> Array<T> {
        let x = popped("Conv2d::backward", &mut self.inputs);
        self.weight.grad += &conv2d_weight_gradient(grad, &x, &self.weight.value, self.options);
        if let Some(bias) = &mut self.bias {
            bias.grad += &conv2d_bias_gradient(grad);
        }
        x
    }
}
// ANCHOR_END: passes

impl<T: Float> Module<T> for Conv2d<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
        if let Some(bias) = &mut self.bias {
            visitor.param("bias", bias);
        }
    }
}
