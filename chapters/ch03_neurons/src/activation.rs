//! Any of the elementwise activations, so that a layer can hold one without knowing which.

use ch01_tensors::{Array, Float};

use crate::*;

// ANCHOR: activation
/// An elementwise activation without parameters of its own that learn (PReLU has one; softmax is not elementwise).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `x`: none.
    Identity,
    /// [`relu`].
    Relu,
    /// [`leaky_relu`].
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// [`elu`].
    Elu {
        /// Minus the limit at -inf.
        alpha: f64,
    },
    /// [`selu`].
    Selu,
    /// [`gelu`].
    Gelu,
    /// [`gelu_tanh`].
    GeluTanh,
    /// [`silu`].
    Silu,
    /// [`sigmoid`].
    Sigmoid,
    /// [`tanh`].
    Tanh,
    /// [`softplus`].
    Softplus {
        /// How sharp the bend is.
        beta: f64,
        /// Where `beta x` is above it, the function is taken to be `x`.
        threshold: f64,
    },
    /// [`hard_swish`].
    HardSwish,
}
// ANCHOR_END: activation

impl Activation {
    /// All of them, with PyTorch's defaults.
    pub const ALL: [Activation; 12] = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.01 },
        Activation::Elu { alpha: 1.0 },
        Activation::Selu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softplus { beta: 1.0, threshold: 20.0 },
        Activation::HardSwish,
    ];

    /// The activation of every element.
    pub fn forward<T: Float>(self, x: Array<T>) -> Array<T> {
        match self {
            Activation::Identity => x,
            Activation::Relu => relu(x),
            Activation::LeakyRelu { slope } => leaky_relu(x, slope),
            Activation::Elu { alpha } => elu(x, alpha),
            Activation::Selu => selu(x),
            Activation::Gelu => gelu(x),
            Activation::GeluTanh => gelu_tanh(x),
            Activation::Silu => silu(x),
            Activation::Sigmoid => sigmoid(x),
            Activation::Tanh => tanh(x),
            Activation::Softplus { beta, threshold } => softplus(x, beta, threshold),
            Activation::HardSwish => hard_swish(x),
        }
    }

    /// The gradient of the input, for that of the output and the input `x`. For sigmoid and tanh, whose derivatives are
    /// functions of the output, the output is computed again.
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn backward<T: Float>(self, grad: Array<T>, x: &Array<T>) -> Array<T> {
        match self {
            Activation::Identity => {
                simd::same_shape("identity_backward", &grad, x);
                grad
            }
            Activation::Relu => relu_backward(grad, x),
            Activation::LeakyRelu { slope } => leaky_relu_backward(grad, x, slope),
            Activation::Elu { alpha } => elu_backward(grad, x, alpha),
            Activation::Selu => selu_backward(grad, x),
            Activation::Gelu => gelu_backward(grad, x),
            Activation::GeluTanh => gelu_tanh_backward(grad, x),
            Activation::Silu => silu_backward(grad, x),
            Activation::Sigmoid => sigmoid_backward(grad, &sigmoid(x.clone())),
            Activation::Tanh => tanh_backward(grad, &tanh(x.clone())),
            Activation::Softplus { beta, threshold } => softplus_backward(grad, x, beta, threshold),
            Activation::HardSwish => hard_swish_backward(grad, x),
        }
    }
}
