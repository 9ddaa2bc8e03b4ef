//! Flash attention (Dao et al. 2022): [`attention`](crate::attention) in tiles, so that no row of scores is ever whole.
//!
//! Shapes: `q` is `[batch, heads, queries, d]`, `k` is `[batch, kv_heads, keys, d]`, `v` is `[batch, kv_heads, keys, dv]`,
//! the output `[batch, heads, queries, dv]`; all may be views with gaps, such as [`split_heads`](crate::split_heads)
//! makes. The output is laid out as `[batch, queries, heads, dv]`, so that merging the heads again is free.
//!
//! Forward, for a block of queries and one tile of keys after the other: with `m` the largest score so far, `l` the sum of
//! `e^(S - m)` and `A` the sum of the values with these weights, a tile with the largest score `m'` gives
//! `c = e^(m - max(m, m'))`, `l <- c l + Σ_j e^(S_j - m)`, `A <- c A + Σ_j e^(S_j - m) v_j`. At the end `O = A / l`, and
//! `l_i = m + ln l` is kept: one number for each query.
//!
//! Backward: `P_ij = e^(S_ij - l_i)` comes back tile by tile, and softmax's sum over a whole row,
//! `D_i = Σ_j P_ij dP_ij = Σ_c G_ic O_ic`, from gradient and output alone. Then `dS = P (dP - D)` as ever.
//!
//! Memory: a tile for each thread, besides the arrays themselves: it grows as the number of tokens, not as its square.
//! Each task runs on one thread in a fixed order: the same bits on any number of threads. Forward, a task is a block of
//! queries of one head; backward, all queries that share a head of keys, since they add to the same gradient.
//!
//! Left out: the gradient of a bias ([`attention_backward`](crate::attention_backward) has it), dropout on the weights.

use ch01_tensors::{Array, Float};
use ch02_matmul::{Window, WindowMut, gemm_into};
use ch03_neurons::simd::{self, Level};
use ch19_attention::{Attended, AttentionOptions, BlockPattern};
use rayon::prelude::*;

use crate::flash_rows::{AgainRows, FinishRows, OnlineRows, RowSums, ScoreGradients, Tile};
use crate::options::Sizes;
use crate::self_attention::Rows;

/// Queries of a block.
const QUERIES: usize = 128;
/// Keys of a tile: with the queries 128 KiB of f32, a part of a core's cache.
const KEYS: usize = 256;
/// Multiplications that are worth a thread's while.
const TASK: usize = 1 << 20;

/// An array of `[batch, heads, time, size]` whose last axis has no gaps.
pub(crate) struct Rows4<T: Float> {
    array: Array<T>,
    steps: [usize; 3],
}

impl<T: Float> Rows4<T> {
    pub fn new(array: &Array<T>) -> Self {
        let steps = |array: &Array<T>| [0, 1, 2].map(|axis| array.strides()[axis]);
        let together = array.dim(3) == 1 || array.strides()[3] == 1;
        let array =
            if together && steps(array).iter().all(|&step| step >= 0) { array.clone() } else { array.copy() };
        let steps = steps(&array).map(|step| step as usize);
        Rows4 { array, steps }
    }

    /// The numbers from row `row` of one head on, and the step to the next row.
    fn from(&self, example: usize, head: usize, row: usize) -> (&[T], usize) {
        let [a, b, c] = self.steps;
        let start = self.array.offset() + example * a + head * b + row * c;
        (self.array.storage().get(start..).unwrap_or(&[]), c)
    }

    /// Some rows of one head as a matrix.
    pub fn rows(&self, example: usize, head: usize, first: usize, count: usize) -> Window<'_, T> {
        let (data, step) = self.from(example, head, first);
        Window::new(data, [count, self.array.dim(3)], [step, 1])
    }
}

/// What forward and backward know of one call.
struct Call<'a, T: Float> {
    sizes: Sizes,
    options: &'a AttentionOptions<'a, T>,
    q: Rows4<T>,
    k: Rows4<T>,
    v: Rows4<T>,
    bias: Option<Rows4<T>>,
    /// Per example: how many keys there are up to the last real one, and what padding adds to their scores (or nothing).
    padding: Vec<(usize, Vec<T>)>,
    /// Queries of a block.
    step: usize,
    level: Level,
}

/// Queries of a block: the pattern's, if there is one.
fn step<T: Float>(options: &AttentionOptions<'_, T>) -> usize {
    options.blocks.map_or(QUERIES, BlockPattern::block)
}

/// A block of queries of one head.
#[derive(Clone, Copy)]
struct Block {
    example: usize,
    head: usize,
    kv_head: usize,
    first: usize,
    rows: usize,
}

impl<'a, T: Float> Call<'a, T> {
    fn new(sizes: Sizes, [q, k, v]: [&Array<T>; 3], options: &'a AttentionOptions<'a, T>) -> Self {
        let padding = |example: usize| {
            let Some(real) = options.mask.padding else { return (sizes.keys, Vec::new()) };
            let real = |key: &usize| real[[example, *key]];
            let keys = (0..sizes.keys).rev().find(real).map_or(0, |last| last + 1);
            let bias = |key| if real(&key) { T::ZERO } else { T::LOWEST };
            let gaps = (0..keys).any(|key| !real(&key));
            (keys, if gaps { (0..keys).map(bias).collect() } else { Vec::new() })
        };
        Call {
            sizes,
            options,
            q: Rows4::new(q),
            k: Rows4::new(k),
            v: Rows4::new(v),
            bias: options.bias.map(Rows4::new),
            padding: (0..sizes.batch).map(padding).collect(),
            step: step(options),
            level: Level::detect(),
        }
    }

    fn block(&self, example: usize, head: usize, first: usize) -> Block {
        let kv_head = head / (self.sizes.heads / self.sizes.kv_heads);
        Block { example, head, kv_head, first, rows: self.step.min(self.sizes.queries - first) }
    }

    /// The tiles of keys that some query of the block sees: first key and number.
    fn tiles(&self, block: Block) -> impl Iterator<Item = (usize, usize)> {
        let keys = self.padding[block.example].0;
        let start = self.options.range(block.first, keys).start;
        let end = self.options.range(block.first + block.rows - 1, keys).end;
        let tiles = |start: usize, end: usize| {
            (start..end).step_by(KEYS).map(move |first| (first, KEYS.min(end - first)))
        };
        let pattern = self.options.blocks.map_or(&[][..], |blocks| blocks.runs(block.first));
        let whole = if self.options.blocks.is_some() { tiles(0, 0) } else { tiles(start, end) };
        whole.chain(pattern.iter().flat_map(move |run| tiles(run.start.max(start), run.end.min(end))))
    }

    /// The products of a block with a run of keys, and what makes them scores.
    fn tile<'b>(
        &'b self,
        block: Block,
        (first_key, columns): (usize, usize),
        scores: &'b mut [T],
    ) -> Tile<'b, T> {
        let Block { example, head, kv_head, first, rows } = block;
        let q = self.q.rows(example, head, first, rows);
        let k = self.k.rows(example, kv_head, first_key, columns);
        gemm_into(q, k.t(), false, &mut WindowMut::new(scores, [rows, columns], columns));
        let key_bias = &self.padding[example].1;
        let bias = self.bias.as_ref().map_or((&[][..], 0), |bias| {
            let one = |axis: usize, index: usize| if bias.array.shape()[axis] == 1 { 0 } else { index };
            let (data, step) = bias.from(one(0, example), one(1, head), first);
            (&data[first_key..], step)
        });
        Tile {
            scores,
            columns,
            first_query: first,
            first_key,
            options: self.options,
            scale: self.options.scale(self.sizes.size),
            key_bias: if key_bias.is_empty() { key_bias } else { &key_bias[first_key..][..columns] },
            bias,
            slope: self.options.slopes.map_or(T::ZERO, |slopes| slopes[[head]]),
        }
    }
}

/// Runs `task(0..count)`, of about `work` multiplications each, on the threads if there is enough.
pub(crate) fn each(count: usize, work: usize, task: impl Fn(usize) + Sync + Send) {
    let together = (TASK / work.max(1)).max(1);
    if count < 2 * together {
        (0..count).for_each(task);
    } else {
        (0..count).into_par_iter().with_min_len(together).for_each(task);
    }
}

// ANCHOR: forward
/// Attention in tiles: the output, `[batch, heads, queries, dv]`, and the logarithms of the sums that backward needs.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn flash_attention<T: Float>(
    q: &Array<T>,
    k: &Array<T>,
    v: &Array<T>,
    options: &AttentionOptions<'_, T>,
) -> Attended<T> {
    let sizes = Sizes::new("flash_attention", [q, k, v], options);
    let Sizes { batch, heads, queries, value_size, .. } = sizes;
    let call = Call::new(sizes, [q, k, v], options);
    let mut output = Array::scratch([batch, queries, heads, value_size]);
    let mut log_sums = Array::scratch([batch, heads, queries]);
    let to = Rows::new(output.data_mut(), heads * value_size);
    let sums_to = Rows::new(log_sums.data_mut(), queries);
    let blocks = queries.div_ceil(call.step);
    let work = call.step.min(queries) * sizes.keys * sizes.size;
    each(batch * heads * blocks, work, |task| {
        let (row, first) = (task / blocks, task % blocks * call.step);
        let block = call.block(row / heads, row % heads, first);
        let rows = block.rows;
        let mut room = Array::<T>::scratch([rows * (KEYS.min(sizes.keys) + value_size + 2)]);
        let (values, room) = room.data_mut().split_at_mut(rows * value_size);
        let (sums, room) = room.split_at_mut(rows);
        let (largest, scores) = room.split_at_mut(rows);
        largest.fill(T::LOWEST);
        [&mut *sums, &mut *values].into_iter().for_each(|x| x.fill(T::ZERO));
        for keys in call.tiles(block) {
            let scores = &mut scores[..rows * keys.1];
            let tile = call.tile(block, keys, scores);
            let online = OnlineRows { tile, largest, sums, values, value_size };
            simd::at_level(call.level, online);
            let p = Window::new(scores, [rows, keys.1], [keys.1, 1]);
            let v = call.v.rows(block.example, block.kv_head, keys.0, keys.1);
            gemm_into(p, v, true, &mut WindowMut::new(values, [rows, value_size], value_size));
        }
        // SAFETY: the sums of these queries, and below their outputs, belong to this task.
        let log_sums = unsafe { sums_to.part(row, first, rows) };
        simd::at_level(call.level, FinishRows { largest, sums, values, value_size, log_sums });
        for (i, values) in values.chunks_exact(value_size.max(1)).enumerate() {
            let place = block.example * queries + first + i;
            // SAFETY: as above.
            unsafe { to.part(place, block.head * value_size, value_size) }.copy_from_slice(values);
        }
    });
    Attended { output: output.transpose(1, 2), log_sums }
}
// ANCHOR_END: forward

// ANCHOR: backward
/// The gradients of `q`, `k` and `v`, for `grad = dL/dO` and what [`flash_attention`] returned.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn flash_attention_backward<T: Float>(
    grad: &Array<T>,
    q: &Array<T>,
    k: &Array<T>,
    v: &Array<T>,
    attended: &Attended<T>,
    options: &AttentionOptions<'_, T>,
) -> [Array<T>; 3] {
    let sizes = Sizes::new("flash_attention_backward", [q, k, v], options);
    sizes.check_gradient("flash_attention_backward", grad);
    sizes.check_gradient("flash_attention_backward", &attended.output);
    let Sizes { batch, heads, kv_heads, queries, keys, size, value_size } = sizes;
    let call = Call::new(sizes, [q, k, v], options);
    let (grad, output) = (Rows4::new(grad), Rows4::new(&attended.output));
    let log_sums = attended.log_sums.clone().contiguous();
    let log_sums = log_sums.data();
    let [mut dq, mut dk, mut dv] =
        [(queries, heads, size), (keys, kv_heads, size), (keys, kv_heads, value_size)]
            .map(|(time, heads, size)| Array::zeros([batch, time, heads, size]));
    let to_q = Rows::new(dq.data_mut(), heads * size);
    let to_k = Rows::new(dk.data_mut(), kv_heads * size);
    let to_v = Rows::new(dv.data_mut(), kv_heads * value_size);
    let group = heads / kv_heads;
    each(batch * kv_heads, group * queries * keys * size, |task| {
        let (example, kv_head) = (task / kv_heads, task % kv_heads);
        let tile = call.step.min(queries) * KEYS.min(keys);
        let mut room = Array::<T>::scratch([2 * tile + call.step]);
        let (weights, room) = room.data_mut().split_at_mut(tile);
        let (ds, means) = room.split_at_mut(tile);
        let firsts = || (0..queries).step_by(call.step);
        let blocks = (0..group).flat_map(|i| firsts().map(move |first| (kv_head * group + i, first)));
        for (head, first) in blocks {
            let block = call.block(example, head, first);
            let rows = block.rows;
            let means = &mut means[..rows];
            let row = |x: &Rows4<T>| x.from(example, head, first).1;
            let (g, o) = (grad.from(example, head, first).0, output.from(example, head, first).0);
            let sums =
                RowSums { grad: (g, row(&grad)), output: (o, row(&output)), size: value_size, to: means };
            simd::at_level(call.level, sums);
            let (q, g) = (call.q.rows(example, head, first, rows), grad.rows(example, head, first, rows));
            let log_sums = &log_sums[(example * heads + head) * queries + first..][..rows];
            for (key, columns) in call.tiles(block) {
                let (p, ds) = (&mut weights[..rows * columns], &mut ds[..rows * columns]);
                let tile = call.tile(block, (key, columns), p);
                simd::at_level(call.level, AgainRows { tile, log_sums });
                let [k, v] = [&call.k, &call.v].map(|x| x.rows(example, kv_head, key, columns));
                gemm_into(g, v.t(), false, &mut WindowMut::new(ds, [rows, columns], columns));
                let scale = options.scale(size);
                simd::at_level(call.level, ScoreGradients { grad: ds, weights: p, columns, means, scale });
                let [p, ds] = [&*p, &*ds].map(|x| Window::new(x, [rows, columns], [columns, 1]));
                // SAFETY: these queries of this head, and all keys and values of this head, belong to this task, and
                // each window is used up before the next one is made.
                unsafe {
                    let start = example * queries + first;
                    gemm_into(ds, k, true, &mut to_q.window(start, rows, head * size, size));
                    let start = example * keys + key;
                    gemm_into(ds.t(), q, true, &mut to_k.window(start, columns, kv_head * size, size));
                    let column = kv_head * value_size;
                    gemm_into(p.t(), g, true, &mut to_v.window(start, columns, column, value_size));
                }
            }
        }
    });
    [dq, dk, dv].map(|x| x.transpose(1, 2))
}
// ANCHOR_END: backward
