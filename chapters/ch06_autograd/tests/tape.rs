//! What the tape does besides computing gradients: what it keeps, what it refuses, and what it says then.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ch01_tensors::{Array, Rng};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch06_autograd::{
    Tape, Var, checkpoint, detect_anomaly, dot, enable_grad, grad, hessian_diagonal, hutchinson_diagonal,
    is_grad_enabled, no_grad, svg, topological_order,
};

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "tape"))
}

fn variable(shape: &[usize], seed: u64) -> Var<f64> {
    Var::variable(random(shape, seed))
}

/// The message of the panic that `f` ends with.
fn refusal(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("must be refused");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[track_caller]
fn assert_refused(f: impl FnOnce(), parts: &[&str]) {
    let message = refusal(f);
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

#[test]
fn gradients_add_where_ways_meet() {
    // L = x y + x: both ways from L to x count.
    let (x, y) = (Var::<f64>::variable(Array::scalar(3.0)), Var::variable(Array::scalar(4.0)));
    (&x * &y + &x).backward();
    assert_eq!((x.grad().unwrap().item(), y.grad().unwrap().item()), (5.0, 3.0));
    // A diamond: h is used twice, and its own input must wait for both.
    let x = Var::<f64>::variable(Array::scalar(0.5));
    let h = x.exp();
    (&h * &h).backward();
    assert!((x.grad().unwrap().item() - 2.0 * 1f64.exp()).abs() < 1e-15);
}

#[test]
fn order_is_topological() {
    let x = variable(&[3], 1);
    let h = x.tanh();
    let y = &h * &x.sin() + h.exp() * Var::constant(random(&[3], 2));
    let order = topological_order(&y);
    let place = |x: &Var<f64>| order.iter().position(|other| other.id() == x.id());
    assert_eq!(place(&y), Some(0));
    for x in &order {
        for input in x.inputs().iter().filter(|input| input.requires_grad()) {
            assert!(place(input) > place(x), "an input stands before what was made from it");
        }
    }
    let mut ids: Vec<u64> = order.iter().map(Var::id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 7, "x, tanh, sin, *, exp, *, +: each once, and no constant");
}

#[test]
fn leaves_add_up_until_they_forget() {
    let x = Var::<f64>::variable(Array::scalar(2.0));
    assert!(x.grad().is_none());
    (&x * 3.0).backward();
    (&x * 4.0).backward();
    assert_eq!(x.grad().unwrap().item(), 7.0);
    x.zero_grad();
    (&x * 4.0).backward();
    assert_eq!(x.grad().unwrap().item(), 4.0);
}

#[test]
fn a_gradient_is_that_of_one_number() {
    let x = variable(&[3], 3);
    assert_refused(|| x.exp().backward(), &["backward: a gradient is that of one number", "[3]"]);
    let (seed, y) = (Array::ones([2]), x.exp());
    assert_refused(
        || y.backward_with(seed, Tape::Release),
        &["a gradient of shape [2] for an output of shape [3]"],
    );
}

#[test]
fn detached_values_pass_nothing_back() {
    let x = Var::<f64>::variable(Array::scalar(3.0));
    (&x * x.detach()).backward();
    assert_eq!(x.grad().unwrap().item(), 3.0, "not 6: one of the two is a constant");
    let y = x.detach();
    assert!(y.is_leaf() && !y.requires_grad() && y.value().shares_storage(&x.value()));
    assert_refused(|| (&y * 2.0).backward(), &["does not depend on anything that requires a gradient"]);
}

#[test]
fn no_grad_records_nothing_and_ends() {
    let x = variable(&[], 4);
    let y = no_grad(|| {
        assert!(!is_grad_enabled() && enable_grad(is_grad_enabled) && !is_grad_enabled());
        x.exp()
    });
    assert!(y.is_leaf() && !y.requires_grad() && y.inputs().is_empty());
    // Switched back on even when what is inside fails.
    assert!(catch_unwind(|| no_grad(|| panic!("inside"))).is_err());
    assert!(is_grad_enabled() && x.exp().requires_grad());
}

#[test]
fn a_released_tape_is_refused() {
    let x = variable(&[], 5);
    let y = x.exp();
    y.backward();
    assert_refused(
        || y.backward(),
        &["the result of `exp`", "released by an earlier backward pass", "Tape::Retain"],
    );
    assert_refused(|| (&y * 2.0).backward(), &["the result of `exp`"]);
    assert!(y.inputs().is_empty() && y.operation() == Some("exp"));
}

#[test]
fn a_retained_tape_serves_again() {
    let x = Var::<f64>::variable(Array::scalar(2.0));
    let y = &x * &x;
    y.backward_with(Array::scalar(1.0), Tape::Retain);
    y.backward_with(Array::scalar(1.0), Tape::Release);
    assert_eq!(x.grad().unwrap().item(), 8.0);
}

#[test]
fn an_edited_input_is_refused_if_the_rule_reads_it() {
    let (x, w) = (variable(&[2, 3], 6), variable(&[3, 2], 7));
    let loss = x.matmul(&w).sum(.., false);
    w.edit(|w| w.map_assign(|w| w - 0.1));
    let expected =
        ["input 1 of `matmul`", "tape.rs:", "was edited 1 times since", "run the forward pass again"];
    assert_refused(|| loss.backward(), &expected);
    // A sum does not care what its terms were: its rule reads nothing.
    let loss = (&x + &x).sum(.., false);
    x.edit(|x| x.map_assign(|x| x - 0.1));
    loss.backward();
    assert_eq!(x.grad().unwrap(), Array::full([2, 3], 2.0));
}

#[test]
fn edits_stay_on_leaves_and_keep_the_shape() {
    let x = variable(&[2], 8);
    let y = x.exp();
    assert_refused(|| y.edit(|y| *y += 1.0), &["edit: the value was computed by `exp`", "a detached copy"]);
    assert_refused(|| x.edit(|x| *x = Array::ones([3])), &["the shape changed from [2] to [3]"]);
    // A detached copy has memory of its own from the moment it is written.
    let (copy, before) = (y.detach(), y.value().copy());
    copy.edit(|copy| *copy += 1.0);
    assert_eq!(y.value(), before);
    // So has an array that was taken out.
    let mut array = y.value();
    array += 1.0;
    assert_eq!(y.value(), before);
}

#[test]
fn hooks_see_complete_gradients_and_may_change_them() {
    let x = Var::<f64>::variable(Array::scalar(2.0));
    let h = &x * 3.0;
    let seen = Rc::new(RefCell::new(Vec::new()));
    let list = Rc::clone(&seen);
    h.register_hook(move |g| {
        list.borrow_mut().push(g.item());
        None
    });
    h.register_hook(|g| Some(g * 10.0));
    // h is used twice: the hook is called once, with the sum 5 + 2.
    (&h * 5.0 + &h * 2.0).backward();
    assert_eq!(*seen.borrow(), [7.0]);
    assert_eq!(x.grad().unwrap().item(), 210.0);
    let y = Var::<f64>::variable(Array::scalar(2.0));
    y.register_hook(|_| Some(Var::constant(Array::zeros([2]))));
    assert_refused(|| y.exp().backward(), &["hook: returned a gradient of shape [2] for a value of []"]);
}

#[test]
fn gradients_of_anything_and_of_nothing() {
    let (x, z) = (variable(&[3], 9), variable(&[2], 10));
    let h = x.exp();
    let loss = (&h * &h).sum(.., false);
    let found = grad(&loss, &[&h, &x, &z], Tape::Release);
    assert_eq!(found[0].value(), &h.value() * 2.0, "with respect to an intermediate result");
    assert_eq!(found[2].value(), Array::zeros([2]), "zero where nothing depends on it");
    assert!(x.grad().is_none(), "nothing was added to the leaves");
    let constant = Var::constant(random(&[3], 11));
    assert_refused(
        || _ = grad(&loss, &[&constant], Tape::Release),
        &["variable 0 does not require a gradient"],
    );
}

#[test]
fn derivatives_of_any_order() {
    // sin has sin for its fourth derivative, and x⁵ has 120 x⁰ for its fifth.
    let x = Var::<f64>::variable(Array::scalar(0.7));
    let (mut sine, mut power) = (x.sin(), x.pow(5.0));
    for _ in 0..4 {
        sine = grad(&sine, &[&x], Tape::Create).remove(0);
    }
    for _ in 0..5 {
        power = grad(&power, &[&x], Tape::Create).remove(0);
    }
    assert!((sine.item() - 0.7f64.sin()).abs() < 1e-15);
    assert!((power.item() - 120.0).abs() < 1e-12);
    assert_eq!(grad(&power, &[&x], Tape::Create)[0].item(), 0.0);
    // Σ x³ has the Hessian diag(6x).
    let x = variable(&[2, 2], 12);
    let first = grad(&x.pow(3.0).sum(.., false), &[&x], Tape::Create);
    assert_gradient("Σ x³", &hessian_diagonal(&first[0], &x), &(&x.value() * 6.0));
}

#[test]
fn anomaly_mode_names_the_first_operation() {
    let x = Var::<f64>::variable(Array::from([1.0, -1.0, 2.0]));
    let compute = || (x.ln() * 2.0).exp().sum(.., false);
    assert!(compute().item().is_nan(), "without anomaly mode nothing is said");
    let expected = ["ln: made the first NaN, from inputs without one", "[3]"];
    assert_refused(|| _ = detect_anomaly(compute), &expected);

    // √0 is fine, but its slope is infinite, and infinity times zero is NaN.
    let x = Var::<f64>::variable(Array::from([0.0, 1.0]));
    let loss = || (x.sqrt() * Var::constant(Array::from([0.0, 1.0]))).sum(.., false);
    loss().backward();
    assert!(x.grad().unwrap()[[0]].is_nan());
    let expected = ["made the first NaN", "in the backward pass of `sqrt`, called at", "tape.rs:"];
    assert_refused(|| detect_anomaly(|| loss().backward()), &expected);

    let bad = Var::<f64>::variable(Array::from([f64::NAN, 1.0]));
    let expected = ["multiply: its input 0 held NaN before any operation did"];
    assert_refused(|| _ = detect_anomaly(|| &bad * &bad), &expected);
    assert!((&bad * &bad).value()[[0]].is_nan(), "the mode ends with its function");
}

/// A layer that counts its calls.
fn layer(calls: &Rc<Cell<usize>>) -> impl Fn(&[Var<f64>]) -> Var<f64> + 'static {
    let calls = Rc::clone(calls);
    move |x| {
        calls.set(calls.get() + 1);
        x[0].matmul(&x[1]).tanh()
    }
}

#[test]
fn a_checkpoint_computes_again_and_gets_the_same() {
    let (x, w) = (variable(&[2, 3], 13), variable(&[3, 3], 14));
    let calls = Rc::new(Cell::new(0));
    let f = layer(&calls);
    let plain = f(&[f(&[x.clone(), w.clone()]), w.clone()]).sum(.., false);
    let expected = grad(&plain, &[&x, &w], Tape::Release);
    calls.set(0);
    let inner = checkpoint(layer(&calls), &[&x, &w]);
    let loss = checkpoint(layer(&calls), &[&inner, &w]).sum(.., false);
    assert_eq!((calls.get(), inner.inputs().len()), (2, 2), "two layers forward, nothing inside on the tape");
    let found = grad(&loss, &[&x, &w], Tape::Release);
    assert_eq!(calls.get(), 4, "each computed once more");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.value(), expected.value(), "the same operations in the same order: the same bits");
    }
}

#[test]
fn a_checkpoint_can_be_differentiated_twice() {
    let (x, w) = (variable(&[2, 3], 15), variable(&[3, 3], 16));
    let second = |checkpointed: bool| {
        let f = layer(&Rc::default());
        let y = if checkpointed { checkpoint(f, &[&x, &w]) } else { f(&[x.clone(), w.clone()]) };
        let first = grad(&(&y * &y).sum(.., false), &[&w], Tape::Create).remove(0);
        grad(&(&first * &first).sum(.., false), &[&x, &w], Tape::Release)
    };
    for (ours, plain) in second(true).iter().zip(&second(false)) {
        assert_gradient("gradient of a gradient", &ours.value(), &plain.value());
    }
}

#[test]
fn gradcheck_checkpoint() {
    let (x, w) = (random(&[2, 3], 17), random(&[3, 3], 18));
    let calls = Rc::default();
    let f = |x: &Array<f64>, w: &Array<f64>| {
        let (x, w) = (Var::variable(x.clone()), Var::variable(w.clone()));
        let loss = checkpoint(layer(&calls), &[&x, &w]).pow(2.0).sum(.., false);
        (loss, x, w)
    };
    let (loss, vx, vw) = f(&x, &w);
    loss.backward();
    assert_gradient("x", &vx.grad().unwrap(), &numerical_gradient(|x| f(x, &w).0.item(), &x));
    assert_gradient("w", &vw.grad().unwrap(), &numerical_gradient(|w| f(&x, w).0.item(), &w));
}

#[test]
fn a_checkpoint_refuses_what_it_cannot_see() {
    let (x, w) = (variable(&[2, 3], 19), variable(&[3, 3], 20));
    let captured = w.clone();
    let loss = checkpoint(move |x| x[0].matmul(&captured), &[&x]).sum(.., false);
    let expected = ["checkpoint: a variable of shape [3, 3] requires a gradient", "among its inputs"];
    assert_refused(|| loss.backward(), &expected);
}

#[test]
fn a_deep_graph_needs_no_deep_stack() {
    let x = Var::<f64>::variable(Array::scalar(1.0));
    let mut y = x.clone();
    for _ in 0..200_000 {
        y = -y;
    }
    y.backward_with(Array::scalar(1.0), Tape::Retain);
    assert_eq!(x.grad().unwrap().item(), 1.0);
    drop(y); // 200,000 variables, each the only owner of the next.
}

#[test]
fn shapes_are_refused_in_the_callers_name() {
    let (x, y) = (variable(&[2, 3], 21), variable(&[4], 22));
    assert_refused(|| _ = &x + &y, &["add: shapes do not broadcast: [2, 3] and [4]"]);
    assert_refused(|| _ = x.matmul(&y), &["matmul: inner sizes differ: [2, 3] x [4]"]);
    assert_refused(|| _ = x.narrow(1, 2, 2), &["narrow: 2..4 is outside axis 1 of [2, 3]"]);
    assert_refused(|| _ = Var::<f64>::concat(&[], 0), &["concat: of nothing"]);
}

#[test]
fn pictures_show_every_variable_once() {
    let (x, w) = (variable(&[2, 3], 23), variable(&[3, 2], 24));
    let y = x.matmul(&w).tanh().sum(.., false) * 0.5;
    let (text, picture) = (dot(&y, &[("x", &x), ("w", &w)]), svg(&y, &[("x", &x), ("w", &w)]));
    for label in ["x", "w", "matmul", "tanh", "sum", "0.5000", "multiply"] {
        assert_eq!(text.matches(&format!("label=\"{label}\\n")).count(), 1, "{label} in {text}");
        assert_eq!(picture.matches(&format!(">{label}</text>")).count(), 1, "{label}");
    }
    assert_eq!(text.matches(" -> ").count(), 6);
    assert_eq!(picture.matches("<path").count(), 12, "a curve and a head for each arrow");
}

#[test]
fn a_smooth_function_of_parts_with_kinks_has_a_wrong_slope_at_them() {
    let slope = |f: fn(&Var<f64>) -> Var<f64>| {
        let x = Var::variable(Array::scalar(0.0));
        grad(&f(&x), &[&x], Tape::Release)[0].item()
    };
    // ln(1 + e^x) has the slope 1/2 at 0.
    assert_eq!(slope(|x| x.relu() + ((-x.abs()).exp() + 1.0).ln()), 0.0);
    assert_eq!(slope(|x| -(-x).sigmoid().ln()), 0.5);
}

#[test]
fn the_diagonal_is_estimated_from_random_products() {
    // Σ x⁴ has the Hessian diag(12 x²): one product finds it.
    let rng = &mut Rng::new(40, "signs");
    let x = Var::variable(Array::<f64>::normal([6], 0.0, 1.0, rng));
    let gradient = grad(&x.pow(4.0).sum(.., false), &[&x], Tape::Create);
    let exact = x.value().map(|x| 12.0 * x * x);
    let found = &hutchinson_diagonal(&gradient, &[&x], 1, rng)[0];
    assert!((found - &exact).abs().max(.., false).item() < 1e-12);
    // xᵀ A x / 2 with a full A, over two variables: what stands beside the diagonal is noise, of a known size.
    let a = Array::<f64>::normal([8, 8], 0.0, 1.0, rng);
    let a = &a + &a.clone().t();
    let [y, z] = [5, 3].map(|n| Var::variable(Array::<f64>::normal([n], 0.0, 1.0, rng)));
    let both = Var::concat(&[&y, &z], 0);
    let loss =
        (both.reshape([1, 8]).matmul(&Var::constant(a.clone())).reshape([8]) * &both).sum(.., false) * 0.5;
    let gradient = grad(&loss, &[&y, &z], Tape::Create);
    let samples = 400;
    let found: Vec<f64> =
        hutchinson_diagonal(&gradient, &[&y, &z], samples, rng).iter().flat_map(Array::to_vec).collect();
    for (i, found) in found.iter().enumerate() {
        let variance: f64 = (0..8).filter(|&j| j != i).map(|j| a[[i, j]].powi(2)).sum();
        let bound = 5.0 * (variance / samples as f64).sqrt();
        assert!((found - a[[i, i]]).abs() < bound, "{i}: {found}, {} is exact, bound {bound}", a[[i, i]]);
    }
}
