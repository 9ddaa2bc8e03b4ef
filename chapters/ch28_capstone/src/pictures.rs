//! Pictures: CIFAR-10 or generated shapes, and the convolutional network that learns them.

use std::sync::Arc;

use ch01_tensors::{Rng, Tensor};
use ch07_modules::Sequential;
use ch13_data::{Augment, Dataset, ImageSet, Loader, Statistics, stratified_split};
use ch15_convolution::small_cnn;
use datasets::cifar10::{self, CHANNELS, Cifar10, SIZE};
use datasets::shapes;
use serde_json::json;

use crate::gallery::Gallery;
use crate::recipe;
use crate::run::{Run, RunError, read_json};
use crate::training::Prepared;

/// Examples in a batch of an evaluation.
const EVALUATED: usize = 250;

/// The share of the training pictures that is kept aside to watch the training.
const VALIDATION: f64 = 0.1;

/// What is done to every picture before the network sees it belongs to the weights: it is kept beside them.
const PREPARATION: &str = "preparation.json";

const SHAPE: [usize; 3] = [CHANNELS, SIZE, SIZE];

/// Generated pictures to learn from, and for the test.
const GENERATED: (usize, usize) = (6000, 1000);

/// Everything for a run on pictures. The preparation is written into the run's folder; if the run has `begun`, it is the
/// one that lies there, whatever the data are now.
///
/// # Errors
/// If the data cannot be read or a file not be read or written.
pub(crate) fn prepare(run: &Run, begun: bool) -> anyhow::Result<Prepared<Sequential, ImageSet>> {
    let recipe = recipe::pictures(run.plan.task);
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

    let augment = Augment { crop_padding: recipe.padding, flip: recipe.flip };
    let train = Loader::new(Arc::new(learning.normalise(&statistics).augment(augment)), recipe.batch)
        .seed(run.plan.seed)
        .shuffle(true)
        .drop_last(true)
        .workers(1);
    let evaluation = |set: ImageSet| Loader::new(Arc::new(set.normalise(&statistics)), EVALUATED);
    let (validation, test) = (evaluation(watching), evaluation(test));
    let trainer = recipe.trainer(run.plan.epochs, train.batches());
    Ok(Prepared { model: model(run), train, validation, test, trainer, gallery })
}

fn load(run: &Run) -> Result<Cifar10, datasets::Error> {
    match &run.plan.data {
        Some(path) => cifar10::load(path),
        None => Ok(shapes::generate(run.plan.seed, GENERATED.0, GENERATED.1)),
    }
}

/// The network of a run, untrained.
pub(crate) fn model(run: &Run) -> Sequential {
    let recipe = recipe::pictures(run.plan.task);
    small_cnn(CHANNELS, run.plan.task.classes().len(), recipe.width, recipe.dropout, run.plan.seed)
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
