//! `cifar10 --recipe transfer`: what a network that knows six classes is worth to one that has to learn four others.
//!
//! A residual network is trained on the pictures of six classes. Then the four other classes are learned from few labelled
//! pictures: from scratch, and from the network that knows the six, in the three ways of chapter 16. Few pictures can be lucky
//! ones, so the small sets are drawn more than once. All trainings on one set see the same pictures for the same number of steps.
//!
//! In the run's folder, `pretraining` holds the six classes' run, `transfer.json` what came out so far, and `training` the
//! training that is going on: the recipe can be stopped at any moment and goes on with it.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use anyhow::{Context, bail};
use ch00_start::Record;
use ch00_start::figure::{Series, lines_log_x};
use ch01_tensors::{Rng, Tensor};
use ch07_modules::{load_state_dict, state_dict};
use ch13_data::{Augment, ImageSet, Loader, stratified_split};
use ch14_training::{RunDir, evaluate};
use ch16_resnet::{ResNet, replace_head};
use datasets::cifar10::{CHANNELS, Cifar10, Images, SIZE};
use serde_json::{Value, json};

use crate::recipe::{Transfer, Way};
use crate::run::{Run, RunError, read_json};
use crate::training::copy_figure;

/// What is already known; the others are to be learned.
const KNOWN: [u8; 6] = [0, 1, 2, 3, 4, 5];

/// What came out, after each training.
const RESULTS: &str = "transfer.json";

const FIGURE: &str = "transfer";

/// The accuracy of one training.
#[derive(Clone, Debug, PartialEq)]
struct Trained {
    way: Way,
    /// Labelled pictures per class.
    labels: usize,
    /// Which of the draws.
    draw: usize,
    accuracy: f64,
    seconds: f64,
}

/// Pretrains, then trains everything that is not done yet; prints, draws and keeps what came out.
///
/// # Errors
/// If the data cannot be read or are too few, or a file not be read or written.
pub(crate) fn run(run: &Run, recipe: &Transfer, resume: bool, record: bool) -> anyhow::Result<()> {
    println!("Run: {}", run.folder.display());
    let data = Split::load(run, recipe)?;
    let (mut model, minutes) = pretrained(run, recipe, &data)?;
    let known = state_dict(&mut model);
    let mut done = if resume { load(run)? } else { Vec::new() };
    for (number, &labels) in recipe.labels.iter().enumerate() {
        for draw in 0..recipe.draws[number] {
            for way in Way::ALL {
                let same = |t: &Trained| (t.way, t.labels, t.draw) == (way, labels, draw);
                if done.iter().any(same) {
                    continue;
                }
                let mut trained = Trained { way, labels, draw, accuracy: 0.0, seconds: 0.0 };
                train(run, recipe, &data, &known, recipe.epochs[number], &mut trained)?;
                println!(
                    "{labels:>5} labels per class, draw {}: {:<12} {:>6.2} % in {:.0} s",
                    draw + 1,
                    way.name(),
                    100.0 * trained.accuracy,
                    trained.seconds
                );
                done.push(trained);
                save(run, &done)?;
            }
        }
    }
    let minutes = minutes + done.iter().map(|trained| trained.seconds).sum::<f64>() / 60.0;
    println!("\n{}", table(&recipe.labels, &done));
    println!("Training: {minutes:.1} minutes in all.");
    draw(run, &recipe.labels, &done)?;
    if record {
        write_record(run, &recipe.labels, &done, minutes)?;
    }
    Ok(())
}

/// The pictures, divided by what is known and what is to be learned.
struct Split {
    /// Of the known classes: to learn from, and to watch the training.
    known: [ImageSet; 2],
    /// Of the new classes, numbered from 0: to draw from, and for the test.
    new: [ImageSet; 2],
    new_classes: usize,
}

impl Split {
    fn load(run: &Run, recipe: &Transfer) -> anyhow::Result<Split> {
        let path = run.plan.data.as_ref().context("the recipe transfer needs real pictures")?;
        let Cifar10 { train, test, .. } = datasets::cifar10::load(path)?;
        let new: Vec<u8> = (0..10).filter(|class| !KNOWN.contains(class)).collect();
        let known = of_classes(&train, &KNOWN);
        let (watching, learning) = stratified_split(known.labels(), 0.1, run.plan.seed);
        // The new classes' pictures are prepared by numbers that only the known ones have given.
        let statistics = known.channel_statistics(&learning);
        let prepared = |set: ImageSet| set.normalise(&statistics);
        let split = Split {
            known: [&learning, &watching].map(|part| prepared(known.select(part))),
            new: [&train, &test].map(|part| prepared(of_classes(part, &new))),
            new_classes: new.len(),
        };
        let most = recipe.labels.iter().copied().max().unwrap_or(0);
        for class in 0..new.len() {
            let there = split.new[0].labels().iter().filter(|&&label| label == class as i64).count();
            if there < most {
                let name = run.plan.task.classes()[usize::from(new[class])];
                bail!("{most} labelled pictures of each class are needed, but of {name} there are {there}");
            }
        }
        Ok(split)
    }

    /// `labels` pictures of each new class; the same for everything that is trained on this draw.
    fn draw(&self, labels: usize, draw: usize, seed: u64) -> ImageSet {
        let rng = &mut Rng::new(seed, &format!("labelled pictures {labels} {draw}"));
        let mut order: Vec<usize> = (0..self.new[0].labels().len()).collect();
        rng.shuffle(&mut order);
        let mut left = vec![labels; self.new_classes];
        order.retain(|&index| {
            let left = &mut left[self.new[0].labels()[index] as usize];
            let take = *left > 0;
            *left -= usize::from(take);
            take
        });
        self.new[0].select(&order)
    }
}

/// The pictures of some classes, whose labels become their places in `classes`.
fn of_classes(images: &Images, classes: &[u8]) -> ImageSet {
    let size = CHANNELS * SIZE * SIZE;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (image, label) in images.pixels.chunks(size).zip(&images.labels) {
        if let Some(place) = classes.iter().position(|class| class == label) {
            pixels.extend_from_slice(image);
            labels.push(place as u8);
        }
    }
    ImageSet::new(pixels, &labels, [CHANNELS, SIZE, SIZE])
}

fn loader(set: ImageSet, recipe: &Transfer, seed: u64) -> Loader<ImageSet> {
    let augment = Augment { crop_padding: recipe.padding, flip: true };
    let batch = recipe.batch.min(set.labels().len());
    Loader::new(Arc::new(set.augment(augment)), batch).seed(seed).shuffle(true).drop_last(true).workers(1)
}

fn for_evaluation(set: &ImageSet) -> Loader<ImageSet> {
    Loader::new(Arc::new(set.clone()), 250)
}

/// The network that knows the six classes, and the minutes that its training took, before too if it was resumed.
fn pretrained(run: &Run, recipe: &Transfer, data: &Split) -> anyhow::Result<(ResNet, f64)> {
    let mut model = recipe.network(KNOWN.len(), run.plan.seed);
    let train = loader(data.known[0].clone(), recipe, run.plan.seed);
    let mut trainer = recipe.pretraining(run.plan.epochs, train.batches());
    let folder = RunDir::create(run.path("pretraining"))?;
    let history = trainer
        .fit(&mut model, &train, &for_evaluation(&data.known[1]), &folder, !folder.is_new())
        .context("the training on the known classes has stopped")?;
    let last = history.epochs.last().context("the training on the known classes had no epoch")?;
    // The network is that of the best epoch.
    println!(
        "The six known classes: {:.2} % of the pictures kept aside, after {:.1} minutes.",
        100.0 * history.best_epoch().unwrap_or(last).valid_accuracy,
        last.seconds / 60.0
    );
    Ok((model, last.seconds / 60.0))
}

/// One training on few pictures. There are none to watch it with: it ends after its last epoch, and that network is tested.
fn train(
    run: &Run,
    recipe: &Transfer,
    data: &Split,
    known: &BTreeMap<String, Tensor>,
    epochs: u32,
    trained: &mut Trained,
) -> anyhow::Result<()> {
    let (seed, way) = (run.plan.seed.wrapping_add(trained.draw as u64), trained.way);
    let drawn = data.draw(trained.labels, trained.draw, seed);
    let watching = for_evaluation(&drawn);
    let train = loader(drawn, recipe, seed);
    let mut trainer = recipe.training(way, epochs, train.batches());
    let mut model = if way == Way::Scratch {
        recipe.network(data.new_classes, seed)
    } else {
        // The network that knows the six classes, with a new head for the others.
        let mut six = recipe.network(KNOWN.len(), seed);
        load_state_dict(&mut six, known)?;
        replace_head(&mut six, data.new_classes, &mut Rng::new(seed, "head"));
        six
    };
    // The folder of another training is left over if the program was stopped between writing a result and tidying up.
    let path = run.path("training").join(trained.name());
    let folder = RunDir::create(&path)?;
    let history = trainer
        .fit(&mut model, &train, &watching, &folder, !folder.is_new())
        .with_context(|| format!("the training in {} has stopped", path.display()))?;
    trained.seconds = history.epochs.last().map_or(0.0, |epoch| epoch.seconds);
    trained.accuracy = evaluate(&model, &for_evaluation(&data.new[1])).accuracy;
    Ok(())
}

impl Trained {
    fn name(&self) -> String {
        format!("{}-{}-{}", self.way.name(), self.labels, self.draw + 1)
    }

    fn to_json(&self) -> Value {
        json!({
            "way": self.way.name(),
            "labels": self.labels,
            "draw": self.draw,
            "accuracy": self.accuracy,
            "seconds": self.seconds,
        })
    }

    fn from_json(value: &Value) -> Option<Trained> {
        let number = |key: &str| value[key].as_u64().map(|number| number as usize);
        let name = value["way"].as_str()?;
        Some(Trained {
            way: Way::ALL.into_iter().find(|way| way.name() == name)?,
            labels: number("labels")?,
            draw: number("draw")?,
            accuracy: value["accuracy"].as_f64()?,
            seconds: value["seconds"].as_f64()?,
        })
    }
}

/// Writes the results, and forgets the trainings that they came from.
fn save(run: &Run, done: &[Trained]) -> anyhow::Result<()> {
    save_all(run, done)?;
    let folder = run.path("training");
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
}

fn save_all(run: &Run, done: &[Trained]) -> Result<(), RunError> {
    run.write_json(RESULTS, &Value::Array(done.iter().map(Trained::to_json).collect()))
}

fn load(run: &Run) -> Result<Vec<Trained>, RunError> {
    let path = run.path(RESULTS);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let value = read_json(&path)?;
    let all = value.as_array().and_then(|all| all.iter().map(Trained::from_json).collect());
    all.ok_or_else(|| RunError::Damaged { path, what: "it is no list of results".into() })
}

/// The mean accuracy over the draws, the smallest and the largest.
fn summary(done: &[Trained], way: Way, labels: usize) -> [f64; 3] {
    let drawn = done.iter().filter(|t| t.way == way && t.labels == labels);
    let accuracies: Vec<f64> = drawn.map(|trained| trained.accuracy).collect();
    let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
    let low = accuracies.iter().copied().fold(f64::INFINITY, f64::min);
    [mean, low, accuracies.into_iter().fold(f64::NEG_INFINITY, f64::max)]
}

fn table(labels: &[usize], done: &[Trained]) -> String {
    let mut text = format!("{:<22}", "labels per class");
    labels.iter().for_each(|labels| text += &format!("{labels:>10}"));
    for way in Way::ALL {
        text += &format!("\n{:<22}", way.name());
        for &labels in labels {
            text += &format!("{:>8.2} %", 100.0 * summary(done, way, labels)[0]);
        }
    }
    text
}

fn draw(run: &Run, labels: &[usize], done: &[Trained]) -> anyhow::Result<()> {
    let line = |way: Way| {
        let point = |&labels: &usize| (labels as f64, 100.0 * summary(done, way, labels)[0]);
        Series::new(way.name(), labels.iter().map(point).collect()).marked()
    };
    let path = run.path(&format!("figures/{FIGURE}.svg"));
    let series: Vec<Series> = Way::ALL.into_iter().map(line).collect();
    lines_log_x(
        &path,
        "Four new classes, learned with and without six others",
        "labelled pictures per class",
        "test accuracy, %",
        &series,
    )?;
    println!("Figure: {}", path.display());
    Ok(())
}

fn write_record(run: &Run, labels: &[usize], done: &[Trained], minutes: f64) -> anyhow::Result<()> {
    let id = format!("ch28_cifar10_transfer_seed{}", run.plan.seed);
    let mut record = Record::new(&id, true);
    record.seed(run.plan.seed).number("minutes", minutes);
    for way in Way::ALL {
        for &labels in labels {
            let [mean, low, high] = summary(done, way, labels);
            let name = format!("{}_{labels}", way.name());
            record.number(&name, mean);
            record.number(&format!("{name}_low"), low);
            record.number(&format!("{name}_high"), high);
        }
    }
    copy_figure(run, FIGURE, &record, &id)?;
    record.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use datasets::{cifar10, shapes};

    use super::*;
    use crate::recipe::transfer;
    use crate::run::Plan;
    use crate::task::{Recipe, Task};

    /// The recipe on few pictures, with a small network.
    fn small() -> Transfer {
        Transfer {
            width: 4,
            blocks: [1; 4],
            batch: 8,
            labels: [1, 2, 3],
            draws: [2, 1, 1],
            epochs: [1; 3],
            ..*transfer()
        }
    }

    /// 200 + 40 pictures as CIFAR-10 is laid out, and a run on them; seed 3.
    fn begun(folder: &std::path::Path) -> Run {
        let mut data = shapes::generate(3, 200, 40);
        data.class_names = cifar10::CLASS_NAMES;
        cifar10::save(folder, &data).unwrap();
        let (task, recipe) = (Task::Cifar10, Recipe::Transfer);
        let plan = Plan { task, recipe, seed: 3, epochs: 1, data: Some(folder.into()), weights: None };
        Run::create(Some(&folder.join("run")), plan).unwrap()
    }

    #[test]
    fn what_was_done_is_kept_and_not_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let begun = begun(folder.path());
        run(&begun, &small(), false, false).unwrap();
        let all = load(&begun).unwrap();
        assert_eq!(all.len(), 4 * (2 + 1 + 1));
        assert!(!begun.path("training").exists() && begun.path("figures/transfer.svg").is_file());
        for trained in &all {
            assert!((0.0..=1.0).contains(&trained.accuracy) && trained.seconds > 0.0, "{trained:?}");
        }

        // As if it had been stopped in the middle: the rest is made again, with the same result.
        save_all(&begun, &all[..5]).unwrap();
        run(&begun, &small(), true, false).unwrap();
        let again = load(&begun).unwrap();
        let results = |all: &[Trained]| all.iter().map(|t| (t.name(), t.accuracy)).collect::<Vec<_>>();
        assert_eq!(results(&again), results(&all));
    }

    #[test]
    fn too_few_pictures_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let begun = begun(folder.path());
        let error = run(&begun, transfer(), false, false).unwrap_err().to_string();
        assert!(error.contains("1000 labelled pictures") && error.contains("frog"), "{error}");
    }

    #[test]
    fn a_draw_has_as_many_pictures_of_each_class_and_others_in_another_draw() {
        let folder = tempfile::tempdir().unwrap();
        let begun = begun(folder.path());
        let split = Split::load(&begun, &small()).unwrap();
        let drawn = |draw| split.draw(2, draw, 3);
        assert_eq!(
            (0..4).map(|c| drawn(0).labels().iter().filter(|&&l| l == c).count()).collect::<Vec<_>>(),
            [2; 4]
        );
        let pixels = |set: &ImageSet| (0..8).map(|i| set.pixels(i).to_vec()).collect::<Vec<_>>();
        assert_eq!(pixels(&drawn(0)), pixels(&drawn(0)));
        assert_ne!(pixels(&drawn(0)), pixels(&drawn(1)));
    }
}
