//! Embedding: a table of vectors, one per token (`torch.nn.Embedding`).
//!
//! Shapes: the table `W` is `[count, size]`, `ids` is `[..]` of whole numbers from 0 to below `count`, the output is
//! `[.., size]`: row `ids[n]` of the table for each `n`.
//!
//! That is the product of one-hot rows with the table, `y = O W` with `O[n, v] = [ids[n] = v]`, so with `g = dL/dy`
//! the gradient of the table is `Oᵀ g`: row `v` is the sum of `g[n]` over all `n` with `ids[n] = v`. Nobody multiplies
//! with all those zeros: forward copies rows, backward adds to rows.
//!
//! The padding token has a row of zeros that never receives a gradient.
//!
//! In backward, the table is cut by rows until a part has few tokens left, and each part goes through the tokens in
//! their order: no two threads write the same row, and every sum has the same order, whatever the number of threads.
//!
//! [`Embedding::backward_rows`] gives the rows used instead of adding to the whole table (`sparse=True`); long vectors are
//! shortened by [`shorten_rows`](ch17_embeddings::shorten_rows) (`max_norm`).

use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Module, Param, Role, Visitor};
use ch17_embeddings::RowGrad;

/// A part of the table with fewer tokens than this is not cut further.
const FEW: usize = 1024;

/// A learned vector for each token. No [`Layer`](ch05_backprop::Layer), since token numbers have no gradient, but with
/// its three methods.
pub struct Embedding<T: Float = f32> {
    /// The table, `[count, size]`.
    pub weight: Param<T>,
    /// The token whose vector stays as it is: no gradient reaches it.
    pub padding_index: Option<usize>,
    /// The tokens of forward calls that have not been gone back through.
    inputs: Vec<Array<i64>>,
}

impl Embedding {
    /// Vectors from the standard normal distribution, as in PyTorch; zeros for the padding token.
    ///
    /// # Panics
    /// When the padding token is not in the table.
    #[track_caller]
    pub fn new(count: usize, size: usize, padding_index: Option<usize>, rng: &mut Rng) -> Self {
        let mut table = Tensor::normal([count, size], 0.0, 1.0, rng);
        if let Some(padding) = padding_index.filter(|&padding| padding < count) {
            table.data_mut()[padding * size..][..size].fill(0.0);
        }
        Embedding::from_parts(table, padding_index)
    }
}

impl<T: Float> Embedding<T> {
    /// An embedding with this table, `[count, size]`, which is left as it is (`Embedding.from_pretrained`).
    ///
    /// # Panics
    /// When the table has another shape, or the padding token is not in it.
    #[track_caller]
    pub fn from_parts(table: Array<T>, padding_index: Option<usize>) -> Self {
        if table.ndim() != 2 || padding_index.is_some_and(|padding| padding >= table.dim(0)) {
            let rule = format_args!("table {:?} with padding token {padding_index:?}", table.shape());
            fail("Embedding::from_parts", format_args!("{rule}: need [count, size] and a token below count"));
        }
        Embedding { weight: Param::new(table, Role::Embedding), padding_index, inputs: Vec::new() }
    }

    /// The same embedding in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Embedding<f64> {
        Embedding { weight: self.weight.to_f64(), padding_index: self.padding_index, inputs: Vec::new() }
    }

    /// The vectors of the tokens, `[..]` to `[.., size]`; keeps the tokens for [`backward`](Embedding::backward).
    ///
    /// # Panics
    /// When a token is not in the table.
    #[track_caller]
    pub fn forward(&mut self, ids: &Array<i64>) -> Array<T> {
        let vectors = self.infer(ids);
        self.inputs.push(ids.clone());
        vectors
    }

    /// The vectors of the tokens, `[..]` to `[.., size]`.
    ///
    /// # Panics
    /// When a token is not in the table.
    #[track_caller]
    pub fn infer(&self, ids: &Array<i64>) -> Array<T> {
        let table = &self.weight.value;
        let ids = ids.clone().contiguous();
        let count = table.dim(0);
        if let Some(id) = ids.data().iter().find(|&&id| id < 0 || id >= count as i64) {
            fail("Embedding", format_args!("token {id} is outside a table of {count} rows"));
        }
        // Yours: The rows of `table` that `ids` names, in their order: one method of arrays does it.
        todo!()
    }

    /// Adds the gradient of the last forward call's output, `[.., size]`, to the rows of the table that it read.
    /// Tokens have no gradient, so nothing is returned.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let (ids, size) = (self.last_input(&grad), self.weight.value.dim(1));
        if size == 0 {
            return;
        }
        let (ids, grad) = (ids.contiguous(), grad.contiguous());
        let padding = self.padding_index.map(|padding| padding as i64);
        let tokens = Tokens { ids: ids.data(), grad: grad.data(), size, padding };
        add_in_parts(self.weight.grad.data_mut(), 0, &tokens);
    }

    /// The gradient of the table as the rows that the last forward call read; `weight.grad` stays as it is. For the steps
    /// over rows, such as [`sgd_rows`](ch17_embeddings::sgd_rows).
    ///
    /// # Panics
    /// As [`backward`](Embedding::backward).
    #[track_caller]
    pub fn backward_rows(&mut self, grad: Array<T>) -> RowGrad<T> {
        RowGrad::from_tokens(&self.last_input(&grad), &grad, self.padding_index)
    }

    /// The tokens of the last forward call, whose output had the shape of `grad`.
    #[track_caller]
    fn last_input(&mut self, grad: &Array<T>) -> Array<i64> {
        let Some(ids) = self.inputs.pop() else {
            fail("Embedding::backward", format_args!("no forward call to go back through"))
        };
        let output = ids.shape().with(ids.ndim(), self.weight.value.dim(1));
        if *grad.shape() != output {
            let rule = format_args!("a gradient of shape {:?} for an output of {output:?}", grad.shape());
            fail("Embedding::backward", rule);
        }
        ids
    }
}

impl<T: Float> Module<T> for Embedding<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
    }
}

/// The tokens of a batch with their gradients, `size` numbers for each.
struct Tokens<'a, T> {
    ids: &'a [i64],
    grad: &'a [T],
    size: usize,
    padding: Option<i64>,
}

/// Adds the gradients of the tokens that lie in a part of the table, whose first row has the number `first`.
fn add_in_parts<T: Float>(part: &mut [T], first: i64, tokens: &Tokens<'_, T>) {
    let rows = part.len() / tokens.size;
    let last = first + rows as i64;
    let found = tokens.ids.iter().filter(|&&id| id >= first && id < last).count();
    if rows < 2 || found < FEW {
        return add_tokens(part, first, tokens);
    }
    let (low, high) = part.split_at_mut(rows / 2 * tokens.size);
    rayon::join(
        || add_in_parts(low, first, tokens),
        || add_in_parts(high, first + (rows / 2) as i64, tokens),
    );
}

/// The same without cutting: one token after the other.
fn add_tokens<T: Float>(part: &mut [T], first: i64, tokens: &Tokens<'_, T>) {
    let (size, padding) = (tokens.size, tokens.padding);
    let rows = (part.len() / size) as i64;
    for (&id, grad) in tokens.ids.iter().zip(tokens.grad.chunks(size)) {
        // Yours: The row of `id` in `part` begins at `(id - first) * size`. Pass over tokens that lie outside
        // the part, and over the padding token; add the gradient of the others to their row.
        todo!()
    }
}
