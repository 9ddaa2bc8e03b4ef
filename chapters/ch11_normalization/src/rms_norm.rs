//! RMSNorm (Zhang and Sennrich 2019; `torch.nn.RMSNorm` over the last axis).
//!
//! Shapes: `x` and `y` are `[.., size]`, the gain `w` is `[size]`. Each row is divided by its root mean square, and nothing
//! is subtracted: `x̂ = r x`, `r = 1 / sqrt(mean(x²) + eps)`, `y = w x̂`.
//!
//! With `g = dL/dy` and `h = w g`:
//!
//! - `dL/dw = Σ g x̂` over the rows;
//! - `x_j` moves its own `x̂_j`, and all through `r`, with `dr/dx_j = -r³ x_j / n = -r² x̂_j / n`. So
//!   `dL/dx_j = r h_j - (r x̂_j / n) Σ_i h_i x̂_i = r (h_j - x̂_j mean(h x̂))`: LayerNorm's formula without the part of the
//!   mean.
//!
//! Kept for `backward`: the input, which is shared, and `r` of each row. Rows are worked on in groups whose size depends on
//! the shape alone, and the groups' gradients of the gain are added in order: the same bits on any number of threads.

use ch01_tensors::{Array, Float, Tensor, fail};
use ch03_neurons::simd::{self, Body, Level};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};
use ch11_normalization::{group_rows, over_groups};

/// Divides every row by its root mean square, then scales each feature by a learned amount.
pub struct RmsNorm<T: Float = f32> {
    /// The gain, `[size]`.
    pub weight: Param<T>,
    /// Added to the mean square, so that a row of zeros is not divided by 0.
    pub eps: f64,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call.
struct Kept<T: Float> {
    x: Array<T>,
    /// `r` of each row.
    roots: Array<T>,
}

impl RmsNorm {
    /// Gain 1, and PyTorch's eps for 32 bits, 2^-23. (Language models come with theirs: 1e-5 or 1e-6.)
    ///
    /// # Panics
    /// When `size` is 0.
    #[track_caller]
    pub fn new(size: usize) -> Self {
        RmsNorm::from_parts(Tensor::ones([size]), f64::from(f32::EPSILON))
    }
}

impl<T: Float> RmsNorm<T> {
    /// A layer with this gain, `[size]`.
    ///
    /// # Panics
    /// When the gain is no vector, or the size is 0.
    #[track_caller]
    pub fn from_parts(gain: Array<T>, eps: f64) -> Self {
        if gain.ndim() != 1 || gain.is_empty() {
            fail(
                "RmsNorm::from_parts",
                format_args!("gain {:?} is not [size], or the size is 0", gain.shape()),
            );
        }
        RmsNorm { weight: Param::new(gain, Role::Norm), eps, kept: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> RmsNorm<f64> {
        RmsNorm { weight: self.weight.to_f64(), eps: self.eps, kept: Vec::new() }
    }

    /// The output, and `r` of each row.
    #[track_caller]
    fn output(&self, x: &Array<T>) -> (Array<T>, Array<T>) {
        let size = self.weight.value.size();
        if x.ndim() == 0 || x.dim(-1) != size {
            let rule = format_args!("input of shape {:?} does not end in an axis of {size}", x.shape());
            fail("RmsNorm", rule);
        }
        let rows = x.size() / size;
        let (mut y, mut roots) = (Array::scratch(*x.shape()), Array::scratch([rows]));
        let (gain, level, eps) = (self.weight.value.data(), Level::detect(), T::from_f64(self.eps));
        let group = group_rows(rows, size);
        let written = [(y.data_mut(), group * size), (roots.data_mut(), group)];
        over_groups(written, [(x.data(), group * size)], |_, [y, roots], [x]| {
            simd::at_level(level, ForwardRows { x, y, roots, gain, eps });
        });
        (y, roots)
    }
}

impl<T: Float> Layer<T> for RmsNorm<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let x = x.contiguous();
        let (y, roots) = self.output(&x);
        self.kept.push(Kept { x, roots });
        y
    }

    fn backward(&mut self, mut grad: Array<T>) -> Array<T> {
        let Some(Kept { x, roots }) = self.kept.pop() else {
            fail("RmsNorm::backward", format_args!("no forward call to go back through"))
        };
        simd::same_shape("RmsNorm::backward", &grad, &x);
        let size = self.weight.value.size();
        let rows = x.size() / size;
        let group = group_rows(rows, size);
        // For each group of rows its own sum for the gain.
        let mut parts = Array::zeros([rows.div_ceil(group), size]);
        let (gain, level) = (self.weight.value.data(), Level::detect());
        let written = [(grad.data_mut(), group * size), (parts.data_mut(), size)];
        let read = [(x.data(), group * size), (roots.data(), group)];
        over_groups(written, read, |_, [g, gain_grad], [x, roots]| {
            simd::at_level(level, BackwardRows { g, gain_grad, x, roots, gain });
        });
        let total = self.weight.grad.data_mut();
        for part in parts.data().chunks(size) {
            total.iter_mut().zip(part).for_each(|(total, &part)| *total += part);
        }
        grad
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.output(&x.contiguous()).0
    }
}

impl<T: Float> Module<T> for RmsNorm<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
    }
}

// ANCHOR: forward
/// Writes the output of one row; returns `r = 1 / sqrt(mean(x²) + eps)`.
#[inline(always)]
fn forward_row<T: Float>(x: &[T], y: &mut [T], gain: &[T], eps: T) -> T {
    let (n, gain, y) = (T::from_f64(x.len() as f64), &gain[..x.len()], &mut y[..x.len()]);
    // exercise: forward - y = gain r x. `simd::dot(x, x)` is the sum of the squares, `n` how many there are.
    let r = T::ONE / (simd::dot(x, x) / n + eps).sqrt();
    for j in 0..x.len() {
        y[j] = gain[j] * (x[j] * r);
    }
    r
    // exercise: end
}
// ANCHOR_END: forward

// ANCHOR: backward
/// Replaces the gradient of one row's output by that of its input; adds to the gradient of the gain.
#[inline(always)]
fn backward_row<T: Float>(g: &mut [T], x: &[T], r: T, gain: &[T], gain_grad: &mut [T]) {
    let (size, n) = (g.len(), T::from_f64(g.len() as f64));
    let (x, gain, gain_grad) = (&x[..size], &gain[..size], &mut gain_grad[..size]);
    // exercise: backward - Add g x̂ to `gain_grad`, with x̂ = r x. Then dL/dx_j = r (h_j - x̂_j mean(h x̂)) with h = gain g,
    // stored in `g`. `simd::dot(h, x)` is a sum of products.
    for j in 0..size {
        gain_grad[j] += g[j] * (x[j] * r);
        g[j] *= gain[j];
    }
    let along = simd::dot(g, x) * r / n;
    for j in 0..size {
        g[j] = r * (g[j] - x[j] * r * along);
    }
    // exercise: end
}
// ANCHOR_END: backward

/// The loops over a group of rows as types, so that they are inlined (see [`simd::Body`]).
struct ForwardRows<'a, T> {
    x: &'a [T],
    y: &'a mut [T],
    roots: &'a mut [T],
    gain: &'a [T],
    eps: T,
}

impl<T: Float> Body for ForwardRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let size = self.gain.len();
        let rows = self.x.chunks_exact(size).zip(self.y.chunks_exact_mut(size));
        for ((x, y), root) in rows.zip(self.roots) {
            *root = forward_row(x, y, self.gain, self.eps);
        }
    }
}

struct BackwardRows<'a, T> {
    g: &'a mut [T],
    gain_grad: &'a mut [T],
    x: &'a [T],
    roots: &'a [T],
    gain: &'a [T],
}

impl<T: Float> Body for BackwardRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let size = self.gain.len();
        let rows = self.x.chunks_exact(size).zip(self.g.chunks_exact_mut(size));
        for ((x, g), &r) in rows.zip(self.roots) {
            backward_row(g, x, r, self.gain, self.gain_grad);
        }
    }
}
