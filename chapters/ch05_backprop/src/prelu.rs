//! PReLU as a layer: a leaky ReLU whose slope is learned, one per channel (He et al. 2015; `torch.nn.PReLU`).

use ch01_tensors::{Array, Float, Tensor, fail};
use ch03_neurons::{prelu, prelu_backward};

use crate::{Layer, Module, Param, Role, Visitor};

/// `x` above 0, `slope * x` below. Channels are axis 1 of the input; without it there is one slope.
pub struct PRelu<T: Float = f32> {
    /// `[1]` for one shared slope, or `[channels]`.
    pub slope: Param<T>,
    inputs: Vec<Array<T>>,
}

impl PRelu {
    /// `count` slopes (1, or one per channel), all 0.25 at first, as in PyTorch.
    pub fn new(count: usize) -> Self {
        PRelu { slope: Param::new(Tensor::full([count], 0.25), Role::Activation), inputs: Vec::new() }
    }
}

impl<T: Float> PRelu<T> {
    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> PRelu<f64> {
        PRelu { slope: self.slope.to_f64(), inputs: Vec::new() }
    }
}

impl<T: Float> Layer<T> for PRelu<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let y = prelu(x.clone(), &self.slope.value);
        self.inputs.push(x);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(x) = self.inputs.pop() else {
            fail("PRelu::backward", format_args!("no forward call to go back through"))
        };
        let (grad, slope_grad) = prelu_backward(&grad, &x, &self.slope.value);
        self.slope.grad += &slope_grad;
        grad
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        prelu(x, &self.slope.value)
    }
}

impl<T: Float> Module<T> for PRelu<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.slope);
    }
}
