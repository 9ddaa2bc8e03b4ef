//! Group normalisation (Wu and He 2018; `torch.nn.GroupNorm`).
//!
//! Shapes: `x` and `y` are `[batch, channels, ..]`; gain `w` and shift `b` are `[channels]`. The channels of an example are
//! cut into groups of neighbours, and each group is normalised on its own: `x̂ = (x - mean) r`,
//! `r = 1 / sqrt(variance + eps)`, `y = w x̂ + b`. One group is LayerNorm over the whole example (with a gain per channel),
//! one channel per group is InstanceNorm.
//!
//! A group lies in memory as one row of `m = channels / groups * plane` numbers, so this is LayerNorm's formula with
//! `h = w g`:
//!
//! - `dL/dx_j = r (h_j - mean(h) - x̂_j mean(h x̂))`, the means over the group;
//! - `dL/dw_c = Σ g x̂` and `dL/db_c = Σ g` over the batch and the plane of channel `c`.
//!
//! The gain is the same all over a plane. So each plane needs two sums, `Σ g` and `Σ g x̂`, and both means and both gradients
//! are made of them. They are kept for each plane and added up over the batch in order: the same bits on any number of
//! threads.

use ch01_tensors::{Array, Float, fail};
use ch03_neurons::simd::{self, Body, Level};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};
use ch11_normalization::{least_rows, long_moments, over_groups, two_sums};

/// Normalises groups of channels of each example, then scales and shifts each channel by learned amounts.
pub struct GroupNorm<T: Float = f32> {
    /// How many groups.
    pub groups: usize,
    /// How many channels, a multiple of the groups.
    pub channels: usize,
    /// The gain, `[channels]`; 1 without.
    pub weight: Option<Param<T>>,
    /// The shift, `[channels]`; 0 without.
    pub bias: Option<Param<T>>,
    /// Added to the variance, 1e-5 by default.
    pub eps: f64,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call.
struct Kept<T: Float> {
    x: Array<T>,
    /// Mean and `r` of each group, `[batch * groups, 2]`.
    statistics: Array<T>,
}

impl<T: Float> GroupNorm<T> {
    /// A layer with gain 1 and shift 0.
    ///
    /// # Panics
    /// When the channels cannot be cut into so many groups of the same size.
    #[track_caller]
    pub fn new(groups: usize, channels: usize) -> Self {
        let param = |value| Some(Param::new(value, Role::Norm));
        let (weight, bias) = (param(Array::ones([channels])), param(Array::zeros([channels])));
        GroupNorm { weight, bias, ..GroupNorm::without_affine(groups, channels) }
    }

    /// A layer without gain and shift (`affine=False`).
    ///
    /// # Panics
    /// As [`new`](GroupNorm::new).
    #[track_caller]
    pub fn without_affine(groups: usize, channels: usize) -> Self {
        if groups == 0 || channels == 0 || !channels.is_multiple_of(groups) {
            fail("GroupNorm", format_args!("{channels} channels cannot be cut into {groups} groups"));
        }
        GroupNorm { groups, channels, weight: None, bias: None, eps: 1e-5, kept: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> GroupNorm<f64> {
        let [weight, bias] = [&self.weight, &self.bias].map(|param| param.as_ref().map(Param::to_f64));
        GroupNorm {
            groups: self.groups,
            channels: self.channels,
            weight,
            bias,
            eps: self.eps,
            kept: Vec::new(),
        }
    }

    /// Gain and shift as arrays.
    fn affine(&self) -> [Array<T>; 2] {
        let value = |param: &Option<Param<T>>| param.as_ref().map(|param| param.value.clone().contiguous());
        [
            value(&self.weight).unwrap_or_else(|| Array::ones([self.channels])),
            value(&self.bias).unwrap_or_else(|| Array::zeros([self.channels])),
        ]
    }

    #[track_caller]
    fn sizes(&self, x: &Array<T>) -> Sizes {
        if x.ndim() < 2 || x.dim(1) != self.channels {
            let rule = format_args!("{:?} is not [batch, {}, ..]", x.shape(), self.channels);
            fail("GroupNorm", rule);
        }
        let plane = x.shape()[2..].iter().product();
        let size = self.channels / self.groups * plane;
        Sizes {
            groups: self.groups,
            together: self.channels / self.groups,
            plane,
            size,
            task: least_rows(size),
        }
    }

    /// The output, and mean and `r` of each group.
    #[track_caller]
    fn output(&self, x: &Array<T>) -> (Array<T>, Array<T>) {
        let sizes = self.sizes(x);
        let rows = x.dim(0) * self.groups;
        let (mut y, mut statistics) = (Array::scratch(*x.shape()), Array::scratch([rows, 2]));
        if x.is_empty() {
            return (y, statistics);
        }
        let ([gain, shift], level, eps) = (self.affine(), Level::detect(), self.eps);
        let (gain, shift) = (gain.data(), shift.data());
        let long = sizes.task * sizes.size;
        let written = [(y.data_mut(), long), (statistics.data_mut(), sizes.task * 2)];
        over_groups(written, [(x.data(), long)], |task, [y, statistics], [x]| {
            let first = task * sizes.task;
            simd::at_level(level, ForwardRows { sizes, first, x, y, statistics, gain, shift, eps });
        });
        (y, statistics)
    }
}

impl<T: Float> Layer<T> for GroupNorm<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let x = x.contiguous();
        let (y, statistics) = self.output(&x);
        self.kept.push(Kept { x, statistics });
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(Kept { x, statistics }) = self.kept.pop() else {
            fail("GroupNorm::backward", format_args!("no forward call to go back through"))
        };
        simd::same_shape("GroupNorm::backward", &grad, &x);
        if x.is_empty() {
            return grad;
        }
        let sizes = self.sizes(&x);
        let mut grad = grad.contiguous();
        let mut sums = Array::scratch([x.dim(0) * self.channels, 2]);
        let ([gain, _], level) = (self.affine(), Level::detect());
        let gain = gain.data();
        let (long, of_sums) = (sizes.task * sizes.size, sizes.task * sizes.together * 2);
        let written = [(grad.data_mut(), long), (sums.data_mut(), of_sums)];
        let read = [(x.data(), long), (statistics.data(), sizes.task * 2)];
        over_groups(written, read, |task, [g, sums], [x, statistics]| {
            let first = task * sizes.task;
            simd::at_level(level, BackwardRows { sizes, first, g, sums, x, statistics, gain });
        });
        for (param, which) in [(&mut self.bias, 0), (&mut self.weight, 1)] {
            let Some(param) = param else { continue };
            let total = param.grad.data_mut();
            for image in sums.data().chunks(2 * total.len()) {
                total
                    .iter_mut()
                    .zip(image.as_chunks::<2>().0)
                    .for_each(|(total, sums)| *total += sums[which]);
            }
        }
        grad
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.output(&x.contiguous()).0
    }
}

impl<T: Float> Module<T> for GroupNorm<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (name, param) in [("weight", &mut self.weight), ("bias", &mut self.bias)] {
            if let Some(param) = param {
                visitor.param(name, param);
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Sizes {
    groups: usize,
    /// Channels of a group.
    together: usize,
    /// Numbers of a channel of one example.
    plane: usize,
    /// Numbers of a group.
    size: usize,
    /// Groups of a task.
    task: usize,
}

impl Sizes {
    /// The first channel of a row, counted over all examples.
    #[inline(always)]
    fn channel(self, row: usize) -> usize {
        row % self.groups * self.together
    }
}

/// The loops over some groups as types, so that they are inlined (see [`simd::Body`]). `first` is the number of the first.
struct ForwardRows<'a, T> {
    sizes: Sizes,
    first: usize,
    x: &'a [T],
    y: &'a mut [T],
    statistics: &'a mut [T],
    gain: &'a [T],
    shift: &'a [T],
    eps: f64,
}

// ANCHOR: forward
impl<T: Float> Body for ForwardRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Sizes { plane, size, .. } = self.sizes;
        let rows = self.x.chunks_exact(size).zip(self.y.chunks_exact_mut(size));
        for (row, ((x, y), statistics)) in rows.zip(self.statistics.as_chunks_mut::<2>().0).enumerate() {
            let (mean, variance) = long_moments(x);
            let r = T::from_f64(1.0 / (variance + self.eps).sqrt());
            let first = self.sizes.channel(self.first + row);
            for (c, (x, y)) in x.chunks_exact(plane).zip(y.chunks_exact_mut(plane)).enumerate() {
                let (scale, shift) = (self.gain[first + c] * r, self.shift[first + c]);
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = (x - mean) * scale + shift;
                }
            }
            *statistics = [mean, r];
        }
    }
}
// ANCHOR_END: forward

struct BackwardRows<'a, T> {
    sizes: Sizes,
    first: usize,
    g: &'a mut [T],
    /// For each plane `Σ g` and `Σ g x̂`.
    sums: &'a mut [T],
    x: &'a [T],
    statistics: &'a [T],
    gain: &'a [T],
}

// ANCHOR: backward
impl<T: Float> Body for BackwardRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Sizes { plane, size, together, .. } = self.sizes;
        let m = size as f64;
        let rows = self.x.chunks_exact(size).zip(self.g.chunks_exact_mut(size));
        let rows = rows.zip(self.sums.chunks_exact_mut(2 * together)).zip(self.statistics.as_chunks::<2>().0);
        for (row, (((x, g), sums), &[mean, r])) in rows.enumerate() {
            let gain = &self.gain[self.sizes.channel(self.first + row)..][..together];
            let (mut of_h, mut of_h_xhat) = (0.0, 0.0);
            let planes = x.chunks_exact(plane).zip(g.chunks_exact(plane));
            for (((x, g), sums), gain) in planes.zip(sums.as_chunks_mut::<2>().0).zip(gain) {
                let [of_g, of_g_x] = two_sums(g, x, mean);
                *sums = [of_g, of_g_x * r];
                of_h += (*gain * sums[0]).to_f64();
                of_h_xhat += (*gain * sums[1]).to_f64();
            }
            let mean_h = T::from_f64(of_h / m);
            // x̂ mean(h x̂) = (x - mean) * (r mean(h x̂))
            let slope = T::from_f64(r.to_f64() * of_h_xhat / m);
            let planes = x.chunks_exact(plane).zip(g.chunks_exact_mut(plane));
            for ((x, g), &gain) in planes.zip(gain) {
                for (g, &x) in g.iter_mut().zip(x) {
                    *g = r * (gain * *g - mean_h - (x - mean) * slope);
                }
            }
        }
    }
}
// ANCHOR_END: backward
