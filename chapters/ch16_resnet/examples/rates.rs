//! A pretrained network moved to other classes at one rate for all, and by the strategies of this chapter:
//! `cargo run --release -p ch16_resnet --example rates`.
//!
//! Generated shapes: a small residual network (8, 16 and 32 channels) learns six classes from 3600 images, then the other
//! four from 20 images each. Every way is tried with three seeds for images and head; the accuracy is that on test images
//! of the four classes. For "one rate for all" the rate of the head is tried on the whole network, and a tenth of it.

use ch00_start::Record;
use ch00_start::figure;
use ch01_tensors::{Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch07_modules::{load_state_dict, state_dict};
use ch09_optimizers::{Optimizer, Sgd};
use ch13_data::{Dataset, ImageSet, Statistics};
use ch16_resnet::{Kind, ResNet, ResNetConfig, Strategy, replace_head};
use datasets::cifar10::Images;
use datasets::shapes;

const OLD: u8 = 6;
const BATCH: usize = 40;
const PER_CLASS: usize = 20;
const SEEDS: u64 = 3;
const STEPS: u64 = 120;
const RATE: f64 = 0.1;
const STAGES: usize = 3;

/// The images of some classes, which are counted from 0 again.
fn of_classes(images: &Images, classes: std::ops::Range<u8>) -> ImageSet {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for i in (0..images.len()).filter(|&i| classes.contains(&images.labels[i])) {
        pixels.extend_from_slice(images.image(i));
        labels.push(images.labels[i] - classes.start);
    }
    ImageSet::new(pixels, &labels, [3, 32, 32])
}

fn train(model: &mut ResNet, optimizer: &mut dyn Optimizer, data: &ImageSet, rates: &[f64], rng: &mut Rng) {
    let loss = CrossEntropy::default();
    for &rate in rates {
        let indices: Vec<usize> = (0..BATCH).map(|_| rng.below(data.len())).collect();
        let batch = data.batch(&indices, rng);
        zero_grad(model);
        let logits = model.forward(batch.input);
        model.backward(loss.backward(&Tensor::scalar(1.0), &logits, &batch.labels));
        optimizer.step(model, rate);
    }
}

fn accuracy(model: &ResNet, data: &ImageSet) -> f64 {
    let batch = data.batch(&(0..data.len()).collect::<Vec<_>>(), &mut Rng::new(0, "nothing is drawn"));
    let guesses = model.infer(batch.input).argmax(1, false);
    let right = guesses.iter().zip(batch.labels.iter()).filter(|(guess, label)| guess == label).count();
    right as f64 / data.len() as f64
}

/// From a rate in a straight line to 0.
fn falling(rate: f64, steps: u64) -> Vec<f64> {
    (0..steps).map(|step| rate * (1.0 - step as f64 / steps as f64)).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = shapes::generate(0, 6_000, 1_500);
    let statistics: Statistics = {
        let old = of_classes(&data.train, 0..OLD);
        old.channel_statistics(&(0..old.len()).collect::<Vec<_>>())
    };
    let part = |images: &Images, classes| of_classes(images, classes).normalise(&statistics);
    let (old, new) = (part(&data.train, 0..OLD), part(&data.train, OLD..10));
    let (old_test, new_test) = (part(&data.test, 0..OLD), part(&data.test, OLD..10));

    let config = ResNetConfig { width: 8, ..ResNetConfig::new(Kind::Basic, &[1; STAGES]) };
    let mut model = ResNet::new(&config.clone().cifar(OLD.into()), &mut Rng::new(0, "init"));
    let mut sgd: Sgd = Sgd::new().momentum(0.9).weight_decay(5e-4);
    train(&mut model, &mut sgd, &old, &falling(0.1, 700), &mut Rng::new(0, "batches"));
    let mut record = Record::from_args("ch16_rates");
    record.seed(0).number("per_class", PER_CLASS as f64).number("pretrained", accuracy(&model, &old_test));
    println!("pretrained: {:.1} % of the test images of six classes", 100.0 * accuracy(&model, &old_test));
    let backbone = state_dict(&mut model);

    let ways: [(&str, &str, Strategy, f64, bool); 6] = [
        ("scratch", "from scratch", Strategy::Uniform, RATE, false),
        ("one_rate", "one rate", Strategy::Uniform, RATE, true),
        ("low_rate", "one low rate", Strategy::Uniform, RATE / 10.0, true),
        ("frozen", "frozen", Strategy::Frozen, RATE, true),
        ("differential", "differential", Strategy::Differential { factor: 0.4 }, RATE, true),
        ("gradual", "gradual", Strategy::Gradual { steps: STEPS / 6, factor: 0.4 }, RATE, true),
    ];
    let (mut names, mut means) = (Vec::new(), Vec::new());
    for (key, name, strategy, rate, pretrained) in ways {
        let mut results = Vec::new();
        for seed in 0..SEEDS {
            let rng = &mut Rng::new(seed, "transfer");
            let mut order: Vec<usize> = (0..new.len()).collect();
            rng.shuffle(&mut order);
            let mut few = Vec::new();
            for class in 0..4 {
                few.extend(order.iter().copied().filter(|&i| new.labels()[i] == class).take(PER_CLASS));
            }
            let mut model = ResNet::new(&config.clone().cifar(OLD.into()), &mut rng.clone());
            if pretrained {
                load_state_dict(&mut model, &backbone)?;
            }
            replace_head(&mut model, 4, rng);
            let sgd = |groups| -> Box<dyn Optimizer> {
                Box::new(Sgd::new().momentum(0.9).weight_decay(5e-4).groups(groups))
            };
            let mut optimizer = strategy.optimizer(STAGES, sgd);
            train(&mut model, &mut *optimizer, &new.select(&few), &falling(rate, STEPS), rng);
            results.push(accuracy(&model, &new_test));
        }
        let mean = results.iter().sum::<f64>() / results.len() as f64;
        let spread = |f: fn(f64, f64) -> f64| results.iter().copied().reduce(f).expect("there are seeds");
        let (worst, best) = (spread(f64::min), spread(f64::max));
        println!("{name:28} {:5.1} %, {:.1} to {:.1}", 100.0 * mean, 100.0 * worst, 100.0 * best);
        record.number(key, mean).number(&format!("{key}_worst"), worst).number(&format!("{key}_best"), best);
        names.push(name);
        means.push(100.0 * mean);
    }
    let path = record.figure_path("ch16_rates");
    figure::bars(&path, "Four new classes from 20 images each", "accuracy (%)", &names, &[("", &means)])?;
    record.finish()?;
    Ok(())
}
