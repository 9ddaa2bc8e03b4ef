//! The loss of negative sampling: tell the word that stood there from words drawn at random (Mikolov et al. 2013).
//!
//! Shapes: `u` is `[batch, size]`, the vector that predicts; `v` is `[batch, 1 + k, size]`, the output vectors of the true
//! word and of `k` drawn ones; the loss is `[batch]`.
//!
//! With `s_j = u · v_j` the loss is `-ln σ(s_0) - Σ_{j>0} ln σ(-s_j)`, the cross-entropy of `1 + k` yes-or-no questions.
//! With the label `y_0 = 1` and `y_j = 0` for the others, `∂L/∂s_j = σ(s_j) - y_j` (chapter 4). Since `s_j = u · v_j`,
//! `∂L/∂v_j = (σ(s_j) - y_j) u` and `∂L/∂u = Σ_j (σ(s_j) - y_j) v_j`.
//!
//! This is the short version, for arrays; [`Word2Vec`](ch17_embeddings::Word2Vec) does the same on rows of its tables.

use ch01_tensors::{Array, Float, fail};

/// Fails unless `u` is `[batch, size]` and `v` is `[batch, words, size]`.
#[track_caller]
fn check<T: Float>(operation: &str, u: &Array<T>, v: &Array<T>) {
    let fits = u.ndim() == 2 && v.ndim() == 3 && u.dim(0) == v.dim(0) && u.dim(1) == v.dim(2) && v.dim(1) > 0;
    if !fits {
        let (u, v) = (u.shape(), v.shape());
        fail(operation, format_args!("{u:?} and {v:?} are not [batch, size] and [batch, 1 + k, size]"));
    }
}

/// `ln(1 + e^x)` without overflow.
fn softplus<T: Float>(x: T) -> T {
    x.max(T::ZERO) + (-x.abs()).exp().ln_1p()
}

fn dot<T: Float>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b)
}

/// The losses, `[batch]`, of vectors `u`, `[batch, size]`, and the output vectors of the true word and `k` others behind it,
/// `[batch, 1 + k, size]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn negative_sampling<T: Float>(u: &Array<T>, v: &Array<T>) -> Array<T> {
    check("negative_sampling", u, v);
    let (u, v, words, size) = (u.clone().contiguous(), v.clone().contiguous(), v.dim(1), u.dim(1));
    Array::from_fn([u.dim(0)], |i| {
        let u = &u.data()[i[0] * size..][..size];
        let score = |j: usize| dot(u, &v.data()[(i[0] * words + j) * size..][..size]);
        (1..words).fold(softplus(-score(0)), |sum, j| sum + softplus(score(j)))
    })
}

/// The gradients of `u` and of `v`, for that of the losses, `[batch]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn negative_sampling_backward<T: Float>(
    grad: &Array<T>,
    u: &Array<T>,
    v: &Array<T>,
) -> (Array<T>, Array<T>) {
    check("negative_sampling_backward", u, v);
    if grad.shape()[..] != u.shape()[..1] {
        let rule = format_args!("a gradient of shape {:?} for losses of {:?}", grad.shape(), &u.shape()[..1]);
        fail("negative_sampling_backward", rule);
    }
    let (u, v, words, size) = (u.clone().contiguous(), v.clone().contiguous(), v.dim(1), u.dim(1));
    let (mut du, mut dv) = (u.zeros_like(), v.zeros_like());
    for i in 0..u.dim(0) {
        let g = grad[[i]];
        let (u, du) = (&u.data()[i * size..][..size], &mut du.data_mut()[i * size..][..size]);
        for j in 0..words {
            let place = (i * words + j) * size;
            let (v, dv) = (&v.data()[place..][..size], &mut dv.data_mut()[place..][..size]);
            let score = dot(u, v);
            // Yours: The gradient of the score is g (σ(score) - y) with y = 1 for the true word, j = 0, and y = 0
            // for the others. The score is u · v: add to `du`, and write `dv`.
            todo!()
        }
    }
    (du, dv)
}
