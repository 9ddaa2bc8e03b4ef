//! Chunks, streams, and the encoder with its decoder.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Module, Visitor, assert_close, for_each_param, gradcheck, zero_grad};
use ch13_data::Tokens;
use ch18_recurrent::{
    BothWays, Gru, Lstm, RecurrentConfig, Seq2Seq, Seq2SeqConfig, backward_chunks, forward_chunks,
};

use crate::support::random;

fn lstm(layers: usize, bidirectional: bool) -> Lstm<f64> {
    let config = RecurrentConfig { layers, bidirectional, ..RecurrentConfig::new(2, 3) };
    Lstm::new(&config, &mut Rng::new(3, "weights")).to_f64()
}

fn gradients(module: &mut dyn Module<f64>) -> Vec<Array<f64>> {
    let mut found = Vec::new();
    for_each_param(module, |_, param| found.push(param.grad.copy()));
    zero_grad(module);
    found
}

#[test]
fn chunks_with_carried_gradients_are_the_whole_sequence() {
    let mut net = lstm(2, false);
    let (x, grad): (Array<f64>, Array<f64>) = (random(&[3, 7, 2], 0), random(&[3, 7, 3], 1));
    let (y, dx) = (net.forward(x.clone()), net.backward(grad.clone()));
    let whole = gradients(&mut net);
    for length in [1, 3, 7, 10] {
        assert_close("outputs", &forward_chunks(&mut net, &x, length), &y, 1e-12);
        let chunked = backward_chunks(&mut net, &grad, length, false);
        assert_close("input gradient", &chunked, &dx, 1e-12);
        for (ours, theirs) in gradients(&mut net).iter().zip(&whole) {
            assert_close("parameters", ours, theirs, 1e-11);
        }
    }
}

#[test]
fn truncation_cuts_the_gradient_and_carries_the_state() {
    let mut net = lstm(1, false);
    let x: Array<f64> = random(&[1, 6, 2], 0);
    // Only the last output counts: its gradient reaches back to where its chunk begins.
    let mut grad = Array::zeros([1, 6, 3]);
    grad.assign_slice((.., 5), &Array::ones([1, 3]));
    let y = forward_chunks(&mut net, &x, 2);
    let dx = backward_chunks(&mut net, &grad, 2, true);
    let reached = |dx: &Array<f64>, t: usize| (0..2).any(|i| dx[[0, t, i]] != 0.0);
    assert_eq!([0, 1, 2, 3, 4, 5].map(|t| reached(&dx, t)), [false, false, false, false, true, true]);
    // The state is carried all the same: the first input changes the last output.
    let mut other = x.copy();
    other.data_mut()[0] += 1.0;
    let changed = forward_chunks(&mut net, &other, 2);
    assert!((0..3).all(|i| changed[[0, 5, i]] != y[[0, 5, i]]), "the last output knows of the first input");
}

/// Carried from chunk to chunk, the reverse direction would begin in the middle of the sequence.
#[test]
#[should_panic(expected = "need one direction, and [batch, time, input]")]
fn chunks_go_in_one_direction() {
    forward_chunks(&mut lstm(1, true), &random(&[1, 4, 2], 0), 2);
}

#[test]
fn a_stream_computes_what_the_whole_sequence_does() {
    let net = lstm(2, false);
    let x: Array<f64> = random(&[3, 9, 2], 0);
    let (y, last) = net.infer_with(&x, None, None);
    let mut stream = net.stream(3).unwrap();
    for t in 0..9 {
        let out = stream.step(&x.slice((.., t)).contiguous());
        assert_close("output", &out, &y.slice((.., t)), 1e-12);
    }
    assert_close("state", &stream.state.hidden, &last.hidden, 1e-12);
}

#[test]
fn a_network_in_both_directions_has_no_stream() {
    assert_eq!(lstm(1, true).stream(1).err(), Some(BothWays));
    assert!(BothWays.to_string().contains("has to know the end"));
}

/// Dropout between layers changes what training computes, and is not there in use; one layer has none.
#[test]
fn dropout_lies_between_layers_only() {
    let net = |layers| {
        let config = RecurrentConfig { layers, dropout: 0.5, ..RecurrentConfig::new(2, 8) };
        Gru::new(&config, &mut Rng::new(3, "weights"))
    };
    let x: Tensor = random(&[2, 5, 2], 0);
    let (mut one, mut two) = (net(1), net(2));
    assert_eq!(one.forward(x.clone()), one.infer(x.clone()), "nothing is dropped after the last layer");
    let trained = two.forward(x.clone());
    assert_ne!(trained, two.infer(x.clone()));
    assert!(trained.iter().all(|y| y != 0.0), "the outputs themselves are not dropped");
}

fn seq2seq() -> Seq2Seq {
    let config = Seq2SeqConfig { source: 5, target: 4, embedding: 2, hidden: 3 };
    Seq2Seq::new(&config, &mut Rng::new(5, "weights"))
}

/// Three sources of different lengths, and the right tokens before each step.
fn texts() -> (Tokens, Array<i64>) {
    let mask = Array::from([[true, true, true], [true, false, false], [true, true, false]]);
    let mut rng = Rng::new(6, "tokens");
    let ids = Array::from_fn([3, 3], |_| rng.below(5) as i64);
    (Tokens { ids, mask }, Array::from_fn([3, 2], |_| rng.below(4) as i64))
}

/// As a layer of nothing: it has token numbers as inputs, which have no gradient.
struct OnTexts(Seq2Seq<f64>);

impl Layer<f64> for OnTexts {
    fn forward(&mut self, _: Array<f64>) -> Array<f64> {
        let (source, before) = texts();
        self.0.forward(&source, &before)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad);
        Array::zeros([1])
    }
    fn infer(&self, _: Array<f64>) -> Array<f64> {
        Array::zeros([3, 2, 4])
    }
}

impl Module<f64> for OnTexts {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

#[test]
fn gradcheck_seq2seq() {
    gradcheck(&mut OnTexts(seq2seq().to_f64()), &Array::zeros([1]));
}

#[test]
fn fast_seq2seq_against_plain() {
    let (mut fast, (source, before)) = (seq2seq(), texts());
    let mut plain = fast.to_f64();
    // Chains of two steps of a dozen roundings each.
    assert_close("logits", &fast.forward(&source, &before), &plain.forward(&source, &before), 2e-5);
    let grad: Tensor = random(&[3, 2, 4], 1);
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    let plain = gradients(&mut plain);
    let mut plain = plain.iter();
    for_each_param(&mut fast, |path, param| {
        assert_close(&path.to_string(), &param.grad, plain.next().unwrap(), 2e-5);
    });
}

/// With the tokens that it chose itself as the right ones, teacher forcing computes the same logits: so their largest are
/// those tokens.
#[test]
fn property_seq2seq_translates_as_it_is_trained() {
    let (mut net, (source, _)) = (seq2seq(), texts());
    let (chosen, weights) = net.translate(&source, 0, 4);
    assert_eq!(weights.shape()[..], [3, 4, 3]);
    let before = Array::from_fn([3, 4], |at| if at[1] == 0 { 0 } else { chosen[[at[0], at[1] - 1]] });
    assert_eq!(net.forward(&source, &before).argmax(2, false), chosen);
}
