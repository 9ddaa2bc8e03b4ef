//! One layer in one direction of time, over packed rows: the fast path.
//!
//! All inputs of all steps are multiplied with `W_ih` in one product. What is left for each step is the product of the
//! state with `W_hh` and one pass over the gates. The gates of all steps are kept. On the way back each step turns its gates
//! into gradients in their place, and multiplies them with `W_hh`; afterwards the gradients of the weights are one product
//! each, over all steps.
//!
//! With two directions, each has a core to itself. Then the products over all steps are cut into blocks of some hundred rows,
//! whose gates stay in the core's cache from the product of the inputs to the last step of the block, and on the way back
//! from the first step to the gradients of the weights.
//!
//! Derivation: with `a_t = x_t W_ihᵀ + h_(t-1) W_hhᵀ + b`, `W_ih` is used in every step, so its gradient is the sum over the
//! steps, `Σ_t da_tᵀ x_t`: which is `dAᵀ X` with the rows of all steps below each other. The same holds for `W_hh`, with
//! `h_(t-1)`, and for the biases.

use std::ops::Range;

use ch01_tensors::level::Level;
use ch01_tensors::{Array, Float, Rng, Tensor};
use ch02_matmul::{Window, WindowMut, gemm_into, matmul, matmul_add};
use ch05_backprop::{Param, Role, Visitor};

use crate::Packing;
use crate::kind::{Back, Kind, Step};

/// The parameters of a layer in one direction.
pub(crate) struct Direction<T: Float> {
    /// `[GATES * hidden, input]`.
    pub weight_ih: Param<T>,
    /// `[GATES * hidden, hidden]`.
    pub weight_hh: Param<T>,
    /// `[GATES * hidden]` each, if there are biases.
    pub biases: Option<[Param<T>; 2]>,
    /// Whether it goes from the last step to the first.
    pub reverse: bool,
}

/// What a forward pass leaves for the way back; `h` is the output. Arrays that a kind does not use have no elements.
#[derive(Clone)]
pub(crate) struct Trace<T: Float> {
    x: Array<T>,
    start: [Array<T>; 2],
    pub h: Array<T>,
    c: Array<T>,
    gates: Array<T>,
    apart: Array<T>,
}

impl Direction<f32> {
    /// PyTorch's first weights: all even in ±1/sqrt(hidden).
    pub fn new([gates, input, hidden]: [usize; 3], bias: bool, reverse: bool, rng: &mut Rng) -> Self {
        let bound = 1.0 / (hidden as f64).sqrt();
        let mut draw = |shape: &[usize], role| Param::new(Tensor::uniform(shape, -bound, bound, rng), role);
        let weight_ih = draw(&[gates * hidden, input], Role::Weight);
        let weight_hh = draw(&[gates * hidden, hidden], Role::Weight);
        let biases = bias.then(|| [(); 2].map(|()| draw(&[gates * hidden], Role::Bias)));
        Direction { weight_ih, weight_hh, biases, reverse }
    }
}

impl<T: Float> Direction<T> {
    pub fn to_f64(&self) -> Direction<f64> {
        Direction {
            weight_ih: self.weight_ih.to_f64(),
            weight_hh: self.weight_hh.to_f64(),
            biases: self.biases.as_ref().map(|biases| [biases[0].to_f64(), biases[1].to_f64()]),
            reverse: self.reverse,
        }
    }

    pub fn visit(&mut self, names: &[&'static str; 4], visitor: &mut Visitor<'_, T>) {
        visitor.param(names[0], &mut self.weight_ih);
        visitor.param(names[1], &mut self.weight_hh);
        if let Some([input, hidden]) = &mut self.biases {
            visitor.param(names[2], input);
            visitor.param(names[3], hidden);
        }
    }

    fn hidden(&self) -> usize {
        self.weight_hh.value.dim(1)
    }

    /// Room for a pass over the inputs `x`, `[rows, input]`; unless this is done in blocks, with what they give to the gates, for
    /// all steps at once.
    pub fn begin<K: Kind>(&self, x: &Array<T>, start: [Array<T>; 2], blocks: bool) -> Trace<T> {
        let (rows, hidden) = (x.dim(0), self.hidden());
        let gates = match blocks {
            true => Array::scratch([rows, K::GATES * hidden]),
            false => matmul(x, &self.weight_ih.value.clone().t()),
        };
        let some = |wanted: bool, width: usize| Array::scratch([if wanted { rows } else { 0 }, width]);
        let (c, apart) = (some(K::CELL, hidden), some(K::APART, K::GATES * hidden));
        Trace { x: x.clone(), start, h: some(true, hidden), c, gates, apart }
    }

    // ANCHOR: forward
    /// Goes through the steps. In blocks, what the inputs give to the gates is computed block by block.
    pub fn run<K: Kind>(&self, kind: K, trace: &mut Trace<T>, packing: &Packing, blocks: bool) {
        let (hidden, input, level) = (self.hidden(), self.weight_ih.value.dim(1), Level::detect());
        let width = K::GATES * hidden;
        // Turned once, so that each product finds rows.
        let turned = [&self.weight_ih, &self.weight_hh].map(|weight| weight.value.clone().t().contiguous());
        let weight_ih = Window::new(turned[0].data(), [input, width], [width, 1]);
        let weight = Window::new(turned[1].data(), [hidden, width], [width, 1]);
        let [bias, bias_apart] = self.added_biases::<K>();
        let Trace { x, start, h, c, gates, apart } = trace;
        let x = x.clone().contiguous();
        let start = [start[0].data(), start[1].data()];
        let (h, c, gates, apart) = (h.data_mut(), c.data_mut(), gates.data_mut(), apart.data_mut());
        for (t, block) in steps(packing, self.reverse) {
            if let Some(block) = block.filter(|_| blocks) {
                let (first, rows) = (block.start, block.len());
                let x = Window::new(&x.data()[first * input..], [rows, input], [input, 1]);
                let gates = &mut gates[first * width..];
                gemm_into(x, weight_ih, false, &mut WindowMut::new(gates, [rows, width], width));
            }
            for piece in packing.pieces(t, self.reverse) {
                let first = packing.start(t) + piece.rows.start;
                let now = |size: usize| first * size..(first + piece.rows.len()) * size;
                let (h_before, h) = around(h, start[0], piece.before, &piece.rows, now(hidden), hidden);
                let (c_before, c) = match K::CELL {
                    true => around(c, start[1], piece.before, &piece.rows, now(hidden), hidden),
                    false => (&[][..], &mut [][..]),
                };
                let gates = &mut gates[now(width)];
                let apart = if K::APART { &mut apart[now(width)] } else { &mut [] };
                let rows = piece.rows.len();
                let from_state = if K::APART { &mut *apart } else { &mut *gates };
                let state = Window::new(h_before, [rows, hidden], [hidden, 1]);
                let mut sums = WindowMut::new(from_state, [rows, width], width);
                gemm_into(state, weight, !K::APART, &mut sums);
                let (bias, bias_apart) = (bias.data(), bias_apart.data());
                kind.step(level, Step { hidden, gates, apart, bias, bias_apart, h_before, c_before, h, c });
            }
        }
    }
    // ANCHOR_END: forward

    /// The bias of what the input gave, and of what the state gave if that is apart; added otherwise. Zeros if there is none.
    fn added_biases<K: Kind>(&self) -> [Array<T>; 2] {
        let zeros = || Array::zeros([K::GATES * self.hidden()]);
        match &self.biases {
            None => [zeros(), zeros()],
            Some([input, hidden]) if K::APART => [input.value.clone(), hidden.value.clone()],
            Some([input, hidden]) => [&input.value + &hidden.value, zeros()],
        }
    }

    /// The state of each sequence of the sorted batch at its end.
    pub fn last(&self, trace: &Trace<T>, packing: &Packing, cells: bool) -> Array<T> {
        let (steps, start) = if cells { (&trace.c, &trace.start[1]) } else { (&trace.h, &trace.start[0]) };
        let hidden = self.hidden();
        let mut last = start.copy();
        for (place, last) in last.data_mut().chunks_mut(hidden).enumerate() {
            if let Some(row) = packing.last(place, self.reverse) {
                last.copy_from_slice(&steps.data()[row * hidden..][..hidden]);
            }
        }
        last
    }

    // ANCHOR: backward
    /// Goes back through the steps: gates become gradients. `dy` is `[rows, ..]`, where those of `h` begin at a column; `dh`
    /// and `dc` are the gradients of the last states of the sorted batch, and become those of the first. In blocks, the
    /// gradients of the parameters are added to and that of the input is returned; otherwise [`finish`](Direction::finish) does
    /// that.
    pub fn run_back<K: Kind>(
        &mut self,
        kind: K,
        trace: &mut Trace<T>,
        packing: &Packing,
        (dy, column): (&Array<T>, usize),
        [dh, dc]: [&mut Array<T>; 2],
        blocks: bool,
    ) -> Option<Array<T>> {
        let (hidden, stride, level) = (self.hidden(), dy.dim(1), Level::detect());
        let width = K::GATES * hidden;
        let mut sums = blocks.then(|| Sums::new(self, &trace.x));
        let weight = self.weight_hh.value.clone().contiguous();
        let weight = Window::new(weight.data(), [width, hidden], [hidden, 1]);
        let Trace { start, h, c, gates, apart, .. } = trace;
        let start = [start[0].data(), start[1].data()];
        let (h, c, gates, apart, dy) = (h.data(), c.data(), gates.data_mut(), apart.data_mut(), dy.data());
        let (dh, dc) = (dh.data_mut(), dc.data_mut());
        let mut done: Option<Range<usize>> = None;
        for (t, block) in steps(packing, !self.reverse) {
            if let (Some(sums), Some(block)) = (&mut sums, block)
                && let Some(done) = done.replace(block)
            {
                sums.add(self, done, gates, apart);
            }
            for piece in packing.pieces(t, self.reverse) {
                let first = packing.start(t) + piece.rows.start;
                let now = |size: usize| first * size..(first + piece.rows.len()) * size;
                let state = |size: usize| piece.rows.start * size..piece.rows.end * size;
                let before = |steps, start| before(steps, start, piece.before, &piece.rows, hidden);
                let gates = &mut gates[now(width)];
                let apart = if K::APART { &mut apart[now(width)] } else { &mut [] };
                let dh = &mut dh[state(hidden)];
                let back = Back {
                    hidden,
                    gates,
                    apart,
                    h_before: before(h, start[0]),
                    c_before: if K::CELL { before(c, start[1]) } else { &[] },
                    h: &h[now(hidden)],
                    c: if K::CELL { &c[now(hidden)] } else { &[] },
                    dy: &dy[first * stride + column..],
                    stride,
                    dh,
                    dc: if K::CELL { &mut dc[state(hidden)] } else { &mut [] },
                };
                if let Some(sums) = &mut sums {
                    sums.keep(back.h_before, first * hidden);
                }
                kind.back(level, back);
                let rows = piece.rows.len();
                let from_state = if K::APART { &*apart } else { &*gates };
                let from_state = Window::new(from_state, [rows, width], [width, 1]);
                gemm_into(from_state, weight, K::APART, &mut WindowMut::new(dh, [rows, hidden], hidden));
            }
        }
        if let (Some(sums), Some(done)) = (&mut sums, done) {
            sums.add(self, done, gates, apart);
        }
        sums.map(|sums| sums.dx)
    }

    /// Adds to the gradients of the parameters, and returns that of the input, once [`run_back`](Direction::run_back) is
    /// done.
    pub fn finish<K: Kind>(&mut self, trace: &Trace<T>, packing: &Packing) -> Array<T> {
        let Trace { x, start, h, gates, apart, .. } = trace;
        let from_state = if K::APART { apart } else { gates };
        matmul_add(&mut self.weight_ih.grad, &gates.clone().t(), x);
        if packing.is_even() {
            // The state before is what lies one step earlier: two products, nothing is copied.
            let (batch, rows) = (packing.batch(), packing.rows());
            let rest = rows - batch.min(rows);
            let (begin, others, before) = match self.reverse {
                false => (0, batch, 0),
                true => (rest, 0, batch),
            };
            let begin = from_state.narrow(0, begin, rows - rest);
            if rest > 0 {
                let others = from_state.narrow(0, others, rest);
                matmul_add(&mut self.weight_hh.grad, &others.t(), &h.narrow(0, before, rest));
            }
            matmul_add(&mut self.weight_hh.grad, &begin.t(), &start[0].narrow(0, 0, rows - rest));
        } else {
            let before = self.states_before(trace, packing);
            matmul_add(&mut self.weight_hh.grad, &from_state.clone().t(), &before);
        }
        if let Some([input, hidden]) = &mut self.biases {
            let sum = gates.sum(0, false);
            hidden.grad += &(if K::APART { apart.sum(0, false) } else { sum.clone() });
            input.grad += &sum;
        }
        matmul(gates, &self.weight_ih.value)
    }
    // ANCHOR_END: backward

    /// For each packed row, the state before it, `[rows, hidden]`.
    fn states_before(&self, trace: &Trace<T>, packing: &Packing) -> Array<T> {
        let hidden = self.hidden();
        let mut out = Array::scratch(*trace.h.shape());
        let data = out.data_mut();
        for t in 0..packing.steps() {
            for piece in packing.pieces(t, self.reverse) {
                let (h, start) = (trace.h.data(), trace.start[0].data());
                let from = before(h, start, piece.before, &piece.rows, hidden);
                let first = (packing.start(t) + piece.rows.start) * hidden;
                data[first..][..from.len()].copy_from_slice(from);
            }
        }
        out
    }
}

/// What a way back in blocks collects.
struct Sums<T: Float> {
    x: Array<T>,
    /// The state before each packed row.
    before: Array<T>,
    dx: Array<T>,
}

impl<T: Float> Sums<T> {
    fn new(direction: &Direction<T>, x: &Array<T>) -> Self {
        let before = Array::scratch([x.dim(0), direction.hidden()]);
        Sums { x: x.clone().contiguous(), before, dx: Array::scratch(*x.shape()) }
    }

    /// The states before some rows; the first number of the first row lies at `at`.
    fn keep(&mut self, before: &[T], at: usize) {
        self.before.data_mut()[at..][..before.len()].copy_from_slice(before);
    }

    /// Adds what a block of rows gives to the gradients of the parameters, and computes the gradients of its inputs. `gates`
    /// and `apart` hold gradients; `apart` is empty if the state's part is not apart.
    fn add(&mut self, direction: &mut Direction<T>, rows: Range<usize>, gates: &[T], apart: &[T]) {
        let (hidden, input) = (direction.hidden(), self.x.dim(1));
        let (width, first, rows) = (direction.weight_ih.value.dim(0), rows.start, rows.len());
        let gates = &gates[first * width..][..rows * width];
        let from_state = if apart.is_empty() { gates } else { &apart[first * width..][..rows * width] };
        let matrix = |data, columns| Window::new(data, [rows, columns], [columns, 1]);
        let (da, du) = (matrix(gates, width), matrix(from_state, width));
        let x = matrix(&self.x.data()[first * input..][..rows * input], input);
        let before = matrix(&self.before.data()[first * hidden..][..rows * hidden], hidden);
        let grad_ih = direction.weight_ih.grad.data_mut();
        gemm_into(da.t(), x, true, &mut WindowMut::new(grad_ih, [width, input], input));
        let grad_hh = direction.weight_hh.grad.data_mut();
        gemm_into(du.t(), before, true, &mut WindowMut::new(grad_hh, [width, hidden], hidden));
        let weight = direction.weight_ih.value.clone().contiguous();
        let weight = Window::new(weight.data(), [width, input], [input, 1]);
        let dx = &mut self.dx.data_mut()[first * input..][..rows * input];
        gemm_into(da, weight, false, &mut WindowMut::new(dx, [rows, input], input));
        if let Some(biases) = &mut direction.biases {
            for (bias, from) in biases.iter_mut().zip([gates, from_state]) {
                let sum = bias.grad.data_mut();
                for row in from.chunks(width) {
                    sum.iter_mut().zip(row).for_each(|(sum, &g)| *sum += g);
                }
            }
        }
    }
}

/// Rows of a block: their gates fit the cache of a core.
const BLOCK: usize = 512;

/// All steps, from the first or from the last on; with the first of each block, the rows of the block.
fn steps(packing: &Packing, from_end: bool) -> impl Iterator<Item = (usize, Option<Range<usize>>)> {
    let (count, mut block) = (packing.steps(), 0..0);
    (0..count).map(move |step| {
        let t = if from_end { count - 1 - step } else { step };
        if block.contains(&t) {
            return (t, None);
        }
        let small = |steps: &Range<usize>| packing.start(steps.end) - packing.start(steps.start) <= BLOCK;
        let longer = |steps: &Range<usize>| match from_end {
            true => steps.start.checked_sub(1).map(|start| start..steps.end),
            false => (steps.end < count).then(|| steps.start..steps.end + 1),
        };
        block = t..t + 1;
        while let Some(more) = longer(&block).filter(small) {
            block = more;
        }
        (t, Some(packing.start(block.start)..packing.start(block.end)))
    })
}

/// The states before a piece of a step: rows of an earlier one, or of the start.
fn before<'a, T>(
    steps: &'a [T],
    start: &'a [T],
    before: Option<usize>,
    rows: &Range<usize>,
    size: usize,
) -> &'a [T] {
    match before {
        Some(row) => &steps[row * size..][..rows.len() * size],
        None => &start[rows.start * size..rows.end * size],
    }
}

/// The states before a piece of a step, and the place of the new ones, which does not overlap them.
fn around<'a, T>(
    steps: &'a mut [T],
    start: &'a [T],
    before: Option<usize>,
    rows: &Range<usize>,
    now: Range<usize>,
    size: usize,
) -> (&'a [T], &'a mut [T]) {
    let length = now.len();
    match before.map(|row| row * size) {
        None => (&start[rows.start * size..rows.end * size], &mut steps[now]),
        Some(from) if from < now.start => {
            let (earlier, later) = steps.split_at_mut(now.start);
            (&earlier[from..][..length], &mut later[..length])
        }
        Some(from) => {
            let (earlier, later) = steps.split_at_mut(from);
            (&later[..length], &mut earlier[now])
        }
    }
}
