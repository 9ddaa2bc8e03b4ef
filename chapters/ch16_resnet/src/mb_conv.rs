//! The inverted bottleneck of mobile networks (Sandler et al. 2018, Tan and Le 2019; `torchvision`'s `MBConv`).
//!
//! Shapes: `x` is `[batch, inputs, h, w]`, `y` is `[batch, outputs, h / stride, w / stride]` (rounded up).
//!
//! A convolution over `c` channels costs `k² c` multiplications per output number. Split in two it costs `k² + c`: first each
//! channel on its own (depthwise: as many groups as channels), then one pixel over all channels. Between the two parts there is
//! room to be wide: up by `expand`, across, squeeze and excite, and down again without an activation, since what a ReLU has
//! cut off in a narrow layer nobody brings back. Where the shape stays, `y = x + drop_path(f(x))`.

use ch01_tensors::{Array, Float, Rng, context::within};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Module, Visitor};
use ch07_modules::Sequential;
use ch08_initialization::{FanMode, Gain, kaiming_normal};
use ch11_normalization::BatchNorm2d;
use ch12_regularization::DropPath;
use ch15_convolution::{Conv2d, Conv2dOptions};

use crate::{SqueezeExcite, convolution};

/// The choices of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MbConvConfig {
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// The side of the depthwise kernel.
    pub kernel: usize,
    /// The stride of the depthwise kernel.
    pub stride: usize,
    /// How many times as many channels there are inside.
    pub expand: usize,
    /// The probability with which the branch is dropped in training.
    pub drop_path: f64,
}

/// Up, across each channel, squeeze and excite, down.
pub struct MbConv<T: Float = f32> {
    block: Sequential<T>,
    /// Where the shape stays.
    drop_path: Option<DropPath<T>>,
}

impl<T: Float> MbConv<T> {
    // ANCHOR: new
    /// A block by its configuration.
    pub fn new(config: &MbConvConfig, rng: &mut Rng) -> Self {
        let MbConvConfig { inputs, outputs, kernel, stride, expand, drop_path } = *config;
        let inside = inputs * expand;
        let mut block = Sequential::new();
        if expand != 1 {
            block = block.push(conv_norm_silu(convolution(inputs, inside, 1, 1, rng)));
        }
        block = block.push(conv_norm_silu(depthwise(inside, kernel, stride, rng)));
        block = block.push(SqueezeExcite::new(inside, (inputs / 4).max(1), Activation::Silu, rng));
        let down = Sequential::new().push(convolution(inside, outputs, 1, 1, rng));
        block = block.push(down.push(BatchNorm2d::new(outputs)));
        let stays = stride == 1 && inputs == outputs;
        MbConv { block, drop_path: stays.then(|| DropPath::new(drop_path, rng)) }
    }
    // ANCHOR_END: new
}

/// A convolution with its normalisation and SiLU (`torchvision.ops.Conv2dNormActivation`).
pub fn conv_norm_silu<T: Float>(convolution: Conv2d<T>) -> Sequential<T> {
    let channels = convolution.weight.value.dim(0);
    Sequential::new()
        .push(convolution)
        .push(BatchNorm2d::new(channels))
        .push(ActivationLayer::new(Activation::Silu))
}

/// A kernel for each channel, without bias, padded so that stride 1 keeps the size.
pub fn depthwise<T: Float>(channels: usize, kernel: usize, stride: usize, rng: &mut Rng) -> Conv2d<T> {
    let mut weight = Array::zeros([channels, 1, kernel, kernel]);
    kaiming_normal(&mut weight, FanMode::Out, Gain::Relu, rng);
    let (stride, padding) = ([stride; 2], [kernel / 2; 2]);
    let options = Conv2dOptions { stride, padding, groups: channels, ..Conv2dOptions::default() };
    Conv2d::from_parts(weight, None, options)
}

// ANCHOR: passes
impl<T: Float> Layer<T> for MbConv<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let Some(drop_path) = &mut self.drop_path else { return within("block", || self.block.forward(x)) };
        let y = within("block", || self.block.forward(x.clone()));
        drop_path.forward(y) + &x
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(drop_path) = &mut self.drop_path else {
            return within("block", || self.block.backward(grad));
        };
        let g = drop_path.backward(grad.clone());
        within("block", || self.block.backward(g)) + &grad
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        if self.drop_path.is_none() {
            return within("block", || self.block.infer(x));
        }
        within("block", || self.block.infer(x.clone())) + &x
    }
}
// ANCHOR_END: passes

impl<T: Float> Module<T> for MbConv<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("block", &mut self.block);
        if let Some(drop_path) = &mut self.drop_path {
            visitor.child("stochastic_depth", drop_path);
        }
    }
}
