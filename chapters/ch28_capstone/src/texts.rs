//! Texts: IMDb or generated reviews, and the networks that learn them.

use std::sync::Arc;

use ch01_tensors::Rng;
use ch13_data::{Dataset, Keep, Loader, TextSet, Tokens, clean_review, stratified_split};
use datasets::imdb::{self, Imdb};
use datasets::reviews;

use crate::gallery::Gallery;
use crate::pretraining;
use crate::reader::Reader;
use crate::recipe;
use crate::run::{Plan, Run};
use crate::task::Task;
use crate::training::Prepared;
use crate::words::Words;

/// Examples in a batch of an evaluation.
const EVALUATED: usize = 64;

/// The share of the training texts that is kept aside to watch the training.
const VALIDATION: f64 = 0.1;

/// Generated reviews to learn from, and for the test.
const GENERATED: (usize, usize) = (6000, 1000);

/// Batches are made of texts of about the same length: sorted within this many batches.
pub(crate) const BUCKET: usize = 50;

/// Everything for a run on texts. Reads or generates them and turns them into numbers. The words are counted in what is
/// learned from, and written into the run's folder; if the run has `begun`, it is those that lie there, whatever the data
/// are now.
///
/// # Errors
/// If the data or published weights cannot be read, or a file not be read or written.
pub(crate) fn prepare(run: &Run, begun: bool) -> anyhow::Result<Prepared<Reader, TextSet>> {
    let (plan, recipe) = (&run.plan, recipe::texts(run.plan.task, run.plan.recipe));
    // Texts without labels are read only where something is still to be learned from them.
    let pretraining = recipe.pretraining.as_ref().filter(|_| !begun || !run.has_checkpoint());
    let Imdb { train, test, unlabelled } = match &plan.data {
        Some(path) if pretraining.is_some() => imdb::load(path)?,
        Some(path) => imdb::load_labelled(path)?,
        None => reviews::generate(plan.seed, GENERATED.0, GENERATED.1),
    };
    let labels: Vec<i64> = train.iter().map(|review| i64::from(review.label)).collect();
    let (watching, learning) = split(plan, &labels);
    let words = if begun && Words::are_there(run) {
        Words::load(run)?
    } else if let Some(published) = &plan.weights {
        Words::published(run, published)?
    } else {
        let learned = learning.iter().map(|&index| &train[index].text).chain(&unlabelled);
        let cleaned: Vec<String> = learned.map(|text| clean_review(text)).collect();
        let cleaned: Vec<&str> = cleaned.iter().map(String::as_str).collect();
        Words::count(run, &cleaned, recipe.vocabulary)?
    };

    let encoded: Vec<Vec<u32>> = train.iter().map(|review| words.encode(&review.text)).collect();
    let part = |indices: &[usize]| {
        let ids = indices.iter().map(|&index| encoded[index].clone()).collect();
        set(run, ids, indices.iter().map(|&index| labels[index]).collect())
    };
    let mut model = Reader::new(run, words.size())?;
    if let Some(numbers) = pretraining {
        let learned = learning.iter().map(|&index| encoded[index].clone());
        let texts = learned.chain(unlabelled.iter().map(|text| words.encode(text))).collect();
        pretraining::pretrain(run, numbers, texts, words.size(), (&mut model, recipe.tokens))?;
    }

    let (learning, watching) = (part(&learning), part(&watching));
    let test_labels = test.iter().map(|review| i64::from(review.label)).collect();
    let test_set = set(run, test.iter().map(|review| words.encode(&review.text)).collect(), test_labels);
    let train = Loader::new(Arc::new(learning.word_dropout(recipe.word_dropout)), recipe.batch)
        .seed(plan.seed)
        .shuffle(true)
        .drop_last(true)
        .buckets(BUCKET)
        .workers(1);
    let evaluation = |set| Loader::new(Arc::new(set), EVALUATED).buckets(BUCKET);
    let gallery = Gallery::Texts(test.iter().map(|review| review.text.replace("<br />", " ")).collect());
    let (validation, test) = (evaluation(watching), evaluation(test_set));
    let trainer = recipe.trainer(plan.epochs, train.batches());
    Ok(Prepared { model, train, validation, test, trainer, gallery })
}

/// The numbers of the texts to watch the training with, and of those to learn from.
///
/// IMDb numbers the reviews of a film one after the other, and no film is in both the training and the test set. A split at
/// random would put most films into both parts: whoever remembers that a film is good would be taken for one who reads.
/// So the last reviews are kept aside; they are negative and positive in turn.
fn split(plan: &Plan, labels: &[i64]) -> (Vec<usize>, Vec<usize>) {
    if plan.task == Task::Imdb {
        let learning = labels.len() - (labels.len() as f64 * VALIDATION).round() as usize;
        ((learning..labels.len()).collect(), (0..learning).collect())
    } else {
        stratified_split(labels, VALIDATION, plan.seed)
    }
}

/// A text as the batch of one that the network of a run reads.
pub(crate) fn tokens(run: &Run, words: &Words, text: &str) -> Tokens {
    let set = set(run, vec![words.encode(text)], vec![0]);
    set.batch(&[0], &mut Rng::new(0, "nothing is drawn")).input
}

/// Encoded texts, cut as the recipe says: a review often ends with its verdict.
fn set(run: &Run, ids: Vec<Vec<u32>>, labels: Vec<i64>) -> TextSet {
    let tokens = recipe::texts(run.plan.task, run.plan.recipe).tokens;
    TextSet::new(ids, labels, tokens).keep(Keep::HeadAndTail)
}
