//! Three checks to make before any long training: `cargo run --release -p ch05_backprop --example sanity`.
//!
//! 1. The loss before training is ln C: the model knows nothing, and says so.
//! 2. A model memorises 32 samples with random labels: if it cannot, something is broken.
//! 3. The size of the gradient in each layer, for sigmoid and for ReLU: where learning happens.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, Role, accuracy, for_each_param, train_step, zero_grad};

const CLASSES: usize = 10;

fn noise(count: usize, seed: u64) -> (Tensor, Array<i64>) {
    let mut rng = Rng::new(seed, "noise");
    let x = Tensor::normal([count, 64], 0.0, 1.0, &mut rng);
    (x, Array::from_fn([count], |_| rng.below(CLASSES) as i64))
}

/// The Euclidean norm of the gradient of each weight, first layer to last.
fn gradient_norms(activation: Activation) -> Vec<f64> {
    let widths: Vec<usize> = [64].into_iter().chain([64; 9]).chain([CLASSES]).collect();
    let mut model = Mlp::new(&widths, activation, &mut Rng::new(0, "init"));
    let (x, labels) = noise(128, 1);
    let criterion = CrossEntropy::default();
    zero_grad(&mut model);
    let logits = model.forward(x);
    model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
    let mut norms = Vec::new();
    for_each_param(&mut model, |_, param| {
        if param.role == Role::Weight {
            norms.push(param.grad.to_f64().map(|g| g * g).sum_all().sqrt());
        }
    });
    norms
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch05_sanity");
    record.seed(0);

    let model = Mlp::new(&[64, 128, CLASSES], Activation::Relu, &mut Rng::new(0, "init"));
    let (x, labels) = noise(1000, 2);
    let first = CrossEntropy::default().forward(&model.infer(x), &labels).item();
    println!("1. loss before training: {first:.3}; ln {CLASSES} = {:.3}", (CLASSES as f64).ln());
    record.number("initial_loss", f64::from(first)).number("ln_classes", (CLASSES as f64).ln());

    let mut model = Mlp::new(&[64, 128, CLASSES], Activation::Relu, &mut Rng::new(0, "init"));
    let (x, labels) = noise(32, 3);
    let losses: Vec<f64> = (0..300).map(|_| train_step(&mut model, x.clone(), &labels, 0.5)).collect();
    let right = accuracy(&model, &x, &labels);
    println!(
        "2. 32 random samples after {} steps: {:.0} % right, loss {:.5}",
        losses.len(),
        100.0 * right,
        losses[299]
    );
    record.number("memorised_accuracy", right).number("memorised_loss", losses[299]);

    let (sigmoid, relu) = (gradient_norms(Activation::Sigmoid), gradient_norms(Activation::Relu));
    println!("3. norm of the weight gradient, layer 1 to {}:", relu.len());
    println!("   sigmoid {}", sigmoid.iter().map(|n| format!("{n:.1e}")).collect::<Vec<_>>().join(" "));
    println!("   ReLU    {}", relu.iter().map(|n| format!("{n:.1e}")).collect::<Vec<_>>().join(" "));
    let last = relu.len() - 1;
    record.number("sigmoid_first", sigmoid[0]).number("sigmoid_last", sigmoid[last]);
    record.number("relu_first", relu[0]).number("relu_last", relu[last]);
    record.number("sigmoid_ratio", sigmoid[last] / sigmoid[0]).number("relu_ratio", relu[last] / relu[0]);
    record.number("layers", relu.len() as f64);
    let curve = |name: &str, norms: &[f64]| {
        Series::new(name, norms.iter().enumerate().map(|(i, &norm)| ((i + 1) as f64, norm)).collect())
            .marked()
    };
    let path = record.figure_path("ch05_gradient_norms");
    let series = [curve("sigmoid", &sigmoid), curve("ReLU", &relu)];
    figure::lines_log_y(
        &path,
        "How much of the gradient reaches each layer",
        "layer",
        "norm of dL/dW",
        &series,
    )?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
