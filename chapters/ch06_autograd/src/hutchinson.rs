//! The Hessian's diagonal, estimated: from few products with random vectors (Hutchinson 1990; Bekas, Kokiopoulou, Saad 2007).
//!
//! Let `v` have independent elements, 1 or -1 with equal chance. Then `E[v_i v_j]` is 1 for `i = j` and 0 otherwise, so
//!
//! `E[v_i (H v)_i] = Σ_j H_ij E[v_i v_j] = H_ii`.
//!
//! One sample is off by `Σ_{j≠i} H_ij v_i v_j`, whose variance is `Σ_{j≠i} H_ij²`: what stands beside the diagonal is the noise,
//! and a diagonal Hessian is found exactly by one product. With `n` samples the variance is the `n`-th part.

use ch01_tensors::{Array, Float, Rng};

use crate::{Var, hessian_vector};

// ANCHOR: hutchinson
/// An estimate of the second derivative with respect to each element of each variable, from `samples` Hessian-vector
/// products; `gradient` is `grad(loss, x, Tape::Create)`.
///
/// # Panics
/// As [`hessian_vector`], or without a sample.
#[track_caller]
pub fn hutchinson_diagonal<T: Float>(
    gradient: &[Var<T>],
    x: &[&Var<T>],
    samples: usize,
    rng: &mut Rng,
) -> Vec<Array<T>> {
    assert!(samples > 0, "hutchinson_diagonal: at least one sample");
    let mut diagonal: Vec<Array<T>> = x.iter().map(|x| Array::zeros(x.shape())).collect();
    for _ in 0..samples {
        let mut sign = || if rng.uniform() < 0.5 { T::ONE } else { -T::ONE };
        let v: Vec<Array<T>> = x.iter().map(|x| Array::from_fn(x.shape(), |_| sign())).collect();
        for ((sum, product), v) in diagonal.iter_mut().zip(hessian_vector(gradient, x, &v)).zip(&v) {
            *sum += &(product * v);
        }
    }
    let share = T::from_f64(1.0 / samples as f64);
    diagonal.into_iter().map(|sum| sum * share).collect()
}
// ANCHOR_END: hutchinson
