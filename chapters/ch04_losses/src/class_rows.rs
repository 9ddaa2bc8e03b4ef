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
        let target = self.targets();
        let weight = |row| match target(row) {
            RowTarget::Class(class) => self.weight(class).to_f64(),
            _ => 0.0,
        };
        // In f64: the count of a large batch is exact, and the sum of its weights nearly.
        T::from_f64((0..self.target.size()).map(weight).sum())
    }

    /// The scores, `[batch, d1, .., classes]`.
    pub fn scores(&self) -> &Array<T> {
        &self.scores
    }

    /// The target of each row, by its number.
    fn targets<'b>(&'b self) -> impl Fn(usize) -> RowTarget<'b, L> + Sync {
        let target = self.target.data();
        move |row| {
            if self.soft {
                return RowTarget::Probabilities(&target[row * self.classes..][..self.classes]);
            }
            match target[row].to_i64() {
                label if label == self.ignore_index => RowTarget::Ignored,
                label => RowTarget::Class(label as usize),
            }
        }
    }

    /// One loss per row, `[batch, d1, ..]`. `loss(row, scores, target)` gets the number of a row, its scores and its target.
    pub fn losses(&self, loss: impl Fn(usize, &[T], RowTarget<'_, L>) -> T + Sync) -> Array<T> {
        let mut losses = Array::zeros(self.shape());
        let target = self.targets();
        self.each_row(losses.data_mut(), 1, |row, out, scores| out[0] = loss(row, scores, target(row)));
        losses
    }

    /// `ln Σ_c exp(z_c)` of the scores of each row, `[batch, d1, ..]`. `log_sums(scores, out)` does a few rows.
    pub fn log_sums(&self, log_sums: impl Fn(&[T], &mut [T]) + Sync) -> Array<T> {
        let mut sums = Array::zeros(self.shape());
        self.each_part(sums.data_mut(), 1, |_, out, scores| log_sums(scores, out));
        sums
    }

    /// The gradient in the shape of the original scores, made from `start`, an array in the shape of [`scores`](Self::scores).
    /// `grad` holds that of each row's loss; `change(g, out, target)` gets one row of `start` to work on in place.
    pub fn gradient(
        &self,
        grad: &Array<T>,
        start: Array<T>,
        change: impl Fn(T, &mut [T], RowTarget<'_, L>) + Sync,
    ) -> Array<T> {
        let mut gradient = start;
        let (grad, target) = (grad.clone().contiguous(), self.targets());
        let grad = grad.data();
        self.each_row(gradient.data_mut(), self.classes, |row, out, _| change(grad[row], out, target(row)));
        // Back from [batch, d1, .., classes] to [batch, classes, d1, ..].
        (1..gradient.ndim() as isize - 1)
            .rev()
            .fold(gradient, |g, axis| g.transpose(axis, axis + 1))
            .contiguous()
    }

    /// Hands `work` the number of each row, its `width` elements of `out`, and its scores.
    fn each_row(&self, out: &mut [T], width: usize, work: impl Fn(usize, &mut [T], &[T]) + Sync) {
        self.each_part(out, width, |first, out, scores| {
            let rows = out.chunks_mut(width).zip(scores.chunks(self.classes)).enumerate();
            rows.for_each(|(row, (out, scores))| work(first + row, out, scores));
        });
    }

    /// Hands `work` some rows at a time: the number of the first, their `width` elements of `out` each, and their scores. On
    /// several threads if there are many rows.
    fn each_part(&self, out: &mut [T], width: usize, work: impl Fn(usize, &mut [T], &[T]) + Sync) {
        let scores = self.scores.data();
        if scores.len() < PARALLEL_MIN {
            if !scores.is_empty() {
                work(0, out, scores);
            }
            return;
        }
        let rows = PARALLEL_MIN.div_ceil(4 * self.classes);
        let parts = out.par_chunks_mut(rows * width).zip(scores.par_chunks(rows * self.classes));
        parts.enumerate().for_each(|(part, (out, scores))| work(part * rows, out, scores));
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
