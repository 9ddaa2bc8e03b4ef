//! Each channel of each image times a number of its own.
//!
//! Shapes: `x` is `[batch, channels, h, w]`, `s` is `[batch, channels, 1, 1]`. With `y = s x` and `g = dL/dy`:
//! `dL/dx = s g`, and, since `s` multiplies the whole plane, `dL/ds = sum g x` over it.

use ch01_tensors::{Array, Float, fail};
use ch03_neurons::simd;
use ch15_convolution::planes_together;
use rayon::prelude::*;

// ANCHOR: scale_channels
/// `s x`, in place in `x` if nobody else holds it.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn scale_channels<T: Float>(x: Array<T>, s: &Array<T>) -> Array<T> {
    let plane = plane("scale_channels", &x, s);
    let (mut y, s) = (x.contiguous(), s.clone().contiguous());
    let planes = y.data_mut().par_chunks_mut(plane).zip(s.data()).with_min_len(planes_together(plane));
    planes.for_each(|(y, &s)| y.iter_mut().for_each(|y| *y *= s));
    y
}

/// `(dL/dx, dL/ds)` for `grad = dL/dy` and the inputs.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn scale_channels_backward<T: Float>(grad: Array<T>, x: &Array<T>, s: &Array<T>) -> (Array<T>, Array<T>) {
    simd::same_shape("scale_channels_backward", &grad, x);
    let plane = plane("scale_channels_backward", x, s);
    let (grad, x, s) = (grad.contiguous(), x.clone().contiguous(), s.clone().contiguous());
    let mut ds = Array::<T>::scratch(*s.shape());
    // exercise: ds - Write dL/ds: for each number of `ds.data_mut()`, the sum of g x over its plane, which are the next
    // `plane` numbers of `grad.data()` and of `x.data()`. `simd::dot(g, x)` is that sum.
    let planes = grad.data().par_chunks(plane).zip(x.data().par_chunks(plane));
    let numbers = ds.data_mut().par_iter_mut().zip(planes).with_min_len(planes_together(plane));
    numbers.for_each(|(ds, (g, x))| *ds = simd::dot(g, x));
    // exercise: end
    // exercise: dx - dL/dx is a product of the same kind as `y`. Return `(dL/dx, ds)`.
    (scale_channels(grad, &s), ds)
    // exercise: end
}
// ANCHOR_END: scale_channels

/// The numbers of a plane.
#[track_caller]
fn plane<T: Float>(operation: &str, x: &Array<T>, s: &Array<T>) -> usize {
    let fits = x.ndim() == 4 && *s.shape() == [x.dim(0), x.dim(1), 1, 1] && x.dim(2) * x.dim(3) > 0;
    if !fits {
        let (x, s) = (x.shape(), s.shape());
        fail(
            operation,
            format_args!("{x:?} and {s:?} are not [batch, channels, h, w] and [batch, channels, 1, 1]"),
        );
    }
    x.dim(2) * x.dim(3)
}
