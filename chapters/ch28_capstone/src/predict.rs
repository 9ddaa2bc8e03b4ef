//! `predict RUN ...`: what the network of a run makes of pictures or texts that it is given.

use std::path::Path;

use anyhow::{Context, bail};
use ch01_tensors::Tensor;
use ch03_neurons::softmax;
use ch14_training::{Classifier, RunDir};
use datasets::cifar10::SIZE;
use image::imageops::FilterType;

use crate::pictures;
use crate::reader::Reader;
use crate::run::Run;
use crate::tally::largest;
use crate::texts;
use crate::training::Tested;
use crate::viewer::Viewer;
use crate::words::Words;

/// The most classes that are named.
const NAMED: usize = 3;

/// Larger pictures than this are refused: they would fill the memory before they are made small.
const LARGEST: u32 = 20_000;

/// Prints a line for each input.
///
/// # Errors
/// If the run is not finished or damaged, or an input is no picture.
pub(crate) fn run(run: &Run, inputs: &[String]) -> anyhow::Result<()> {
    run.finished("test.json")?;
    let folder = RunDir::open(&run.folder)?;
    if run.plan.task.is_text() {
        let words = Words::load(run)?;
        let mut model = Reader::new(run, words.size())?;
        folder.load_best(&mut model)?;
        each(run, inputs, |text| Ok(model.infer(&texts::tokens(run, &words, text))))
    } else {
        let preparation = pictures::preparation(run)?;
        let mut model = Viewer::new(run);
        model.look_carefully();
        folder.load_best(&mut model)?;
        each(run, inputs, |file| {
            let picture = pictures::batch_of_one(read(Path::new(file))?, &preparation);
            Ok(Classifier::infer(&model, &picture))
        })
    }
}

fn each(run: &Run, inputs: &[String], logits: impl Fn(&str) -> anyhow::Result<Tensor>) -> anyhow::Result<()> {
    let classes = run.plan.task.classes();
    for input in inputs {
        let probabilities = softmax(logits(input)?, 1).contiguous();
        let mut left = probabilities.data().to_vec();
        let mut named = Vec::new();
        for _ in 0..NAMED.min(classes.len()) {
            let class = largest(&left);
            named.push(format!("{} {:.1} %", classes[class], 100.0 * left[class]));
            left[class] = f32::NEG_INFINITY;
        }
        println!("{}: {}", cut(input), named.join(", "));
    }
    Ok(())
}

/// A picture of any size and kind as `[3, 32, 32]` bytes: red, green, blue.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let decode = || -> Result<image::DynamicImage, image::ImageError> {
        let mut reader = image::ImageReader::open(path)?.with_guessed_format()?;
        let mut limits = image::Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(LARGEST), Some(LARGEST));
        reader.limits(limits);
        reader.decode()
    };
    let picture = decode().with_context(|| format!("cannot read the picture {}", path.display()))?;
    if picture.width() == 0 || picture.height() == 0 {
        bail!("the picture {} is empty", path.display());
    }
    let side = SIZE as u32;
    // The middle square, made as small as those that the network knows.
    let small = picture.resize_to_fill(side, side, FilterType::Triangle).to_rgb8();
    let plane = |channel: usize| small.pixels().map(move |pixel| pixel[channel]);
    Ok((0..3).flat_map(plane).collect())
}

/// The beginning of a long input.
fn cut(input: &str) -> String {
    match input.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &input[..end]),
        None => input.to_owned(),
    }
}
