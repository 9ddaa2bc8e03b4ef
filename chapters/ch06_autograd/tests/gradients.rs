//! Every operation: its gradients of first and second order against finite differences, laws, and f32 against f64.

mod common;

use ch01_tensors::{Array, Rng};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::assert_close;
use ch06_autograd::{Tape, Var, grad};
use common::{Case, Domain, SIZES, dot, draw, family};
use proptest::prelude::*;

/// Numbers of the output's or an input's shape.
fn weights_like(x: &Array<f64>, seed: u64) -> Array<f64> {
    draw(x.shape(), Domain::Any, &mut Rng::new(seed, "weights"))
}

/// `x` with element `which` replaced.
fn with(x: &[Array<f64>], which: usize, value: &Array<f64>) -> Vec<Array<f64>> {
    let mut x = x.to_vec();
    x[which] = value.clone();
    x
}

/// First and second order, for every case of a family.
fn gradcheck(name: &str) {
    for case in family(name) {
        let x = case.inputs(SIZES, 1);
        let c = weights_like(&case.value(&x), 2);
        let d: Vec<Array<f64>> = x.iter().map(|x| weights_like(x, 3)).collect();
        let (first, second) = (case.gradients(&x, &c), case.second(&x, &c, &d));
        for which in 0..x.len() {
            let numeric =
                numerical_gradient(|value| dot(&case.value(&with(&x, which, value)), &c), &x[which]);
            assert_gradient(&format!("{}, input {which}", case.name), &first[which], &numeric);
            let inner = |value: &Array<f64>| -> f64 {
                let gradients = case.gradients(&with(&x, which, value), &c);
                gradients.iter().zip(&d).map(|(g, d)| dot(g, d)).sum()
            };
            let numeric = numerical_gradient(inner, &x[which]);
            assert_gradient(&format!("{}, second order, input {which}", case.name), &second[which], &numeric);
        }
    }
}

#[test]
fn gradcheck_map() {
    gradcheck("map");
}

#[test]
fn gradcheck_arithmetic() {
    gradcheck("arithmetic");
}

#[test]
fn gradcheck_broadcast() {
    gradcheck("broadcast");
}

#[test]
fn gradcheck_matmul() {
    gradcheck("matmul");
}

#[test]
fn gradcheck_reduce() {
    gradcheck("reduce");
}

#[test]
fn gradcheck_shape() {
    gradcheck("shape");
}

#[test]
fn gradcheck_index() {
    gradcheck("index");
}

#[test]
fn gradcheck_softmax() {
    gradcheck("softmax");
}

/// A rule with a wrong factor must not pass.
#[test]
#[should_panic(expected = "gradient of planted, element 0")]
fn the_gradient_check_can_fail() {
    let x = draw(&[3], Domain::Any, &mut Rng::new(0, "planted"));
    let wrong = |x: &Var<f64>| x.exp() + 0.001 * x.exp().detach();
    let variable = Var::variable(x.clone());
    let analytic = grad(&wrong(&variable).sum(.., false), &[&variable], Tape::Release)[0].value();
    let value = |x: &Array<f64>| wrong(&Var::constant(x.clone())).value().sum_all();
    assert_gradient("planted", &analytic, &numerical_gradient(value, &x));
}

/// `<f(x + tz) - f(x - tz), g> / 2t` is `<z, J'g>`, and `J'(ag + bh) = a J'g + b J'h`.
fn laws(name: &str, sizes: [usize; 3], seed: u64) {
    for case in family(name) {
        let x = case.inputs(sizes, seed);
        let y = case.value(&x);
        let (g, h) = (weights_like(&y, seed + 1), weights_like(&y, seed + 2));
        let back = case.gradients(&x, &g);

        let t = 1e-6;
        let z: Vec<Array<f64>> = x.iter().map(|x| weights_like(x, seed + 3)).collect();
        let moved = |t: f64| -> Array<f64> {
            case.value(&x.iter().zip(&z).map(|(x, z)| x + &(z * t)).collect::<Vec<_>>())
        };
        let forward = dot(&(moved(t) - &moved(-t)), &g) / (2.0 * t);
        let backward: f64 = back.iter().zip(&z).map(|(b, z)| dot(b, z)).sum();
        // Central differences with t = 1e-6 leave about 1e-10 of rounding relative to the size of the outputs, and
        // t² times the third derivatives, which are below 1e4 in these domains; sums have up to 300 terms.
        let tolerance = 1e-6 * (1.0 + forward.abs());
        assert!((forward - backward).abs() <= tolerance, "{}: {forward}, {backward}", case.name);

        let other = case.gradients(&x, &h);
        let both = case.gradients(&x, &(&(&g * 2.0) - &(&h * 3.0)));
        for ((both, back), other) in both.iter().zip(&back).zip(&other) {
            // f64 carries 16 digits; sums have up to a few hundred terms.
            assert_close(case.name, both, &(&(back * 2.0) - &(other * 3.0)), 1e-11);
        }
    }
}

fn sizes() -> impl Strategy<Value = [usize; 3]> {
    [2..6usize, 2..6usize, 2..6usize]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn property_map_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("map", sizes, seed);
    }

    #[test]
    fn property_arithmetic_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("arithmetic", sizes, seed);
    }

    #[test]
    fn property_broadcast_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("broadcast", sizes, seed);
    }

    #[test]
    fn property_matmul_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("matmul", sizes, seed);
    }

    #[test]
    fn property_reduce_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("reduce", sizes, seed);
    }

    #[test]
    fn property_shape_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("shape", sizes, seed);
    }

    #[test]
    fn property_index_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("index", sizes, seed);
    }

    #[test]
    fn property_softmax_is_adjoint_and_linear(sizes in sizes(), seed in 0..1000u64) {
        laws("softmax", sizes, seed);
    }
}

/// Output and gradients in f32 against f64, on odd sizes, some of them beyond a vector and beyond a parallel task.
fn fast(name: &str) {
    for case in family(name) {
        for (seed, sizes) in [(1, [1, 1, 2]), (2, [3, 17, 33]), (3, [5, 70, 9]), (4, [2, 90, 400])] {
            fast_case(&case, sizes, seed);
        }
    }
}

fn fast_case(case: &Case, sizes: [usize; 3], seed: u64) {
    // Inputs that f32 has exactly, so that both begin at the same place.
    let x: Vec<Array<f32>> = case.inputs(sizes, seed).iter().map(Array::to_f32).collect();
    let wide: Vec<Array<f64>> = x.iter().map(Array::to_f64).collect();
    let variables: Vec<Var<f32>> = x.into_iter().map(Var::variable).collect();
    let y = (case.f32)(&variables);
    let value = case.value(&wide);
    // f32 carries 24 bits. A sum of k products of order 1 is off by about sqrt(k) 2^-24 of their size: k is below 1000 for
    // products, and a sum in blocks of 1024 of 72,000 terms is off by no more. Our exp and its kin are within 4e-7.
    let tolerance = 5e-5;
    assert_close(case.name, &y.value(), &value, tolerance);
    let g = weights_like(&value, seed).to_f32();
    let gradients = case.gradients(&wide, &g.to_f64());
    y.backward_with(g, Tape::Release);
    for (x, plain) in variables.iter().zip(&gradients) {
        let fast = x.grad().expect("backward reaches every input");
        // A sum over n broadcast places of terms of order 1 is of order sqrt(n), and so is what it is off by.
        let terms = (value.size() as f64 / fast.size() as f64).max(1.0).sqrt();
        assert_close(&format!("{} backward", case.name), &fast, plain, tolerance * terms);
    }
}

#[test]
fn fast_map_against_f64() {
    fast("map");
}

#[test]
fn fast_arithmetic_against_f64() {
    fast("arithmetic");
}

#[test]
fn fast_broadcast_against_f64() {
    fast("broadcast");
}

#[test]
fn fast_matmul_against_f64() {
    fast("matmul");
}

#[test]
fn fast_reduce_against_f64() {
    fast("reduce");
}

#[test]
fn fast_shape_against_f64() {
    fast("shape");
}

#[test]
fn fast_index_against_f64() {
    fast("index");
}

#[test]
fn fast_softmax_against_f64() {
    fast("softmax");
}
