//! Attention with everything in [`AttentionOptions`], with whole arrays: the oracle of the tiled
//! [`flash_attention`](crate::flash_attention), and the only one that gives the gradient of the bias
//! (`torch.nn.functional.scaled_dot_product_attention` with `attn_mask` and `enable_gqa`).
//!
//! Shapes: `q` is `[batch, heads, queries, d]`, `k` is `[batch, kv_heads, keys, d]`, `v` is `[batch, kv_heads, keys, dv]`,
//! the output `[batch, heads, queries, dv]`. `S = scale Q Kᵀ + B`, `P = softmax(S)`, `O = P V`.
//!
//! The bias is added, so its gradient is `dL/dS`, summed over the axes along which it was repeated. A head of keys that
//! `g` heads of queries share is used `g` times, so its gradient is the sum of theirs.

use ch01_tensors::{Array, Float};
use ch02_matmul::matmul;
use ch03_neurons::{softmax, softmax_backward};
use ch19_attention::AttentionOptions;

use crate::options::{Sizes, distances};

/// What [`attention_backward`] returns.
pub struct AttentionGradients<T: Float> {
    /// `dL/dQ`, `[batch, heads, queries, d]`.
    pub q: Array<T>,
    /// `dL/dK`, `[batch, kv_heads, keys, d]`.
    pub k: Array<T>,
    /// `dL/dV`, `[batch, kv_heads, keys, dv]`.
    pub v: Array<T>,
    /// `dL/dB` in the shape of the bias, if there is one.
    pub bias: Option<Array<T>>,
}

/// Each head of keys or values as often as heads of queries share it: `[batch, kv_heads, ..]` to `[batch, heads, ..]`.
fn repeat<T: Float>(x: &Array<T>, heads: usize) -> Array<T> {
    x.repeat(heads / x.dim(1), 1)
}

/// The way back of `repeat`: the sum over the heads that share.
fn collect<T: Float>(grad: Array<T>, kv_heads: usize) -> Array<T> {
    let [batch, heads, time, size] = [0, 1, 2, 3].map(|axis| grad.dim(axis));
    grad.contiguous().reshape([batch, kv_heads, heads / kv_heads, time, size]).sum(2, false)
}

// ANCHOR: forward
/// `P` for keys that are repeated already.
fn weights<T: Float>(
    q: &Array<T>,
    k: &Array<T>,
    sizes: Sizes,
    options: &AttentionOptions<'_, T>,
) -> Array<T> {
    let mut scores = matmul(q, &k.clone().transpose(-2, -1)) * options.scale(sizes.size);
    if let Some(bias) = options.bias {
        scores += bias;
    }
    if let Some(slopes) = options.slopes {
        scores += &distances(slopes, options.offset, sizes.queries, sizes.keys);
    }
    let forbidden = Array::from_fn([sizes.batch, 1, sizes.queries, sizes.keys], |at| {
        !options.allows(at[0], at[2], at[3], sizes.keys)
    });
    let scores = scores.masked_fill(&forbidden, T::LOWEST);
    // Hidden by the mask or by a bias of -inf; a row of nothing else would become NaN.
    let hidden = scores.map_to(|s| s == T::LOWEST);
    softmax(scores, -1).masked_fill(&hidden, T::ZERO)
}

/// Attention with masks, bias, window and shared heads of keys: `[batch, heads, queries, dv]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn attention<T: Float>(
    q: &Array<T>,
    k: &Array<T>,
    v: &Array<T>,
    options: &AttentionOptions<'_, T>,
) -> Array<T> {
    let sizes = Sizes::new("attention", [q, k, v], options);
    let (k, v) = (repeat(k, sizes.heads), repeat(v, sizes.heads));
    matmul(&weights(q, &k, sizes, options), &v)
}
// ANCHOR_END: forward

// ANCHOR: backward
/// The gradients of queries, keys, values and bias, for `grad = dL/dO`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn attention_backward<T: Float>(
    grad: &Array<T>,
    q: &Array<T>,
    k: &Array<T>,
    v: &Array<T>,
    options: &AttentionOptions<'_, T>,
) -> AttentionGradients<T> {
    let sizes = Sizes::new("attention_backward", [q, k, v], options);
    sizes.check_gradient("attention_backward", grad);
    let (k, v) = (repeat(k, sizes.heads), repeat(v, sizes.heads));
    let weights = weights(q, &k, sizes, options);
    let t = |x: &Array<T>| x.clone().transpose(-2, -1);
    let dv = matmul(&t(&weights), grad);
    let ds = softmax_backward(matmul(grad, &t(&v)), &weights, -1);
    let bias = options.bias.map(|bias| {
        let over = |ds: Array<T>, axis: usize| {
            if bias.shape()[axis] == 1 { ds.sum(axis as isize, true) } else { ds }
        };
        over(over(ds.clone(), 0), 1)
    });
    let ds = ds * options.scale(sizes.size);
    AttentionGradients {
        q: matmul(&ds, &k),
        k: collect(matmul(&t(&ds), q), sizes.kv_heads),
        v: collect(dv, sizes.kv_heads),
        bias,
    }
}
// ANCHOR_END: backward
