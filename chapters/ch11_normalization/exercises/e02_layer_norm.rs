//! LayerNorm (Ba, Kiros, Hinton 2016; `torch.nn.LayerNorm` over the last axis).
//!
//! Shapes: `x` and `y` are `[.., size]`, gain `w` and shift `b` are `[size]`. Each row of `size` numbers is normalised on
//! its own: `x̂ = (x - mean) r`, `r = 1 / sqrt(variance + eps)`, `y = w x̂ + b`.
//!
//! With `g = dL/dy` and `h = w g`, the gradient with respect to `x̂`:
//!
//! - `dL/dw = Σ g x̂` and `dL/db = Σ g`, over the rows;
//! - `dL/dx_j = r (h_j - mean(h) - x̂_j mean(h x̂))`, the means over the row: a change of `x` that only moves the mean
//!   or the spread of the row changes nothing, so these two directions are taken out of the gradient.
//!
//! What is kept for `backward` is the input itself, which is shared and not copied, and two numbers per row.
//!
//! Rows are worked on in groups whose size depends on the shape alone. Each group sums its gradients of gain and shift
//! on its own, and the groups' sums are added in order: the same bits on any number of threads.
//!
//! Left out: normalising over several trailing axes (reshape them to one), and layers without gain or shift.

use ch01_tensors::{Array, Float, Tensor, fail};
use ch03_neurons::simd::{self, Body, Level};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};
use ch11_normalization::{group_rows, moments, over_groups};

/// Normalises every row, then scales and shifts each feature by learned amounts.
pub struct LayerNorm<T: Float = f32> {
    /// The gain, `[size]`.
    pub weight: Param<T>,
    /// The shift, `[size]`.
    pub bias: Param<T>,
    /// Added to the variance, so that a constant row is not divided by 0.
    pub eps: f64,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call.
struct Kept<T: Float> {
    x: Array<T>,
    /// Mean and `r` of each row, `[rows, 2]`.
    statistics: Array<T>,
}

impl LayerNorm {
    /// Gain 1, shift 0, eps 1e-5, as in PyTorch.
    ///
    /// # Panics
    /// When `size` is 0.
    #[track_caller]
    pub fn new(size: usize) -> Self {
        LayerNorm::from_parts(Tensor::ones([size]), Tensor::zeros([size]), 1e-5)
    }
}

impl<T: Float> LayerNorm<T> {
    /// A layer with this gain and this shift, both `[size]`.
    ///
    /// # Panics
    /// When the shapes are others, or the size is 0.
    #[track_caller]
    pub fn from_parts(gain: Array<T>, shift: Array<T>, eps: f64) -> Self {
        if gain.ndim() != 1 || gain.is_empty() || gain.shape() != shift.shape() {
            let (gain, shift) = (gain.shape(), shift.shape());
            let rule =
                format_args!("gain {gain:?} and shift {shift:?} are not [size] both, or the size is 0");
            fail("LayerNorm::from_parts", rule);
        }
        let (weight, bias) = (Param::new(gain, Role::Norm), Param::new(shift, Role::Norm));
        LayerNorm { weight, bias, eps, kept: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> LayerNorm<f64> {
        LayerNorm { weight: self.weight.to_f64(), bias: self.bias.to_f64(), eps: self.eps, kept: Vec::new() }
    }

    /// The output, and mean and `r` of each row.
    #[track_caller]
    fn output(&self, x: &Array<T>) -> (Array<T>, Array<T>) {
        let size = self.weight.value.size();
        if x.ndim() == 0 || x.dim(-1) != size {
            let rule = format_args!("input of shape {:?} does not end in an axis of {size}", x.shape());
            fail("LayerNorm", rule);
        }
        let rows = x.size() / size;
        let (mut y, mut statistics) = (Array::scratch(*x.shape()), Array::scratch([rows, 2]));
        let (gain, shift) = (self.weight.value.data(), self.bias.value.data());
        let (level, eps, group) = (Level::detect(), T::from_f64(self.eps), group_rows(rows, size));
        let written = [(y.data_mut(), group * size), (statistics.data_mut(), group * 2)];
        over_groups(written, [(x.data(), group * size)], |_, [y, statistics], [x]| {
            simd::at_level(level, ForwardRows { x, y, statistics, gain, shift, eps });
        });
        (y, statistics)
    }
}

impl<T: Float> Layer<T> for LayerNorm<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let x = x.contiguous();
        let (y, statistics) = self.output(&x);
        self.kept.push(Kept { x, statistics });
        y
    }

    fn backward(&mut self, mut grad: Array<T>) -> Array<T> {
        let Some(Kept { x, statistics }) = self.kept.pop() else {
            fail("LayerNorm::backward", format_args!("no forward call to go back through"))
        };
        simd::same_shape("LayerNorm::backward", &grad, &x);
        let size = self.weight.value.size();
        let rows = x.size() / size;
        let group = group_rows(rows, size);
        // For each group of rows its own sums for gain and shift, and room for one normalised row.
        let mut parts = Array::zeros([rows.div_ceil(group), 3 * size]);
        let (gain, level) = (self.weight.value.data(), Level::detect());
        let written = [(grad.data_mut(), group * size), (parts.data_mut(), 3 * size)];
        let read = [(x.data(), group * size), (statistics.data(), group * 2)];
        over_groups(written, read, |_, [g, part], [x, statistics]| {
            simd::at_level(level, BackwardRows { g, part, x, statistics, gain });
        });
        for part in parts.data().chunks(3 * size) {
            add(self.weight.grad.data_mut(), &part[..size]);
            add(self.bias.grad.data_mut(), &part[size..2 * size]);
        }
        grad
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.output(&x.contiguous()).0
    }
}

impl<T: Float> Module<T> for LayerNorm<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
        visitor.param("bias", &mut self.bias);
    }
}

fn add<T: Float>(sum: &mut [T], x: &[T]) {
    sum.iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
}

/// Writes the output of one row; returns its mean and `r = 1 / sqrt(variance + eps)`.
#[inline(always)]
fn forward_row<T: Float>(x: &[T], y: &mut [T], gain: &[T], shift: &[T], eps: T) -> (T, T) {
    let (gain, shift, y) = (&gain[..x.len()], &shift[..x.len()], &mut y[..x.len()]);
    // Yours: y = gain x̂ + shift with x̂ = (x - mean) r. `moments(x)` gives mean and variance.
    todo!()
}

/// Replaces the gradient of one row's output by that of its input; adds to the gradients of gain and shift. `xh` is
/// the normalised row x̂, `r` what it was divided by.
#[inline(always)]
fn backward_row<T: Float>(
    g: &mut [T],
    xh: &[T],
    r: T,
    gain: &[T],
    gain_grad: &mut [T],
    shift_grad: &mut [T],
) {
    let (size, n) = (g.len(), T::from_f64(g.len() as f64));
    let (xh, gain) = (&xh[..size], &gain[..size]);
    let (gain_grad, shift_grad) = (&mut gain_grad[..size], &mut shift_grad[..size]);
    // Yours: Add g x̂ and g to the two gradients. Then dL/dx_j = r (h_j - mean(h) - x̂_j mean(h x̂)) with
    // h = gain g, stored in `g`. `simd::sum(h, |h| h)` is a sum, `simd::dot(h, xh)` a sum of products.
    todo!()
}

/// The loops over a group of rows as types, so that they are inlined (see [`simd::Body`]).
struct ForwardRows<'a, T> {
    x: &'a [T],
    y: &'a mut [T],
    statistics: &'a mut [T],
    gain: &'a [T],
    shift: &'a [T],
    eps: T,
}

impl<T: Float> Body for ForwardRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let size = self.gain.len();
        let rows = self.x.chunks_exact(size).zip(self.y.chunks_exact_mut(size));
        for ((x, y), statistics) in rows.zip(self.statistics.as_chunks_mut::<2>().0) {
            *statistics = forward_row(x, y, self.gain, self.shift, self.eps).into();
        }
    }
}

struct BackwardRows<'a, T> {
    g: &'a mut [T],
    part: &'a mut [T],
    x: &'a [T],
    statistics: &'a [T],
    gain: &'a [T],
}

impl<T: Float> Body for BackwardRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let size = self.gain.len();
        let (gain_grad, rest) = self.part.split_at_mut(size);
        let (shift_grad, normalised) = rest.split_at_mut(size);
        let rows = self.x.chunks_exact(size).zip(self.g.chunks_exact_mut(size));
        for ((x, g), &[mean, r]) in rows.zip(self.statistics.as_chunks::<2>().0) {
            for (normalised, &x) in normalised.iter_mut().zip(x) {
                *normalised = (x - mean) * r;
            }
            backward_row(g, normalised, r, self.gain, gain_grad, shift_grad);
        }
    }
}
