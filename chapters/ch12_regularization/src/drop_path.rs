//! DropPath, or stochastic depth (Huang et al. 2016; `torchvision.ops.StochasticDepth`).
//!
//! Stands at the end of a residual branch: `x + drop_path(f(x))`. For each example the branch is kept, as `f(x) / (1 - p)`, or
//! dropped, and then the example goes straight past: a network of random depth, of which in use all layers are there.
//! `y = m b / (1 - p)` with one `m` for each example, and `dL/db = m g / (1 - p)`: a branch that was dropped learns nothing.
//!
//! Deeper branches are dropped more often, since later ones can do without earlier ones less well than the other way round:
//! [`DropPath::rates`] rises evenly from near 0 to the last one's `p`.
//!
//! Left out: not computing dropped branches at all, which would need the choice before the branch; here each example of a
//! batch has its own.

use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch12_regularization::Mask;

use crate::blocks::Blocks;

/// Drops a branch as a whole, for each example or for the whole batch.
pub struct DropPath<T: Float = f32> {
    blocks: Blocks<T>,
    /// Whether all examples of a batch share one choice (`mode="batch"`).
    whole_batch: bool,
}

impl<T: Float> DropPath<T> {
    /// Drops with probability `p`, each example on its own (`mode="row"`), with a random stream of its own, seeded from `rng`.
    ///
    /// # Panics
    /// When `p` is not in `0..=1`.
    #[track_caller]
    pub fn new(p: f64, rng: &mut Rng) -> Self {
        DropPath { blocks: Blocks::new("DropPath", p, Rng::new(rng.bits(), "drop_path")), whole_batch: false }
    }

    /// The same, with one choice for all examples of a batch (`mode="batch"`).
    pub fn whole_batch(self) -> Self {
        DropPath { whole_batch: true, ..self }
    }

    // ANCHOR: rates
    /// The probabilities of `depth` branches one after the other: `p l / depth` for branch `l = 1..=depth`, as in the paper.
    pub fn rates(depth: usize, p: f64) -> Vec<f64> {
        (1..=depth).map(|l| p * l as f64 / depth as f64).collect()
    }
    // ANCHOR_END: rates

    /// The probability of being dropped, as it was rounded to a multiple of 1/65536.
    pub fn p(&self) -> f64 {
        self.blocks.p()
    }

    /// [`forward`](Layer::forward) with a given mask, `[batch]`, or `[]` for the whole batch.
    ///
    /// # Panics
    /// When the mask is of another shape.
    #[track_caller]
    pub fn forward_with(&mut self, x: Array<T>, mask: &Mask) -> Array<T> {
        self.blocks.forward_with(x, mask)
    }

    /// The same layer in 64 bits, at the same place of the same stream.
    pub fn to_f64(&self) -> DropPath<f64> {
        DropPath { blocks: self.blocks.to_f64(), whole_batch: self.whole_batch }
    }
}

// ANCHOR: layer
impl<T: Float> Layer<T> for DropPath<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        if x.ndim() == 0 {
            fail("DropPath", format_args!("a single number has no batch axis"));
        }
        let shape = if self.whole_batch { [].into() } else { [x.dim(0)].into() };
        let mask = self.blocks.draw(shape);
        self.blocks.forward_with(x, &mask)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.blocks.backward(grad)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        x
    }
}
// ANCHOR_END: layer

impl<T: Float> Module<T> for DropPath<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.stream("rng", &mut self.blocks.rng);
    }
}
