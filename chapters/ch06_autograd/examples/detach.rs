//! Where a gradient must not go: `cargo run --release -p ch06_autograd --example detach`.
//!
//! 1. A value that is learned from itself (Sutton and Barto, chapter 11): the target `r + γ v(s')` contains the network, but it is
//!    a target, and must be detached. Without, the gradient also moves the target towards the prediction, and in a world
//!    with chance the values become wrong.
//! 2. Two networks against each other (Goodfellow et al. 2014): the discriminator's step must not teach the generator.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng};
use ch06_autograd::{Tape, Var, grad};

/// One step of gradient descent on some parameters, given their gradients.
fn step(parameters: &[&Var<f64>], gradients: &[Var<f64>], rate: f64) {
    for (p, g) in parameters.iter().zip(gradients) {
        p.edit(|p| *p -= &(g.value() * rate));
    }
}

/// A walk of three places: from A always to B or to C, by a coin; B ends with 1, C with 0. Every place has a value of its own:
/// v(A) = 1/2, v(B) = 1, v(C) = 0. Returns v(A), v(B) and v(C) after every step.
fn learn_values(detach: bool, steps: usize) -> Vec<[f64; 3]> {
    // The transitions: A to B, A to C, B to the end with 1, C to the end with 0. Each with its share of the walks.
    let from: Array<i64> = Array::from([0, 0, 1, 2]);
    let to: Array<i64> = Array::from([1, 2, 3, 3]);
    let reward = Var::constant(Array::from([0.0, 0.0, 1.0, 0.0]));
    let values = Var::variable(Array::zeros([3]));
    // The end has the value 0, for good.
    let end = Var::constant(Array::zeros([1]));
    let mut history = Vec::new();
    for _ in 0..steps {
        let all = Var::concat(&[&values, &end], 0);
        let next = all.index_select(0, &to);
        let target = &reward + if detach { next.detach() } else { next };
        let loss = (all.index_select(0, &from) - target).pow(2.0).mean(.., false);
        step(&[&values], &grad(&loss, &[&values], Tape::Release), 0.2);
        let v = values.value();
        history.push([v[[0]], v[[1]], v[[2]]]);
    }
    history
}

/// Logits of a discriminator on one number and its square: enough to compare mean and spread.
fn discriminate(d: &[Var<f64>], x: &Var<f64>) -> Var<f64> {
    &d[0] * x + &d[1] * x.pow(2.0) + &d[2]
}

/// `ln(1 + e^x) = -ln σ(-x)`. (Not `relu(x) + ln(1 + e^-|x|)`: its rules give the slope 0 at 0, where both parts have a kink, and
/// a discriminator that starts with logits of 0 would never begin to learn.)
fn softplus(x: &Var<f64>) -> Var<f64> {
    -(-x).sigmoid().ln()
}

/// A generator `a + b z` learns to look like numbers with mean 2 and standard deviation 0.5. Returns `(a, |b|)` after every step.
fn play(steps: usize, rng: &mut Rng) -> Vec<[f64; 2]> {
    let g: Vec<Var<f64>> = vec![Var::variable(Array::scalar(0.0)), Var::variable(Array::scalar(1.0))];
    let d: Vec<Var<f64>> = (0..3).map(|_| Var::variable(Array::scalar(0.0))).collect();
    let (generator, discriminator): (Vec<_>, Vec<_>) = (g.iter().collect(), d.iter().collect());
    let mut history = Vec::new();
    for number in 0..steps {
        let rate = 0.03 * (1.0 - number as f64 / steps as f64);
        let real = Var::constant(Array::normal([256], 2.0, 0.5, rng));
        let fake = &g[0] + &g[1] * Var::constant(Array::normal([256], 0.0, 1.0, rng));
        // The discriminator wants real to be 1 and fake 0. The fakes are data to it: detached. A little decay keeps it from
        // growing without bound, and the two from circling for ever.
        let seen = fake.detach();
        let decay = d.iter().map(|d| d.pow(2.0)).reduce(|a, b| a + b).expect("three parameters") * 0.02;
        let loss = (softplus(&-discriminate(&d, &real)) + softplus(&discriminate(&d, &seen))).mean(.., false)
            + decay;
        step(&discriminator, &grad(&loss, &discriminator, Tape::Release), rate * 4.0);
        // The generator wants its fakes to be taken for real. Here the gradient does go through the fakes.
        let loss = softplus(&-discriminate(&d, &fake)).mean(.., false);
        step(&generator, &grad(&loss, &generator, Tape::Release), rate);
        history.push([g[0].item(), g[1].item().abs()]);
    }
    history
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch06_detach");
    record.seed(0);
    let steps = 400;
    let (right, wrong) = (learn_values(true, steps), learn_values(false, steps));
    for (name, history) in [("detached", &right), ("attached", &wrong)] {
        let [a, b, c] = history[steps - 1];
        println!("{name}: v(A) = {a:.4}, v(B) = {b:.4}, v(C) = {c:.4}; right are 0.5, 1 and 0");
        record
            .number(&format!("{name}_a"), a)
            .number(&format!("{name}_b"), b)
            .number(&format!("{name}_c"), c);
    }
    let curve = |name: &str, history: &[[f64; 3]], place: usize| {
        Series::of_values(name, &history.iter().map(|v| v[place]).collect::<Vec<_>>())
    };
    let series = [
        curve("v(B), target detached", &right, 1),
        curve("v(C), target detached", &right, 2),
        curve("v(B), attached", &wrong, 1).dashed(),
        curve("v(C), attached", &wrong, 2).dashed(),
    ];
    let path = record.figure_path("ch06_target");
    figure::lines(
        &path,
        "Values learned from themselves: B is worth 1, C nothing",
        "step",
        "value",
        &series,
    )?;
    println!("Figure: {}", path.display());

    let history = play(4000, &mut Rng::new(0, "gan"));
    let [mean, spread] = history[history.len() - 1];
    println!("generator: mean {mean:.3}, standard deviation {spread:.3}; the data have 2 and 0.5");
    record.number("gan_mean", mean).number("gan_spread", spread).number("gan_steps", history.len() as f64);
    record.finish()?;
    Ok(())
}
