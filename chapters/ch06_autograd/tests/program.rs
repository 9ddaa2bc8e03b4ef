//! A recorded program computes what the tape computes: as it is, folded, and fused.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::assert_close;
use ch06_autograd::{Program, Tape, Var, grad};
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "program"))
}

/// A layer with its loss and gradients: forward and backward in one function.
fn step<T: ch01_tensors::Float>(x: &[Var<T>]) -> Vec<Var<T>> {
    let h = (x[0].matmul(&x[1]) + &x[2]).gelu();
    let y = &h / (&h * &h).mean(-1, true).sqrt();
    let loss = (y.sigmoid() * h.tanh()).mean(.., false);
    let gradients = grad(&loss, &[&x[0], &x[1], &x[2]], Tape::Release);
    [loss].into_iter().chain(gradients).collect()
}

fn inputs([n, i, o]: [usize; 3], seed: u64) -> Vec<Array<f64>> {
    vec![random(&[n, i], seed), random(&[i, o], seed + 1), random(&[o], seed + 2)]
}

fn eager(inputs: &[Array<f64>]) -> Vec<Array<f64>> {
    let x: Vec<Var<f64>> = inputs.iter().cloned().map(Var::variable).collect();
    step(&x).iter().map(Var::value).collect()
}

#[test]
fn a_program_runs_on_other_inputs() {
    let traced = Program::trace(&inputs([4, 3, 5], 1), step);
    let (folded, optimized) = (traced.folded(), traced.optimized());
    assert!(traced.operations() > folded.operations() && folded.operations() > optimized.operations());
    for seed in [1, 10, 20] {
        let inputs = inputs([4, 3, 5], seed);
        let expected = eager(&inputs);
        for (name, program) in [("traced", &traced), ("folded", &folded), ("optimized", &optimized)] {
            for (ours, expected) in program.run(&inputs).iter().zip(&expected) {
                // The same operations on the same numbers in the same order: the same bits.
                assert_eq!(ours, expected, "{name}, seed {seed}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn property_kernel_changes_no_bit(sizes in [1..40usize, 1..5usize, 1..60usize], seed in 0..1000u64) {
        let inputs = inputs(sizes, seed);
        prop_assert_eq!(Program::trace(&inputs, step).optimized().run(&inputs), eager(&inputs));
    }
}

#[test]
fn fast_kernel_against_f64() {
    // Beyond one parallel task of 16384 numbers, and not a multiple of a block.
    let wide = inputs([70, 9, 301], 3);
    let narrow: Vec<Tensor> = wide.iter().map(Array::to_f32).collect();
    let wide: Vec<Array<f64>> = narrow.iter().map(Array::to_f64).collect();
    let ours = Program::trace(&narrow, step).optimized().run(&narrow);
    for (ours, plain) in ours.iter().zip(&eager(&wide)) {
        // The loss is a mean of 21070 terms of order 1, the gradients are of order 1e-4: 1e-6 absolute.
        assert_close("fused in f32", ours, plain, 1e-6);
    }
}

#[test]
fn constants_are_folded() {
    let table = Var::constant(random(&[3, 3], 4));
    let traced =
        Program::trace(&[random(&[3], 5)], |x| vec![table.matmul(&table.t()).exp().matmul(&x[0]) * 2.0]);
    let folded = traced.folded();
    // What is left of permute, matmul, exp, reshape and two broadcasts: a product, its shape, and the factor.
    assert!(traced.operations() >= 6, "{}", traced.dot(&["x"]));
    assert_eq!(folded.operations(), 4, "{}", folded.dot(&["x"]));
    let x = random(&[3], 6);
    assert_eq!(folded.run(std::slice::from_ref(&x)), traced.run(&[x]));
}

#[test]
fn what_is_computed_twice_is_computed_once() {
    let count = |f: fn(&[Var<f64>]) -> Vec<Var<f64>>| {
        let x = [random(&[4, 5], 30)];
        let program = Program::trace(&x, f);
        let fewer = program.deduplicated();
        assert_eq!(fewer.run(&x), program.run(&x), "the same bits");
        (program.operations(), fewer.operations())
    };
    // exp once, then sin, cos and the sum.
    assert_eq!(count(|x| vec![x[0].exp().sin() + x[0].exp().cos()]), (5, 4));
    // Whole trees: from exp to sin once.
    assert_eq!(count(|x| vec![x[0].exp().sin() * x[0].exp().sin()]), (5, 3));
    // An output twice.
    assert_eq!(count(|x| vec![x[0].exp(), x[0].exp()]), (2, 1));
    // Other axes, other shapes and other exponents are other operations.
    assert_eq!(count(|x| vec![x[0].sum(0, false), x[0].sum(1, false), x[0].sum(0, true)]), (3, 3));
    assert_eq!(count(|x| vec![x[0].pow(2.0), x[0].pow(3.0)]), (2, 2));
    assert_eq!(count(|x| vec![x[0].reshape([20]), x[0].reshape([5, 4])]), (2, 2));
    // And so are x - y and y - x.
    assert_eq!(count(|x| vec![&x[0] - x[0].exp(), x[0].exp() - &x[0]]), (4, 3));
}

#[test]
fn a_backward_pass_repeats_itself() {
    let inputs = inputs([4, 3, 5], 31);
    let folded = Program::trace(&inputs, step).folded();
    let fewer = folded.deduplicated();
    assert!(fewer.operations() < folded.operations(), "{} {}", fewer.operations(), folded.operations());
    assert_eq!(fewer.run(&inputs), eager(&inputs), "the same bits");
    assert_eq!(fewer.deduplicated().operations(), fewer.operations(), "nothing is left to find");
}

#[test]
fn chains_are_fused_where_nobody_else_reads() {
    let count = |f: fn(&[Var<f64>]) -> Vec<Var<f64>>| {
        let program = Program::trace(&[random(&[4, 5], 7)], f);
        (program.operations(), program.optimized().operations())
    };
    // One chain: all in one.
    assert_eq!(count(|x| vec![(x[0].exp() + &x[0]).tanh().sin()]), (4, 1));
    // A value that is an output stays: before it and after it.
    assert_eq!(
        count(|x| {
            let h = x[0].exp().tanh();
            vec![h.sin().cos(), h]
        }),
        (4, 2)
    );
    // A sum is no elementwise operation: two chains, and the sum between them.
    assert_eq!(count(|x| vec![(x[0].exp().tanh().sum(.., false)).sin().cos()]), (5, 3));
    // A diamond inside: one.
    assert_eq!(
        count(|x| {
            let h = x[0].exp();
            vec![h.sin() * h.cos()]
        }),
        (4, 1)
    );
}

#[test]
fn broadcast_inputs_of_a_kernel() {
    // Along the first axes, the last, both, and in the middle; more than a block of 512 numbers.
    let shapes: [&[usize]; 7] = [&[], &[41], &[7, 1], &[5, 1, 1], &[5, 1, 41], &[7, 41], &[1, 7, 1]];
    let x = random(&[5, 7, 41], 8);
    for (seed, shape) in (9..).zip(shapes) {
        let f = |x: &[Var<f64>]| vec![(&x[0] * &x[1] - &x[1]).tanh()];
        let inputs = [x.clone(), random(shape, seed)];
        let program = Program::trace(&inputs, f).optimized();
        assert!(program.operations() <= 3, "two broadcasts at most: {}", program.dot(&[]));
        let eager = f(&inputs.clone().map(Var::constant))[0].value();
        assert_eq!(program.run(&inputs)[0], eager, "{shape:?}");
    }
    // Transposed and reversed views are read as they are, too.
    let views = [random(&[41, 7], 20).t(), random(&[7, 41], 21).flip(1)];
    let f = |x: &[Var<f64>]| vec![(&x[0] * &x[1]).exp().sin()];
    let program = Program::trace(&views, f).optimized();
    assert_eq!(program.run(&views)[0], f(&views.clone().map(Var::constant))[0].value());
}

#[test]
fn a_decision_in_a_trace_is_made_once() {
    let f = |x: &[Var<f64>]| vec![if x[0].item() > 0.0 { x[0].exp() } else { -&x[0] }];
    let program = Program::trace(&[Array::scalar(1.0)], f);
    let at = Array::scalar(-1.0);
    assert_eq!(f(&[Var::constant(at.clone())])[0].item(), 1.0);
    assert_eq!(
        program.run(&[at])[0].item(),
        (-1f64).exp(),
        "the way of the traced run, whatever the input is now"
    );
}

#[test]
#[should_panic(expected = "run: the program was traced with inputs [[2, 3]], not [[3, 2]]")]
fn a_program_has_fixed_shapes() {
    Program::trace(&[random(&[2, 3], 22)], |x| vec![x[0].exp()]).run(&[random(&[3, 2], 23)]);
}
