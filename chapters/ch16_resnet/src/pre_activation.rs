//! The block with activations before its convolutions (He et al. 2016, "Identity mappings").
//!
//! Shapes: as the basic block. With `a = relu(bn1(x))`, `y = conv2(relu(bn2(conv1(a)))) + s`. The shortcut `s` is `x`
//! itself where the shape stays, else a convolution of one pixel of `a`. Nothing stands behind the sum: from block to block
//! there is a way on which nothing happens at all, forward or backward. `dL/dy` reaches `x` unchanged, and to it is added
//! what comes through the branch.
//!
//! torchvision has no such network; the block is that of the paper, with its names after torchvision's.

use ch01_tensors::{Array, Float, Rng, context::within};
use ch05_backprop::{Layer, Module, Visitor};
use ch07_modules::Sequential;
use ch11_normalization::BatchNorm2d;
use ch15_convolution::{Conv2d, Relu};
use ch16_resnet::convolution;

/// Normalise, activate, convolve, twice; and a way past that is left alone.
pub struct PreActivation<T: Float = f32> {
    /// The normalisation before the first convolution.
    pub bn1: BatchNorm2d<T>,
    relu1: Relu<T>,
    /// The first convolution, which has the stride.
    pub conv1: Conv2d<T>,
    /// The normalisation before the second.
    pub bn2: BatchNorm2d<T>,
    relu2: Relu<T>,
    /// The second convolution.
    pub conv2: Conv2d<T>,
    /// What comes between the last convolution and the sum, if anything: squeeze and excitation, stochastic depth.
    pub last: Sequential<T>,
    /// The shortcut, where the shape changes.
    pub downsample: Option<Conv2d<T>>,
}

impl<T: Float> PreActivation<T> {
    /// A block from `inputs` to `outputs` channels, at 1/`stride` of the size.
    pub fn new(inputs: usize, outputs: usize, stride: usize, rng: &mut Rng) -> Self {
        let changes = inputs != outputs || stride != 1;
        PreActivation {
            bn1: BatchNorm2d::new(inputs),
            relu1: Relu::new(),
            conv1: convolution(inputs, outputs, 3, stride, rng),
            bn2: BatchNorm2d::new(outputs),
            relu2: Relu::new(),
            conv2: convolution(outputs, outputs, 3, 1, rng),
            last: Sequential::new(),
            downsample: changes.then(|| convolution(inputs, outputs, 1, stride, rng)),
        }
    }
}

// ANCHOR: passes
impl<T: Float> Layer<T> for PreActivation<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let a = self.relu1.forward(within("bn1", || self.bn1.forward(x.clone())));
        let s = match &mut self.downsample {
            Some(convolution) => within("downsample", || convolution.forward(a.clone())),
            None => x,
        };
        let y = within("conv1", || self.conv1.forward(a));
        let y = self.relu2.forward(within("bn2", || self.bn2.forward(y)));
        let y = within("conv2", || self.conv2.forward(y));
        within("last", || self.last.forward(y)) + &s
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let g = within("last", || self.last.backward(grad.clone()));
        let g = within("conv2", || self.conv2.backward(g));
        let g = within("bn2", || self.bn2.backward(self.relu2.backward(g)));
        let g = within("conv1", || self.conv1.backward(g));
        match &mut self.downsample {
            Some(convolution) => {
                let g = g + &within("downsample", || convolution.backward(grad));
                within("bn1", || self.bn1.backward(self.relu1.backward(g)))
            }
            None => within("bn1", || self.bn1.backward(self.relu1.backward(g))) + &grad,
        }
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let a = ch03_neurons::relu(within("bn1", || self.bn1.infer(x.clone())));
        let s = match &self.downsample {
            Some(convolution) => within("downsample", || convolution.infer(a.clone())),
            None => x,
        };
        let y = within("conv1", || self.conv1.infer(a));
        let y = ch03_neurons::relu(within("bn2", || self.bn2.infer(y)));
        let y = within("conv2", || self.conv2.infer(y));
        within("last", || self.last.infer(y)) + &s
    }
}
// ANCHOR_END: passes

impl<T: Float> Module<T> for PreActivation<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("bn1", &mut self.bn1);
        visitor.child("conv1", &mut self.conv1);
        visitor.child("bn2", &mut self.bn2);
        visitor.child("conv2", &mut self.conv2);
        visitor.child("last", &mut self.last);
        if let Some(convolution) = &mut self.downsample {
            visitor.child("downsample", convolution);
        }
    }
}
