//! Learning the language first: a masked language model of reviews that nobody has labelled, before the run itself begins.
//!
//! The network has to guess words that were taken out of the 50,000 unlabelled reviews and of those to learn from; never of
//! those that are kept aside or belong to the test. Then its encoder goes over into the classifier, by name. The training lies
//! in the run's folder, in `pretraining`, and is resumed like any other.

use std::sync::Arc;

use anyhow::Context;
use ch01_tensors::Rng;
use ch07_modules::state_dict;
use ch13_data::{Dataset, Loader};
use ch14_training::{History, HistoryError, Monitor, RunDir, Settings, Trainer};
use ch20_transformer::{BertConfig, MaskedLm, MaskedTexts, Masking, load_part};

use crate::reader::Reader;
use crate::recipe::Pretraining;
use crate::run::Run;
use crate::texts::BUCKET;

/// The folder in the run's.
const FOLDER: &str = "pretraining";

/// Two numbers are no words: padding, and words that are not in the vocabulary.
const FIRST_WORD: u32 = 2;

/// So many reviews are kept aside to watch the guessing.
const WATCHED: usize = 1000;

// ANCHOR: pretrain
/// Trains the language model to its end, unless that was done before, and gives its encoder to `reader`. `texts` are encoded
/// reviews, by a vocabulary of `words` words; `reader` reads `tokens` of each.
///
/// # Errors
/// As [`Trainer::fit`].
pub(crate) fn pretrain(
    run: &Run,
    numbers: &Pretraining,
    mut texts: Vec<Vec<u32>>,
    words: usize,
    (reader, tokens): (&mut Reader, usize),
) -> anyhow::Result<()> {
    let seed = run.plan.seed;
    let config = BertConfig { dropout: numbers.dropout, ..numbers.bert.config(words + 1, numbers.tokens) };
    let mut model = MaskedLm::new(&config, &mut Rng::new(seed, "init"));
    // The sign for a word that was taken out is the first number behind the words.
    let words = words as u32;
    let masking = Masking { rate: numbers.rate, mask: words, words: FIRST_WORD..words };
    Rng::new(seed, "pretraining").shuffle(&mut texts);
    let watched = texts.split_off(texts.len().saturating_sub(WATCHED.min(texts.len() / 10)));
    let set = |texts| Arc::new(MaskedTexts::new(texts, numbers.tokens, masking.clone()));
    let learned = set(texts);
    println!("First the language, from {} reviews without labels.", learned.len());
    let train = Loader::new(learned, numbers.batch).seed(seed).shuffle(true).drop_last(true).buckets(BUCKET);
    let watching = Loader::new(set(watched), numbers.batch).buckets(BUCKET);

    let train = train.workers(1);
    let settings = Settings {
        epochs: u64::from(numbers.epochs),
        clip_norm: Some(1.0),
        monitor: Monitor::Loss,
        ..Settings::default()
    };
    let (schedule, optimizer) = numbers.schedule_and_optimizer(train.batches());
    let folder = RunDir::create(run.path(FOLDER))?;
    let history = Trainer::new(settings, schedule, optimizer)
        .fit(&mut model, &train, &watching, &folder, !folder.is_new())
        .context("the training on texts without labels has stopped")?;
    if let Some(last) = history.epochs.last() {
        println!(
            "Of the words taken out, {:.1} % are guessed, after {:.1} minutes. Now the opinions.",
            100.0 * history.best_epoch().unwrap_or(last).valid_accuracy,
            last.seconds / 60.0
        );
    }
    let mut state = state_dict(&mut model);
    if let Some(positions) = state.get_mut("bert.positions.weight") {
        // The classifier reads further. There the vectors begin again, so that neighbours stay neighbours (as Longformer starts;
        // Beltagy et al. 2020).
        let times = tokens.div_ceil(positions.dim(0));
        *positions = positions.tile([times, 1]).narrow(0, 0, tokens).copy();
    }
    load_part(reader, &state, "bert.")?;
    Ok(())
}
// ANCHOR_END: pretrain

/// The seconds that this took, if the run has done it.
///
/// # Errors
/// If its history cannot be read.
pub(crate) fn seconds(run: &Run) -> Result<Option<f64>, HistoryError> {
    let path = run.path(FOLDER).join("history.csv");
    if !path.is_file() {
        return Ok(None);
    }
    Ok(History::load(path)?.epochs.last().map(|epoch| epoch.seconds))
}
