//! The traps of the chapter, each shown to be one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::softmax;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Linear, accuracy, sgd_step, zero_grad};
use ch07_modules::Sequential;
use ch11_normalization::{BatchNorm1d, recalibrate};
use ch12_regularization::{Dropout, EarlyStopping, Goal, KeepBest, Verdict, mixup};

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

#[test]
fn dropout_before_batch_norm_makes_its_running_variance_wrong() {
    let x = Tensor::normal([2000, 8], 1.0, 1.0, &mut Rng::new(3, "activations"));
    let output_variance = |dropout_first: bool| {
        let mut model = Sequential::new();
        if dropout_first {
            model = model.push(Dropout::new(0.5, &mut Rng::new(3, "layers")));
        }
        let mut model = model.push(BatchNorm1d::new(8));
        recalibrate(&mut model, (0..20usize).map(|part| x.narrow(0, 100 * part, 100)));
        mean_and_variance(&model.infer(x.clone())).1
    };
    // BatchNorm remembers a variance of 3 (see above) and divides by it in use, where the variance is 1.
    let (with, without) = (output_variance(true), output_variance(false));
    assert!((without - 1.0).abs() < 0.02, "normalised: {without}");
    // 16 000 numbers: the standard error of the variance of 3 is about 0.04.
    assert!((with - 1.0 / 3.0).abs() < 0.02, "no longer normalised: {with}");
}

/// Two classes at -1 and 1 on a line, and what a softmax regression answers between them when it learns from mixtures.
fn answers_after_mixup(soft: bool) -> Vec<f64> {
    let n = 400;
    let rng = &mut Rng::new(4, "mixtures");
    let labels = Array::from_fn([n], |i| (i[0] % 2) as i64);
    let x = Tensor::from_fn([n, 1], |i| if i[0] % 2 == 0 { -1.0 } else { 1.0 });
    let targets = Tensor::one_hot(&labels, 2);
    let mut model = Linear::from_parts(Tensor::zeros([2, 1]), Some(Tensor::zeros([2])));
    let criterion = CrossEntropy::default();
    for _ in 0..600 {
        let order: Vec<i64> = (0..n as i64).map(|_| rng.below(n) as i64).collect();
        // From the mixture's own side, so that the hard label is the one of the larger share.
        let share = 0.5 + 0.5 * rng.uniform();
        let [mixed, mixed_targets] = mixup(&x, &targets, &Array::from_slice(&order, [n]), share);
        zero_grad(&mut model);
        let (one, logits) = (Array::scalar(1.0), model.forward(mixed));
        let grad = if soft {
            criterion.backward(&one, &logits, &mixed_targets)
        } else {
            criterion.backward(&one, &logits, &labels)
        };
        model.backward(grad);
        sgd_step(&mut model, 1.0);
    }
    let between = Tensor::from([[0.2], [1.0]]);
    softmax(model.infer(between), 1).narrow(1, 1, 1).iter().map(f64::from).collect()
}

#[test]
fn hard_labels_with_mixup_teach_too_much_certainty() {
    // A mixture at 0.2 is 60 % of class 1. Whoever learns from the label of the larger share alone is asked for 100 %.
    let (soft, hard) = (answers_after_mixup(true), answers_after_mixup(false));
    assert!((0.5..0.75).contains(&soft[0]), "soft labels: {} at 0.2, where 0.6 is right", soft[0]);
    assert!(hard[0] > 0.85, "hard labels: {} at 0.2", hard[0]);
    assert!(
        soft[1] > 0.8 && hard[1] > soft[1],
        "both know class 1 when they see it: {} {}",
        soft[1],
        hard[1]
    );
}

#[test]
fn stopping_on_the_training_loss_does_not_stop() {
    // 30 examples with labels at random: nothing can be learned but by heart.
    let rng = &mut Rng::new(5, "noise");
    let mut draw = |n: usize| {
        let x = Tensor::normal([n, 40], 0.0, 1.0, rng);
        (x, Array::from_fn([n], |i| (i[0] % 2) as i64))
    };
    let (train, valid) = (draw(30), draw(200));
    let mut model = Linear::new(40, 2, &mut Rng::new(5, "init"));
    let (one, criterion) = (Array::scalar(1.0), CrossEntropy::default());
    let watch = || KeepBest::new(EarlyStopping::new(Goal::Smallest, 10));
    let (mut on_train, mut on_valid) = (watch(), watch());
    let mut stopped = None;
    for epoch in 0..100 {
        zero_grad(&mut model);
        let logits = model.forward(train.0.clone());
        model.backward(criterion.backward(&one, &logits, &train.1));
        sgd_step(&mut model, 0.2);
        let loss = |(x, labels): &(Tensor, Array<i64>)| {
            f64::from(criterion.forward(&model.infer(x.clone()), labels).item())
        };
        let (train_loss, valid_loss) = (loss(&train), loss(&valid));
        assert_eq!(on_train.observe(train_loss, &mut model), Verdict::Improved, "epoch {epoch}");
        if stopped.is_none() && on_valid.observe(valid_loss, &mut model) == Verdict::Stop {
            stopped = Some(epoch);
        }
    }
    assert!(accuracy(&model, &train.0, &train.1) == 1.0, "learned by heart");
    assert!(stopped.is_some_and(|epoch| epoch < 40), "the validation loss stops at once: {stopped:?}");
}
