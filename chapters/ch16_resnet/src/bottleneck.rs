//! The bottleneck block (He et al. 2016; `torchvision.models.resnet.Bottleneck`).
//!
//! Shapes: `x` is `[batch, inputs, h, w]`, `y` is `[batch, 4 * width, h / stride, w / stride]` (rounded up).
//!
//! A convolution of 3 x 3 over many channels is dear. So one of 1 x 1 goes down to `width` channels, the one of 3 x 3 works
//! there, and another of 1 x 1 goes up to four times as many: `y = relu(f(x) + s(x))` with
//! `f = bn3 conv3 relu bn2 conv2 relu bn1 conv1`. As in torchvision the stride is that of the 3 x 3 ("ResNet v1.5"); in the
//! paper it is that of the first 1 x 1, which then looks at every fourth pixel only.

use ch01_tensors::{Array, Float, Rng, context::within, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch07_modules::Sequential;
use ch11_normalization::BatchNorm2d;
use ch15_convolution::{Conv2d, Relu};
use ch16_resnet::{add_relu, add_relu_backward, convolution, shortcut};

/// By how much a bottleneck widens at its end.
pub const EXPANSION: usize = 4;

// ANCHOR: block
/// Down, across, up, and a way past.
pub struct Bottleneck<T: Float = f32> {
    /// Down to `width` channels.
    pub conv1: Conv2d<T>,
    /// Its normalisation.
    pub bn1: BatchNorm2d<T>,
    relu1: Relu<T>,
    /// 3 x 3, with the stride.
    pub conv2: Conv2d<T>,
    /// Its normalisation.
    pub bn2: BatchNorm2d<T>,
    relu2: Relu<T>,
    /// Up to four times the width.
    pub conv3: Conv2d<T>,
    /// Its normalisation.
    pub bn3: BatchNorm2d<T>,
    /// What comes between the last normalisation and the sum, if anything: squeeze and excitation, stochastic depth.
    pub last: Sequential<T>,
    /// The way past; an empty chain is the identity.
    pub downsample: Sequential<T>,
    outputs: Vec<Array<T>>,
}
// ANCHOR_END: block

impl<T: Float> Bottleneck<T> {
    /// A block from `inputs` to four times `width` channels, at 1/`stride` of the size.
    pub fn new(inputs: usize, width: usize, stride: usize, rng: &mut Rng) -> Self {
        let outputs = EXPANSION * width;
        Bottleneck {
            conv1: convolution(inputs, width, 1, 1, rng),
            bn1: BatchNorm2d::new(width),
            relu1: Relu::new(),
            conv2: convolution(width, width, 3, stride, rng),
            bn2: BatchNorm2d::new(width),
            relu2: Relu::new(),
            conv3: convolution(width, outputs, 1, 1, rng),
            bn3: BatchNorm2d::new(outputs),
            last: Sequential::new(),
            downsample: shortcut(inputs, outputs, stride, rng),
            outputs: Vec::new(),
        }
    }
}

// ANCHOR: passes
impl<T: Float> Layer<T> for Bottleneck<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let y = within("conv1", || self.conv1.forward(x.clone()));
        let y = self.relu1.forward(within("bn1", || self.bn1.forward(y)));
        let y = within("conv2", || self.conv2.forward(y));
        let y = self.relu2.forward(within("bn2", || self.bn2.forward(y)));
        let y = within("conv3", || self.conv3.forward(y));
        let y = within("bn3", || self.bn3.forward(y));
        let y = within("last", || self.last.forward(y));
        let y = add_relu(y, &within("downsample", || self.downsample.forward(x)));
        self.outputs.push(y.clone());
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(y) = self.outputs.pop() else {
            fail("Bottleneck::backward", format_args!("no forward call to go back through"))
        };
        let grad = add_relu_backward(grad, &y);
        drop(y);
        let g = within("last", || self.last.backward(grad.clone()));
        let g = within("bn3", || self.bn3.backward(g));
        let g = within("conv3", || self.conv3.backward(g));
        let g = self.relu2.backward(g);
        let g = within("bn2", || self.bn2.backward(g));
        let g = within("conv2", || self.conv2.backward(g));
        let g = self.relu1.backward(g);
        let g = within("bn1", || self.bn1.backward(g));
        let dx = within("conv1", || self.conv1.backward(g));
        dx + &within("downsample", || self.downsample.backward(grad))
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let y = within("conv1", || self.conv1.infer(x.clone()));
        let y = ch03_neurons::relu(within("bn1", || self.bn1.infer(y)));
        let y = within("conv2", || self.conv2.infer(y));
        let y = ch03_neurons::relu(within("bn2", || self.bn2.infer(y)));
        let y = within("conv3", || self.conv3.infer(y));
        let y = within("bn3", || self.bn3.infer(y));
        let y = within("last", || self.last.infer(y));
        add_relu(y, &within("downsample", || self.downsample.infer(x)))
    }
}
// ANCHOR_END: passes

impl<T: Float> Module<T> for Bottleneck<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("conv1", &mut self.conv1);
        visitor.child("bn1", &mut self.bn1);
        visitor.child("conv2", &mut self.conv2);
        visitor.child("bn2", &mut self.bn2);
        visitor.child("conv3", &mut self.conv3);
        visitor.child("bn3", &mut self.bn3);
        visitor.child("last", &mut self.last);
        visitor.child("downsample", &mut self.downsample);
    }
}
