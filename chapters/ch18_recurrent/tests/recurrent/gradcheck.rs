//! Gradients against finite differences, in f64, every element.

use ch01_tensors::{Array, Float, Rng};
use ch05_backprop::{Layer, Module, Visitor, gradcheck};
use ch13_data::Tokens;
use ch18_recurrent::{
    Gru, Kind, Lstm, LstmClassifier, LstmClassifierConfig, Nonlinearity, Recurrent, RecurrentConfig, Rnn,
    State,
};

use crate::support::random;

/// A network as a function of one array, for the check: the first numbers are the inputs, the rest the first state; the
/// output is all outputs and the last state.
struct Flat<K: Kind> {
    net: Recurrent<K, f64>,
    shape: [usize; 3],
    lengths: Option<Vec<usize>>,
}

impl<K: Kind> Flat<K> {
    fn split(&self, flat: &Array<f64>) -> (Array<f64>, State<f64>) {
        let [batch, time, size] = self.shape;
        let zero = self.net.zero_state(batch);
        let (inputs, states) = (batch * time * size, zero.hidden.size());
        let state = |from: usize| flat.narrow(0, from, states).reshape(*zero.hidden.shape());
        let x = flat.narrow(0, 0, inputs).reshape(self.shape);
        (x, State { hidden: state(inputs), cell: zero.cell.as_ref().map(|_| state(inputs + states)) })
    }

    fn join(y: Array<f64>, state: State<f64>) -> Array<f64> {
        let (y, hidden) = (y.flatten(), state.hidden.flatten());
        match state.cell {
            Some(cell) => Array::concat(&[&y, &hidden, &cell.flatten()], 0),
            None => Array::concat(&[&y, &hidden], 0),
        }
    }

    fn size(&self) -> usize {
        let zero = self.net.zero_state(self.shape[0]);
        let cells = zero.cell.map_or(0, |cell| cell.size());
        self.shape.iter().product::<usize>() + zero.hidden.size() + cells
    }
}

impl<K: Kind> Layer<f64> for Flat<K> {
    fn forward(&mut self, flat: Array<f64>) -> Array<f64> {
        let (x, state) = self.split(&flat);
        let (y, last) = self.net.forward_with(&x, Some(&state), self.lengths.as_deref());
        Self::join(y, last)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        let (config, [batch, time, _]) = (self.net.config().clone(), self.shape);
        let zero = self.net.zero_state(batch);
        let (outputs, states) = (batch * time * config.directions() * config.hidden, zero.hidden.size());
        let state = |from: usize| grad.narrow(0, from, states).reshape(*zero.hidden.shape());
        let dy = grad.narrow(0, 0, outputs).reshape([batch, time, config.directions() * config.hidden]);
        let dstate =
            State { hidden: state(outputs), cell: zero.cell.as_ref().map(|_| state(outputs + states)) };
        let (dx, dstate) = self.net.backward_with(&dy, Some(&dstate));
        Self::join(dx, dstate)
    }
    fn infer(&self, flat: Array<f64>) -> Array<f64> {
        let (x, state) = self.split(&flat);
        let (y, last) = self.net.infer_with(&x, Some(&state), self.lengths.as_deref());
        Self::join(y, last)
    }
}

impl<K: Kind> Module<f64> for Flat<K> {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.net.visit(visitor);
    }
}

/// One layer, two in both directions, and sequences of different lengths, one of them empty.
fn check<K: Kind>(first_seed: u64, new: impl Fn(&RecurrentConfig) -> Recurrent<K, f64>) {
    for (seed, (layers, bidirectional, bias, lengths)) in [
        (1, false, true, None),
        (2, true, true, None),
        (1, true, false, Some(vec![3, 0, 2])),
        (2, false, true, Some(vec![1, 3, 2])),
    ]
    .into_iter()
    .enumerate()
    {
        let config = RecurrentConfig { layers, bidirectional, bias, ..RecurrentConfig::new(2, 3) };
        let mut flat = Flat { net: new(&config), shape: [3, 3, 2], lengths };
        let x = random(&[flat.size()], first_seed + seed as u64);
        gradcheck(&mut flat, &x);
    }
}

fn rng() -> Rng {
    Rng::new(1, "weights")
}

#[test]
fn gradcheck_recurrent_rnn() {
    check(0, |config| Rnn::new(Nonlinearity::Tanh, config, &mut rng()).to_f64());
    // With this seed, no state lies within a step of the check of the kink.
    check(10, |config| Rnn::new(Nonlinearity::Relu, config, &mut rng()).to_f64());
}

#[test]
fn gradcheck_recurrent_lstm() {
    check(0, |config| Lstm::new(config, &mut rng()).to_f64());
}

#[test]
fn gradcheck_recurrent_gru() {
    check(0, |config| Gru::new(config, &mut rng()).to_f64());
}

/// A classifier as a layer: token numbers come as floats and are rounded; the steps of the check never change one, so their
/// gradient is 0.
struct Rounded<T: Float>(LstmClassifier<T>, Array<bool>);

impl Rounded<f64> {
    fn tokens(&self, ids: &Array<f64>) -> Tokens {
        Tokens { ids: ids.map_to(|id| id.round() as i64), mask: self.1.clone() }
    }
}

impl Layer<f64> for Rounded<f64> {
    fn forward(&mut self, ids: Array<f64>) -> Array<f64> {
        let tokens = self.tokens(&ids);
        self.0.forward(&tokens)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad);
        self.1.to_number::<f64>() * 0.0
    }
    fn infer(&self, ids: Array<f64>) -> Array<f64> {
        self.0.infer(&self.tokens(&ids))
    }
}

impl Module<f64> for Rounded<f64> {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

#[test]
fn gradcheck_lstm_classifier() {
    let config = LstmClassifierConfig {
        vocabulary: 5,
        embedding: 2,
        hidden: 3,
        layers: 1,
        classes: 3,
        ..LstmClassifierConfig::default()
    };
    let model = LstmClassifier::new(&config, &mut rng()).to_f64();
    // One text ends early, one has a gap, one has no token at all.
    let mask = Array::from([[true, true, true], [true, false, false], [true, false, true], [false; 3]]);
    let mut draw = Rng::new(3, "tokens");
    let ids = Array::from_fn([4, 3], |_| draw.below(5) as f64);
    gradcheck(&mut Rounded(model, mask), &ids);
}
