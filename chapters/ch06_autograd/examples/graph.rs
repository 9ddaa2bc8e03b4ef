//! A graph drawn, a step by tape against a step by hand: `cargo run --release -p ch06_autograd --example graph`.
//!
//! 1. The tape of a small network's loss, as a picture and in Graphviz' language.
//! 2. The same step recorded, forward and backward together, and then folded and fused.
//! 3. The gradients of a multi-layer perceptron by tape and by chapter 5's backward pass, and how far they are apart.

use std::fs;

use ch00_start::Record;
use ch01_tensors::{Array, Rng};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, for_each_param};
use ch06_autograd::{Program, Tape, Var, dot, grad, svg};

fn random(shape: &[usize], rng: &mut Rng) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, rng)
}

/// `tanh(x w + b)`, and the mean of its squared distance from `y`.
fn loss(v: &[Var<f64>], y: &Var<f64>) -> Var<f64> {
    let h = (v[0].matmul(&v[1]) + &v[2]).tanh();
    let d = h - y;
    (&d * &d).mean(.., false)
}

/// The largest difference of two gradients, relative to the largest element.
fn apart(a: &Array<f64>, b: &Array<f64>) -> f64 {
    let largest = |x: &Array<f64>| x.clone().abs().max(.., false).item();
    largest(&(a - b)) / largest(b)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch06_graph");
    record.seed(0);
    let mut rng = Rng::new(0, "graph");
    let inputs = [random(&[8, 3], &mut rng), random(&[3, 2], &mut rng), random(&[2], &mut rng)];
    let y = Var::constant(random(&[8, 2], &mut rng));

    let v: Vec<Var<f64>> = inputs
        .iter()
        .enumerate()
        .map(|(i, x)| if i == 0 { Var::constant(x.clone()) } else { Var::variable(x.clone()) })
        .collect();
    let output = loss(&v, &y);
    let names = [("x", &v[0]), ("w", &v[1]), ("b", &v[2]), ("y", &y)];
    println!("{}", dot(&output, &names));
    let path = record.figure_path("ch06_graph");
    fs::create_dir_all(path.parent().expect("a folder of figures"))?;
    fs::write(&path, svg(&output, &names))?;
    println!("Figure: {}", path.display());

    let program = Program::trace(&inputs, |v| grad(&loss(v, &y), &[&v[1], &v[2]], Tape::Release));
    let (folded, optimized) = (program.folded(), program.optimized());
    let path = record.figure_path("ch06_fused");
    fs::write(&path, optimized.svg(&["x", "w", "b"]))?;
    println!("Figure: {}", path.display());
    record.number("traced", program.operations() as f64).number("folded", folded.operations() as f64);
    record.number("fused", optimized.operations() as f64);

    let mut mlp = Mlp::new(&[64, 128, 128, 10], Activation::Tanh, &mut rng).to_f64();
    let (x, labels) = (random(&[32, 64], &mut rng), Array::from_fn([32], |i| i[0] as i64 % 10));
    let mut parameters = Vec::new();
    for_each_param(&mut mlp, |_, param| parameters.push(Var::variable(param.value.clone())));
    let mut h = Var::constant(x.clone());
    for (i, pair) in parameters.chunks(2).enumerate() {
        h = h.matmul(&pair[0].t()) + &pair[1];
        h = if i < 2 { h.tanh() } else { h };
    }
    h.cross_entropy(&labels).backward();
    let criterion = CrossEntropy::default();
    let logits = mlp.forward(x);
    mlp.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
    let (mut tapes, mut worst) = (parameters.iter(), 0f64);
    for_each_param(&mut mlp, |_, param| {
        let tape = tapes.next().and_then(Var::grad).expect("a gradient for each parameter");
        worst = worst.max(apart(&tape, &param.grad));
    });
    record.number("tape_against_hand", worst);
    record.finish()?;
    Ok(())
}
