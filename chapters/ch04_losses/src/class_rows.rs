//! Scores of classes as rows: what cross-entropy and NLL share.
//!
//! PyTorch keeps the classes on axis 1: `[batch, classes]` for one label each, `[batch, classes, d1, ..]` for a map of
//! labels, as in segmentation. Here they are brought to the end, free for `[batch, classes]`, so that every row is a
//! slice; labels are `[batch, d1, ..]`.
//!
//! What kind of number the target is made of decides what it means, as in PyTorch: whole numbers are classes, floats
//! are probabilities, of the shape of the scores.

use std::fmt::Display;

use ch01_tensors::{Array, DType, Float, Num, Shape, fail};
use rayon::prelude::*;

/// The target of one row.
pub enum RowTarget<'a, L> {
    /// The label is the index to be ignored.
    Ignored,
    /// The number of the true class.
    Class(usize),
    /// One probability per class.
    Probabilities(&'a [L]),
}

/// Scores and targets, checked, in rows.
pub struct ClassRows<'a, T: Float, L: Num> {
    scores: Array<T>,
    target: Array<L>,
    soft: bool,
    ignore_index: i64,
    weight: Option<&'a Array<T>>,
    /// The number of classes.
    pub classes: usize,
}

/// Fewer scores than this are not worth starting threads for.
const PARALLEL_MIN: usize = 1 << 15;

impl<'a, T: Float, L: Num> ClassRows<'a, T, L> {
    /// Checks everything and brings the classes to the end. `weight` is one number per class.
    ///
    /// # Panics
    /// When a shape does not fit, a label is neither a class nor `ignore_index`, or the weights are not one per class.
    #[track_caller]
    pub fn new(
        operation: &str,
        scores: &Array<T>,
        target: &Array<L>,
        weight: Option<&'a Array<T>>,
        ignore_index: i64,
    ) -> Self {
        if scores.ndim() < 2 {
            fail(operation, format_args!("scores are [batch, classes, ..], not {:?}", scores.shape()));
        }
        let classes = scores.shape()[1];
        if let Some(weight) = weight
            && *weight.shape() != [classes]
        {
            fail(operation, format_args!("weight {:?} is not one per class: [{classes}]", weight.shape()));
        }
        let soft = matches!(L::DTYPE, DType::F32 | DType::F64);
        let labels = scores.shape().without(1);
        let target = if soft {
            if target.shape() != scores.shape() {
                let rule = "probabilities have the shape of the scores";
                let hint =
                    if *target.shape() == labels { "; class numbers are integers, such as i64" } else { "" };
                refuse(operation, format_args!("{rule}{hint}"), scores.shape(), target.shape());
            }
            classes_last(target)
        } else {
            if *target.shape() != labels {
                refuse(
                    operation,
                    "labels have the shape of the scores without axis 1",
                    scores.shape(),
                    target.shape(),
                );
            }
            target.clone().contiguous()
        };
        let rows = ClassRows { scores: classes_last(scores), target, soft, ignore_index, weight, classes };
        rows.check_labels(operation);
        rows
    }

    #[track_caller]
    fn check_labels(&self, operation: &str) {
        if self.soft {
            return;
        }
        for (row, label) in self.target.data().iter().enumerate() {
            let number = label.to_i64();
            if number != self.ignore_index && !(0..self.classes as i64).contains(&number) {
                fail(
                    operation,
                    format_args!(
                        "label {label} of row {row} is not one of the {} classes, 0 first",
                        self.classes
                    ),
                );
            }
        }
    }

    /// The shape of the losses: `[batch, d1, ..]`.
    pub fn shape(&self) -> Shape {
        self.scores.shape().without(self.scores.ndim() - 1)
    }

    /// The weight of a class; 1 without weights.
    pub fn weight(&self, class: usize) -> T {
        self.weight.map_or(T::ONE, |weight| weight[[class]])
    }

    /// What PyTorch's weighted mean divides by: for labels the sum of the weights of the true classes, the ignored
    /// rows left out; for probabilities the number of rows.
    pub fn total(&self) -> T {
        if self.soft {
            return T::from_f64(self.shape().size() as f64);
        }
        let weight = |row| match self.target(row) {
            RowTarget::Class(class) => self.weight(class).to_f64(),
            _ => 0.0,
        };
        // In f64: the count of a large batch is exact, and the sum of its weights nearly.
        T::from_f64((0..self.target.size()).map(weight).sum())
    }

    fn target(&self, row: usize) -> RowTarget<'_, L> {
        if self.soft {
            return RowTarget::Probabilities(&self.target.data()[row * self.classes..][..self.classes]);
        }
        match self.target.data()[row].to_i64() {
            label if label == self.ignore_index => RowTarget::Ignored,
            label => RowTarget::Class(label as usize),
        }
    }

    /// One loss per row, `[batch, d1, ..]`.
    pub fn losses(&self, loss: impl Fn(&[T], RowTarget<'_, L>) -> T + Sync) -> Array<T> {
        let mut losses = Array::zeros(self.shape());
        if self.scores.is_empty() {
            return losses;
        }
        let each = |(row, (out, scores)): (usize, (&mut T, &[T]))| *out = loss(scores, self.target(row));
        let (out, scores) = (losses.data_mut(), self.scores.data());
        if scores.len() < PARALLEL_MIN {
            out.iter_mut().zip(scores.chunks(self.classes)).enumerate().for_each(each);
        } else {
            let rows = out.par_iter_mut().zip(scores.par_chunks(self.classes));
            rows.enumerate().with_min_len(PARALLEL_MIN.div_ceil(4 * self.classes)).for_each(each);
        }
        losses
    }

    /// The gradient in the shape of the scores. `grad` holds that of each row's loss; `write(g, scores, target, out)`
    /// gets one row, with `out` zero.
    pub fn gradient(
        &self,
        grad: &Array<T>,
        write: impl Fn(T, &[T], RowTarget<'_, L>, &mut [T]) + Sync,
    ) -> Array<T> {
        let mut gradient = self.scores.zeros_like();
        let grad = grad.clone().contiguous();
        if !self.scores.is_empty() {
            let each = |(row, (out, scores)): (usize, (&mut [T], &[T]))| {
                write(grad.data()[row], scores, self.target(row), out);
            };
            let (out, scores) = (gradient.data_mut(), self.scores.data());
            if scores.len() < PARALLEL_MIN {
                out.chunks_mut(self.classes).zip(scores.chunks(self.classes)).enumerate().for_each(each);
            } else {
                let rows = out.par_chunks_mut(self.classes).zip(scores.par_chunks(self.classes));
                rows.enumerate().with_min_len(PARALLEL_MIN.div_ceil(4 * self.classes)).for_each(each);
            }
        }
        // Back from [batch, d1, .., classes] to [batch, classes, d1, ..].
        (1..gradient.ndim() as isize - 1)
            .rev()
            .fold(gradient, |g, axis| g.transpose(axis, axis + 1))
            .contiguous()
    }
}

/// `[batch, classes, d1, ..]` as `[batch, d1, .., classes]`, contiguous: a view if there is no `d1`.
fn classes_last<E: Num>(x: &Array<E>) -> Array<E> {
    let last = x.ndim() as isize - 1;
    (1..last).fold(x.clone(), |x, axis| x.transpose(axis, axis + 1)).contiguous()
}

#[track_caller]
fn refuse(operation: &str, rule: impl Display, scores: &Shape, target: &Shape) -> ! {
    fail(operation, format_args!("{rule}: scores {scores:?} and target {target:?}"))
}
