//! Texts: IMDb or generated reviews, and the networks that learn them.

use std::sync::Arc;

use ch01_tensors::Rng;
use ch13_data::{Dataset, Keep, Loader, TextSet, Tokens, WordVocabulary, clean_review, stratified_split};
use ch20_transformer::{EncoderClassifier, EncoderConfig};
use datasets::imdb::{self, Imdb, Review};
use datasets::reviews;

use crate::bag_of_words::BagOfWords;
use crate::gallery::Gallery;
use crate::recipe;
use crate::run::{Plan, Run};
use crate::task::Task;
use crate::training::Prepared;

/// Examples in a batch of an evaluation.
const EVALUATED: usize = 64;

/// The share of the training texts that is kept aside to watch the training.
const VALIDATION: f64 = 0.1;

/// Generated reviews to learn from, and for the test.
const GENERATED: (usize, usize) = (6000, 1000);

/// Batches are made of texts of about the same length: sorted within this many batches.
const BUCKET: usize = 50;

/// The words and their numbers belong to the weights: they are kept beside them.
const VOCABULARY: &str = "vocabulary.json";

/// Everything for a run on texts but the network: see [`Parts::with`].
pub(crate) struct Parts {
    vocabulary: WordVocabulary,
    train: Loader<TextSet>,
    validation: Loader<TextSet>,
    test: Loader<TextSet>,
    gallery: Gallery,
}

impl Parts {
    /// Reads or generates the texts and turns them into numbers. The vocabulary is made from what is learned from, and
    /// written into the run's folder; if the run has `begun`, it is the one that lies there, whatever the data are now.
    ///
    /// # Errors
    /// If the data cannot be read or a file not be read or written.
    pub fn prepare(run: &Run, begun: bool) -> anyhow::Result<Parts> {
        let (plan, recipe) = (&run.plan, recipe::texts(run.plan.task, run.plan.recipe));
        let Imdb { train, test, .. } = match &plan.data {
            Some(path) => imdb::load_labelled(path)?,
            None => reviews::generate(plan.seed, GENERATED.0, GENERATED.1),
        };
        let labels: Vec<i64> = train.iter().map(|review| i64::from(review.label)).collect();
        let (watching, learning) = split(plan, &labels);
        let clean = |reviews: &[Review]| -> Vec<String> {
            reviews.iter().map(|review| clean_review(&review.text)).collect()
        };
        let cleaned = clean(&train);
        let vocabulary = if begun && run.path(VOCABULARY).is_file() {
            vocabulary(run)?
        } else {
            let learned: Vec<&str> = learning.iter().map(|&index| cleaned[index].as_str()).collect();
            let vocabulary = WordVocabulary::build(&learned, recipe.vocabulary, 2, false);
            vocabulary.save(run.path(VOCABULARY))?;
            vocabulary
        };

        let encode = |text: &String| vocabulary.encode(text);
        let encoded: Vec<Vec<u32>> = cleaned.iter().map(encode).collect();
        let part = |indices: &[usize]| {
            let ids = indices.iter().map(|&index| encoded[index].clone()).collect();
            set(run, ids, indices.iter().map(|&index| labels[index]).collect())
        };
        let (learning, watching) = (part(&learning), part(&watching));
        let test_labels = test.iter().map(|review| i64::from(review.label)).collect();
        let test_set = set(run, clean(&test).iter().map(encode).collect(), test_labels);
        let train = Loader::new(Arc::new(learning.word_dropout(recipe.word_dropout)), recipe.batch)
            .seed(plan.seed)
            .shuffle(true)
            .drop_last(true)
            .buckets(BUCKET)
            .workers(1);
        let evaluation = |set| Loader::new(Arc::new(set), EVALUATED).buckets(BUCKET);
        let gallery = Gallery::Texts(test.iter().map(|review| review.text.replace("<br />", " ")).collect());
        let (validation, test) = (evaluation(watching), evaluation(test_set));
        Ok(Parts { vocabulary, train, validation, test, gallery })
    }

    /// With the Transformer encoder.
    pub fn with_encoder(self, run: &Run) -> Prepared<EncoderClassifier, TextSet> {
        let model = encoder(run, &self.vocabulary);
        self.with(run, model)
    }

    /// With the bag of words.
    pub fn with_bag_of_words(self, run: &Run) -> Prepared<BagOfWords, TextSet> {
        let model = bag_of_words(&self.vocabulary);
        self.with(run, model)
    }

    fn with<M>(self, run: &Run, model: M) -> Prepared<M, TextSet> {
        let recipe = recipe::texts(run.plan.task, run.plan.recipe);
        let trainer = recipe.trainer(run.plan.epochs, self.train.batches());
        let Parts { train, validation, test, gallery, .. } = self;
        Prepared { model, train, validation, test, trainer, gallery }
    }
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

/// The Transformer of a run, untrained.
///
/// # Panics
/// When the recipe has none.
pub(crate) fn encoder(run: &Run, vocabulary: &WordVocabulary) -> EncoderClassifier {
    let recipe = recipe::texts(run.plan.task, run.plan.recipe);
    let size = recipe.encoder.as_ref().expect("the recipe of an encoder");
    let config = EncoderConfig {
        vocabulary: vocabulary.size(),
        max_tokens: recipe.tokens,
        size: size.size,
        heads: size.heads,
        layers: size.layers,
        feed_forward: 4 * size.size,
        dropout: size.dropout,
        init_std: size.init_std,
        classes: run.plan.task.classes().len(),
        ..EncoderConfig::default()
    };
    EncoderClassifier::new(&config, &mut Rng::new(run.plan.seed, "init"))
}

/// The bag of words, untrained.
pub(crate) fn bag_of_words(vocabulary: &WordVocabulary) -> BagOfWords {
    BagOfWords::new(vocabulary.size(), 2)
}

/// The vocabulary of a finished run.
///
/// # Errors
/// If it is missing or damaged.
pub(crate) fn vocabulary(run: &Run) -> anyhow::Result<WordVocabulary> {
    Ok(WordVocabulary::load(run.finished(VOCABULARY)?)?)
}

/// A text as the batch of one that the network of a run reads.
pub(crate) fn tokens(run: &Run, vocabulary: &WordVocabulary, text: &str) -> Tokens {
    let set = set(run, vec![vocabulary.encode(&clean_review(text))], vec![0]);
    set.batch(&[0], &mut Rng::new(0, "nothing is drawn")).input
}

/// Encoded texts, cut as the recipe says: a review often ends with its verdict.
fn set(run: &Run, ids: Vec<Vec<u32>>, labels: Vec<i64>) -> TextSet {
    let tokens = recipe::texts(run.plan.task, run.plan.recipe).tokens;
    TextSet::new(ids, labels, tokens).keep(Keep::HeadAndTail)
}
