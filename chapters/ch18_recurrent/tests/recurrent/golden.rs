//! Values and gradients against PyTorch's (made by tests/golden/make_ch18.py).
//!
//! Both sides compute in f32, in different orders. A step sums a dozen terms of order 1, and gates flatten errors; six steps
//! through three layers chain some dozens of roundings: 2e-5 absolute plus relative leaves room for hundreds.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::assert_close;
use ch13_data::Tokens;
use ch18_recurrent::{
    Gru, Kind, Lstm, LstmClassifier, LstmClassifierConfig, Nonlinearity, Recurrent, RecurrentConfig, Rnn,
    State,
};

use crate::support::Golden;

const TOLERANCE: f64 = 2e-5;

fn rng() -> Rng {
    Rng::new(0, "replaced by PyTorch's weights")
}

/// All cases of a kind: outputs and last state, of training and of use, and the gradients of everything.
fn check<K: Kind>(kind: &str, new: impl Fn(&RecurrentConfig) -> Recurrent<K>) {
    let golden = Golden::read();
    for case in (0..7).map(|i| format!("{kind}.{i}")) {
        let get = |name: &str| golden.tensor(&format!("{case}.{name}"));
        let options = golden.get(&format!("{case}.options")).i64().unwrap();
        let at = |i: usize| options[[i]] as usize;
        let config = RecurrentConfig {
            input: at(0),
            hidden: at(1),
            layers: at(2),
            bidirectional: at(3) == 1,
            bias: at(4) == 1,
            batch_first: at(5) == 1,
            dropout: 0.0,
        };
        let mut net = new(&config);
        golden.load(&case, &mut net);
        let lengths = golden.find(&format!("{case}.lengths")).map(|lengths| lengths.i64().unwrap());
        let lengths: Option<Vec<usize>> = lengths.map(|all| all.iter().map(|n| n as usize).collect());
        let state = |h: &str, c: &str| State { hidden: get(h), cell: K::CELL.then(|| get(c)) };
        let start = golden.find(&format!("{case}.h0")).map(|_| state("h0", "c0"));
        let close = |what: &str, ours: &Tensor, theirs: &str| {
            assert_close(&format!("{case}, {what}"), ours, &get(theirs), TOLERANCE);
        };
        let (y, last) = net.infer_with(&get("x"), start.as_ref(), lengths.as_deref());
        close("infer", &y, "y");
        close("infer, last h", &last.hidden, "hn");
        let (y, last) = net.forward_with(&get("x"), start.as_ref(), lengths.as_deref());
        close("forward", &y, "y");
        close("last h", &last.hidden, "hn");
        if let Some(cell) = &last.cell {
            close("last c", cell, "cn");
        }
        let (dx, dstate) = net.backward_with(&get("grad"), Some(&state("dhn", "dcn")));
        close("input gradient", &dx, "dx");
        if start.is_some() {
            close("gradient of the first h", &dstate.hidden, "dh0");
            if let Some(cell) = &dstate.cell {
                close("gradient of the first c", cell, "dc0");
            }
        }
        golden.assert_gradients(&case, &mut net, TOLERANCE);
    }
}

#[test]
fn golden_recurrent_rnn() {
    check("tanh", |config| Rnn::new(Nonlinearity::Tanh, config, &mut rng()));
    check("relu", |config| Rnn::new(Nonlinearity::Relu, config, &mut rng()));
}

#[test]
fn golden_recurrent_lstm() {
    check("lstm", |config| Lstm::new(config, &mut rng()));
}

#[test]
fn golden_recurrent_gru() {
    check("gru", |config| Gru::new(config, &mut rng()));
}

/// The whole model, and with it the mean over packed rows.
#[test]
fn golden_lstm_classifier() {
    let golden = Golden::read();
    for case in ["classifier.0", "classifier.1"] {
        let layers = golden.get(&format!("{case}.layers")).i64().unwrap().item() as usize;
        let config = LstmClassifierConfig {
            vocabulary: 11,
            embedding: 4,
            hidden: 3,
            layers,
            classes: 3,
            ..LstmClassifierConfig::default()
        };
        let mut model = LstmClassifier::new(&config, &mut rng());
        golden.load(case, &mut model);
        let input = Tokens {
            ids: golden.get(&format!("{case}.ids")).i64().unwrap(),
            mask: golden.get(&format!("{case}.real")).bool().unwrap(),
        };
        let y = golden.tensor(&format!("{case}.y"));
        assert_close(&format!("{case}, infer"), &model.infer(&input), &y, TOLERANCE);
        assert_close(&format!("{case}, forward"), &model.forward(&input), &y, TOLERANCE);
        model.backward(golden.tensor(&format!("{case}.grad")));
        golden.assert_gradients(case, &mut model, TOLERANCE);
    }
}
