//! The traps of the chapter, each shown to be one.

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::Layer;
use ch12_regularization::Dropout;

fn mean_and_variance(x: &Tensor) -> (f64, f64) {
    let (n, x) = (x.size() as f64, x.to_f64());
    let mean = x.sum_all() / n;
    (mean, x.map(|x| (x - mean) * (x - mean)).sum_all() / n)
}

#[test]
fn dropout_before_a_normalisation_shifts_its_variance() {
    let n = 1_000_000;
    let x = Tensor::normal([n], 1.0, 1.0, &mut Rng::new(0, "activations"));
    let mut dropout = Dropout::new(0.5, &mut Rng::new(0, "layers"));
    let (mean, variance) = mean_and_variance(&dropout.forward(x.clone()));
    let (mean_in_use, variance_in_use) = mean_and_variance(&dropout.infer(x));
    // Var[x] = 1 and E[x²] = 2, so in training the variance is 1 + p / (1 - p) 2 = 3. The standard error of a variance
    // of 3 from a million numbers is below 0.01.
    assert!((mean - mean_in_use).abs() < 0.02, "the means agree: {mean} {mean_in_use}");
    assert!((variance - 3.0).abs() < 0.05, "{variance} in training");
    assert!((variance_in_use - 1.0).abs() < 0.05, "{variance_in_use} in use");
}

#[test]
fn dropout_after_the_last_layer_puts_a_floor_under_the_loss() {
    // Logits that are as sure and right as can be: 50 for the label, 0 for the other nine.
    let (n, classes) = (20_000, 10);
    let labels = Array::from_fn([n], |i| (i[0] % classes) as i64);
    let logits = Tensor::one_hot(&labels, classes) * 50.0;
    let loss = |logits: &Tensor| f64::from(CrossEntropy::default().forward(logits, &labels).item());
    let mut dropout = Dropout::new(0.5, &mut Rng::new(1, "layers"));
    assert!(loss(&dropout.infer(logits.clone())) < 1e-6);
    // Half of the time the right logit is dropped, and all ten are 0: a loss of ln 10.
    let floor = 0.5 * 10f64.ln();
    let trained = loss(&dropout.forward(logits));
    // Each loss is 0 or ln 10: the standard error of the mean is 1.15 / sqrt(20000) = 0.008.
    assert!((trained - floor).abs() < 0.04, "{trained} in training, where {floor} is the best there is");
}

#[test]
fn two_layers_with_one_stream_drop_the_same_elements() {
    // `with_stream` does as it is told: equal streams are equal masks, and the second layer drops nothing new.
    let x = Tensor::ones([1000]);
    let dropout = || Dropout::<f32>::with_stream(0.5, Rng::new(2, "dropout"));
    assert_eq!(dropout().forward(x.clone()), dropout().forward(x.clone()));
    // `new` gives each layer a stream of its own.
    let mut rng = Rng::new(2, "layers");
    let mut layer = || Dropout::<f32>::new(0.5, &mut rng);
    assert_ne!(layer().forward(x.clone()), layer().forward(x));
}
