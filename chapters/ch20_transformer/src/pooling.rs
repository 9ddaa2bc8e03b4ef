//! One vector for a whole sequence, and vectors at chosen places: the ways from `[batch, time, size]` to what a head reads.

use ch01_tensors::{Array, Float, Shape, fail};
use ch17_embeddings::{masked_mean, masked_mean_backward};

use crate::Pooling;

// ANCHOR: pool
impl Pooling {
    /// `[batch, time, size]` to `[batch, size]`; `mask` `[batch, time]` is true for real tokens.
    #[track_caller]
    pub(crate) fn pool<T: Float>(self, operation: &str, vectors: &Array<T>, mask: &Array<bool>) -> Array<T> {
        match self {
            Pooling::Mean => masked_mean(vectors, mask),
            Pooling::Cls if vectors.dim(1) == 0 => {
                fail(operation, format_args!("no first token in {:?}", vectors.shape()))
            }
            Pooling::Cls => vectors.slice((.., 0)).contiguous(),
        }
    }

    /// The gradient of the vectors, `[batch, time, size]`, for that of what was pooled, `[batch, size]`.
    pub(crate) fn unpool<T: Float>(self, grad: &Array<T>, mask: &Array<bool>) -> Array<T> {
        match self {
            Pooling::Mean => masked_mean_backward(grad, mask),
            Pooling::Cls => {
                let shape: Shape = [mask.dim(0), mask.dim(1), grad.dim(1)].into();
                let mut vectors = Array::zeros(shape);
                vectors.assign_slice((.., 0), grad);
                vectors
            }
        }
    }
}
// ANCHOR_END: pool

// ANCHOR: places
/// The vectors at these places, `[batch, time, size]` to `[places, size]`. Places are counted over all rows: token `t` of
/// text `b` is at place `b * time + t`.
#[track_caller]
pub(crate) fn at_places<T: Float>(vectors: Array<T>, places: &Array<i64>) -> Array<T> {
    let (rows, size) = (vectors.dim(0) * vectors.dim(1), vectors.dim(2));
    vectors.reshape([rows, size]).index_select(0, places)
}

/// The gradient of all vectors, `[batch, time, size]`, for that of those at different places, `[places, size]`.
pub(crate) fn from_places<T: Float>(
    grad: &Array<T>,
    places: &Array<i64>,
    [batch, time]: [usize; 2],
) -> Array<T> {
    let size = grad.dim(1);
    let mut vectors = Array::zeros([batch, time, size]);
    let grad = grad.clone().contiguous();
    let all = vectors.data_mut();
    for (place, grad) in places.iter().zip(grad.data().chunks(size.max(1))) {
        all[place as usize * size..][..size].copy_from_slice(grad);
    }
    vectors
}
// ANCHOR_END: places

/// The places of the real tokens, in order.
pub(crate) fn real_places(mask: &Array<bool>) -> Array<i64> {
    let mask = mask.clone().contiguous();
    let real = mask.data().iter().filter(|&&real| real).count();
    let mut places = mask.data().iter().enumerate().filter(|(_, real)| **real).map(|(place, _)| place as i64);
    Array::from_fn([real], |_| places.next().expect("as many as were counted"))
}
