//! Spatial dropout: whole channels at a time (Tompson et al. 2015; `torch.nn.Dropout1d`, `Dropout2d`, `Dropout3d`).
//!
//! Shapes: `x` is `[batch, channels, ..]`. Neighbouring pixels of a feature map say nearly the same. If single ones are dropped,
//! their neighbours still tell the next layer, and nothing is lost but strength. So a channel of an example is kept or
//! dropped as a whole: `y = m x / (1 - p)` with one `m` for each `[batch, channels]`, and `dL/dx = m g / (1 - p)`.
//!
//! Left out: inputs without a batch axis.

use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch12_regularization::Mask;

use crate::blocks::Blocks;

/// Sets random channels to 0 in training, and does nothing in use.
pub struct Dropout2d<T: Float = f32> {
    blocks: Blocks<T>,
}

impl<T: Float> Dropout2d<T> {
    /// Drops a channel with probability `p`, with a random stream of its own, seeded from `rng`.
    ///
    /// # Panics
    /// When `p` is not in `0..=1`.
    #[track_caller]
    pub fn new(p: f64, rng: &mut Rng) -> Self {
        Dropout2d { blocks: Blocks::new("Dropout2d", p, Rng::new(rng.bits(), "dropout2d")) }
    }

    /// The probability that a channel is dropped, as it was rounded to a multiple of 1/65536.
    pub fn p(&self) -> f64 {
        self.blocks.p()
    }

    /// [`forward`](Layer::forward) with a given mask, `[batch, channels]`.
    ///
    /// # Panics
    /// When the mask is of another shape.
    #[track_caller]
    pub fn forward_with(&mut self, x: Array<T>, mask: &Mask) -> Array<T> {
        self.blocks.forward_with(x, mask)
    }

    /// The same layer in 64 bits, at the same place of the same stream.
    pub fn to_f64(&self) -> Dropout2d<f64> {
        Dropout2d { blocks: self.blocks.to_f64() }
    }
}

impl<T: Float> Layer<T> for Dropout2d<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        if x.ndim() < 2 {
            fail("Dropout2d", format_args!("{:?} is not [batch, channels, ..]", x.shape()));
        }
        let mask = self.blocks.draw([x.dim(0), x.dim(1)].into());
        self.blocks.forward_with(x, &mask)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.blocks.backward(grad)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        x
    }
}

impl<T: Float> Module<T> for Dropout2d<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.stream("rng", &mut self.blocks.rng);
    }
}
