//! The workloads: networks, batches and optimizers.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Mlp, zero_grad};
use ch07_modules::{awake, count_parameters};
use ch09_optimizers::{AdamW, Optimizer, Sgd};
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch15_convolution::small_cnn;
use ch20_transformer::{EncoderClassifier, EncoderConfig};

use crate::args::{BenchArgs, Workload};

/// Something to measure.
pub(super) struct Step {
    pub batch: usize,
    pub parameters: usize,
    /// One step.
    pub run: Box<dyn FnMut()>,
}

/// The network of a workload with a batch of made-up data, for training or for inference.
pub(super) fn prepare(args: &BenchArgs) -> Step {
    let (init, data) = (&mut Rng::new(0, "init"), &mut Rng::new(0, "data"));
    let infer = args.infer.is_some();
    let batch = args.infer.or(args.batch).unwrap_or(args.workload.batch());
    match args.workload {
        Workload::Mlp => {
            let model = Mlp::new(&[784, 256, 128, 10], Activation::Relu, init);
            let x = Tensor::normal([batch, 784], 0.0, 1.0, data);
            step(model, x, labels(batch, 10, data), sgd(), infer)
        }
        Workload::Smallcnn => {
            let model = small_cnn(3, 10, 32, 0.4, 0);
            let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, data);
            step(model, x, labels(batch, 10, data), adamw(), infer)
        }
        Workload::Transformer => {
            let model = EncoderClassifier::new(&EncoderConfig::default(), init);
            let ids = labels(batch * 256, 20_000, data).reshape([batch, 256]);
            let tokens = Tokens { ids, mask: Array::full([batch, 256], true) };
            step(model, tokens, labels(batch, 2, data), adamw(), infer)
        }
    }
}

fn step<M: Classifier>(
    mut model: M,
    input: M::Input,
    labels: Array<i64>,
    mut optimizer: (Box<dyn Optimizer>, f64),
    infer: bool,
) -> Step {
    let (batch, parameters) = (labels.dim(0), count_parameters(&mut model));
    let run: Box<dyn FnMut()> = if infer {
        Box::new(move || drop(awake(|| model.infer(&input))))
    } else {
        let criterion = CrossEntropy::default();
        Box::new(move || {
            zero_grad(&mut model);
            let logits = model.forward(&input);
            let loss = criterion.forward(&logits, &labels);
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
            optimizer.0.step(&mut model, optimizer.1);
            assert!(loss.item().is_finite(), "the loss is {}", loss.item());
        })
    };
    Step { batch, parameters, run }
}

fn sgd() -> (Box<dyn Optimizer>, f64) {
    (Box::new(Sgd::new().momentum(0.9)), 1e-3)
}

fn adamw() -> (Box<dyn Optimizer>, f64) {
    (Box::new(AdamW::new()), 1e-4)
}

/// `[count]` whole numbers below `classes`.
fn labels(count: usize, classes: usize, rng: &mut Rng) -> Array<i64> {
    let values: Vec<i64> = (0..count).map(|_| rng.below(classes) as i64).collect();
    Array::from_slice(&values, [count])
}
