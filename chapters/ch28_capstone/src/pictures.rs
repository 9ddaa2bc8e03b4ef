//! Pictures: CIFAR-10 or generated shapes, prepared for the network that learns them.

use std::sync::Arc;

use ch01_tensors::{Rng, Tensor};
use ch13_data::{Augment, Batch, Dataset, ImageSet, Loader, Statistics, stratified_split};
use ch14_training::{Settings, Trainer};
use ch16_resnet::FastImages;
use datasets::cifar10::{self, CHANNELS, Cifar10, SIZE};
use datasets::shapes;
use serde_json::json;

use crate::gallery::Gallery;
use crate::recipe;
use crate::run::{Run, RunError, read_json};
use crate::task::Recipe;
use crate::training::Prepared;
use crate::viewer::Viewer;

/// Examples in a batch of an evaluation.
const EVALUATED: usize = 250;

/// The share of the training pictures that is kept aside to watch the training.
const VALIDATION: f64 = 0.1;

/// What is done to every picture before the network sees it belongs to the weights: it is kept beside them.
const PREPARATION: &str = "preparation.json";

const SHAPE: [usize; 3] = [CHANNELS, SIZE, SIZE];

/// Generated pictures to learn from, and for the test.
const GENERATED: (usize, usize) = (6000, 1000);

/// So many training pictures show the fast network what pictures are like.
const WHITENING: usize = 5000;

/// Pictures, changed at random as the recipe says.
pub(crate) enum Shown {
    /// As often mirrored as not.
    Random(ImageSet),
    /// Mirrored in every other epoch.
    Alternating(Arc<FastImages>),
}

impl Dataset for Shown {
    type Input = Tensor;

    fn len(&self) -> usize {
        match self {
            Shown::Random(set) => set.len(),
            Shown::Alternating(set) => set.len(),
        }
    }

    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Tensor> {
        self.batch_of(0, indices, rng)
    }

    fn batch_of(&self, epoch: u64, indices: &[usize], rng: &mut Rng) -> Batch<Tensor> {
        match self {
            Shown::Random(set) => set.batch_of(epoch, indices, rng),
            Shown::Alternating(set) => set.batch_of(epoch, indices, rng),
        }
    }
}

/// Everything for a run on pictures. The preparation is written into the run's folder; if the run has `begun`, it is the
/// one that lies there, whatever the data are now.
///
/// # Errors
/// If the data cannot be read or a file not be read or written.
pub(crate) fn prepare(run: &Run, begun: bool) -> anyhow::Result<Prepared<Viewer, Shown>> {
    let Cifar10 { train, test, .. } = load(run)?;
    let all = ImageSet::new(train.pixels, &train.labels, SHAPE);
    let (watching, learning) = stratified_split(all.labels(), VALIDATION, run.plan.seed);
    let statistics = if begun && run.path(PREPARATION).is_file() {
        preparation(run)?
    } else {
        // The mean and the deviation of what is learned from; the other parts are prepared by the same numbers.
        let statistics = all.channel_statistics(&learning);
        run.write_json(PREPARATION, &json!({ "mean": statistics.mean, "std": statistics.std }))?;
        statistics
    };
    let (learning, watching) = (all.select(&learning), all.select(&watching));
    let test_pixels: Arc<[u8]> = test.pixels.into();
    let gallery = Gallery::Pictures(test_pixels.clone());
    let test = ImageSet::new(test_pixels, &test.labels, SHAPE);

    let learning = learning.normalise(&statistics);
    let first: Vec<usize> = (0..learning.len().min(WHITENING)).collect();
    let first = learning.batch(&first, &mut Rng::new(0, "nothing is drawn")).input;
    let model = Viewer::new(run).whitened(run, &first);
    let (shown, batch) = shown(run, learning, &statistics);
    let batch = batch.min(shown.len().max(1));
    let train =
        Loader::new(Arc::new(shown), batch).seed(run.plan.seed).shuffle(true).drop_last(true).workers(1);
    let evaluation =
        |set: ImageSet| Loader::new(Arc::new(Shown::Random(set.normalise(&statistics))), EVALUATED);
    let (validation, test) = (evaluation(watching), evaluation(test));
    let trainer = trainer(run, train.batches());
    Ok(Prepared { model, train, validation, test, trainer, gallery })
}

/// What the network is shown, and the size of a batch.
fn shown(run: &Run, learning: ImageSet, statistics: &Statistics) -> (Shown, usize) {
    if run.plan.recipe == Recipe::Fast {
        let recipe = recipe::fast(run.plan.epochs);
        let images = FastImages::new(learning, statistics, recipe.padding, run.plan.seed);
        (Shown::Alternating(images), recipe.batch)
    } else {
        let recipe = recipe::pictures(run.plan.task, run.plan.recipe);
        let augment = Augment { crop_padding: recipe.padding, flip: recipe.flip };
        (Shown::Random(learning.augment(augment)), recipe.batch)
    }
}

fn trainer(run: &Run, steps_per_epoch: usize) -> Trainer {
    if run.plan.recipe == Recipe::Fast {
        let (recipe, steps) = (recipe::fast(run.plan.epochs), steps_per_epoch as u64);
        // As in every run, the weights that validated best are kept: most often those of the last epoch.
        let settings = Settings { restore_best: true, ..recipe.settings() };
        Trainer::new(settings, recipe.schedule(recipe.epochs * steps), recipe.optimizer(steps))
    } else {
        recipe::pictures(run.plan.task, run.plan.recipe).trainer(run.plan.epochs, steps_per_epoch)
    }
}

fn load(run: &Run) -> Result<Cifar10, datasets::Error> {
    match &run.plan.data {
        Some(path) => cifar10::load(path),
        None => Ok(shapes::generate(run.plan.seed, GENERATED.0, GENERATED.1)),
    }
}

/// What was done to the pictures of a finished run.
///
/// # Errors
/// If the file is missing or damaged.
pub(crate) fn preparation(run: &Run) -> Result<Statistics, RunError> {
    let path = run.finished(PREPARATION)?;
    let value = read_json(&path)?;
    let numbers = |key: &str| {
        let all = value[key].as_array()?;
        let numbers: Option<Vec<f32>> = all.iter().map(|x| Some(x.as_f64()? as f32)).collect();
        numbers.filter(|numbers| numbers.len() == CHANNELS)
    };
    match (numbers("mean"), numbers("std")) {
        (Some(mean), Some(std)) => Ok(Statistics { mean, std }),
        _ => Err(RunError::Damaged { path, what: format!("it needs {CHANNELS} means and deviations") }),
    }
}

/// A picture, `[3, 32, 32]` bytes, as the batch of one that the network sees.
pub(crate) fn batch_of_one(pixels: Vec<u8>, preparation: &Statistics) -> Tensor {
    let set = ImageSet::new(pixels, &[0], SHAPE).normalise(preparation);
    set.batch(&[0], &mut Rng::new(0, "nothing is drawn")).input
}
