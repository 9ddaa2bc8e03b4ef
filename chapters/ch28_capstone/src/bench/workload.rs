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
use ch16_resnet::{FastNet, ResNet, ResNetConfig};
use ch18_recurrent::{LstmClassifier, LstmClassifierConfig};
use ch20_transformer::{EncoderClassifier, EncoderConfig, Gpt, GptConfig};

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
        Workload::Resnet18 => {
            let model = ResNet::new(&ResNetConfig::resnet18().cifar(10), init);
            let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, data);
            step(model, x, labels(batch, 10, data), sgd(), infer)
        }
        Workload::Airbench => {
            let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, data);
            let model = FastNet::new(&x, 10, init);
            let sgd = Sgd::new().momentum(0.9).nesterov(true);
            step(model, x, labels(batch, 10, data), (Box::new(sgd), 1e-3), infer)
        }
        Workload::Lstm => {
            let model = LstmClassifier::new(&LstmClassifierConfig::default(), init);
            step(model, tokens(batch, 200, data), labels(batch, 2, data), adamw(), infer)
        }
        Workload::Gpt => {
            let ids = labels(batch * 256, 96, data).reshape([batch, 256]);
            let next = labels(batch * 256, 96, data);
            Step { batch, ..step(Gpt::new(&GptConfig::default(), init), ids, next, adamw(), infer) }
        }
        Workload::Transformer => {
            let model = EncoderClassifier::new(&EncoderConfig::default(), init);
            step(model, tokens(batch, 256, data), labels(batch, 2, data), adamw(), infer)
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

/// `[batch, time]` words out of 20,000, none of them padding.
fn tokens(batch: usize, time: usize, rng: &mut Rng) -> Tokens {
    let ids = labels(batch * time, 20_000, rng).reshape([batch, time]);
    Tokens { ids, mask: Array::full([batch, time], true) }
}

/// `[count]` whole numbers below `classes`.
fn labels(count: usize, classes: usize, rng: &mut Rng) -> Array<i64> {
    let values: Vec<i64> = (0..count).map(|_| rng.below(classes) as i64).collect();
    Array::from_slice(&values, [count])
}
