//! One layer in one direction of time, over packed rows: the fast path.
//!
//! All inputs of all steps are multiplied with `W_ih` in one product. What is left for each step is the product of the
//! state with `W_hh` and one pass over the gates, on one core; the other core has the other direction. The gates of all
//! steps are kept. On the way back each step turns its gates into gradients in their place, and multiplies them with
//! `W_hh`; afterwards the gradients of the weights are one product each, over all steps.
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

    /// What the inputs give to the gates, for all steps at once. `x` is `[rows, input]`.
    pub fn project<K: Kind>(&self, x: &Array<T>, start: [Array<T>; 2]) -> Trace<T> {
        let (rows, hidden) = (x.dim(0), self.hidden());
        let gates = matmul(x, &self.weight_ih.value.clone().t());
        let some = |wanted: bool, width: usize| Array::scratch([if wanted { rows } else { 0 }, width]);
        let (c, apart) = (some(K::CELL, hidden), some(K::APART, K::GATES * hidden));
        Trace { x: x.clone(), start, h: some(true, hidden), c, gates, apart }
    }

    // ANCHOR: forward
    /// Goes through the steps; `trace` holds what the inputs gave.
    pub fn run<K: Kind>(&self, kind: K, trace: &mut Trace<T>, packing: &Packing) {
        let (hidden, level) = (self.hidden(), Level::detect());
        let width = K::GATES * hidden;
        // Turned once, so that each step's product finds rows.
        let weight = self.weight_hh.value.clone().t().contiguous();
        let weight = Window::new(weight.data(), [hidden, width], [width, 1]);
        let [bias, bias_apart] = self.added_biases::<K>();
        let Trace { start, h, c, gates, apart, .. } = trace;
        let start = [start[0].data(), start[1].data()];
        let (h, c, gates, apart) = (h.data_mut(), c.data_mut(), gates.data_mut(), apart.data_mut());
        for step in 0..packing.steps() {
            let t = if self.reverse { packing.steps() - 1 - step } else { step };
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
    /// and `dc` are the gradients of the last states of the sorted batch, and become those of the first.
    pub fn run_back<K: Kind>(
        &self,
        kind: K,
        trace: &mut Trace<T>,
        packing: &Packing,
        (dy, column): (&Array<T>, usize),
        [dh, dc]: [&mut Array<T>; 2],
    ) {
        let (hidden, stride, level) = (self.hidden(), dy.dim(1), Level::detect());
        let width = K::GATES * hidden;
        let weight = Window::new(self.weight_hh.value.data(), [width, hidden], [hidden, 1]);
        let Trace { start, h, c, gates, apart, .. } = trace;
        let start = [start[0].data(), start[1].data()];
        let (h, c, gates, apart, dy) = (h.data(), c.data(), gates.data_mut(), apart.data_mut(), dy.data());
        let (dh, dc) = (dh.data_mut(), dc.data_mut());
        for step in 0..packing.steps() {
            let t = if self.reverse { step } else { packing.steps() - 1 - step };
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
                kind.back(level, back);
                let rows = piece.rows.len();
                let from_state = if K::APART { &*apart } else { &*gates };
                let from_state = Window::new(from_state, [rows, width], [width, 1]);
                gemm_into(from_state, weight, K::APART, &mut WindowMut::new(dh, [rows, hidden], hidden));
            }
        }
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
