//! Checks exercise e02_topological.

#[allow(unused)]
#[path = "../exercises/e02_topological.rs"]
mod topological;

use ch01_tensors::Array;
use ch06_autograd::Var;
use topological::topological_order;

fn name(x: &Var<f64>) -> String {
    x.operation().map_or("a leaf".into(), |name| format!("`{name}`"))
}

fn number(value: f64) -> Var<f64> {
    Var::variable(Array::scalar(value))
}

/// Every variable once, and before those that it was made from.
fn assert_order(output: &Var<f64>, count: usize) {
    let order = topological_order(output);
    for (i, x) in order.iter().enumerate() {
        let twice = order[..i].iter().any(|other| other.id() == x.id());
        assert!(!twice, "topological_order: {} stands there twice", name(x));
        assert!(x.requires_grad(), "topological_order: a constant stands there");
    }
    let place = |x: &Var<f64>| order.iter().position(|other| other.id() == x.id());
    assert!(place(output).is_some(), "topological_order: the output is missing");
    for (i, x) in order.iter().enumerate() {
        for input in x.inputs().iter().filter(|input| input.requires_grad()) {
            let Some(at) = place(input) else { panic!("topological_order: {} is missing", name(input)) };
            assert!(
                at > i,
                "topological_order: {} stands before {}, which was made from it",
                name(input),
                name(x)
            );
        }
    }
    assert_eq!(order.len(), count, "topological_order: how many variables stand there");
}

#[test]
fn a_leaf_and_a_chain() {
    let x = number(1.0);
    assert_order(&x, 1);
    assert_order(&x.exp().sin().cos(), 4);
}

#[test]
fn a_variable_waits_for_all_its_users() {
    // The short way from y to h is one step, the long one three.
    let h = number(1.0).exp();
    assert_order(&(&h + &h.sin().cos()), 5);
    assert_order(&(&h.sin().cos() + &h), 5);
}

#[test]
fn shared_ways_are_walked_once() {
    // Three diamonds on top of each other: eight ways from top to bottom, ten variables.
    let mut h = number(0.1);
    for _ in 0..3 {
        h = h.sin() + h.cos();
    }
    assert_order(&h, 10);
}

#[test]
fn constants_are_passed_over() {
    let x = number(1.0);
    assert_order(&(&x * Var::scalar(2.0) + x.detach()), 3);
}
