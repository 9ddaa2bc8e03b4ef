//! Plants ten bugs in the training of a small network on generated digits, one at a time, and asks `diagnose` what is wrong.
//!
//! Run with `cargo run --release -p ch14_training --example diagnose [-- --record]`.

use std::error::Error;
use std::sync::Arc;

use ch00_start::{Record, figure};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{Activation, softmax, softmax_backward};
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, Role, for_each_param, zero_grad};
use ch07_modules::{Flatten, Sequential};
use ch09_optimizers::{Optimizer, Sgd};
use ch13_data::{ImageSet, Loader};
use ch14_training::diagnose::{Bug, Report, Subject, diagnose};
use datasets::digits;
use datasets::mnist::{Images, Mnist};

const SEED: u64 = 0;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut record = Record::from_args("ch14_diagnose");
    record.seed(SEED);
    let digits = digits::generate(SEED, 4000, 1000);
    let mut names = vec!["healthy"];
    names.extend(Bug::TEN.map(Bug::name));
    let mut counts = vec![0; names.len() * names.len()];
    let mut right = 0;
    for (row, planted) in [None].into_iter().chain(Bug::TEN.map(Some)).enumerate() {
        let report = examine(&digits, planted);
        println!("planted: {}\n{report}", names[row]);
        let found: Vec<usize> = match report.is_healthy() {
            true => vec![0],
            false => report
                .bugs()
                .into_iter()
                .filter_map(|bug| Bug::TEN.iter().position(|b| *b == bug))
                .map(|i| i + 1)
                .collect(),
        };
        found.iter().for_each(|column| counts[row * names.len() + column] += 1);
        right += usize::from(found == [row]);
        if planted.is_none() {
            for (name, value) in &report.signals {
                println!("  {name}: {value:.4}");
            }
            let signal = |name: &str| report.signal(name).unwrap_or(f64::NAN);
            record.number("healthy_multiple", signal("the best multiple of a step"));
            record.number("healthy_neighbours", signal("share of nearest neighbours with the same label"));
            record.number("healthy_first_loss", signal("first loss over ln(classes)"));
        }
    }
    println!("{right} of {} as planted", names.len());
    record.number("right", right as f64).number("plans", names.len() as f64);
    figure::confusion(
        &record.figure_path("ch14_diagnose"),
        "Planted (rows) and found (columns)",
        &names,
        &counts,
    )?;
    record.finish()?;
    Ok(())
}

fn examine(digits: &Mnist, planted: Option<Bug>) -> Report {
    let is = |bug: Bug| planted == Some(bug);
    let set =
        |images: &Images| ImageSet::new(images.pixels.clone(), &images.labels, [1, images.rows, images.cols]);
    let mut train = digits.train.clone();
    if is(Bug::ShuffledLabels) {
        Rng::new(SEED, "shuffle").shuffle(&mut train.labels);
    }
    let train = set(&train);
    let mut valid = set(&digits.test);
    if is(Bug::LeakedValidation) {
        valid = train.select(&(0..500).collect::<Vec<_>>());
    }
    let mut statistics = train.channel_statistics(&(0..train.labels().len()).collect::<Vec<_>>());
    if is(Bug::InputNotNormalised) {
        // Bytes as they are.
        statistics.mean.fill(0.0);
        statistics.std.fill(1.0 / 255.0);
    }
    let loader = |set: ImageSet| Loader::new(Arc::new(set.normalise(&statistics)), 64).seed(SEED);
    diagnose(&|| subject(planted), &loader(train).shuffle(true), &loader(valid))
}

fn subject(planted: Option<Bug>) -> Subject {
    let is = |bug: Bug| planted == Some(bug);
    let mut rng = Rng::new(SEED, "init");
    let relu = || ActivationLayer::new(Activation::Relu);
    let mut model = Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(784, 64, &mut rng))
        .push(relu())
        .push(Linear::new(64, 64, &mut rng))
        .push(relu())
        .push(Linear::new(64, 10, &mut rng));
    for_each_param(&mut model, |path, param| {
        let path = path.to_string();
        match param.role {
            Role::Weight if is(Bug::WrongInit) => {
                param.value = Tensor::normal(*param.value.shape(), 0.0, 1.0, &mut rng);
            }
            Role::Bias if is(Bug::DeadRelus) && path == "3.bias" => param.value.fill(-10.0),
            _ => (),
        }
        param.frozen = is(Bug::FrozenLayer) && path.starts_with("1.");
    });
    let rate = match planted {
        Some(Bug::RateTooHigh) => 5.0,
        Some(Bug::RateTooLow) => 1e-6,
        _ => 0.05,
    };
    let (keeps, twice) = (is(Bug::MissingZeroGrad), is(Bug::DoubleSoftmax));
    let (mut sgd, criterion) = (Sgd::new().momentum(0.9), CrossEntropy::default());
    let step = move |model: &mut Sequential, input: &Tensor, labels: &Array<i64>| {
        if !keeps {
            zero_grad(model);
        }
        let logits = Layer::forward(model, input.clone());
        let scores = if twice { softmax(logits, 1) } else { logits };
        let mut grad = criterion.backward(&Tensor::scalar(1.0), &scores, labels);
        if twice {
            grad = softmax_backward(grad, &scores, 1);
        }
        Layer::backward(model, grad);
        sgd.step(model, rate);
        f64::from(criterion.forward(&scores, labels).item())
    };
    Subject { model, step: Box::new(step) }
}
