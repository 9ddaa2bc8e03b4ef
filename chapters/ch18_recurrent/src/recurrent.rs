//! Recurrent networks: layers on top of each other, in one or both directions of time (`torch.nn.RNN`, `LSTM`, `GRU`).
//!
//! Shapes: `x` is `[batch, time, input]` (or `[time, batch, input]`, see [`RecurrentConfig`]), the output is
//! `[.., .., directions * hidden]`, a [`State`] is `[layers * directions, batch, hidden]`.
//!
//! With lengths, the rest of a sequence is padding: outputs there are 0, the last state is that of the true end, and the
//! reverse direction begins there. Inside, everything is packed (see [`Packing`]).
//!
//! The two directions of a layer know nothing of each other: they run at the same time.

use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch12_regularization::Dropout;

use crate::direction::{Direction, Trace};
use crate::kind::Kind;
use crate::names::{MOST_LAYERS, NAMES};
use crate::{Packing, RecurrentConfig, State};

/// A stack of recurrent layers of one kind: [`Rnn`](crate::Rnn), [`Lstm`](crate::Lstm) or [`Gru`](crate::Gru).
pub struct Recurrent<K: Kind, T: Float = f32> {
    kind: K,
    config: RecurrentConfig,
    layers: Vec<Both<Direction<T>>>,
    /// Between layers: one less than there are layers.
    dropouts: Vec<Dropout<T>>,
    /// Of forward calls that have not been gone back through: one packing for each call, one trace for each layer.
    packings: Vec<Packing>,
    traces: Vec<Both<Trace<T>>>,
}

/// Something for each direction of a layer.
struct Both<D> {
    forward: D,
    reverse: Option<D>,
}

impl<T: Float> Both<Trace<T>> {
    /// The outputs, `[rows, directions * hidden]`.
    fn output(&self) -> Array<T> {
        match &self.reverse {
            None => self.forward.h.clone(),
            Some(reverse) => Array::concat(&[&self.forward.h, &reverse.h], 1),
        }
    }
}

impl<D> Both<D> {
    fn iter_mut(&mut self) -> impl Iterator<Item = &mut D> {
        std::iter::once(&mut self.forward).chain(&mut self.reverse)
    }
}

impl<K: Kind> Recurrent<K> {
    /// A network with PyTorch's first weights.
    #[track_caller]
    pub(crate) fn with_kind(kind: K, config: &RecurrentConfig, rng: &mut Rng) -> Self {
        let RecurrentConfig { input, hidden, layers, bias, dropout, bidirectional, .. } = *config;
        if input == 0 || hidden == 0 || layers == 0 || layers > MOST_LAYERS {
            fail("Recurrent", format_args!("{config:?}: a size is 0, or more than {MOST_LAYERS} layers"));
        }
        let width = config.directions() * hidden;
        let mut direction = |layer: usize, reverse: bool| {
            Direction::new([K::GATES, if layer == 0 { input } else { width }, hidden], bias, reverse, rng)
        };
        let layers: Vec<_> = (0..layers)
            .map(|layer| Both {
                forward: direction(layer, false),
                reverse: bidirectional.then(|| direction(layer, true)),
            })
            .collect();
        let dropouts = layers.iter().skip(1).map(|_| Dropout::new(dropout, rng)).collect();
        Recurrent { kind, config: config.clone(), layers, dropouts, packings: Vec::new(), traces: Vec::new() }
    }
}

impl<K: Kind, T: Float> Recurrent<K, T> {
    /// The parameters of every layer and direction.
    pub(crate) fn directions(&mut self) -> impl Iterator<Item = &mut Direction<T>> {
        self.layers.iter_mut().flat_map(Both::iter_mut)
    }

    /// The sizes and options.
    pub fn config(&self) -> &RecurrentConfig {
        &self.config
    }

    /// The same network in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Recurrent<K, f64> {
        let both = |both: &Both<Direction<T>>| Both {
            forward: both.forward.to_f64(),
            reverse: both.reverse.as_ref().map(Direction::to_f64),
        };
        Recurrent {
            kind: self.kind,
            config: self.config.clone(),
            layers: self.layers.iter().map(both).collect(),
            dropouts: self.dropouts.iter().map(Dropout::to_f64).collect(),
            packings: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// The state in which everything is 0, for this many sequences.
    pub fn zero_state(&self, batch: usize) -> State<T> {
        let zeros = || Array::zeros(self.state_shape(batch));
        State { hidden: zeros(), cell: K::CELL.then(zeros) }
    }

    /// The outputs and the last state; keeps what [`backward_with`](Recurrent::backward_with) needs. Without a state it begins
    /// with zeros; without lengths all sequences have all steps.
    ///
    /// # Panics
    /// When a shape or a length does not fit.
    #[track_caller]
    pub fn forward_with(
        &mut self,
        x: &Array<T>,
        state: Option<&State<T>>,
        lengths: Option<&[usize]>,
    ) -> (Array<T>, State<T>) {
        let packing = self.packing(x, lengths);
        let (y, state) = self.forward_packed(packing.pack(x), &packing, state);
        (packing.unpack(&y), state)
    }

    /// Adds to the gradients of the parameters; takes those of the outputs and, if it was used, of the last state; returns
    /// those of the input and of the first state.
    ///
    /// # Panics
    /// Without a matching forward call, or when a shape does not fit.
    #[track_caller]
    pub fn backward_with(&mut self, grad: &Array<T>, grad_state: Option<&State<T>>) -> (Array<T>, State<T>) {
        let Some(packing) = self.packings.last().cloned() else {
            fail("Recurrent::backward", format_args!("no forward call to go back through"))
        };
        let (dx, state) = self.backward_packed(packing.pack(grad), grad_state);
        (packing.unpack(&dx), state)
    }

    /// The outputs and the last state, for use rather than training.
    ///
    /// # Panics
    /// As [`forward_with`](Recurrent::forward_with).
    #[track_caller]
    pub fn infer_with(
        &self,
        x: &Array<T>,
        state: Option<&State<T>>,
        lengths: Option<&[usize]>,
    ) -> (Array<T>, State<T>) {
        let packing = self.packing(x, lengths);
        let (y, state) = self.infer_packed(packing.pack(x), &packing, state);
        (packing.unpack(&y), state)
    }

    // ANCHOR: packed
    /// [`forward_with`](Recurrent::forward_with) for packed data, `[rows, input]` to `[rows, directions * hidden]`. The state
    /// is in the order of the batch, not sorted.
    ///
    /// # Panics
    /// When a shape does not fit.
    #[track_caller]
    pub fn forward_packed(
        &mut self,
        x: Array<T>,
        packing: &Packing,
        state: Option<&State<T>>,
    ) -> (Array<T>, State<T>) {
        let (start, mut last) = self.states(&x, packing, state);
        let mut y = x;
        for layer in 0..self.layers.len() {
            if layer > 0 {
                y = self.dropouts[layer - 1].forward(y);
            }
            let traces = self.run(layer, &y, packing, &start, &mut last);
            y = traces.output();
            self.traces.push(traces);
        }
        self.packings.push(packing.clone());
        (y, last.unsorted(packing))
    }

    /// [`infer_with`](Recurrent::infer_with) for packed data.
    ///
    /// # Panics
    /// When a shape does not fit.
    #[track_caller]
    pub fn infer_packed(
        &self,
        x: Array<T>,
        packing: &Packing,
        state: Option<&State<T>>,
    ) -> (Array<T>, State<T>) {
        let (start, mut last) = self.states(&x, packing, state);
        let mut y = x;
        for layer in 0..self.layers.len() {
            y = self.run(layer, &y, packing, &start, &mut last).output();
        }
        (y, last.unsorted(packing))
    }

    /// [`backward_with`](Recurrent::backward_with) for packed data.
    ///
    /// # Panics
    /// Without a matching forward call, or when a shape does not fit.
    #[track_caller]
    pub fn backward_packed(&mut self, grad: Array<T>, grad_state: Option<&State<T>>) -> (Array<T>, State<T>) {
        let Some(packing) = self.packings.pop() else {
            fail("Recurrent::backward", format_args!("no forward call to go back through"))
        };
        let (rows, width) = (packing.rows(), self.config.directions() * self.config.hidden);
        if grad.shape()[..] != [rows, width] {
            fail(
                "Recurrent::backward",
                format_args!("a gradient of {:?}, not [{rows}, {width}]", grad.shape()),
            );
        }
        let mut states = self.sorted_state("Recurrent::backward", &packing, grad_state);
        let mut grad = grad.contiguous();
        for layer in (0..self.layers.len()).rev() {
            let traces = self.traces.pop().expect("one for each layer");
            grad = self.run_back(layer, traces, &packing, &grad, &mut states);
            if layer > 0 {
                grad = self.dropouts[layer - 1].backward(grad);
            }
        }
        (grad, states.unsorted(&packing))
    }
    // ANCHOR_END: packed

    // ANCHOR: layer
    /// One layer, both directions at the same time.
    fn run(
        &self,
        layer: usize,
        x: &Array<T>,
        packing: &Packing,
        start: &State<T>,
        last: &mut State<T>,
    ) -> Both<Trace<T>> {
        let kind = self.kind;
        let Both { forward, reverse } = &self.layers[layer];
        let first = layer * self.config.directions();
        let blocks = reverse.is_some();
        let mut trace = forward.begin::<K>(x, start.part(first), blocks);
        let mut reversed =
            reverse.as_ref().map(|reverse| reverse.begin::<K>(x, start.part(first + 1), blocks));
        match (reverse, &mut reversed) {
            (Some(reverse), Some(reversed)) => {
                rayon::join(
                    || forward.run(kind, &mut trace, packing, blocks),
                    || reverse.run(kind, reversed, packing, blocks),
                );
            }
            _ => forward.run(kind, &mut trace, packing, blocks),
        }
        let mut keep = |place: usize, direction: &Direction<T>, trace: &Trace<T>| {
            last.hidden.assign_slice(place, &direction.last(trace, packing, false));
            if let Some(cell) = &mut last.cell {
                cell.assign_slice(place, &direction.last(trace, packing, true));
            }
        };
        keep(first, forward, &trace);
        if let (Some(reverse), Some(reversed)) = (reverse, &reversed) {
            keep(first + 1, reverse, reversed);
        }
        Both { forward: trace, reverse: reversed }
    }

    /// The way back, both directions at the same time.
    fn run_back(
        &mut self,
        layer: usize,
        mut traces: Both<Trace<T>>,
        packing: &Packing,
        grad: &Array<T>,
        states: &mut State<T>,
    ) -> Array<T> {
        let (kind, hidden) = (self.kind, self.config.hidden);
        let first = layer * self.config.directions();
        let Both { forward, reverse } = &mut self.layers[layer];
        let [mut dh, mut dc] = states.part(first);
        match (reverse, &mut traces.reverse) {
            (Some(reverse), Some(reversed)) => {
                let [mut dh_reverse, mut dc_reverse] = states.part(first + 1);
                let (dx, dx_reverse) = rayon::join(
                    || {
                        let states = [&mut dh, &mut dc];
                        forward.run_back(kind, &mut traces.forward, packing, (grad, 0), states, true)
                    },
                    || {
                        let states = [&mut dh_reverse, &mut dc_reverse];
                        reverse.run_back(kind, reversed, packing, (grad, hidden), states, true)
                    },
                );
                states.set_part(first, [&dh, &dc]);
                states.set_part(first + 1, [&dh_reverse, &dc_reverse]);
                dx.expect("blocks give it") + &dx_reverse.expect("blocks give it")
            }
            _ => {
                forward.run_back(kind, &mut traces.forward, packing, (grad, 0), [&mut dh, &mut dc], false);
                states.set_part(first, [&dh, &dc]);
                forward.finish::<K>(&traces.forward, packing)
            }
        }
    }
    // ANCHOR_END: layer

    fn state_shape(&self, batch: usize) -> [usize; 3] {
        [self.config.layers * self.config.directions(), batch, self.config.hidden]
    }

    #[track_caller]
    fn packing(&self, x: &Array<T>, lengths: Option<&[usize]>) -> Packing {
        let RecurrentConfig { input, batch_first, .. } = self.config;
        if x.ndim() != 3 || x.dim(2) != input {
            fail("Recurrent", format_args!("an input of shape {:?} is not [.., .., {input}]", x.shape()));
        }
        let (batch, time) = if batch_first { (x.dim(0), x.dim(1)) } else { (x.dim(1), x.dim(0)) };
        Packing::new(lengths, batch, time, batch_first)
    }

    /// The first state, sorted, and room for the last.
    #[track_caller]
    fn states(&self, x: &Array<T>, packing: &Packing, state: Option<&State<T>>) -> (State<T>, State<T>) {
        let (rows, input) = (packing.rows(), self.config.input);
        if x.shape()[..] != [rows, input] {
            fail("Recurrent", format_args!("an input of {:?}, not [{rows}, {input}]", x.shape()));
        }
        let start = self.sorted_state("Recurrent", packing, state);
        (start.clone(), start)
    }

    #[track_caller]
    fn sorted_state(&self, operation: &str, packing: &Packing, state: Option<&State<T>>) -> State<T> {
        let Some(state) = state else { return self.zero_state(packing.batch()) };
        let shape = self.state_shape(packing.batch());
        let fits = |array: &Array<T>| array.shape()[..] == shape;
        if !fits(&state.hidden) || state.cell.is_some() != K::CELL || !state.cell.iter().all(fits) {
            let (hidden, cell) = (state.hidden.shape(), state.cell.as_ref().map(Array::shape));
            let need = if K::CELL { "h and c" } else { "h" };
            fail(operation, format_args!("a state of {hidden:?} and {cell:?}: need {need} of {shape:?}"));
        }
        State {
            hidden: packing.sort(&state.hidden),
            cell: state.cell.as_ref().map(|cell| packing.sort(cell)),
        }
    }
}

/// All steps, from zeros; the last state is dropped.
impl<K: Kind, T: Float> Layer<T> for Recurrent<K, T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.forward_with(&x, None, None).0
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.backward_with(&grad, None).0
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.infer_with(&x, None, None).0
    }
}

/// The parameters by PyTorch's names, so that saved weights go both ways.
impl<K: Kind, T: Float> Module<T> for Recurrent<K, T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (both, names) in self.layers.iter_mut().zip(&NAMES) {
            for (direction, names) in both.iter_mut().zip(names) {
                direction.visit(names, visitor);
            }
        }
        for (number, dropout) in self.dropouts.iter_mut().enumerate() {
            visitor.child("dropouts", &mut Numbered(number, dropout));
        }
    }
}

/// A child of a list: `dropouts.0`.
struct Numbered<'a, T: Float>(usize, &'a mut Dropout<T>);

impl<T: Float> Module<T> for Numbered<'_, T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child(self.0, self.1);
    }
}
