//! A gradient that holds only the rows of a table that a step has used (what `nn.Embedding(sparse=True)` gives).
//!
//! Of a table `[count, size]` a batch touches a few rows. The dense gradient is an array as large as the table, nearly all
//! zeros: to clear it and to step over it costs time and memory in proportion to the vocabulary. Here the rows that
//! occur are listed, ascending and each once, with the sum of their gradients, `[rows, size]`. PyTorch calls such a sparse
//! tensor *coalesced*.
//!
//! The tokens are sorted by their numbers. The sort is stable: equal tokens stay in the order of the batch, so every sum is
//! taken in the order in which the dense gradient takes it, and has the same bits.
//!
//! Left out: rows of several tables in one gradient, and gradients of which parts of a row are missing.

use ch01_tensors::{Array, Float, fail};

/// The rows of a table's gradient that are not zero.
#[derive(Clone, Debug, PartialEq)]
pub struct RowGrad<T: Float = f32> {
    /// Which rows of the table, ascending, each once.
    pub rows: Vec<usize>,
    /// Their gradients, `[rows, size]`.
    pub values: Array<T>,
}

impl<T: Float> RowGrad<T> {
    // ANCHOR: from_tokens
    /// The sums of the gradients of equal tokens: `ids` is `[..]`, `grad` is `[.., size]`. The padding token gets none.
    ///
    /// # Panics
    /// When the shapes do not fit, or a token is negative.
    #[track_caller]
    pub fn from_tokens(ids: &Array<i64>, grad: &Array<T>, padding: Option<usize>) -> Self {
        if grad.ndim() != ids.ndim() + 1 || grad.shape()[..ids.ndim()] != ids.shape()[..] {
            let (ids, grad) = (ids.shape(), grad.shape());
            fail("RowGrad::from_tokens", format_args!("{ids:?} and {grad:?} are not [..] and [.., size]"));
        }
        let (ids, grad, size) = (ids.clone().contiguous(), grad.clone().contiguous(), grad.dim(-1));
        if let Some(id) = ids.data().iter().find(|&&id| id < 0) {
            fail("RowGrad::from_tokens", format_args!("token {id} is no row of a table"));
        }
        let id = |token: usize| ids.data()[token] as usize;
        let mut order: Vec<usize> = (0..ids.size()).filter(|&token| Some(id(token)) != padding).collect();
        order.sort_by_key(|&token| id(token));
        let (mut rows, mut sums): (Vec<usize>, Vec<T>) = (Vec::new(), Vec::new());
        for token in order {
            let grad = &grad.data()[token * size..][..size];
            // exercise: add - Equal tokens come one after the other. Open a new row for a token that is not the last row's:
            // its number to `rows`, its gradient behind `sums`. Otherwise add its gradient to the last row of `sums`.
            if rows.last() == Some(&id(token)) {
                let last = sums.len() - size;
                sums[last..].iter_mut().zip(grad).for_each(|(sum, &g)| *sum += g);
            } else {
                rows.push(id(token));
                sums.extend_from_slice(grad);
            }
            // exercise: end
        }
        RowGrad { values: Array::from_slice(&sums, [rows.len(), size]), rows }
    }
    // ANCHOR_END: from_tokens

    /// Adds the rows to a dense gradient, `[count, size]`.
    ///
    /// # Panics
    /// When a row is outside the array, or rows have another size.
    #[track_caller]
    pub fn add_to(&self, dense: &mut Array<T>) {
        let size = self.values.dim(1);
        if dense.ndim() != 2
            || dense.dim(1) != size
            || self.rows.last().is_some_and(|&row| row >= dense.dim(0))
        {
            let (rows, shape) = (self.values.shape(), dense.shape());
            let last = self.rows.last();
            fail("RowGrad::add_to", format_args!("rows {rows:?} up to {last:?} do not fit into {shape:?}"));
        }
        let dense = dense.data_mut();
        for (&row, values) in self.rows.iter().zip(self.values.data().chunks(size.max(1))) {
            dense[row * size..][..size].iter_mut().zip(values).for_each(|(sum, &g)| *sum += g);
        }
    }

    /// The gradient with all its zeros, `[count, size]`.
    ///
    /// # Panics
    /// When a row is not below `count`.
    #[track_caller]
    pub fn to_dense(&self, count: usize) -> Array<T> {
        let mut dense = Array::zeros([count, self.values.dim(1)]);
        self.add_to(&mut dense);
        dense
    }

    /// The sum of two such gradients of one table, for a layer that is used twice in a step.
    ///
    /// # Panics
    /// When their rows differ in size.
    #[track_caller]
    pub fn plus(&self, other: &Self) -> Self {
        let ids: Vec<i64> = self.rows.iter().chain(&other.rows).map(|&row| row as i64).collect();
        let both: Vec<T> = self.values.iter().chain(other.values.iter()).collect();
        let count = ids.len();
        RowGrad::from_tokens(
            &Array::from_slice(&ids, [count]),
            &Array::from_slice(&both, [count, self.values.dim(1)]),
            None,
        )
    }

    /// Divides every row by how often its token occurs in `ids` (`scale_grad_by_freq=True`): a mean over a word's places
    /// instead of a sum, so that frequent words do not move further than rare ones.
    pub fn scale_by_frequency(&mut self, ids: &Array<i64>) {
        let mut counts = vec![0usize; self.rows.len()];
        for id in ids.iter() {
            if let Ok(place) = self.rows.binary_search(&(id as usize)) {
                counts[place] += 1;
            }
        }
        let size = self.values.dim(1).max(1);
        for (values, &count) in self.values.data_mut().chunks_mut(size).zip(&counts) {
            values.iter_mut().for_each(|g| *g = *g / T::from_f64(count.max(1) as f64));
        }
    }
}
