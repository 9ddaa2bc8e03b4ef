//! The traps of the chapter: each with its symptom and its cure.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{Activation, Mlp, leaky_relu_backward, relu, relu_backward, sigmoid, softmax};

#[test]
fn logits_are_not_probabilities() {
    let logits = Array::from([2.0, 1.0, -1.0]);
    // Symptom: they do not add up to 1, some are negative, and "above one half" means something else.
    assert!(logits.iter().any(|z| !(0.0..=1.0).contains(&z)) && logits.sum_all() != 1.0);
    // The order is right all the same, so accuracy does not show the mistake.
    let p = softmax(logits.clone(), -1);
    assert!(p[[0]] > p[[1]] && p[[1]] > p[[2]]);
    // A logit of one half is a probability of 0.62; the border of one half is the logit 0.
    let unsure = sigmoid(Array::from([0.5, 0.0]));
    assert!(unsure[[0]] > 0.62 && unsure[[1]] == 0.5);
    // Softmax of what is a probability already flattens it: no class can then reach 0.58 of three.
    let twice = softmax(softmax(logits * 100.0, -1), -1);
    assert!(twice.max(.., false).item() < 0.58);
}

#[test]
fn sigmoids_in_deep_hidden_layers_let_nothing_through() {
    // Two inputs that differ, and ten layers: how much do the outputs differ? Seed 3.
    let left = |activation, gain| {
        let mut rng = Rng::new(3, "deep");
        let mlp = Mlp::<f64>::new(&[64; 12], activation, gain, &mut rng);
        let (a, b) = (Array::normal([8, 64], 0.0, 1.0, &mut rng), Array::normal([8, 64], 0.0, 1.0, &mut rng));
        let length = |x: Array<f64>| x.map(|x| x * x).sum_all().sqrt();
        let last = |x: &Array<f64>| mlp.trace(x)[10].after.clone();
        length(last(&a) - last(&b)) / length(a - b)
    };
    // Each sigmoid has a slope of at most 1/4, so eleven leave less than 4^-11 = 2.4e-7 times the weights' stretch.
    assert!(left(Activation::Sigmoid, 1.0) < 1e-5);
    assert!(left(Activation::Relu, 2f64.sqrt()) > 0.1);
}

#[test]
fn a_dead_unit_gets_no_gradient_and_a_leaky_one_does() {
    // Two units; the bias of the second was pushed far down. Seed 3.
    let x = Tensor::normal([1000, 8], 0.0, 1.0, &mut Rng::new(3, "x"));
    let mut mlp = Mlp::<f32>::new(&[8, 2, 1], Activation::Relu, 1.0, &mut Rng::new(3, "init"));
    mlp.layers[0].1 = Array::from([0.0, -30.0]);
    let before = mlp.trace(&x)[0].before.clone();
    assert!(relu(before.clone()).max(0, false).to_vec()[1] == 0.0);
    let g = before.ones_like();
    let reached = |gradient: Tensor| gradient.map(f32::abs).sum(0, false).to_vec();
    let relu = reached(relu_backward(g.clone(), &before));
    assert!(relu[0] > 0.0 && relu[1] == 0.0);
    let leaky = reached(leaky_relu_backward(g, &before, 0.01));
    assert!(leaky[1] > 0.0);
}
