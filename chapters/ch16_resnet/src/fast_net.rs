//! A network for CIFAR-10 that learns fast (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU").
//!
//! Shapes: images `[batch, 3, 32, 32]` to logits `[batch, classes]`.
//!
//! A frozen convolution of 2 x 2 that whitens ([`whitening_weight`]), then three blocks of two convolutions of 3 x 3, the
//! first of each followed by max pooling; normalisations whose gain is fixed to 1 (what follows can undo any gain), GELU,
//! and one ninth of what the last layer says. There are no shortcuts: it is shallow, and its convolutions begin as the
//! identity (Dirac), so that early in training it passes on what it sees. Names are those of the same network written with
//! `nn.Sequential` in PyTorch.

use ch01_tensors::{Array, Float, Rng, Tensor, context::within};
use ch03_neurons::{Activation, gelu, gelu_backward};
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Visitor};
use ch07_modules::Flatten;
use ch11_normalization::BatchNorm2d;
use ch15_convolution::{Conv2d, Conv2dOptions, MaxPool2d, Pool2dOptions};

use crate::{linear, six_views, whitening_weight};

/// The side of the patches that the first layer whitens.
const PATCH: usize = 2;

/// Added to the eigenvalues of the patches.
const WHITENING_EPS: f64 = 5e-4;

/// The logits are so much of what the last layer says.
const SCALE: f64 = 1.0 / 9.0;

// ANCHOR: fast_net
/// The network.
pub struct FastNet<T: Float = f32> {
    /// Frozen 2 x 2 kernels, with a bias that learns.
    pub whiten: Conv2d<T>,
    gelu: ActivationLayer<T>,
    blocks: Blocks<T>,
    pool: MaxPool2d,
    flatten: Flatten,
    /// The last layer, without a bias.
    pub head: Linear<T>,
    /// Whether `infer` takes the mean over six views of each image, shifted and mirrored. Not unless told.
    pub views: bool,
}

/// Convolution, pooling, normalisation, GELU; convolution, normalisation, GELU.
struct Block<T: Float> {
    conv1: Conv2d<T>,
    pool: MaxPool2d,
    bn1: BatchNorm2d<T>,
    conv2: Conv2d<T>,
    bn2: BatchNorm2d<T>,
}
// ANCHOR_END: fast_net

/// How many layers of a block have a number.
const LAYERS: usize = 7;

impl FastNet {
    /// The network of the paper: 64, 256 and 256 channels. Its first layer whitens `images`, some thousand training images
    /// prepared as the network will see them.
    ///
    /// # Panics
    /// When the images are not `[batch, channels, h, w]`.
    #[track_caller]
    pub fn new(images: &Tensor, classes: usize, rng: &mut Rng) -> Self {
        let mut net = FastNet::build([64, 256, 256], images.dim(1), classes, rng);
        net.whiten.weight.value = whitening_weight(images, PATCH, WHITENING_EPS);
        net
    }
}

impl<T: Float> FastNet<T> {
    /// A network with other widths, whose first kernels are random as yet.
    pub fn build(widths: [usize; 3], inputs: usize, classes: usize, rng: &mut Rng) -> Self {
        let kernels = 2 * inputs * PATCH * PATCH;
        let whiten = Array::normal([kernels, inputs, PATCH, PATCH], 0.0, 0.5, rng);
        let mut whiten = Conv2d::from_parts(whiten, Some(Array::zeros([kernels])), Conv2dOptions::default());
        whiten.weight.frozen = true;
        let mut inputs = kernels;
        let blocks = widths.map(|width| {
            let block = Block::new(inputs, width, rng);
            inputs = width;
            block
        });
        FastNet {
            whiten,
            gelu: ActivationLayer::new(Activation::Gelu),
            blocks: Blocks(blocks.into()),
            pool: MaxPool2d::new(Pool2dOptions::square(3)),
            flatten: Flatten::new(),
            head: linear(inputs, classes, false, rng),
            views: false,
        }
    }

    fn logits(&self, x: Array<T>) -> Array<T> {
        let mut x = self.gelu.infer(within("whiten", || self.whiten.infer(x)));
        for (i, block) in self.blocks.0.iter().enumerate() {
            x = within("blocks", || block.infer(i * LAYERS, x));
        }
        let x = self.flatten.infer(self.pool.infer(x));
        within("head", || self.head.infer(x)) * T::from_f64(SCALE)
    }
}

impl<T: Float> Block<T> {
    fn new(inputs: usize, width: usize, rng: &mut Rng) -> Self {
        Block {
            conv1: dirac_convolution(inputs, width, rng),
            pool: MaxPool2d::new(Pool2dOptions::square(2)),
            bn1: fixed_gain(width),
            conv2: dirac_convolution(width, width, rng),
            bn2: fixed_gain(width),
        }
    }

    fn forward(&mut self, first: usize, x: Array<T>) -> Array<T> {
        let y = within(first, || self.conv1.forward(x));
        let y = self.pool.forward(y);
        let y = gelu(within(first + 2, || self.bn1.forward(y)));
        let y = within(first + 4, || self.conv2.forward(y));
        gelu(within(first + 5, || self.bn2.forward(y)))
    }

    /// The way back of [`forward`](Block::forward). What GELU has read is computed again, by the normalisation.
    fn back(&mut self, first: usize, grad: Array<T>) -> Array<T> {
        let g = gelu_backward(grad, &self.bn2.output_again());
        let g = within(first + 5, || self.bn2.backward(g));
        let g = within(first + 4, || self.conv2.backward(g));
        let g = gelu_backward(g, &self.bn1.output_again());
        let g = within(first + 2, || self.bn1.backward(g));
        let g = self.pool.backward(g);
        within(first, || self.conv1.backward(g))
    }

    fn infer(&self, first: usize, x: Array<T>) -> Array<T> {
        let y = within(first, || self.conv1.infer(x));
        let y = self.pool.infer(y);
        let y = gelu(within(first + 2, || self.bn1.infer(y)));
        let y = within(first + 4, || self.conv2.infer(y));
        gelu(within(first + 5, || self.bn2.infer(y)))
    }
}

// ANCHOR: dirac
/// A convolution of 3 x 3 whose first kernels pass their channel on (`torch.nn.init.dirac_` on the first `inputs` of them);
/// the others are PyTorch's default, even in ±1/sqrt(9 inputs).
pub fn dirac_convolution<T: Float>(inputs: usize, outputs: usize, rng: &mut Rng) -> Conv2d<T> {
    let bound = 1.0 / ((inputs * 9) as f64).sqrt();
    let mut weight = Array::<T>::uniform([outputs, inputs, 3, 3], -bound, bound, rng);
    for (o, kernels) in weight.data_mut().chunks_mut(inputs * 9).take(inputs).enumerate() {
        kernels.fill(T::ZERO);
        kernels[o * 9 + 4] = T::ONE;
    }
    let options = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
    Conv2d::from_parts(weight, None, options)
}
// ANCHOR_END: dirac

/// A normalisation whose gain does not learn, and whose running statistics follow fast.
fn fixed_gain<T: Float>(channels: usize) -> BatchNorm2d<T> {
    let mut norm = BatchNorm2d::new(channels);
    norm.weight.frozen = true;
    (norm.momentum, norm.eps) = (0.4, 1e-12);
    norm
}

// ANCHOR: passes
impl<T: Float> Layer<T> for FastNet<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let mut x = self.gelu.forward(within("whiten", || self.whiten.forward(x)));
        for (i, block) in self.blocks.0.iter_mut().enumerate() {
            x = within("blocks", || block.forward(i * LAYERS, x));
        }
        let x = self.flatten.forward(self.pool.forward(x));
        within("head", || self.head.forward(x)) * T::from_f64(SCALE)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let grad = self.back_to_whiten(grad);
        within("whiten", || self.whiten.backward(grad))
    }

    fn backward_params(&mut self, grad: Array<T>) {
        let grad = self.back_to_whiten(grad);
        within("whiten", || self.whiten.backward_params(grad));
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        if self.views { six_views(&x, |view| self.logits(view)) } else { self.logits(x) }
    }
}

impl<T: Float> FastNet<T> {
    /// From the gradient of the logits to that of what the first convolution puts out.
    fn back_to_whiten(&mut self, grad: Array<T>) -> Array<T> {
        let grad = within("head", || self.head.backward(grad * T::from_f64(SCALE)));
        let mut grad = self.pool.backward(self.flatten.backward(grad));
        for (i, block) in self.blocks.0.iter_mut().enumerate().rev() {
            grad = within("blocks", || block.back(i * LAYERS, grad));
        }
        self.gelu.backward(grad)
    }
}
// ANCHOR_END: passes

impl<T: Float> Module<T> for FastNet<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("whiten", &mut self.whiten);
        visitor.child("blocks", &mut self.blocks);
        visitor.child("head", &mut self.head);
    }
}

struct Blocks<T: Float>(Vec<Block<T>>);

impl<T: Float> Module<T> for Blocks<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (i, block) in self.0.iter_mut().enumerate() {
            visitor.child(i * LAYERS, &mut block.conv1);
            visitor.child(i * LAYERS + 2, &mut block.bn1);
            visitor.child(i * LAYERS + 4, &mut block.conv2);
            visitor.child(i * LAYERS + 5, &mut block.bn2);
        }
    }
}
