//! What a saved state is good for: `cargo run --release -p ch07_modules --example transfer`.
//!
//! A network learns the digits 0 to 4 and is written to a file. Then the digits 5 to 9 are to be learned from few
//! examples, in three ways: from scratch; from the file, with a new last layer; and the same with the loaded layers
//! frozen. On the real MNIST if it is found (GRADUS_DATA), else on generated digits.

use std::collections::BTreeMap;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear, accuracy, train_epoch};
use ch07_modules::{
    Flatten, Sequential, count_parameters, count_trainable, freeze, load_state_dict, safetensors, state_dict,
    summary,
};
use datasets::mnist;

type Examples = (Tensor, Array<i64>);

const COUNTS: [usize; 6] = [10, 20, 50, 100, 200, 500];
const SEEDS: usize = 10;
const EPOCHS: usize = 40;

// ANCHOR: network
/// Five classes; the last layer is number 5.
fn network(rng: &mut Rng) -> Sequential {
    Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(784, 128, rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Linear::new(128, 64, rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Linear::new(64, 5, rng))
}
// ANCHOR_END: network

/// The images of five classes, which are numbered from 0 again.
fn part(images: &mnist::Images, classes: std::ops::Range<u8>) -> Examples {
    let pixels = Array::from_slice(&images.pixels, [images.len(), 28, 28]);
    let chosen: Vec<i64> =
        (0..images.len()).filter(|&i| classes.contains(&images.labels[i])).map(|i| i as i64).collect();
    let labels: Vec<i64> =
        chosen.iter().map(|&i| i64::from(images.labels[i as usize] - classes.start)).collect();
    let (chosen, [mean, std]) = (Array::from_slice(&chosen, [chosen.len()]), mnist::STATISTICS);
    let x = pixels.index_select(0, &chosen).map_to(|p| (f32::from(p) / 255.0 - mean) / std);
    (x, Array::from_slice(&labels, [labels.len()]))
}

/// `count` examples drawn at random.
fn few((x, labels): &Examples, count: usize, rng: &mut Rng) -> Examples {
    let rows = Array::<i64>::from_fn([count], |_| rng.below(x.dim(0)) as i64);
    (x.index_select(0, &rows), labels.index_select(0, &rows))
}

// ANCHOR: start_from
/// A new network whose first layers come from a file; the last one, number 5, stays new.
fn start_from(path: &std::path::Path, rng: &mut Rng) -> Result<Sequential, Box<dyn std::error::Error>> {
    let mut model = network(rng);
    let (saved, _) = safetensors::read(path)?;
    let mut state = state_dict(&mut model);
    state.extend(saved.into_iter().filter(|(name, _)| !name.starts_with("5.")));
    load_state_dict(&mut model, &state)?;
    Ok(model)
}
// ANCHOR_END: start_from

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch07_modules::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch07_modules::YOURS);
    }
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let mut record = Record::from_args("ch07_transfer");
    record.seed(0).text("data", mnist::name(&source));

    // The first five classes, with all their examples.
    let (first, first_test) = (part(&data.train, 0..5), part(&data.test, 0..5));
    let mut model = network(&mut Rng::new(0, "init"));
    print!("{}", summary(&mut model));
    let mut order = Rng::new(0, "shuffle");
    for _ in 0..3 {
        train_epoch(&mut model, (&first.0, &first.1), 64, 0.1, &mut order, |_| {});
    }
    let right = accuracy(&model, &first_test.0, &first_test.1);
    println!("The digits 0 to 4 after three epochs: {:.2} % right", 100.0 * right);
    record.number("first_accuracy", right).number("parameters", count_parameters(&mut model) as f64);

    let path = std::env::temp_dir().join(format!("gradus_transfer_{}.safetensors", std::process::id()));
    let texts = BTreeMap::from([("trained on".to_owned(), "the digits 0 to 4".to_owned())]);
    safetensors::write(&path, &state_dict(&mut model), &texts)?;
    let bytes = std::fs::metadata(&path)?.len();
    println!("Written: {} ({bytes} bytes)", path.display());
    record.number("bytes", bytes as f64);

    // The other five, with few examples.
    let (second, test) = (part(&data.train, 5..10), part(&data.test, 5..10));
    let ways = ["from scratch", "from the file, all trained", "from the file, only the last layer trained"];
    // [way, count, seed]: the seed draws the examples and the new weights, the same examples for all ways.
    let mut results = Array::<f64>::zeros([ways.len(), COUNTS.len(), SEEDS]);
    for way in 0..ways.len() {
        for (c, &count) in COUNTS.iter().enumerate() {
            for seed in 0..SEEDS {
                let rng = &mut Rng::new(seed as u64, "few");
                let examples = few(&second, count, rng);
                let mut model = if way == 0 { network(rng) } else { start_from(&path, rng)? };
                if way == 2 {
                    assert_eq!(freeze(&mut model, |path| !path.starts_with("5.")), 4);
                    record.number("trainable", count_trainable(&mut model) as f64);
                }
                for _ in 0..EPOCHS {
                    train_epoch(&mut model, (&examples.0, &examples.1), 10, 0.05, rng, |_| {});
                }
                results[[way, c, seed]] = accuracy(&model, &test.0, &test.1);
            }
        }
        let shown = |c: usize| format!("{:.1} %", 100.0 * results.slice((way, c)).mean_all());
        println!("{:45} {}", ways[way], (0..COUNTS.len()).map(shown).collect::<Vec<_>>().join("  "));
    }
    let means = results.mean(2, false);
    for (c, &count) in COUNTS.iter().enumerate() {
        for (way, key) in ["scratch", "all", "last"].into_iter().enumerate() {
            record.number(&format!("{key}_{count}"), means[[way, c]]);
        }
        // Pairs with the same examples differ less than the accuracies themselves scatter.
        for (way, key) in [(1, "all"), (2, "last")] {
            let gain = results.slice((way, c)) - &results.slice((0, c));
            let error = gain.std(.., false, 1).item() / (SEEDS as f64).sqrt();
            record.number(&format!("{key}_{count}_gain"), gain.mean_all());
            record.number(&format!("{key}_{count}_error"), error);
        }
    }
    std::fs::remove_file(&path)?;
    record.number("seeds", SEEDS as f64).number("epochs", EPOCHS as f64);

    let curve = |way: usize| {
        let points =
            COUNTS.iter().enumerate().map(|(c, &count)| (count as f64, 100.0 * means[[way, c]])).collect();
        Series::new(ways[way], points).marked()
    };
    let figure = record.figure_path("ch07_transfer");
    figure::lines_log_x(
        &figure,
        "The digits 5 to 9 from few examples",
        "examples",
        "test accuracy (%)",
        &[curve(0), curve(1), curve(2)],
    )?;
    println!("Figure: {}", figure.display());
    record.finish()?;
    Ok(())
}
