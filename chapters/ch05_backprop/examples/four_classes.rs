//! Four classes of points in the plane, and the regions that an MLP learns:
//! `cargo run --release -p ch05_backprop --example four_classes`.
//!
//! The points lie on four spiral arms: no straight lines can part them. 2-64-64-4 with tanh, plain gradient descent on
//! the whole set at once.

use ch00_start::Record;
use ch00_start::figure::{Series, decision_regions};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, Mlp, accuracy, train_step};

const POINTS: usize = 100;
const STEPS: usize = 4000;

/// `[4 * POINTS, 2]` and their classes.
fn spirals(rng: &mut Rng) -> (Tensor, Array<i64>) {
    let labels = Array::from_fn([4 * POINTS], |i| (i[0] / POINTS) as i64);
    let mut x = Tensor::zeros([4 * POINTS, 2]);
    for i in 0..4 * POINTS {
        let along = (i % POINTS) as f64 / POINTS as f64;
        let angle = (i / POINTS) as f64 * std::f64::consts::FRAC_PI_2 + 3.0 * along + 0.15 * rng.normal();
        let radius = 0.1 + 0.9 * along;
        x[[i, 0]] = (radius * angle.cos()) as f32;
        x[[i, 1]] = (radius * angle.sin()) as f32;
    }
    (x, labels)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch05_four_classes");
    let (x, labels) = spirals(&mut Rng::new(0, "points"));
    let mut model = Mlp::new(&[2, 64, 64, 4], Activation::Tanh, &mut Rng::new(0, "init"));

    let mut losses = Vec::new();
    for step in 0..STEPS {
        let loss = train_step(&mut model, x.clone(), &labels, 0.3);
        if step % 500 == 0 || step + 1 == STEPS {
            println!("step {step:4}: loss {loss:.4}");
        }
        losses.push(loss);
    }
    let right = accuracy(&model, &x, &labels);
    println!("{:.1} % of the points are in the region of their class", 100.0 * right);

    let classify = |x: f64, y: f64| {
        let logits = model.infer(Array::from([[x as f32, y as f32]]));
        logits.argmax_all()
    };
    let arm = |class: usize| {
        let points =
            (class * POINTS..(class + 1) * POINTS).map(|i| (f64::from(x[[i, 0]]), f64::from(x[[i, 1]])));
        Series::new(&format!("class {class}"), points.collect())
    };
    let arms: Vec<Series> = (0..4).map(arm).collect();
    let path = record.figure_path("ch05_four_classes");
    decision_regions(
        &path,
        "The class an MLP gives to every place",
        -1.75..1.75,
        -1.05..1.05,
        classify,
        &arms,
    )?;
    println!("Figure: {}", path.display());

    record
        .seed(0)
        .number("accuracy", right)
        .number("first_loss", losses[0])
        .number("last_loss", losses[STEPS - 1]);
    record.number("steps", STEPS as f64).number("points", 4.0 * POINTS as f64).finish()?;
    Ok(())
}
