//! The cells and attention: gradients against finite differences, f32 against f64, and that the fast layers compute what the
//! readable cells do.

use ch01_tensors::{Array, Float, Rng, Tensor};
use ch05_backprop::{Layer, Module, Visitor, assert_close, assert_fast, for_each_param, gradcheck};
use ch18_recurrent::{
    AdditiveAttention, Gru, GruCell, Lstm, LstmCell, Nonlinearity, RecurrentConfig, Rnn, RnnCell, State,
};

use crate::support::random;

const INPUT: usize = 2;
const HIDDEN: usize = 3;

fn rng() -> Rng {
    Rng::new(7, "weights")
}

/// A cell or attention as a function of one array, whose columns are its inputs side by side.
struct Columns<M, const N: usize, F, B, I> {
    module: M,
    widths: [usize; N],
    outputs: Vec<usize>,
    forward: F,
    backward: B,
    infer: I,
}

fn columns<T: Float>(x: &Array<T>, widths: &[usize]) -> Vec<Array<T>> {
    x.split(widths, 1).map(Array::contiguous).collect()
}

fn beside<T: Float>(parts: Vec<Array<T>>) -> Array<T> {
    Array::concat(&parts.iter().collect::<Vec<_>>(), 1)
}

impl<T: Float, M, const N: usize, F, B, I> Layer<T> for Columns<M, N, F, B, I>
where
    M: Module<T>,
    F: Fn(&mut M, Vec<Array<T>>) -> Vec<Array<T>> + Send + Sync,
    B: Fn(&mut M, Vec<Array<T>>) -> Vec<Array<T>> + Send + Sync,
    I: Fn(&M, Vec<Array<T>>) -> Vec<Array<T>> + Send + Sync,
{
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        beside((self.forward)(&mut self.module, columns(&x, &self.widths)))
    }
    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        beside((self.backward)(&mut self.module, columns(&grad, &self.outputs)))
    }
    fn infer(&self, x: Array<T>) -> Array<T> {
        beside((self.infer)(&self.module, columns(&x, &self.widths)))
    }
}

impl<T: Float, M: Module<T>, const N: usize, F, B, I> Module<T> for Columns<M, N, F, B, I>
where
    F: Send + Sync,
    B: Send + Sync,
    I: Send + Sync,
{
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.module.visit(visitor);
    }
}

fn take<T: Float, const N: usize>(parts: Vec<Array<T>>) -> [Array<T>; N] {
    parts.try_into().expect("as many as there are widths")
}

fn rnn<T: Float>(cell: RnnCell<T>) -> impl Layer<T> {
    Columns {
        module: cell,
        widths: [INPUT, HIDDEN],
        outputs: vec![HIDDEN],
        forward: |cell: &mut RnnCell<T>, parts| {
            let [x, h] = take(parts);
            vec![cell.forward(x, h)]
        },
        backward: |cell: &mut RnnCell<T>, parts| {
            let [grad] = take(parts);
            let (dx, dh) = cell.backward(grad);
            vec![dx, dh]
        },
        infer: |cell: &RnnCell<T>, parts| {
            let [x, h] = take(parts);
            vec![cell.infer(&x, &h)]
        },
    }
}

fn lstm<T: Float>(cell: LstmCell<T>) -> impl Layer<T> {
    Columns {
        module: cell,
        widths: [INPUT, HIDDEN, HIDDEN],
        outputs: vec![HIDDEN, HIDDEN],
        forward: |cell: &mut LstmCell<T>, parts| {
            let [x, h, c] = take(parts);
            let (h, c) = cell.forward(x, h, c);
            vec![h, c]
        },
        backward: |cell: &mut LstmCell<T>, parts| {
            let [dh, dc] = take(parts);
            let (dx, dh, dc) = cell.backward(&dh, &dc);
            vec![dx, dh, dc]
        },
        infer: |cell: &LstmCell<T>, parts| {
            let [x, h, c] = take(parts);
            let (h, c) = cell.infer(&x, &h, &c);
            vec![h, c]
        },
    }
}

fn gru<T: Float>(cell: GruCell<T>) -> impl Layer<T> {
    Columns {
        module: cell,
        widths: [INPUT, HIDDEN],
        outputs: vec![HIDDEN],
        forward: |cell: &mut GruCell<T>, parts| {
            let [x, h] = take(parts);
            vec![cell.forward(x, h)]
        },
        backward: |cell: &mut GruCell<T>, parts| {
            let [grad] = take(parts);
            let (dx, dh) = cell.backward(&grad);
            vec![dx, dh]
        },
        infer: |cell: &GruCell<T>, parts| {
            let [x, h] = take(parts);
            vec![cell.infer(&x, &h)]
        },
    }
}

/// Queries of 2 and three keys of 3 each, side by side; the last key of every second sequence is hidden.
fn attention<T: Float>(layer: AdditiveAttention<T>) -> impl Layer<T> {
    fn parts<T: Float>(parts: Vec<Array<T>>) -> (Array<T>, Array<T>, Array<bool>) {
        let [query, keys] = take(parts);
        let batch = query.dim(0);
        let mask = Array::from_fn([batch, 3], |at| at[1] < 2 || at[0] % 2 == 0);
        (query, keys.reshape([batch, 3, HIDDEN]), mask)
    }
    Columns {
        module: layer,
        widths: [INPUT, 3 * HIDDEN],
        outputs: vec![HIDDEN],
        forward: |layer: &mut AdditiveAttention<T>, inputs| {
            let (query, keys, mask) = parts(inputs);
            let [context, _] = layer.forward(query, keys, &mask);
            vec![context]
        },
        backward: |layer: &mut AdditiveAttention<T>, grads| {
            let [grad] = take(grads);
            let (dquery, dkeys) = layer.backward(&grad);
            let batch = dquery.dim(0);
            vec![dquery, dkeys.reshape([batch, 3 * HIDDEN])]
        },
        infer: |layer: &AdditiveAttention<T>, inputs| {
            let (query, keys, mask) = parts(inputs);
            let [context, _] = layer.infer(query, &keys, &mask);
            vec![context]
        },
    }
}

#[test]
fn gradcheck_rnn_cell() {
    for nonlinearity in [Nonlinearity::Tanh, Nonlinearity::Relu] {
        let cell = RnnCell::new(nonlinearity, INPUT, HIDDEN, &mut rng()).to_f64();
        // With this seed no number before ReLU lies within a step of the check of 0.
        gradcheck(&mut rnn(cell), &random(&[4, INPUT + HIDDEN], 2));
    }
}

#[test]
fn gradcheck_lstm_cell() {
    let cell = LstmCell::new(INPUT, HIDDEN, &mut rng()).to_f64();
    gradcheck(&mut lstm(cell), &random(&[4, INPUT + 2 * HIDDEN], 0));
}

#[test]
fn gradcheck_gru_cell() {
    let cell = GruCell::new(INPUT, HIDDEN, &mut rng()).to_f64();
    gradcheck(&mut gru(cell), &random(&[4, INPUT + HIDDEN], 0));
}

#[test]
fn gradcheck_additive_attention() {
    let layer = AdditiveAttention::new(INPUT, HIDDEN, 4, &mut rng()).to_f64();
    gradcheck(&mut attention(layer), &random(&[4, INPUT + 3 * HIDDEN], 0));
}

/// Sums of a few terms of order 1, a dozen roundings of 2^-24.
const FAST: f64 = 1e-5;

#[test]
fn fast_rnn_cell_against_plain() {
    let fast = RnnCell::new(Nonlinearity::Tanh, INPUT, HIDDEN, &mut rng());
    let plain = fast.to_f64();
    assert_fast(&mut rnn(fast), &mut rnn(plain), &random::<f32>(&[37, INPUT + HIDDEN], 1), FAST);
}

#[test]
fn fast_lstm_cell_against_plain() {
    let fast = LstmCell::new(INPUT, HIDDEN, &mut rng());
    let plain = fast.to_f64();
    assert_fast(&mut lstm(fast), &mut lstm(plain), &random::<f32>(&[37, INPUT + 2 * HIDDEN], 1), FAST);
}

#[test]
fn fast_gru_cell_against_plain() {
    let fast = GruCell::new(INPUT, HIDDEN, &mut rng());
    let plain = fast.to_f64();
    assert_fast(&mut gru(fast), &mut gru(plain), &random::<f32>(&[37, INPUT + HIDDEN], 1), FAST);
}

#[test]
fn fast_additive_attention_against_plain() {
    let fast = AdditiveAttention::new(INPUT, HIDDEN, 4, &mut rng());
    let plain = fast.to_f64();
    let x = random::<f32>(&[37, INPUT + 3 * HIDDEN], 1);
    assert_fast(&mut attention(fast), &mut attention(plain), &x, FAST);
}

/// Gives a cell the weights of a layer: their names differ by `_l0`.
fn share(layer: &mut dyn Module<f64>, cell: &mut dyn Module<f64>) {
    let mut values = Vec::new();
    for_each_param(layer, |_, param| values.push(param.value.clone()));
    let mut values = values.into_iter();
    for_each_param(cell, |_, param| param.value = values.next().unwrap());
}

fn gradients(module: &mut dyn Module<f64>) -> Vec<Array<f64>> {
    let mut found = Vec::new();
    for_each_param(module, |_, param| found.push(param.grad.clone()));
    found
}

#[test]
fn property_lstm_cell_repeated_is_the_layer() {
    let mut layer = Lstm::new(&RecurrentConfig::new(INPUT, HIDDEN), &mut rng()).to_f64();
    let mut cell = LstmCell::new(INPUT, HIDDEN, &mut rng()).to_f64();
    share(&mut layer, &mut cell);
    let (x, grad): (Array<f64>, Array<f64>) = (random(&[4, 6, INPUT], 0), random(&[4, 6, HIDDEN], 1));
    let (y, last) = layer.forward_with(&x, None, None);
    let zeros = layer.zero_state(4);
    let (dx, _) = layer.backward_with(&grad, Some(&State { cell: last.cell.clone(), ..zeros.clone() }));
    let (mut h, mut c) = (zeros.hidden.slice(0), zeros.hidden.slice(0));
    for t in 0..6 {
        (h, c) = cell.forward(x.slice((.., t)).contiguous(), h, c);
        assert_close("h", &h, &y.slice((.., t)), 1e-12);
    }
    let last_cell = last.cell.unwrap().slice(0);
    assert_close("c", &c, &last_cell, 1e-12);
    let (mut dh, mut dc) = (h.zeros_like(), last_cell);
    for t in (0..6).rev() {
        let (dx_t, before, cell_before) = cell.backward(&(dh + &grad.slice((.., t))), &dc);
        (dh, dc) = (before, cell_before);
        assert_close("dx", &dx_t, &dx.slice((.., t)), 1e-12);
    }
    for (ours, theirs) in gradients(&mut layer).iter().zip(&gradients(&mut cell)) {
        assert_close("weights", ours, theirs, 1e-11);
    }
}

#[test]
fn property_gru_cell_repeated_is_the_layer() {
    let mut layer = Gru::new(&RecurrentConfig::new(INPUT, HIDDEN), &mut rng()).to_f64();
    let mut cell = GruCell::new(INPUT, HIDDEN, &mut rng()).to_f64();
    share(&mut layer, &mut cell);
    let (x, grad): (Array<f64>, Array<f64>) = (random(&[4, 6, INPUT], 0), random(&[4, 6, HIDDEN], 1));
    let (y, dx) = (layer.forward(x.clone()), layer.backward(grad.clone()));
    let mut h = Array::zeros([4, HIDDEN]);
    for t in 0..6 {
        h = cell.forward(x.slice((.., t)).contiguous(), h);
        assert_close("h", &h, &y.slice((.., t)), 1e-12);
    }
    let mut dh = h.zeros_like();
    for t in (0..6).rev() {
        let (dx_t, before) = cell.backward(&(dh + &grad.slice((.., t))));
        dh = before;
        assert_close("dx", &dx_t, &dx.slice((.., t)), 1e-12);
    }
    for (ours, theirs) in gradients(&mut layer).iter().zip(&gradients(&mut cell)) {
        assert_close("weights", ours, theirs, 1e-11);
    }
}

#[test]
fn property_rnn_cell_repeated_is_the_layer() {
    for nonlinearity in [Nonlinearity::Tanh, Nonlinearity::Relu] {
        let mut layer = Rnn::new(nonlinearity, &RecurrentConfig::new(INPUT, HIDDEN), &mut rng()).to_f64();
        let mut cell = RnnCell::new(nonlinearity, INPUT, HIDDEN, &mut rng()).to_f64();
        share(&mut layer, &mut cell);
        let (x, grad): (Array<f64>, Array<f64>) = (random(&[4, 6, INPUT], 0), random(&[4, 6, HIDDEN], 1));
        let (y, dx) = (layer.forward(x.clone()), layer.backward(grad.clone()));
        let mut h = Array::zeros([4, HIDDEN]);
        for t in 0..6 {
            h = cell.forward(x.slice((.., t)).contiguous(), h);
            assert_close("h", &h, &y.slice((.., t)), 1e-12);
        }
        let mut dh = h.zeros_like();
        for t in (0..6).rev() {
            let (dx_t, before) = cell.backward(dh + &grad.slice((.., t)));
            dh = before;
            assert_close("dx", &dx_t, &dx.slice((.., t)), 1e-12);
        }
    }
}

/// The order of the keys does not matter, hidden keys do not matter, and weights are shares.
#[test]
fn property_additive_attention_forgets_the_order_of_keys() {
    let layer = AdditiveAttention::new(INPUT, HIDDEN, 5, &mut rng());
    let (query, keys): (Tensor, Tensor) = (random(&[2, INPUT], 0), random(&[2, 4, HIDDEN], 1));
    let mask = Array::from([[true, true, true, false], [true, true, true, false]]);
    let [context, weights] = layer.infer(query.clone(), &keys, &mask);
    let order = Array::from([2i64, 0, 1, 3]);
    let mut turned = keys.index_select(1, &order);
    turned.assign_slice((.., 3), &Tensor::full([2, HIDDEN], 1e6));
    let [same, moved] = layer.infer(query, &turned, &mask);
    assert_close("context", &same, &context, 1e-6);
    assert_close("weights", &moved, &weights.index_select(1, &order), 1e-6);
    for b in 0..2 {
        let sum: f32 = (0..4).map(|t| weights[[b, t]]).sum();
        assert!((sum - 1.0).abs() < 1e-6 && weights[[b, 3]] == 0.0, "weights of {b}: sum {sum}");
    }
}
