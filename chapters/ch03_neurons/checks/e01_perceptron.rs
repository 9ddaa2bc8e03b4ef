//! Checks exercise e01_perceptron.

#[allow(unused)]
#[path = "../exercises/e01_perceptron.rs"]
mod perceptron;

use ch00_start::check::close;
use perceptron::Perceptron;

fn example() -> Perceptron {
    Perceptron { weight: vec![1.0, -2.0, 0.5], bias: 0.25 }
}

#[test]
fn predictions() {
    let rows = [
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.125, 0.0],
        [-0.5, 0.0, 0.0],
        [1.0, 1.0, 1.0],
    ];
    let got: Vec<f64> = rows.iter().map(|x| example().predict(x)).collect();
    // The sums are 1.25, -1.75, 0.25, 0, -0.25 and -0.25.
    let want = [1.0, -1.0, 1.0, -1.0, -1.0, -1.0];
    close(
        "predict",
        &got,
        &want,
        0.0,
        &[
            ("the bias is missing from the sum", &[1.0, -1.0, -1.0, -1.0, -1.0, -1.0]),
            ("on the line, where the sum is 0, the answer is -1", &[1.0, -1.0, 1.0, 1.0, -1.0, -1.0]),
            ("+1 and -1 are exchanged", &[-1.0, 1.0, -1.0, 1.0, 1.0, 1.0]),
            ("this is the sum itself, without the threshold", &[1.25, -1.75, 0.25, 0.0, -0.25, -0.25]),
        ],
    );
}

fn state(perceptron: &Perceptron) -> Vec<f64> {
    perceptron.weight.iter().copied().chain([perceptron.bias]).collect()
}

#[test]
fn a_right_answer_changes_nothing() {
    let mut perceptron = example();
    let mistake = perceptron.learn(&[2.0, 0.0, 1.0], 1.0);
    close(
        "learn, an example that is right already",
        &state(&perceptron),
        &[1.0, -2.0, 0.5, 0.25],
        1e-12,
        &[("changed the weights although the prediction was right", &[3.0, -2.0, 1.5, 1.25])],
    );
    assert!(!mistake, "learn: returned true, but the prediction was right");
}

#[test]
fn a_mistake_moves_the_weights() {
    // A point above the line with label -1, and one below it with label +1.
    let mut perceptron = example();
    let mistake = perceptron.learn(&[2.0, 0.5, 1.0], -1.0);
    close(
        "learn, label -1",
        &state(&perceptron),
        &[-1.0, -2.5, -0.5, -0.75],
        1e-12,
        &[
            ("the bias did not learn", &[-1.0, -2.5, -0.5, 0.25]),
            ("added x whatever the label: the label gives the direction", &[3.0, -1.5, 1.5, 1.25]),
            ("added x whatever the label: the label gives the direction", &[3.0, -1.5, 1.5, -0.75]),
            (
                "moved the wrong way: the label, not the prediction, gives the direction",
                &[3.0, -1.5, 1.5, 1.25],
            ),
        ],
    );
    assert!(mistake, "learn: returned false, but the prediction was wrong");

    let mut perceptron = example();
    perceptron.learn(&[0.0, 1.0, 0.0], 1.0);
    close("learn, label +1", &state(&perceptron), &[1.0, -1.0, 0.5, 1.25], 1e-12, &[]);
}

#[test]
fn it_learns_and_not_or() {
    for labels in [[-1.0, -1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, -1.0]] {
        let x = ch01_tensors::Array::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
        let mut perceptron = Perceptron::new(2);
        let mistakes = perceptron.train(&x, &ch01_tensors::Array::from(labels), 100);
        assert_eq!(mistakes.last(), Some(&0), "train: labels {labels:?} are not learned in 100 epochs");
    }
}
