//! Values and gradients against PyTorch's (made by tests/golden/make_ch18.py).
//!
//! Both sides compute in f32, in different orders. A step sums a dozen terms of order 1, and gates flatten errors; six steps
//! through three layers chain some dozens of roundings: 2e-5 absolute plus relative leaves room for hundreds.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::assert_close;
use ch13_data::Tokens;
use ch18_recurrent::{
    AdditiveAttention, Gru, GruCell, Kind, Lstm, LstmCell, LstmClassifier, LstmClassifierConfig,
    Nonlinearity, Recurrent, RecurrentConfig, Rnn, RnnCell, Seq2Seq, Seq2SeqConfig, State,
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

/// Both cases of a cell; `step` runs it forwards and backwards and compares.
fn cells(kind: &str, step: impl Fn(&Golden, &str, [usize; 2])) {
    let golden = Golden::read();
    for case in (0..2).map(|i| format!("{kind}_cell.{i}")) {
        let (x, h) = (golden.tensor(&format!("{case}.x")), golden.tensor(&format!("{case}.h")));
        step(&golden, &case, [x.dim(1), h.dim(1)]);
    }
}

#[test]
fn golden_rnn_cell() {
    for (kind, nonlinearity) in [("tanh", Nonlinearity::Tanh), ("relu", Nonlinearity::Relu)] {
        cells(kind, |golden, case, [input, hidden]| {
            let get = |name: &str| golden.tensor(&format!("{case}.{name}"));
            let mut cell = RnnCell::new(nonlinearity, input, hidden, &mut rng());
            golden.load(case, &mut cell);
            assert_close("h", &cell.forward(get("x"), get("h")), &get("hn"), TOLERANCE);
            let (dx, dh) = cell.backward(get("dhn"));
            assert_close("dx", &dx, &get("dx"), TOLERANCE);
            assert_close("dh", &dh, &get("dh"), TOLERANCE);
            golden.assert_gradients(case, &mut cell, TOLERANCE);
        });
    }
}

#[test]
fn golden_lstm_cell() {
    cells("lstm", |golden, case, [input, hidden]| {
        let get = |name: &str| golden.tensor(&format!("{case}.{name}"));
        let mut cell = LstmCell::new(input, hidden, &mut rng());
        golden.load(case, &mut cell);
        let (h, c) = cell.forward(get("x"), get("h"), get("c"));
        assert_close("h", &h, &get("hn"), TOLERANCE);
        assert_close("c", &c, &get("cn"), TOLERANCE);
        let (dx, dh, dc) = cell.backward(&get("dhn"), &get("dcn"));
        assert_close("dx", &dx, &get("dx"), TOLERANCE);
        assert_close("dh", &dh, &get("dh"), TOLERANCE);
        assert_close("dc", &dc, &get("dc"), TOLERANCE);
        golden.assert_gradients(case, &mut cell, TOLERANCE);
    });
}

#[test]
fn golden_gru_cell() {
    cells("gru", |golden, case, [input, hidden]| {
        let get = |name: &str| golden.tensor(&format!("{case}.{name}"));
        let mut cell = GruCell::new(input, hidden, &mut rng());
        golden.load(case, &mut cell);
        assert_close("h", &cell.forward(get("x"), get("h")), &get("hn"), TOLERANCE);
        let (dx, dh) = cell.backward(&get("dhn"));
        assert_close("dx", &dx, &get("dx"), TOLERANCE);
        assert_close("dh", &dh, &get("dh"), TOLERANCE);
        golden.assert_gradients(case, &mut cell, TOLERANCE);
    });
}

#[test]
fn golden_additive_attention() {
    let golden = Golden::read();
    for case in ["attention.0", "attention.1"] {
        let get = |name: &str| golden.tensor(&format!("{case}.{name}"));
        let real = golden.get(&format!("{case}.real")).bool().unwrap();
        let size = get("p.key.bias").dim(1);
        let mut layer = AdditiveAttention::new(get("q").dim(1), get("k").dim(2), size, &mut rng());
        golden.load(case, &mut layer);
        let [context, weights] = layer.infer(get("q"), &get("k"), &real);
        assert_close("infer", &context, &get("y"), TOLERANCE);
        assert_close("weights", &weights, &get("weights"), TOLERANCE);
        assert_close("context", &layer.forward(get("q"), get("k"), &real)[0], &get("y"), TOLERANCE);
        let (dq, dk) = layer.backward(&get("grad"));
        assert_close("query gradient", &dq, &get("dq"), TOLERANCE);
        assert_close("key gradient", &dk, &get("dk"), TOLERANCE);
        golden.assert_gradients(case, &mut layer, TOLERANCE);
    }
}

#[test]
fn golden_seq2seq() {
    let (golden, case) = (Golden::read(), "seq2seq.0");
    let ids = |name: &str| golden.get(&format!("{case}.{name}")).i64().unwrap();
    let config = Seq2SeqConfig { source: 7, target: 6, embedding: 3, hidden: 4 };
    let mut net = Seq2Seq::new(&config, &mut rng());
    golden.load(case, &mut net);
    let source = Tokens { ids: ids("ids"), mask: golden.get(&format!("{case}.real")).bool().unwrap() };
    let y = net.forward(&source, &ids("before"));
    assert_close("logits", &y, &golden.tensor(&format!("{case}.y")), TOLERANCE);
    net.backward(golden.tensor(&format!("{case}.grad")));
    golden.assert_gradients(case, &mut net, TOLERANCE);
}
