//! Checks exercise e06_label_smoothing.
#[allow(unused)]
#[path = "../exercises/e06_label_smoothing.rs"]
mod label_smoothing;

use ch00_start::check::close;
use ch01_tensors::Array;
use label_smoothing::smooth_labels;

#[test]
fn smooth() {
    let labels = Array::from([2i64, 0]);
    let rows = |hit: f64, miss: f64| [miss, miss, hit, miss, hit, miss, miss, miss];
    let got = smooth_labels::<f64>(&labels, 4, 0.2);
    assert_eq!(*got.shape(), [2, 4]);
    close(
        "smooth",
        &got.to_vec(),
        &rows(0.85, 0.05),
        1e-12,
        &[
            ("the true class gets its share of epsilon too: a row must add up to 1", &rows(0.8, 0.05)),
            (
                "epsilon is spread over all classes, the true one included, not over the others only",
                &rows(0.8, 0.2 / 3.0),
            ),
            ("every wrong class gets all of epsilon: divide it by the number of classes", &rows(0.8, 0.2)),
            ("every class gets all of epsilon: divide it by the number of classes", &rows(1.0, 0.2)),
            ("the label keeps all of its 1: take epsilon away first", &rows(1.05, 0.05)),
            ("epsilon is not used", &rows(1.0, 0.0)),
        ],
    );
}

#[test]
fn without_smoothing_it_is_one_hot() {
    let got = smooth_labels::<f64>(&Array::from([1i64]), 3, 0.0).to_vec();
    close("smooth with epsilon 0", &got, &[0.0, 1.0, 0.0], 0.0, &[]);
}
