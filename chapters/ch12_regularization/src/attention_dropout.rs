//! Attention dropout: dropout on the weights of attention (Vaswani et al. 2017;
//! `torch.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=p)`).
//!
//! Shapes: `q` is `[batch, queries, d]`, `k` is `[batch, keys, d]`, `v` is `[batch, keys, values]`, `y` is
//! `[batch, queries, values]`. What each query gets is an average of the values, with the weights
//! `A = softmax(q kᵀ / sqrt(d))`. In training a random part of the weights is dropped, and the others are divided by `1 - p`:
//! `D = m A / (1 - p)`, `y = D v`. So a query cannot rely on one key. The weights no longer sum to 1, only on average: they are
//! not normalised again.
//!
//! Backward, with `g = dL/dy`: `dv = Dᵀ g`; `dD = g vᵀ`; `dA = m dD / (1 - p)`; through the softmax, row by row,
//! `dS_j = A_j (dA_j - Σ_i A_i dA_i)`; then `dq = dS k / sqrt(d)` and `dk = dSᵀ q / sqrt(d)`.
//!
//! This is attention in its plainest form, for this chapter; chapter 19 has heads, masks and tiles.

use ch01_tensors::{Array, Float, Rng, fail};
use ch02_matmul::matmul;
use ch03_neurons::{softmax, softmax_backward};
use ch05_backprop::{Layer, Module, Visitor};
use ch12_regularization::{Dropout, Mask};

/// Scaled dot-product attention with dropout on its weights.
pub struct AttentionDropout<T: Float = f32> {
    dropout: Dropout<T>,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call.
struct Kept<T: Float> {
    q: Array<T>,
    k: Array<T>,
    v: Array<T>,
    /// The weights before and after dropout.
    weights: [Array<T>; 2],
}

#[track_caller]
fn weights<T: Float>(q: &Array<T>, k: &Array<T>, v: &Array<T>) -> Array<T> {
    if q.ndim() != 3 || k.ndim() != 3 || v.ndim() != 3 || k.dim(2) != q.dim(2) || k.dim(1) != v.dim(1) {
        let (q, k, v) = (q.shape(), k.shape(), v.shape());
        let rule = format_args!(
            "q {q:?}, k {k:?}, v {v:?} are not [batch, queries, d], [batch, keys, d], [batch, keys, values]"
        );
        fail("AttentionDropout", rule);
    }
    let scores = matmul(q, &k.clone().transpose(1, 2)) * scale(q);
    softmax(scores, -1)
}

fn scale<T: Float>(q: &Array<T>) -> T {
    T::from_f64(1.0 / (q.dim(2) as f64).sqrt())
}

impl<T: Float> AttentionDropout<T> {
    /// Drops weights with probability `p`, with a random stream of its own, seeded from `rng`.
    ///
    /// # Panics
    /// When `p` is not in `0..=1`.
    #[track_caller]
    pub fn new(p: f64, rng: &mut Rng) -> Self {
        AttentionDropout { dropout: Dropout::new(p, rng), kept: Vec::new() }
    }

    /// The same in 64 bits, at the same place of the same stream.
    pub fn to_f64(&self) -> AttentionDropout<f64> {
        AttentionDropout { dropout: self.dropout.to_f64(), kept: Vec::new() }
    }

    // ANCHOR: attention
    /// The output in training.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward(&mut self, q: &Array<T>, k: &Array<T>, v: &Array<T>) -> Array<T> {
        let weights = weights(q, k, v);
        let dropped = self.dropout.forward(weights.clone());
        self.keep(q, k, v, [weights, dropped])
    }

    /// The output in training, with a given mask of `[batch, queries, keys]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward_with(&mut self, q: &Array<T>, k: &Array<T>, v: &Array<T>, mask: Mask) -> Array<T> {
        let weights = weights(q, k, v);
        let dropped = self.dropout.forward_with(weights.clone(), mask);
        self.keep(q, k, v, [weights, dropped])
    }

    fn keep(&mut self, q: &Array<T>, k: &Array<T>, v: &Array<T>, weights: [Array<T>; 2]) -> Array<T> {
        let y = matmul(&weights[1], v);
        self.kept.push(Kept { q: q.clone(), k: k.clone(), v: v.clone(), weights });
        y
    }

    /// The gradients of `q`, `k` and `v`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: &Array<T>) -> [Array<T>; 3] {
        let Some(Kept { q, k, v, weights: [weights, dropped] }) = self.kept.pop() else {
            fail("AttentionDropout::backward", format_args!("no forward call to go back through"))
        };
        let dv = matmul(&dropped.transpose(1, 2), grad);
        let d_weights = self.dropout.backward(matmul(grad, &v.transpose(1, 2)));
        let d_scores = softmax_backward(d_weights, &weights, -1) * scale(&q);
        [matmul(&d_scores, &k), matmul(&d_scores.clone().transpose(1, 2), &q), dv]
    }
    // ANCHOR_END: attention

    /// The output in use: nothing is dropped.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn infer(&self, q: &Array<T>, k: &Array<T>, v: &Array<T>) -> Array<T> {
        matmul(&weights(q, k, v), v)
    }
}

impl<T: Float> Module<T> for AttentionDropout<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.dropout.visit(visitor);
    }
}
