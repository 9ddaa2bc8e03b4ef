//! DropBlock: squares of feature maps (Ghiasi, Lin, Le 2018; `torchvision.ops.DropBlock2d`).
//!
//! Shapes: `x` is `[batch, channels, height, width]`. Dropping single pixels takes away little, dropping channels takes away
//! much; a square of `b` by `b` takes away one place. Seeds are drawn where a square fits, `(h - b + 1) (w - b + 1)` places,
//! each with probability `γ`, and every seed drops the square that begins at it. For a share of `p` in all,
//!
//! `γ = p h w / (b² (h - b + 1) (w - b + 1))`,
//!
//! as if squares never overlapped; they do, so a little less than `p` is dropped. The factor makes up for what was really
//! dropped: all numbers of the array over those that are kept. For given seeds `y = k m x` with the factor `k`, hence
//! `dL/dx = k m g`.
//!
//! `γ` is rounded to a multiple of 1/65536 (see [`Mask`]). Left out: raising `p` during the training, as the paper does.

use ch01_tensors::{Array, Float, Rng, Shape, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch12_regularization::{DRAWS, Mask};

/// Sets random squares to 0 in training, and does nothing in use.
pub struct DropBlock2d<T: Float = f32> {
    p: f64,
    block: usize,
    rng: Rng,
    /// Mask and factor of forward calls that have not been gone back through.
    kept: Vec<(Mask, T)>,
}

impl<T: Float> DropBlock2d<T> {
    /// Drops about the share `p` in squares of `block` by `block`, with a random stream of its own, seeded from `rng`.
    ///
    /// # Panics
    /// When `p` is not in `0..=1`, or a square has no size.
    #[track_caller]
    pub fn new(p: f64, block: usize, rng: &mut Rng) -> Self {
        if !(0.0..=1.0).contains(&p) || block == 0 {
            fail(
                "DropBlock2d",
                format_args!("p = {p} is not a probability, or a square of {block} has no size"),
            );
        }
        DropBlock2d { p, block, rng: Rng::new(rng.bits(), "drop_block"), kept: Vec::new() }
    }

    /// The same layer in 64 bits, at the same place of the same stream.
    pub fn to_f64(&self) -> DropBlock2d<f64> {
        DropBlock2d { p: self.p, block: self.block, rng: self.rng.clone(), kept: Vec::new() }
    }

    /// Height, width, and the side of a square, which is no longer than either.
    #[track_caller]
    fn sizes(&self, x: &Shape) -> [usize; 3] {
        if x.len() != 4 {
            fail("DropBlock2d", format_args!("{x:?} is not [batch, channels, height, width]"));
        }
        [x[2], x[3], self.block.min(x[2]).min(x[3])]
    }

    /// [`forward`](Layer::forward) with given seeds, `[batch, channels, height - b + 1, width - b + 1]`, true where a square
    /// begins that is dropped.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward_with(&mut self, x: Array<T>, seeds: &Array<bool>) -> Array<T> {
        let [height, width, b] = self.sizes(x.shape());
        let seed_shape = [x.dim(0), x.dim(1), height + 1 - b, width + 1 - b];
        if *seeds.shape() != seed_shape {
            fail("DropBlock2d", format_args!("seeds of shape {:?} instead of {seed_shape:?}", seeds.shape()));
        }
        let kept = squares(seeds, b);
        let count = kept.iter().filter(|&kept| kept).count();
        let factor = T::from_f64(factor(kept.size(), count));
        let mask = Mask::from_kept(&kept);
        let y = mask.apply("DropBlock2d", x, factor);
        self.kept.push((mask, factor));
        y
    }
}

/// The probability of a seed, so that about the share `p` of a plane is dropped in squares with side `b`.
pub fn seed_probability(p: f64, [height, width]: [usize; 2], b: usize) -> f64 {
    // Yours: On average p height width numbers shall be dropped. There are as many places for a seed as there are
    // for a whole square, and each seed drops b² numbers (never mind that squares overlap). At most 1.
    todo!()
}

/// What kept numbers are multiplied by, if `kept` of `all` are; 0 if none is.
fn factor(all: usize, kept: usize) -> f64 {
    // Yours: The sum shall stay what it was, on average.
    todo!()
}

/// Which numbers are kept: false in the square with side `b` that begins at each seed and goes right and down.
fn squares(seeds: &Array<bool>, b: usize) -> Array<bool> {
    let [rows, columns] = [seeds.dim(2), seeds.dim(3)];
    let [height, width] = [rows + b - 1, columns + b - 1];
    let mut kept = Array::full([seeds.dim(0), seeds.dim(1), height, width], true);
    let seeds = seeds.clone().contiguous();
    if seeds.is_empty() {
        return kept;
    }
    for (seeds, kept) in seeds.data().chunks(rows * columns).zip(kept.data_mut().chunks_mut(height * width)) {
        // Yours: One plane: `seeds` has `rows` rows of `columns`, `kept` has `height` rows of `width`. Set
        // `kept` to false in every seed's square.
        todo!()
    }
    kept
}

impl<T: Float> Layer<T> for DropBlock2d<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let [height, width, b] = self.sizes(x.shape());
        let chance = if b == 0 { 0.0 } else { seed_probability(self.p, [height, width], b) };
        let dropped = (chance * f64::from(DRAWS)).round() as u32;
        let shape = [x.dim(0), x.dim(1), height + 1 - b, width + 1 - b];
        let seeds = Mask::draw(shape.into(), dropped, &mut self.rng).kept().map(|kept| !kept);
        self.forward_with(x, &seeds)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some((mask, factor)) = self.kept.pop() else {
            fail("DropBlock2d::backward", format_args!("no forward call to go back through"))
        };
        mask.apply("DropBlock2d::backward", grad, factor)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        x
    }
}

impl<T: Float> Module<T> for DropBlock2d<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.stream("rng", &mut self.rng);
    }
}
