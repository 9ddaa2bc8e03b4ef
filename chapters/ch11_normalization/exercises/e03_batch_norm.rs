//! Batch normalisation of images (Ioffe and Szegedy 2015; `torch.nn.BatchNorm2d`).
//!
//! Shapes: `x`, `y` and their gradients are `[batch, channels, height, width]`; everything else has one number for each
//! channel. A channel's `m = batch * height * width` numbers share a mean and a variance,
//!
//! `mean = sum x / m`, `var = sum (x - mean)² / m`, `x̂ = (x - mean) / sqrt(var + eps)`, `y = weight x̂ + bias`.
//!
//! With `g = dL/dy`, `s = 1 / sqrt(var + eps)` and sums over the channel:
//!
//! - `dL/dbias = sum g` and `dL/dweight = sum g x̂`;
//! - `dL/dx̂ = weight g`. Every `x_j` moves its own `x̂_j`, and through mean and variance all others. From
//!   `dx̂_i/dx_j = s ([i = j] - 1/m - x̂_i x̂_j / m)` follows
//!   `dL/dx_j = weight s (g_j - sum g / m - x̂_j sum g x̂ / m)`: the gradient loses its mean and its component along x̂,
//!   the two directions in which a change of `x` is undone by the normalisation.
//!
//! For use rather than training there are running statistics: each training step moves them by `momentum` towards its
//! own mean and variance (the unbiased one, over `m - 1`, as in PyTorch). [`recalibrate`](ch11_normalization::recalibrate)
//! computes them anew, exactly.
//!
//! A channel is a task, whatever the number of threads, and reads memory once: its numbers fit the cache for the second
//! and third look (mean, variance, output). Kept for the backward pass: the input and two numbers for each channel.
//!
//! Left out: a version without weight and bias, `momentum=None` (which is what `recalibrate` is for), `num_batches_tracked`.

use ch01_tensors::{Array, Float, fail};
use ch03_neurons::simd::{self, Level};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};
use ch11_normalization::{pooled, recalibration_share, two_sums};
use rayon::prelude::*;

/// Normalises each channel over batch, height and width.
pub struct BatchNorm2d<T: Float = f32> {
    /// The gain, `[channels]`.
    pub weight: Param<T>,
    /// The shift, `[channels]`.
    pub bias: Param<T>,
    /// The running mean, `[channels]`.
    pub running_mean: Array<T>,
    /// The running variance, `[channels]`.
    pub running_var: Array<T>,
    /// How far a training step moves the running statistics towards its own, 0.1 by default.
    pub momentum: f64,
    /// Added to the variance, 1e-5 by default: a channel that never changes must not divide by 0.
    pub eps: f64,
    /// What forward calls that have not been gone back through have left.
    saved: Vec<Saved<T>>,
}

/// The input; the mean and `1 / sqrt(var + eps)` of its channels; and `weight / sqrt(var + eps)` as the output had it.
struct Saved<T: Float> {
    x: Array<T>,
    mean: Array<T>,
    inv_std: Array<T>,
    scale: Array<T>,
}

impl<T: Float> BatchNorm2d<T> {
    /// A layer for this many channels, with gain 1, shift 0, and running mean 0 and variance 1.
    pub fn new(channels: usize) -> Self {
        BatchNorm2d {
            weight: Param::new(Array::ones([channels]), Role::Norm),
            bias: Param::new(Array::zeros([channels]), Role::Norm),
            running_mean: Array::zeros([channels]),
            running_var: Array::ones([channels]),
            momentum: 0.1,
            eps: 1e-5,
            saved: Vec::new(),
        }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> BatchNorm2d<f64> {
        BatchNorm2d {
            weight: self.weight.to_f64(),
            bias: self.bias.to_f64(),
            running_mean: self.running_mean.to_f64(),
            running_var: self.running_var.to_f64(),
            momentum: self.momentum,
            eps: self.eps,
            saved: Vec::new(),
        }
    }

    /// The output of the last forward call that has not been gone back through, computed once more, with the same bits: for
    /// networks that would rather compute it twice than keep it (Chen et al. 2016, "Training deep nets with sublinear
    /// memory cost").
    ///
    /// # Panics
    /// Without such a call.
    #[track_caller]
    pub fn output_again(&self) -> Array<T> {
        let Some(Saved { x, mean, scale, .. }) = self.saved.last() else {
            fail("BatchNorm2d::output_again", format_args!("no forward call to go back through"))
        };
        let mut y = Array::scratch(*x.shape());
        let (sizes, x) = (self.sizes("BatchNorm2d::output_again", x), x.data());
        let copy = |at: usize, y: &mut [T]| y.copy_from_slice(&x[at..][..y.len()]);
        self.normalise(sizes, [mean.data(), scale.data()], y.data_mut(), copy);
        y
    }

    /// `(x - mean) scale + bias` of every plane, in place; before, `fill` is called with some planes and where they begin.
    fn normalise(
        &self,
        sizes: Sizes,
        [mean, scale]: [&[T]; 2],
        planes: &mut [T],
        fill: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let (bias, level) = (self.bias.value.data(), Level::detect());
        // As many planes to a task as make its work worth a thread's while.
        let together = (1usize << 14).div_ceil(sizes.plane.max(1));
        let tasks = planes.par_chunks_mut((together * sizes.plane).max(1)).enumerate();
        tasks.for_each(|(task, planes)| {
            let first = task * together;
            fill(first * sizes.plane, planes);
            simd::at_level(level, Planes { sizes, first, mean, scale, bias, planes });
        });
    }

    #[track_caller]
    fn sizes(&self, operation: &str, x: &Array<T>) -> Sizes {
        let channels = self.weight.value.size();
        if x.ndim() != 4 || x.dim(1) != channels {
            fail(operation, format_args!("{:?} is not [batch, {channels}, height, width]", x.shape()));
        }
        Sizes { images: x.dim(0), channels, plane: x.dim(2) * x.dim(3) }
    }
}

impl<T: Float> Layer<T> for BatchNorm2d<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let sizes = self.sizes("BatchNorm2d", &x);
        let m = sizes.images * sizes.plane;
        if m < 2 {
            let shape = x.shape();
            fail("BatchNorm2d", format_args!("training needs two numbers for each channel: {shape:?}"));
        }
        let x = x.contiguous();
        let mut y = Array::scratch(*x.shape());
        let mut statistics = Array::scratch([sizes.channels, 3]);
        let (weight, bias, level) = (self.weight.value.data(), self.bias.value.data(), Level::detect());
        let (input, output) = (x.data(), Channels::new(sizes, y.data_mut()));
        statistics.data_mut().par_chunks_mut(3).enumerate().for_each(|(channel, statistics)| {
            let (weight, bias, eps) = (weight[channel], bias[channel], self.eps);
            let body = Normalise { sizes, channel, input, output: &output, weight, bias, eps, statistics };
            simd::at_level(level, body);
        });

        let momentum = self.momentum;
        let [mut mean, mut inv_std, mut scale] = [(); 3].map(|()| Array::scratch([sizes.channels]));
        for (channel, of) in statistics.data().as_chunks::<3>().0.iter().enumerate() {
            let (average, variance) = (of[0].to_f64(), of[1].to_f64());
            mean.data_mut()[channel] = of[0];
            inv_std.data_mut()[channel] = T::from_f64(1.0 / (variance + self.eps).sqrt());
            scale.data_mut()[channel] = of[2];
            let (running_mean, running_var) =
                (&mut self.running_mean.data_mut()[channel], &mut self.running_var.data_mut()[channel]);
            if let Some(share) = recalibration_share() {
                let old = [running_mean.to_f64(), running_var.to_f64()];
                [*running_mean, *running_var] =
                    pooled(share, m as f64, old, [average, variance]).map(T::from_f64);
                continue;
            }
            // Yours: Move both running statistics by the share `momentum` towards this batch's `average` and
            // its variance as an estimate for all data: over m - 1 instead of m. They are of type T: `x.to_f64()` and
            // `T::from_f64(x)` convert.
            todo!()
        }
        self.saved.push(Saved { x, mean, inv_std, scale });
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(Saved { x, mean, inv_std, .. }) = self.saved.pop() else {
            fail("BatchNorm2d::backward", format_args!("no forward call to go back through"))
        };
        simd::same_shape("BatchNorm2d::backward", &grad, &x);
        let sizes = self.sizes("BatchNorm2d::backward", &x);
        let mut grad = grad.contiguous();
        let mut sums = Array::scratch([sizes.channels, 2]);
        let (weight, mean, inv_std) = (self.weight.value.data(), mean.data(), inv_std.data());
        let (x, gradient, level) = (x.data(), Channels::new(sizes, grad.data_mut()), Level::detect());
        sums.data_mut().par_chunks_mut(2).enumerate().for_each(|(channel, sums)| {
            let (weight, mean, inv_std) = (weight[channel], mean[channel], inv_std[channel]);
            let body = Backward { sizes, channel, x, gradient: &gradient, weight, mean, inv_std, sums };
            simd::at_level(level, body);
        });
        let (dweight, dbias) = (self.weight.grad.data_mut(), self.bias.grad.data_mut());
        for (channel, [of_g, of_g_xhat]) in sums.data().as_chunks::<2>().0.iter().enumerate() {
            dbias[channel] += *of_g;
            dweight[channel] += *of_g_xhat;
        }
        grad
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let sizes = self.sizes("BatchNorm2d", &x);
        let mut y = x.contiguous();
        let mut scale = Array::scratch([sizes.channels]);
        for (channel, scale) in scale.data_mut().iter_mut().enumerate() {
            let std = (self.running_var.data()[channel].to_f64() + self.eps).sqrt();
            *scale = T::from_f64(self.weight.value.data()[channel].to_f64() / std);
        }
        self.normalise(sizes, [self.running_mean.data(), scale.data()], y.data_mut(), |_, _| ());
        y
    }
}

impl<T: Float> Module<T> for BatchNorm2d<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
        visitor.param("bias", &mut self.bias);
        visitor.buffer("running_mean", &mut self.running_mean);
        visitor.buffer("running_var", &mut self.running_var);
    }
}

#[derive(Clone, Copy)]
struct Sizes {
    images: usize,
    channels: usize,
    /// `height * width`.
    plane: usize,
}

impl Sizes {
    /// Where the plane of a channel starts in an image.
    #[inline(always)]
    fn start(self, image: usize, channel: usize) -> usize {
        (image * self.channels + channel) * self.plane
    }
}

/// The whole output, of which each task writes the planes of one channel: a mutable borrow that no slice can express.
struct Channels<'a, T> {
    first: *mut T,
    sizes: Sizes,
    _borrow: std::marker::PhantomData<&'a mut [T]>,
}

// SAFETY: only planes are made of it, and no two tasks have the same channel.
unsafe impl<T: Send> Sync for Channels<'_, T> {}

impl<'a, T> Channels<'a, T> {
    fn new(sizes: Sizes, all: &'a mut [T]) -> Self {
        assert_eq!(all.len(), sizes.images * sizes.channels * sizes.plane);
        Channels { first: all.as_mut_ptr(), sizes, _borrow: std::marker::PhantomData }
    }

    /// # Safety
    /// One thread alone may use a channel, and one plane of it at a time.
    #[expect(clippy::mut_from_ref, reason = "the caller sees to it that nobody else has this plane")]
    #[inline(always)]
    unsafe fn plane(&self, image: usize, channel: usize) -> &mut [T] {
        debug_assert!(image < self.sizes.images && channel < self.sizes.channels);
        // SAFETY: the plane lies inside the slice that `new` was given, and the caller alone uses it.
        unsafe {
            std::slice::from_raw_parts_mut(self.first.add(self.sizes.start(image, channel)), self.sizes.plane)
        }
    }
}

/// One channel of the forward pass; `statistics` receives mean, variance and scale.
struct Normalise<'a, T> {
    sizes: Sizes,
    channel: usize,
    input: &'a [T],
    output: &'a Channels<'a, T>,
    weight: T,
    bias: T,
    eps: f64,
    statistics: &'a mut [T],
}

impl<T: Float> simd::Body for Normalise<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Sizes { images, plane, .. } = self.sizes;
        let m = (images * plane) as f64;
        let planes =
            || (0..images).map(|image| &self.input[self.sizes.start(image, self.channel)..][..plane]);
        // Within a plane sums are in T, in sixteen lanes; across planes in f64.
        let mean = planes().map(|x| simd::sum(x, |x| x).to_f64()).sum::<f64>() / m;
        let mean_t = T::from_f64(mean);
        let squares = planes().map(|x| simd::sum(x, |x| (x - mean_t) * (x - mean_t)).to_f64()).sum::<f64>();
        // The mean was rounded to T: the squares around it are too large by m times the square of that error.
        let variance = (squares / m - (mean - mean_t.to_f64()).powi(2)).max(0.0);
        let scale = T::from_f64(self.weight.to_f64() / (variance + self.eps).sqrt());
        for (image, x) in planes().enumerate() {
            // SAFETY: this task alone has the channel, and takes one plane at a time.
            let y = unsafe { self.output.plane(image, self.channel) };
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - mean_t) * scale + self.bias;
            }
        }
        self.statistics.copy_from_slice(&[mean_t, T::from_f64(variance), scale]);
    }
}

/// One channel of the backward pass, in place in the gradient; `sums` receives `sum g` and `sum g x̂`.
struct Backward<'a, T> {
    sizes: Sizes,
    channel: usize,
    x: &'a [T],
    gradient: &'a Channels<'a, T>,
    weight: T,
    mean: T,
    inv_std: T,
    sums: &'a mut [T],
}

impl<T: Float> simd::Body for Backward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Sizes { images, plane, .. } = self.sizes;
        let m = (images * plane) as f64;
        let (mut of_g, mut of_g_x) = (0.0, 0.0);
        for image in 0..images {
            let x = &self.x[self.sizes.start(image, self.channel)..][..plane];
            // SAFETY: this task alone has the channel, and takes one plane at a time.
            let g = unsafe { self.gradient.plane(image, self.channel) };
            let [g, gx] = two_sums(g, x, self.mean);
            of_g += g.to_f64();
            of_g_x += gx.to_f64();
        }
        let of_g_xhat = of_g_x * self.inv_std.to_f64();
        for image in 0..images {
            let x = &self.x[self.sizes.start(image, self.channel)..][..plane];
            // SAFETY: as above.
            let g = unsafe { self.gradient.plane(image, self.channel) };
            input_gradient(g, x, self.mean, self.inv_std, self.weight, [of_g, of_g_xhat], m);
        }
        self.sums.copy_from_slice(&[T::from_f64(of_g), T::from_f64(of_g_xhat)]);
    }
}

/// Replaces the gradient of a plane's output by that of its input. `sum g` and `sum g x̂` are those of the whole channel,
/// which has `m` numbers.
#[inline(always)]
fn input_gradient<T: Float>(
    g: &mut [T],
    x: &[T],
    mean: T,
    inv_std: T,
    weight: T,
    [of_g, of_g_xhat]: [f64; 2],
    m: f64,
) {
    // Yours: dL/dx_j = weight inv_std (g_j - sum g / m - x̂_j sum g x̂ / m) for every element of `g`, in place,
    // with x̂_j = (x_j - mean) inv_std. The sums are f64: `T::from_f64(x)` converts.
    todo!()
}

/// Some whole planes in a row, from plane number `first` on, to become `(x - mean) scale + bias`.
struct Planes<'a, T: Float> {
    sizes: Sizes,
    first: usize,
    mean: &'a [T],
    scale: &'a [T],
    bias: &'a [T],
    planes: &'a mut [T],
}

impl<T: Float> simd::Body for Planes<'_, T> {
    #[inline(always)]
    fn run(self) {
        for (number, plane) in self.planes.chunks_mut(self.sizes.plane).enumerate() {
            let channel = (self.first + number) % self.sizes.channels;
            let (mean, scale, bias) = (self.mean[channel], self.scale[channel], self.bias[channel]);
            for x in plane {
                *x = (*x - mean) * scale + bias;
            }
        }
    }
}
