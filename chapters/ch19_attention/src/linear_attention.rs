//! Linear attention (Katharopoulos et al. 2020): the exponential of the score is replaced by a product of features, and
//! then the sums can be taken in another order.
//!
//! Shapes: as in [`attention`](crate::attention), with as many heads of keys as of queries; causal attention needs as many
//! queries as keys. With `φ(x) = elu(x) + 1`, which is positive,
//!
//! `o_i = Σ_j (φ(q_i) · φ(k_j)) v_j / Σ_j φ(q_i) · φ(k_j) = φ(q_i)ᵀ S / φ(q_i)ᵀ z`, with `S = Σ_j φ(k_j) v_jᵀ` and
//! `z = Σ_j φ(k_j)`.
//!
//! `S` and `z` do not depend on the query: one pass over the keys, one over the queries, work and memory as `T`. With a
//! causal mask they are running sums. There is no scale: it would cancel.
//!
//! Written with `v'_j = (v_j, 1)` the sum below the line is one more feature of the sum above it,
//! `n_i = Σ_j (φ(q_i) · φ(k_j)) v'_j`, and everything is one operation, [`sums`], in three directions:
//! `y_i = Σ_j (a_i · b_j) c_j` over `j <= i`, `j >= i` or all `j`. Backward, with `n_i = (o_i m_i, m_i)` and `g = dL/do`:
//! `g'_i = dL/dn_i = (g_i, -g_i · o_i) / m_i`, and
//!
//! - `dL/dφ(q_i) = Σ_{j <= i} (g'_i · v'_j) φ(k_j)`,
//! - `dL/dφ(k_j) = Σ_{i >= j} (v'_j · g'_i) φ(q_i)`,
//! - `dL/dv'_j = Σ_{i >= j} (φ(k_j) · φ(q_i)) g'_i`;
//! - `φ'(x)` is 1 for `x > 0`, `e^x` otherwise.
//!
//! This is another function than softmax attention, and a weaker one: no key can win by far.

use ch01_tensors::{Array, Float, fail};
use ch02_matmul::{Window, WindowMut, gemm_into};
use ch19_attention::{AttentionOptions, Mask};

use crate::flash_attention::{Rows4, each};
use crate::options::Sizes;
use crate::self_attention::Rows;

/// Positions that are taken together: inside a chunk all pairs, between chunks the running sums.
const CHUNK: usize = 64;

/// Which `j` a sum for `i` goes over.
#[derive(Clone, Copy, PartialEq)]
enum Over {
    All,
    UpTo,
    From,
}

// ANCHOR: sums
/// `y_i = Σ_j (a_i · b_j) c_j`, `[batch, heads, time, size of c]`; `a` is as long as `y`, `b` as long as `c`.
fn sums<T: Float>(a: &Array<T>, b: &Array<T>, c: &Array<T>, over: Over) -> Array<T> {
    let [batch, heads, time, inner] = [0, 1, 2, 3].map(|axis| a.dim(axis));
    let (others, size) = (b.dim(2), c.dim(3));
    let mut y = Array::scratch([batch, time, heads, size]);
    let to = Rows::new(y.data_mut(), heads * size);
    let [a, b, c] = [a, b, c].map(Rows4::new);
    each(batch * heads, (time + others) * inner * size, |task| {
        let (example, head) = (task / heads, task % heads);
        let mut room = Array::<T>::scratch([inner * size + CHUNK * CHUNK]);
        let (state, pairs) = room.data_mut().split_at_mut(inner * size);
        state.fill(T::ZERO);
        let [b, c] = [&b, &c].map(|x| move |first, count| x.rows(example, head, first, count));
        // S += Σ_j b_j c_jᵀ over a chunk.
        let add = |state: &mut [T], first: usize, count: usize| {
            let mut state = WindowMut::new(state, [inner, size], size);
            gemm_into(b(first, count).t(), c(first, count), true, &mut state);
        };
        if over == Over::All {
            (0..others).step_by(CHUNK).for_each(|first| add(state, first, CHUNK.min(others - first)));
        }
        let chunks = time.div_ceil(CHUNK);
        for number in 0..chunks {
            let number = if over == Over::From { chunks - 1 - number } else { number };
            let first = number * CHUNK;
            let count = CHUNK.min(time - first);
            // SAFETY: these rows and columns of the result belong to this task.
            let mut y = unsafe { to.window(example * time + first, count, head * size, size) };
            let rows = a.rows(example, head, first, count);
            gemm_into(rows, Window::new(state, [inner, size], [size, 1]), false, &mut y);
            if over == Over::All {
                continue;
            }
            let pairs = &mut pairs[..count * count];
            gemm_into(rows, b(first, count).t(), false, &mut WindowMut::new(pairs, [count, count], count));
            for (i, row) in pairs.chunks_exact_mut(count).enumerate() {
                if over == Over::UpTo { &mut row[i + 1..] } else { &mut row[..i] }.fill(T::ZERO);
            }
            gemm_into(Window::new(pairs, [count, count], [count, 1]), c(first, count), true, &mut y);
            add(state, first, count);
        }
    });
    y.transpose(1, 2)
}
// ANCHOR_END: sums

/// `φ(x) = elu(x) + 1`: positive, smooth, 1 at 0.
fn feature<T: Float>(x: T) -> T {
    if x > T::ZERO { x + T::ONE } else { x.exp() }
}

/// `v' = (v, 1)`.
fn with_one<T: Float>(v: &Array<T>) -> Array<T> {
    let ones = Array::ones([v.dim(0), v.dim(1), v.dim(2), 1]);
    Array::concat(&[v, &ones], 3)
}

/// What both passes begin with: `φ(q)`, `φ(k)` (0 for keys that are not real), `v'`, and `n`.
fn start<T: Float>(q: &Array<T>, k: &Array<T>, v: &Array<T>, mask: &Mask<'_>) -> [Array<T>; 4] {
    let (a, mut b, c) = (q.map_to(feature), k.map_to(feature), with_one(v));
    if let Some(real) = mask.padding {
        b = hide(b, real);
    }
    let n = sums(&a, &b, &c, if mask.causal { Over::UpTo } else { Over::All });
    [a, b, c, n]
}

/// 0 for keys that are not real, `[batch, keys]`.
fn hide<T: Float>(x: Array<T>, real: &Array<bool>) -> Array<T> {
    let hidden = !real.clone().unsqueeze(1).unsqueeze(3);
    x.contiguous().masked_fill(&hidden, T::ZERO)
}

/// 1 over the sum of the weights; 0 where no key is real, which makes the output 0.
fn inverse<T: Float>(n: &Array<T>) -> Array<T> {
    n.narrow(3, n.dim(3) - 1, 1).map_to(|m| if m == T::ZERO { m } else { T::ONE / m })
}

// ANCHOR: linear
/// Linear attention: `[batch, heads, queries, dv]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn linear_attention<T: Float>(q: &Array<T>, k: &Array<T>, v: &Array<T>, mask: &Mask<'_>) -> Array<T> {
    check("linear_attention", [q, k, v], mask);
    let [_, _, _, n] = start(q, k, v, mask);
    n.narrow(3, 0, v.dim(3)) * &inverse(&n)
}

/// The gradients of `q`, `k` and `v`, for `grad = dL/dO`. Everything is computed again.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn linear_attention_backward<T: Float>(
    grad: &Array<T>,
    q: &Array<T>,
    k: &Array<T>,
    v: &Array<T>,
    mask: &Mask<'_>,
) -> [Array<T>; 3] {
    check("linear_attention_backward", [q, k, v], mask).check_gradient("linear_attention_backward", grad);
    let [a, b, c, n] = start(q, k, v, mask);
    let inverse = inverse(&n);
    let output = n.narrow(3, 0, v.dim(3)) * &inverse;
    let g = grad.clone() * &inverse;
    let g = Array::concat(&[&g, &-(&g * &output).sum(3, true)], 3);
    let (up_to, from) = if mask.causal { (Over::UpTo, Over::From) } else { (Over::All, Over::All) };
    let slope =
        |grad: Array<T>, x: &Array<T>| grad * &x.map_to(|x| if x > T::ZERO { T::ONE } else { x.exp() });
    let dq = slope(sums(&g, &c, &b, up_to), q);
    let dk = slope(sums(&c, &g, &a, from), k);
    let dk = if let Some(real) = mask.padding { hide(dk, real) } else { dk };
    let dv = sums(&b, &a, &g, from).narrow(3, 0, v.dim(3));
    [dq, dk, dv]
}
// ANCHOR_END: linear

#[track_caller]
fn check<T: Float>(operation: &str, qkv: [&Array<T>; 3], mask: &Mask<'_>) -> Sizes {
    let sizes = Sizes::new(operation, qkv, &AttentionOptions::from(*mask));
    if sizes.heads != sizes.kv_heads || mask.causal && sizes.queries != sizes.keys {
        let [q, k, _] = qkv.map(Array::shape);
        let rule = format_args!(
            "queries {q:?} and keys {k:?}: it needs as many heads, and as many tokens if causal"
        );
        fail(operation, rule);
    }
    sizes
}
