//! Scaled dot-product attention (Vaswani et al. 2017; `torch.nn.functional.scaled_dot_product_attention`):
//! `O = softmax(Q Kᵀ / √d) V`.
//!
//! Shapes: `q` is `[batch, heads, queries, d]`, `k` is `[batch, heads, keys, d]`, `v` is `[batch, heads, keys, dv]`, the
//! output `[batch, heads, queries, dv]`. Each query is compared with each key; the comparisons become weights `P` that
//! sum to 1 over the keys; the output is the mean of the values with these weights.
//!
//! With `S = Q Kᵀ / √d`, `P = softmax(S)`, `O = P V` and `G = dL/dO`:
//!
//! - `dL/dV = Pᵀ G`, and `dL/dP = G Vᵀ`, as for any product;
//! - `dL/dS_ij = P_ij (dL/dP_ij - Σ_l P_il dL/dP_il)`, as for any softmax;
//! - `dL/dQ = dL/dS K / √d`, and `dL/dK = dL/dSᵀ Q / √d`.
//!
//! A key that is masked gets the score -inf and so the weight 0. A query whose keys are all masked gets weights 0 and the
//! output 0, as in PyTorch 2.15, and sends no gradient back. (Softmax alone would give NaN there, as in PyTorch's
//! `nn.MultiheadAttention` where it returns the weights.)
//!
//! This is the plain version, with whole arrays; `self_attention` is the fast one.

use ch01_tensors::{Array, Float, fail};
use ch02_matmul::matmul;
use ch03_neurons::{softmax, softmax_backward};
use ch19_attention::Mask;

/// The weights `P = softmax(Q Kᵀ / √d)`: `[batch, heads, queries, keys]`. Each row sums to 1, or is 0 throughout if the
/// mask allows the query no key.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn attention_weights<T: Float>(q: &Array<T>, k: &Array<T>, mask: &Mask<'_>) -> Array<T> {
    let [batch, queries, keys] = sizes("attention_weights", q, k, k);
    let forbidden = mask.table([batch, queries, keys]).map(|allowed| !allowed);
    let scale = T::ONE / T::from_f64(q.dim(-1) as f64).sqrt();
    // Yours: Scores Q Kᵀ times `scale`; -inf (`T::LOWEST`) where forbidden; softmax over the keys; and 0
    // where forbidden, which also heals rows without any key. `transpose(-2, -1)` swaps the last two axes,
    // `x.masked_fill(&forbidden, value)` fills, `softmax(x, -1)` works along the last axis.
    todo!()
}

/// The output `P V`: for each query the mean of the values, weighted by [`attention_weights`].
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn scaled_dot_product<T: Float>(q: &Array<T>, k: &Array<T>, v: &Array<T>, mask: &Mask<'_>) -> Array<T> {
    sizes("scaled_dot_product", q, k, v);
    matmul(&attention_weights(q, k, mask), v)
}

/// The gradients of `q`, `k` and `v`, for `grad = dL/dO`. The weights are computed again.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn scaled_dot_product_backward<T: Float>(
    grad: &Array<T>,
    q: &Array<T>,
    k: &Array<T>,
    v: &Array<T>,
    mask: &Mask<'_>,
) -> [Array<T>; 3] {
    sizes("scaled_dot_product_backward", q, k, v);
    let weights = attention_weights(q, k, mask);
    let output = weights.shape().without(3).with(3, v.dim(3));
    if *grad.shape() != output {
        let rule = format_args!("a gradient of shape {:?} for an output of {output:?}", grad.shape());
        fail("scaled_dot_product_backward", rule);
    }
    let scale = T::ONE / T::from_f64(q.dim(-1) as f64).sqrt();
    // Yours: dV = Pᵀ G; dP = G Vᵀ; dS from dP by `softmax_backward(dp, &weights, -1)`; dQ = scale dS K;
    // dK = scale dSᵀ Q. `let t = |x: &Array<T>| x.clone().transpose(-2, -1);` helps.
    todo!()
}

/// Refuses shapes that do not fit; returns batch, queries and keys.
#[track_caller]
fn sizes<T: Float>(operation: &str, q: &Array<T>, k: &Array<T>, v: &Array<T>) -> [usize; 3] {
    let fit = q.ndim() == 4 && k.ndim() == 4 && v.ndim() == 4;
    // Batch and heads agree, queries and keys are as long, there are as many values as keys.
    let fit =
        fit && q.shape()[..2] == k.shape()[..2] && q.dim(3) == k.dim(3) && k.shape()[..3] == v.shape()[..3];
    if !fit {
        let [q, k, v] = [q, k, v].map(Array::shape);
        fail(operation, format_args!("queries {q:?}, keys {k:?} and values {v:?} do not fit"));
    }
    [q.dim(0), q.dim(2), k.dim(2)]
}
