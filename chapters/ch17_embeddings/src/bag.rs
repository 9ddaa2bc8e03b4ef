//! The sum, mean or maximum of the vectors of a bag of tokens, in one go (`torch.nn.EmbeddingBag`).
//!
//! Shapes: `ids` are the tokens of all bags, `[tokens]`, and `offsets`, `[bags]`, says where each bag begins; or `ids` is
//! `[bags, length]` without offsets. The output is `[bags, size]`. No array `[tokens, size]` is ever made.
//!
//! Backward, with `g` the gradient of a bag's output: the vectors of a sum get `g`, times the token's weight if there are
//! weights; those of a mean over `m` tokens get `g / m`; of a maximum, each number of `g` goes to the first token that had it.
//! The gradient of a token's weight is `g · w`. Padding is not in any bag. An empty bag gives zeros.
//!
//! Left out: `include_last_offset`, `max_norm`, `scale_grad_by_freq`, and a gradient of rows.

use ch01_tensors::{Array, Float, fail};
use ch05_backprop::{Module, Param, Visitor};

/// What becomes of the vectors of a bag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BagMode {
    /// Their sum; the only mode that takes weights.
    Sum,
    /// Their mean, PyTorch's default.
    Mean,
    /// The largest of each number.
    Max,
}

/// An embedding that gives one vector for each bag of tokens.
pub struct EmbeddingBag<T: Float = f32> {
    /// The table, `[count, size]`.
    pub weight: Param<T>,
    /// What becomes of the vectors of a bag.
    pub mode: BagMode,
    /// The token that is in no bag.
    pub padding_index: Option<usize>,
    saved: Vec<Saved<T>>,
}

/// The tokens of bags, one bag behind the other.
#[derive(Clone)]
struct Bags<T: Float> {
    ids: Vec<usize>,
    /// Where the bags begin, and the end of the last.
    bounds: Vec<usize>,
    /// The shape in which weights came, and their gradients go.
    weights: Option<Array<T>>,
}

struct Saved<T: Float> {
    bags: Bags<T>,
    /// For a maximum, the token that had it, for each number of the output.
    winners: Vec<usize>,
}

/// No token had the maximum: the bag was empty.
const NONE: usize = usize::MAX;

impl<T: Float> EmbeddingBag<T> {
    /// Bags of vectors of this table, `[count, size]`.
    ///
    /// # Panics
    /// When the table has another shape, or the padding token is not in it.
    #[track_caller]
    pub fn from_parts(table: Array<T>, mode: BagMode, padding_index: Option<usize>) -> Self {
        let weight = crate::Embedding::from_parts(table, padding_index).weight;
        EmbeddingBag { weight, mode, padding_index, saved: Vec::new() }
    }

    /// The vectors of the bags, `[bags, size]`; keeps what [`backward`](EmbeddingBag::backward) needs. `ids` is `[tokens]` with
    /// `offsets`, `[bags]`, or `[bags, length]` without; `weights` have the shape of `ids`.
    ///
    /// # Panics
    /// When the shapes do not fit, a token is not in the table, offsets fall, or there are weights and the mode is not a sum.
    #[track_caller]
    pub fn forward(
        &mut self,
        ids: &Array<i64>,
        offsets: Option<&Array<i64>>,
        weights: Option<&Array<T>>,
    ) -> Array<T> {
        let bags = self.bags(ids, offsets, weights);
        let (y, winners) = self.compute(&bags);
        self.saved.push(Saved { bags, winners });
        y
    }

    /// The vectors of the bags, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](EmbeddingBag::forward).
    #[track_caller]
    pub fn infer(
        &self,
        ids: &Array<i64>,
        offsets: Option<&Array<i64>>,
        weights: Option<&Array<T>>,
    ) -> Array<T> {
        self.compute(&self.bags(ids, offsets, weights)).0
    }

    #[track_caller]
    fn bags(&self, ids: &Array<i64>, offsets: Option<&Array<i64>>, weights: Option<&Array<T>>) -> Bags<T> {
        let (count, tokens) = (self.weight.value.dim(0), ids.size());
        let mut bounds: Vec<usize> = match (ids.ndim(), offsets) {
            (1, Some(offsets)) => offsets.iter().map(|at| at as usize).collect(),
            (2, None) => (0..ids.dim(0)).map(|bag| bag * ids.dim(1)).collect(),
            _ => {
                let rule = "need [tokens] with offsets, or [bags, length] without";
                fail("EmbeddingBag", format_args!("tokens of shape {:?}: {rule}", ids.shape()))
            }
        };
        bounds.push(tokens);
        if bounds[0] != 0 || bounds.windows(2).any(|pair| pair[0] > pair[1]) {
            fail(
                "EmbeddingBag",
                format_args!("offsets must begin at 0, never fall, and end within {tokens} tokens"),
            );
        }
        if let Some(id) = ids.iter().find(|&id| id < 0 || id >= count as i64) {
            fail("EmbeddingBag", format_args!("token {id} is outside a table of {count} rows"));
        }
        if weights.is_some_and(|weights| self.mode != BagMode::Sum || weights.shape() != ids.shape()) {
            fail(
                "EmbeddingBag",
                format_args!("weights need the mode `Sum`, and the shape {:?}", ids.shape()),
            );
        }
        let ids = ids.iter().map(|id| id as usize).collect();
        Bags { ids, bounds, weights: weights.map(|weights| weights.clone().contiguous()) }
    }

    /// The tokens of a bag that are no padding, as places among all tokens.
    fn tokens<'a>(&self, bags: &'a Bags<T>, bag: usize) -> impl Iterator<Item = usize> + Clone + use<'a, T> {
        let padding = self.padding_index;
        (bags.bounds[bag]..bags.bounds[bag + 1]).filter(move |&token| Some(bags.ids[token]) != padding)
    }

    // ANCHOR: compute
    fn compute(&self, bags: &Bags<T>) -> (Array<T>, Vec<usize>) {
        let (count, size) = (bags.bounds.len() - 1, self.weight.value.dim(1));
        let table = self.weight.value.clone().contiguous();
        let mut y = Array::zeros([count, size]);
        let mut winners = vec![NONE; if self.mode == BagMode::Max { count * size } else { 0 }];
        for bag in 0..count {
            let y = &mut y.data_mut()[bag * size..][..size];
            let tokens = self.tokens(bags, bag);
            for token in tokens.clone() {
                let row = &table.data()[bags.ids[token] * size..][..size];
                if self.mode == BagMode::Max {
                    for (k, winner) in winners[bag * size..][..size].iter_mut().enumerate() {
                        if *winner == NONE || row[k] > y[k] {
                            (*winner, y[k]) = (token, row[k]);
                        }
                    }
                } else {
                    let weight = bags.weights.as_ref().map_or(T::ONE, |weights| weights.data()[token]);
                    y.iter_mut().zip(row).for_each(|(y, &x)| *y += weight * x);
                }
            }
            if self.mode == BagMode::Mean {
                let m = T::from_f64(tokens.count().max(1) as f64);
                y.iter_mut().for_each(|y| *y = *y / m);
            }
        }
        (y, winners)
    }
    // ANCHOR_END: compute

    // ANCHOR: backward
    /// Adds the gradient of the last forward call's output, `[bags, size]`, to the table's; gives that of the weights, if
    /// there were any, in the shape in which they came.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> Option<Array<T>> {
        let Some(Saved { bags, winners }) = self.saved.pop() else {
            fail("EmbeddingBag::backward", format_args!("no forward call to go back through"))
        };
        let (count, size) = (bags.bounds.len() - 1, self.weight.value.dim(1));
        if grad.shape()[..] != [count, size] {
            let rule =
                format_args!("a gradient of shape {:?} for an output of {:?}", grad.shape(), [count, size]);
            fail("EmbeddingBag::backward", rule);
        }
        let grad = grad.contiguous();
        let table = self.weight.value.clone().contiguous();
        let mut weight_grad = bags.weights.as_ref().map(Array::zeros_like);
        for bag in 0..count {
            let g = &grad.data()[bag * size..][..size];
            let tokens = self.tokens(&bags, bag);
            let dw = self.weight.grad.data_mut();
            if self.mode == BagMode::Max {
                for (k, &winner) in
                    winners[bag * size..][..size].iter().enumerate().filter(|(_, w)| **w != NONE)
                {
                    dw[bags.ids[winner] * size + k] += g[k];
                }
                continue;
            }
            let m = if self.mode == BagMode::Mean { tokens.clone().count() as f64 } else { 1.0 };
            for token in tokens {
                let row = bags.ids[token] * size;
                let share =
                    bags.weights.as_ref().map_or(T::from_f64(1.0 / m), |weights| weights.data()[token]);
                dw[row..][..size].iter_mut().zip(g).for_each(|(sum, &g)| *sum += share * g);
                if let Some(of) = &mut weight_grad {
                    let row = &table.data()[row..][..size];
                    of.data_mut()[token] = row.iter().zip(g).fold(T::ZERO, |sum, (&x, &g)| sum + x * g);
                }
            }
        }
        weight_grad
    }
    // ANCHOR_END: backward
}

impl<T: Float> Module<T> for EmbeddingBag<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
    }
}
