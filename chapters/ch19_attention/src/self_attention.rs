//! Self-attention made fast: the same function as [`scaled_dot_product`](crate::scaled_dot_product) on queries, keys and
//! values that lie side by side, `qkv` of `[batch, time, 3 * heads * size]`, as one linear layer makes them.
//!
//! Each head of each example is a task of its own. It reads its queries, keys and values where they lie, as matrices with
//! gaps between the rows, and writes its part of the output `[batch, time, heads * size]` in the same way, so nothing is
//! copied to bring heads to the front. Queries are taken in blocks, so that a block of scores stays in the cache while
//! it is computed, turned into weights and multiplied with the values. Keys behind the last real token are not looked at.
//!
//! Beyond [`LONG`] tokens this is flash attention's work: there a block of 16 whole rows of scores no longer fits in the
//! cache, and the keys are packed anew for every such block.
//!
//! The weights are not kept for the backward pass: they would be `heads * time²` numbers for each example. With the
//! logarithm of each row's sum, `l_i = max_j S_ij + ln Σ_j e^(S_ij - max)`, they come back as `P_ij = e^(S_ij - l_i)`.
//! ([`flash_attention`] does this too, and also never holds a whole row.)
//!
//! A task runs on one thread in a fixed order: the same bits on any number of threads.

use ch01_tensors::{Array, Float, fail};
use ch02_matmul::{Window, WindowMut, gemm_into};
use ch03_neurons::simd::{self, Level};
use ch19_attention::{Mask, flash_attention, flash_attention_backward, merge_heads, split_heads};
use rayon::prelude::*;

use crate::score_rows::{GradientRows, SoftmaxRows, WeightRows};

/// Scores held at a time: 256 KiB of f32, which fits in the cache of a core beside everything else.
const SCORES: usize = 1 << 16;
/// Queries are taken in multiples of this.
const STEP: usize = 16;
/// Multiplications that are worth a thread's while.
const TASK: usize = 1 << 20;

/// From this many tokens on, tiles are faster than blocks of whole rows (measured; see the chapter's page).
pub const LONG: usize = 2048;

/// What [`self_attention`] and [`flash_attention`] return.
pub struct Attended<T: Float> {
    /// The weighted means of the values: `[batch, time, heads * size]` from [`self_attention`],
    /// `[batch, heads, queries, size]` from [`flash_attention`].
    pub output: Array<T>,
    /// The logarithm of the sum of each query's exponentials, `[batch, heads, time]`; +inf if no key was allowed.
    pub log_sums: Array<T>,
}

/// The sizes, and the layout they imply.
#[derive(Clone, Copy)]
struct Layout {
    batch: usize,
    time: usize,
    heads: usize,
    size: usize,
}

impl Layout {
    #[track_caller]
    fn new<T: Float>(operation: &str, qkv: &Array<T>, heads: usize, mask: &Mask<'_>) -> Self {
        if qkv.ndim() != 3 || heads == 0 || qkv.dim(2) == 0 || !qkv.dim(2).is_multiple_of(3 * heads) {
            let rule = format_args!("{:?} is not [batch, time, 3 * {heads} heads * size]", qkv.shape());
            fail(operation, rule);
        }
        mask.check(operation, qkv.dim(0), qkv.dim(1));
        Layout { batch: qkv.dim(0), time: qkv.dim(1), heads, size: qkv.dim(2) / (3 * heads) }
    }

    /// The features of one token of the output; `qkv` has three times as many.
    fn width(&self) -> usize {
        self.heads * self.size
    }

    /// Refuses a gradient, or results of a forward pass, of other shapes.
    #[track_caller]
    fn check<T: Float>(&self, operation: &str, grad: &Array<T>, attended: &Attended<T>) {
        let (output, sums) = ([self.batch, self.time, self.width()], [self.batch, self.heads, self.time]);
        if *grad.shape() != output || *attended.output.shape() != output || *attended.log_sums.shape() != sums
        {
            let (y, l) = (attended.output.shape(), attended.log_sums.shape());
            let rule = format_args!("a gradient of {:?} and results of {y:?} and {l:?}", grad.shape());
            fail(operation, format_args!("{rule} instead of {output:?} and {sums:?}"));
        }
    }

    /// Queries in a block, for this many keys.
    fn block(&self, keys: usize) -> usize {
        (SCORES / keys.max(1) / STEP * STEP).clamp(STEP, self.time.max(STEP))
    }

    fn scale<T: Float>(&self) -> T {
        T::ONE / T::from_f64(self.size as f64).sqrt()
    }

    /// Runs `task(example, head)` for all of them, on the threads if there is enough work.
    fn for_each_head(&self, task: impl Fn(usize, usize) + Sync) {
        let work = (self.time * self.time * self.size).max(1);
        let (count, together) = (self.batch * self.heads, (TASK / work).max(1));
        let task = |number: usize| task(number / self.heads, number % self.heads);
        if count < 2 * together {
            (0..count).for_each(task);
        } else {
            (0..count).into_par_iter().with_min_len(together).for_each(task);
        }
    }
}

/// The matrices of one head: `[time, size]` each, with `3 * width` elements from one row to the next.
#[derive(Clone, Copy)]
struct Head<'a, T> {
    /// The numbers of one example from this head's first query on.
    data: &'a [T],
    layout: Layout,
}

impl<'a, T: Float> Head<'a, T> {
    fn new(qkv: &'a [T], layout: Layout, example: usize, head: usize) -> Self {
        let row = 3 * layout.width();
        let data = &qkv[example * layout.time * row..][..layout.time * row];
        Head { data: &data[head * layout.size..], layout }
    }

    /// Some rows of the queries (part 0), keys (1) or values (2).
    fn rows(&self, part: usize, first: usize, count: usize) -> Window<'a, T> {
        let (row, size) = (3 * self.layout.width(), self.layout.size);
        let data = &self.data[first * row + part * self.layout.width()..];
        Window::new(data, [count, size], [row, 1])
    }
}

/// Where tasks write rows of several heads side by side: slices cannot say that they do not overlap.
pub(crate) struct Rows<T> {
    first: *mut T,
    row: usize,
}

// SAFETY: each task makes windows of its own head and example alone, which no other task touches.
unsafe impl<T: Send> Sync for Rows<T> {}

impl<T: Float> Rows<T> {
    pub fn new(data: &mut [T], row: usize) -> Self {
        Rows { first: data.as_mut_ptr(), row }
    }

    /// `count` rows from row `first` on, `size` columns from `column` on.
    ///
    /// # Safety
    /// They lie inside the slice, and no other window on them lives.
    pub unsafe fn window(&self, first: usize, count: usize, column: usize, size: usize) -> WindowMut<'_, T> {
        // SAFETY: the caller promises that the rows are there and ours.
        unsafe { WindowMut::from_raw(self.first.add(first * self.row + column), [count, size], self.row) }
    }

    /// `length` elements of one row, from `column` on.
    ///
    /// # Safety
    /// They lie inside the slice, and nobody else reads or writes them.
    #[expect(clippy::mut_from_ref, reason = "the caller promises that nobody else has them")]
    pub unsafe fn part(&self, row: usize, column: usize, length: usize) -> &mut [T] {
        // SAFETY: the caller promises that the elements are there and ours.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(row * self.row + column), length) }
    }
}

/// A block of scores as a matrix without gaps.
fn whole<T>(scores: &mut [T], [rows, seen]: [usize; 2]) -> WindowMut<'_, T> {
    WindowMut::new(scores, [rows, seen], seen)
}

/// What is added to the scores of one example: -inf for keys that are not real. Empty if all of the first `keys` are
/// real, where `keys` counts up to the last real one.
fn key_bias<T: Float>(mask: &Mask<'_>, example: usize, time: usize) -> (usize, Option<Array<T>>) {
    let Some(padding) = mask.padding else { return (time, None) };
    let real = |key: &usize| padding[[example, *key]];
    let keys = (0..time).rev().find(real).map_or(0, |last| last + 1);
    if (0..keys).all(|key| real(&key)) {
        return (keys, None);
    }
    (keys, Some(Array::from_fn([keys], |key| if real(&key[0]) { T::ZERO } else { T::LOWEST })))
}

/// Queries, keys and values of `[batch, heads, time, size]`, as views.
fn parts<T: Float>(qkv: &Array<T>, heads: usize) -> [Array<T>; 3] {
    qkv.split_equal(2).map(|part| split_heads(part, heads))
}

/// Attention of every token of `qkv`, `[batch, time, 3 * heads * size]`, to those of its sequence that the mask allows.
///
/// # Panics
/// When `qkv` or the mask has another shape.
#[track_caller]
pub fn self_attention<T: Float>(qkv: &Array<T>, heads: usize, mask: &Mask<'_>) -> Attended<T> {
    if Layout::new("self_attention", qkv, heads, mask).time < LONG {
        return self_attention_rows(qkv, heads, mask);
    }
    let [q, k, v] = parts(qkv, heads);
    let Attended { output, log_sums } = flash_attention(&q, &k, &v, &(*mask).into());
    Attended { output: merge_heads(output), log_sums }
}

/// The gradient of `qkv`, for that of the output, `[batch, time, heads * size]`, and what the forward pass returned.
///
/// # Panics
/// When an array has another shape.
#[track_caller]
pub fn self_attention_backward<T: Float>(
    grad: &Array<T>,
    qkv: &Array<T>,
    attended: &Attended<T>,
    heads: usize,
    mask: &Mask<'_>,
) -> Array<T> {
    let layout = Layout::new("self_attention_backward", qkv, heads, mask);
    layout.check("self_attention_backward", grad, attended);
    if layout.time < LONG {
        return self_attention_rows_backward(grad, qkv, attended, heads, mask);
    }
    let [q, k, v] = parts(qkv, heads);
    let [grad, output] = [grad, &attended.output].map(|x| split_heads(x.clone(), heads));
    let attended = Attended { output, log_sums: attended.log_sums.clone() };
    let [dq, dk, dv] =
        flash_attention_backward(&grad, &q, &k, &v, &attended, &(*mask).into()).map(merge_heads);
    Array::concat(&[&dq, &dk, &dv], 2)
}

// ANCHOR: forward
/// [`self_attention`] in blocks of whole rows, for any length.
///
/// # Panics
/// When `qkv` or the mask has another shape.
#[track_caller]
pub fn self_attention_rows<T: Float>(qkv: &Array<T>, heads: usize, mask: &Mask<'_>) -> Attended<T> {
    let layout = Layout::new("self_attention_rows", qkv, heads, mask);
    let Layout { batch, time, size, .. } = layout;
    let mut output = Array::scratch([batch, time, layout.width()]);
    let mut log_sums = Array::scratch([batch, heads, time]);
    let qkv = qkv.clone().contiguous();
    let (qkv, scale, level) = (qkv.data(), layout.scale(), Level::detect());
    let to = Rows::new(output.data_mut(), layout.width());
    let sums = Rows::new(log_sums.data_mut(), time);
    layout.for_each_head(|example, head| {
        let from = Head::new(qkv, layout, example, head);
        let (keys, bias) = key_bias::<T>(mask, example, time);
        let block = layout.block(keys);
        let mut scores = Array::<T>::scratch([block, keys]);
        let scores = scores.data_mut();
        for first in (0..time).step_by(block) {
            let rows = block.min(time - first);
            let seen = if mask.causal { keys.min(first + rows) } else { keys };
            let scores = &mut scores[..rows * seen];
            gemm_into(
                from.rows(0, first, rows),
                from.rows(1, 0, seen).t(),
                false,
                &mut whole(scores, [rows, seen]),
            );
            // SAFETY: row `example, head` of the sums belongs to this task.
            let log_sums = unsafe { sums.part(example * heads + head, first, rows) };
            let bias = bias.as_ref().map_or(&[][..], Array::data);
            let causal_from = mask.causal.then_some(first);
            simd::at_level(level, SoftmaxRows { scores, seen, scale, bias, causal_from, log_sums });
            // SAFETY: these rows and columns of the output belong to this task.
            let mut out = unsafe { to.window(example * time + first, rows, head * size, size) };
            gemm_into(Window::new(scores, [rows, seen], [seen, 1]), from.rows(2, 0, seen), false, &mut out);
        }
    });
    Attended { output, log_sums }
}
// ANCHOR_END: forward

// ANCHOR: backward
/// [`self_attention_backward`] in blocks of whole rows.
///
/// # Panics
/// When an array has another shape.
#[track_caller]
pub fn self_attention_rows_backward<T: Float>(
    grad: &Array<T>,
    qkv: &Array<T>,
    attended: &Attended<T>,
    heads: usize,
    mask: &Mask<'_>,
) -> Array<T> {
    let layout = Layout::new("self_attention_rows_backward", qkv, heads, mask);
    layout.check("self_attention_rows_backward", grad, attended);
    let (Layout { time, size, .. }, width) = (layout, layout.width());
    // Keys and values are added to, block by block of queries.
    let mut result = Array::zeros(*qkv.shape());
    let [qkv, grad, log_sums] = [qkv, grad, &attended.log_sums].map(|x| x.clone().contiguous());
    let (qkv, grad, log_sums) = (qkv.data(), grad.data(), log_sums.data());
    let (scale, level) = (layout.scale(), Level::detect());
    let to = Rows::new(result.data_mut(), 3 * width);
    layout.for_each_head(|example, head| {
        let from = Head::new(qkv, layout, example, head);
        let (keys, bias) = key_bias::<T>(mask, example, time);
        let bias = bias.as_ref().map_or(&[][..], Array::data);
        let block = layout.block(keys);
        let mut room = Array::<T>::scratch([2, block, keys]);
        let (weights, scores) = room.data_mut().split_at_mut(block * keys);
        // SAFETY: the columns of this head in the rows of this example belong to this task, and each window is used
        // up before the next one is made.
        let window = |part: usize, first: usize, count: usize| unsafe {
            to.window(example * time + first, count, part * width + head * size, size)
        };
        for first in (0..time).step_by(block) {
            let rows = block.min(time - first);
            let seen = if mask.causal { keys.min(first + rows) } else { keys };
            let (weights, ds) = (&mut weights[..rows * seen], &mut scores[..rows * seen]);
            let (q, k) = (from.rows(0, first, rows), from.rows(1, 0, seen));
            let grad = &grad[(example * time + first) * width + head * size..];
            let grad = Window::new(grad, [rows, size], [width, 1]);
            // P, from the scores and the logarithms of the sums.
            gemm_into(q, k.t(), false, &mut whole(weights, [rows, seen]));
            let log_sums = &log_sums[(example * heads + head) * time + first..][..rows];
            let causal_from = mask.causal.then_some(first);
            let x = &mut *weights;
            simd::at_level(level, WeightRows { scores: x, seen, scale, bias, causal_from, log_sums });
            // dP = G Vᵀ, and dS from it.
            gemm_into(grad, from.rows(2, 0, seen).t(), false, &mut whole(ds, [rows, seen]));
            simd::at_level(level, GradientRows { grad: ds, weights, seen, scale });
            let [p, ds] = [&*weights, &*ds].map(|x| Window::new(x, [rows, seen], [seen, 1]));
            gemm_into(ds, k, false, &mut window(0, first, rows));
            gemm_into(ds.t(), q, true, &mut window(1, 0, seen));
            gemm_into(p.t(), grad, true, &mut window(2, 0, seen));
        }
    });
    result
}
// ANCHOR_END: backward
