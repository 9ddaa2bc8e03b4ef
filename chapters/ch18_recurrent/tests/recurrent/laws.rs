//! Laws that hold for any input, and f32 against f64.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Module, assert_close, assert_fast, for_each_param, zero_grad};
use ch13_data::Tokens;
use ch17_embeddings::{masked_mean, masked_mean_backward};
use ch18_recurrent::{
    Gru, Kind, Lstm, LstmClassifier, LstmClassifierConfig, Nonlinearity, Packing, Recurrent, RecurrentConfig,
    Rnn, packed_mean, packed_mean_backward,
};
use proptest::prelude::*;

use crate::support::random;

fn rng() -> Rng {
    Rng::new(1, "weights")
}

fn both_ways(input: usize, hidden: usize, layers: usize) -> RecurrentConfig {
    RecurrentConfig { layers, bidirectional: true, ..RecurrentConfig::new(input, hidden) }
}

/// A padded batch computes what each sequence computes alone: outputs, last state, and gradients of the parameters added
/// up. Whatever the padding holds.
fn check_alone<K: Kind>(mut net: Recurrent<K, f64>, lengths: &[usize], seed: u64) {
    let (time, batch) = (5, lengths.len());
    let config = net.config().clone();
    let x: Array<f64> = random(&[batch, time, config.input], seed);
    let grad: Array<f64> = random(&[batch, time, config.directions() * config.hidden], seed + 1);
    let (y, last) = net.forward_with(&x, None, Some(lengths));
    let (dx, _) = net.backward_with(&grad, None);
    let mut together = Vec::new();
    for_each_param(&mut net, |_, param| together.push(param.grad.copy()));
    zero_grad(&mut net);
    for (b, &length) in lengths.iter().enumerate() {
        let one = |array: &Array<f64>, length: usize| array.narrow(0, b, 1).narrow(1, 0, length).contiguous();
        let (alone, alone_last) = net.forward_with(&one(&x, length), None, None);
        let (alone_dx, _) = net.backward_with(&one(&grad, length), None);
        assert_close("output", &one(&y, length), &alone, 1e-12);
        assert_close("input gradient", &one(&dx, length), &alone_dx, 1e-12);
        assert_close("last state", &last.hidden.narrow(1, b, 1).contiguous(), &alone_last.hidden, 1e-12);
        let padding = |array: &Array<f64>| {
            array.narrow(0, b, 1).narrow(1, length, time - length).iter().all(|x| x == 0.0)
        };
        assert!(padding(&y) && padding(&dx), "padding is 0, and so is its gradient");
    }
    let mut together = together.iter();
    for_each_param(&mut net, |path, param| {
        assert_close(&format!("gradient of {path}"), &param.grad, together.next().unwrap(), 1e-11);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn property_recurrent_batches_compute_what_each_sequence_computes_alone(
        lengths in prop::collection::vec(0usize..6, 1..5), seed in 0u64..1000
    ) {
        check_alone(Lstm::new(&both_ways(2, 3, 2), &mut rng()).to_f64(), &lengths, seed);
        check_alone(Gru::new(&both_ways(2, 3, 2), &mut rng()).to_f64(), &lengths, seed);
        let rnn = Rnn::new(Nonlinearity::Tanh, &both_ways(2, 3, 1), &mut rng());
        check_alone(rnn.to_f64(), &lengths, seed);
    }

    #[test]
    fn property_packed_mean_is_the_mean_of_each(lengths in prop::collection::vec(0usize..6, 1..6), seed in 0u64..1000) {
        let batch = lengths.len();
        let packing = Packing::new(Some(&lengths), batch, 6, true);
        let mask = Array::from_fn([batch, 6], |at| at[1] < lengths[at[0]]);
        let (x, grad): (Array<f64>, Array<f64>) = (random(&[batch, 6, 3], seed), random(&[batch, 3], seed + 1));
        assert_close("mean", &packed_mean(&packing.pack(&x), &packing), &masked_mean(&x, &mask), 1e-14);
        let dx = packing.unpack(&packed_mean_backward(&grad, &packing));
        assert_close("gradient", &dx, &masked_mean_backward(&grad, &mask), 1e-14);
    }

    #[test]
    fn property_packing_there_and_back(lengths in prop::collection::vec(0usize..6, 0..6), batch_first in any::<bool>()) {
        let batch = lengths.len();
        let packing = Packing::new(Some(&lengths), batch, 5.max(lengths.iter().copied().max().unwrap_or(0)), batch_first);
        prop_assert_eq!(packing.rows(), lengths.iter().sum::<usize>());
        let packed: Array<f64> = random(&[packing.rows(), 2], 0);
        prop_assert_eq!(packing.pack(&packing.unpack(&packed)), packed);
    }
}

/// Reading a sequence backwards is reading the reversed sequence forwards.
#[test]
fn property_recurrent_reverse_direction_reads_backwards() {
    let mut net = Lstm::new(&both_ways(3, 4, 1), &mut rng());
    // Both directions get the weights of the first.
    let mut first = Vec::new();
    for_each_param(&mut net, |_, param| first.push(param.value.clone()));
    let mut place = 0;
    for_each_param(&mut net, |_, param| {
        param.value = first[place % 4].clone();
        place += 1;
    });
    let x = random::<f32>(&[2, 6, 3], 0);
    let backwards = |x: &Tensor| x.index_select(1, &Array::arange(x.dim(1) as i64 - 1, -1, -1));
    let (y, turned) = (net.infer(x.clone()), backwards(&net.infer(backwards(&x))));
    let (forward, reverse) = (y.narrow(2, 0, 4).contiguous(), turned.narrow(2, 4, 4).contiguous());
    assert_eq!(forward, reverse);
}

/// f32 against f64: gates are smooth and flatten errors; sums of 40 terms over 12 steps, some hundred roundings of 2^-24.
/// Sizes above and below a vector.
fn check_fast<K: Kind>(new: impl Fn(&RecurrentConfig) -> Recurrent<K>) {
    for (input, hidden, layers, bidirectional) in [(7, 33, 1, true), (40, 16, 2, false), (3, 5, 2, true)] {
        let config = RecurrentConfig { layers, bidirectional, ..RecurrentConfig::new(input, hidden) };
        let mut fast = new(&config);
        let mut plain = fast.to_f64();
        assert_fast(&mut fast, &mut plain, &random::<f32>(&[9, 12, input], 0), 5e-5);
    }
}

#[test]
fn fast_recurrent_against_plain() {
    check_fast(|config| Lstm::new(config, &mut rng()));
    check_fast(|config| Gru::new(config, &mut rng()));
    check_fast(|config| Rnn::new(Nonlinearity::Tanh, config, &mut rng()));
    check_fast(|config| Rnn::new(Nonlinearity::Relu, config, &mut rng()));
}

fn classifier() -> LstmClassifier {
    let config =
        LstmClassifierConfig { vocabulary: 30, embedding: 20, hidden: 24, ..LstmClassifierConfig::default() };
    LstmClassifier::new(&config, &mut rng())
}

fn tokens(batch: usize, time: usize) -> Tokens {
    let mut rng = Rng::new(5, "tokens");
    let lengths: Vec<usize> = (0..batch).map(|_| 1 + rng.below(time)).collect();
    let ids = Array::from_fn([batch, time], |_| rng.below(30) as i64);
    Tokens { ids, mask: Array::from_fn([batch, time], |at| at[1] < lengths[at[0]]) }
}

#[test]
fn fast_lstm_classifier_against_plain() {
    let (mut fast, input) = (classifier(), tokens(6, 15));
    let mut plain = fast.to_f64();
    assert_close("logits", &fast.forward(&input), &plain.forward(&input), 5e-5);
    let grad: Tensor = random(&[6, 2], 1);
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    let mut gradients = Vec::new();
    for_each_param(&mut plain, |_, param| gradients.push(param.grad.clone()));
    let mut gradients = gradients.iter();
    for_each_param(&mut fast, |path, param| {
        assert_close(&path.to_string(), &param.grad, gradients.next().unwrap(), 5e-5);
    });
}

#[test]
fn property_lstm_classifier_ignores_padding() {
    let (model, input) = (classifier(), tokens(4, 9));
    let logits = model.infer(&input);
    // Other tokens at padded places, and more of them.
    let wide =
        |array: &Array<i64>| Array::from_fn([4, 12], |at| if at[1] < 9 { array[[at[0], at[1]]] } else { 7 });
    let ids = Array::from_fn([4, 12], |at| {
        let real = at[1] < 9 && input.mask[[at[0], at[1]]];
        if real { wide(&input.ids)[[at[0], at[1]]] } else { 29 }
    });
    let mask = Array::from_fn([4, 12], |at| at[1] < 9 && input.mask[[at[0], at[1]]]);
    assert_eq!(model.infer(&Tokens { ids, mask }), logits);
    // Each text by itself.
    for b in 0..4 {
        let one = Tokens { ids: input.ids.narrow(0, b, 1), mask: input.mask.narrow(0, b, 1) };
        assert_close("a text alone", &model.infer(&one), &logits.narrow(0, b, 1).contiguous(), 1e-5);
    }
}

#[test]
fn names_are_those_of_pytorch() {
    let mut net = Gru::new(&both_ways(2, 3, 2), &mut rng());
    let mut names = Vec::new();
    for_each_param(&mut net as &mut dyn Module, |path, _| names.push(path.to_string()));
    assert_eq!(names[..2], ["weight_ih_l0", "weight_hh_l0"]);
    assert_eq!(names[4], "weight_ih_l0_reverse");
    assert_eq!(names[15], "bias_hh_l1_reverse");
    assert_eq!(names.len(), 16);
}

/// One sequence step by step, as when a model writes: products of a single row, with a state, at a size of many vectors. f32
/// against f64, and against the whole sequence at once.
#[test]
fn fast_recurrent_reads_one_sequence_step_by_step() {
    let net = Lstm::new(&RecurrentConfig::new(64, 256), &mut rng());
    let plain = net.to_f64();
    let x: Tensor = random(&[1, 8, 64], 0);
    let (whole, _) = plain.infer_with(&x.to_f64(), None, None);
    assert_close("at once", &net.infer(x.clone()), &whole, 5e-5);
    let (first, mut state) = net.infer_with(&x.narrow(1, 0, 3), None, None);
    assert_close("the beginning", &first, &whole.narrow(1, 0, 3).contiguous(), 5e-5);
    for t in 3..8 {
        let (y, next) = net.infer_with(&x.narrow(1, t, 1), Some(&state), None);
        assert_close("a step", &y, &whole.narrow(1, t, 1).contiguous(), 5e-5);
        state = next;
    }
}
