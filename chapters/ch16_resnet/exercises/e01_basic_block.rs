//! The basic residual block (He et al. 2016; `torchvision.models.resnet.BasicBlock`).
//!
//! Shapes: `x` is `[batch, inputs, h, w]`, `y` is `[batch, outputs, h / stride, w / stride]` (rounded up).
//!
//! `y = relu(f(x) + s(x))` with `f = bn2 conv2 relu bn1 conv1`, two convolutions of 3 x 3, and the shortcut `s`: nothing at
//! all, or a convolution of one pixel where the shape changes. With `g = dL/dy [y > 0]`, the gradient of the sum, both
//! ways receive `g`, and what they give back adds up: `dL/dx = f'ᵀ g + s'ᵀ g`.
//!
//! What `conv2` reads is not kept, but computed again on the way back, from what `bn1` keeps (Chen et al. 2016): one image of
//! the four that the block would keep.
//!
//! Without a shortcut at all it is a block of a plain network, which is there to be compared with.

use ch01_tensors::{Array, Float, Rng, context::within, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch07_modules::Sequential;
use ch11_normalization::BatchNorm2d;
use ch15_convolution::{Conv2d, Relu};
use ch16_resnet::{add_relu, add_relu_backward, convolution, shortcut};

/// Two convolutions of 3 x 3, and a way past them.
pub struct BasicBlock<T: Float = f32> {
    /// The first convolution, which has the stride.
    pub conv1: Conv2d<T>,
    /// Its normalisation.
    pub bn1: BatchNorm2d<T>,
    relu: Relu<T>,
    /// The second convolution.
    pub conv2: Conv2d<T>,
    /// Its normalisation.
    pub bn2: BatchNorm2d<T>,
    /// What comes between the last normalisation and the sum, if anything: squeeze and excitation, stochastic depth.
    pub last: Sequential<T>,
    /// The way past; an empty chain is the identity, and None leaves it away.
    pub downsample: Option<Sequential<T>>,
    /// The outputs of forward calls that have not been gone back through.
    outputs: Vec<Array<T>>,
}

impl<T: Float> BasicBlock<T> {
    /// A block from `inputs` to `outputs` channels, at 1/`stride` of the size.
    pub fn new(inputs: usize, outputs: usize, stride: usize, rng: &mut Rng) -> Self {
        BasicBlock {
            conv1: convolution(inputs, outputs, 3, stride, rng),
            bn1: BatchNorm2d::new(outputs),
            relu: Relu::new(),
            conv2: convolution(outputs, outputs, 3, 1, rng),
            bn2: BatchNorm2d::new(outputs),
            last: Sequential::new(),
            downsample: Some(shortcut(inputs, outputs, stride, rng)),
            outputs: Vec::new(),
        }
    }

    /// The same block without a shortcut.
    pub fn plain(self) -> Self {
        BasicBlock { downsample: None, ..self }
    }
}

impl<T: Float> Layer<T> for BasicBlock<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let y = within("conv1", || self.conv1.forward(x.clone()));
        let y = self.relu.forward(within("bn1", || self.bn1.forward(y)));
        let y = within("conv2", || self.conv2.forward(y));
        drop((self.relu.release(), self.conv2.release()));
        let y = within("bn2", || self.bn2.forward(y));
        let y = within("last", || self.last.forward(y));
        // Yours: Add what the shortcut makes of `x` and apply ReLU (`add_relu(y, &s)` does both in one go);
        // without a shortcut (`self.downsample` is None) apply ReLU alone (`ch03_neurons::relu`). Push a clone of the
        // output onto `self.outputs` for the backward pass: it shares the storage.
        todo!()
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(y) = self.outputs.pop() else {
            fail("BasicBlock::backward", format_args!("no forward call to go back through"))
        };
        let hidden = ch03_neurons::relu(self.bn1.output_again());
        self.relu.restore(hidden.clone());
        self.conv2.restore(hidden);
        // Yours: The gradient of the sum is `add_relu_backward(grad, &y)`. Send it back through `last`, bn2,
        // conv2, relu, bn1 and conv1; and through the shortcut, if there is one. What comes out of the two adds up.
        todo!()
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let y = within("conv1", || self.conv1.infer(x.clone()));
        let y = ch03_neurons::relu(within("bn1", || self.bn1.infer(y)));
        let y = within("conv2", || self.conv2.infer(y));
        let y = within("bn2", || self.bn2.infer(y));
        let y = within("last", || self.last.infer(y));
        match &self.downsample {
            Some(shortcut) => add_relu(y, &within("downsample", || shortcut.infer(x))),
            None => ch03_neurons::relu(y),
        }
    }
}

impl<T: Float> Module<T> for BasicBlock<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("conv1", &mut self.conv1);
        visitor.child("bn1", &mut self.bn1);
        visitor.child("conv2", &mut self.conv2);
        visitor.child("bn2", &mut self.bn2);
        visitor.child("last", &mut self.last);
        if let Some(shortcut) = &mut self.downsample {
            visitor.child("downsample", shortcut);
        }
    }
}
