//! word2vec: vectors from predicting words by their neighbours (Mikolov, Chen, Corrado, Dean 2013; Mikolov, Sutskever et al.
//! 2013).
//!
//! Two tables `[count, size]`: `input`, the vectors that are kept, and `output`, those of a word that is predicted.
//!
//! - **Skip-gram**: the vector of a word predicts each of its neighbours, one step for each pair.
//! - **CBOW** (continuous bag of words): the mean of the neighbours' vectors predicts the word in the middle, one step for each
//!   word. Each neighbour gets the gradient of the mean divided by how many they are; the authors' program forgot to divide
//!   (İrsoy, Benton, Stratos 2021).
//!
//! A step is plain gradient descent on the loss of [`negative_sampling`](crate::negative_sampling) with the few rows that
//! it reads. It is written as loops over rows, compiled for wide vectors: there is no array, no gradient and no optimizer in
//! between. Steps follow each other on one thread, in an order that only the seed decides, so the result does not depend on the
//! number of threads. (The authors' program lets threads overwrite each other's rows, which is faster and never the same.)
//!
//! As in the authors' program: words are thinned out by frequency before windows are formed; each window has a width drawn
//! evenly from 1 to `window`, so that near neighbours count more; noise words come from the counts to the power 3/4; a noise word
//! that is the true word is passed over; the rate falls to (nearly) 0.
//!
//! Left out: hierarchical softmax, phrases, and vectors of parts of words (fastText).

use ch01_tensors::{Rng, Tensor, fail};
use ch03_neurons::simd::{Body, Level, at_level, dot};

use crate::{AliasTable, Corpus};

/// What predicts what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A word predicts each of its neighbours.
    SkipGram,
    /// The mean of the neighbours predicts the word.
    Cbow,
}

/// How word vectors are trained.
#[derive(Clone, Debug)]
pub struct Word2VecOptions {
    /// What predicts what.
    pub model: Model,
    /// Numbers per vector.
    pub size: usize,
    /// The largest distance of a neighbour.
    pub window: usize,
    /// Noise words for each true one.
    pub negatives: usize,
    /// Words with a larger share of the text than this are thinned out.
    pub subsample: f64,
    /// The power of the counts from which noise words are drawn.
    pub power: f64,
    /// How often the texts are gone through.
    pub epochs: usize,
    /// The learning rate at the start; it falls in a line.
    pub rate: f64,
    /// The seed of everything random.
    pub seed: u64,
}

impl Default for Word2VecOptions {
    /// Skip-gram with 100 numbers, windows up to 5, 5 noise words, 3 epochs.
    fn default() -> Self {
        Word2VecOptions {
            model: Model::SkipGram,
            size: 100,
            window: 5,
            negatives: 5,
            subsample: 1e-3,
            power: 0.75,
            epochs: 3,
            rate: 0.025,
            seed: 0,
        }
    }
}

/// Two tables of word vectors.
pub struct Word2Vec {
    /// The vectors of words that predict, `[count, size]`: the ones to use.
    pub input: Tensor,
    /// The vectors of words that are predicted, `[count, size]`.
    pub output: Tensor,
    mean: Vec<f32>,
    change: Vec<f32>,
}

impl Word2Vec {
    /// Small random input vectors, output vectors of zeros.
    pub fn new(count: usize, size: usize, rng: &mut Rng) -> Self {
        let reach = 0.5 / size as f64;
        Word2Vec::from_parts(Tensor::uniform([count, size], -reach, reach, rng), Tensor::zeros([count, size]))
    }

    /// With these tables.
    ///
    /// # Panics
    /// When they are not `[count, size]` both.
    #[track_caller]
    pub fn from_parts(input: Tensor, output: Tensor) -> Self {
        if input.ndim() != 2 || input.shape() != output.shape() {
            let (input, output) = (input.shape(), output.shape());
            fail("Word2Vec", format_args!("{input:?} and {output:?} are not [count, size] both"));
        }
        let size = input.dim(1);
        Word2Vec { input, output, mean: vec![0.0; size], change: vec![0.0; size] }
    }

    /// Vectors trained on a corpus. `progress` gets the epoch, counted from 0, and its mean loss per step.
    ///
    /// # Panics
    /// When the corpus is empty.
    pub fn train(corpus: &Corpus, options: &Word2VecOptions, mut progress: impl FnMut(usize, f64)) -> Self {
        let mut init = Rng::new(options.seed, "word2vec init");
        let mut model = Word2Vec::new(corpus.counts().len(), options.size, &mut init);
        let mut run = Run {
            options,
            keep: corpus.keep_probabilities(options.subsample),
            noise: corpus.noise(options.power),
            rng: Rng::new(options.seed, "word2vec"),
            kept: Vec::new(),
            targets: Vec::new(),
        };
        let mut order: Vec<usize> = (0..corpus.texts()).collect();
        let (all, mut seen) = ((options.epochs * corpus.len()) as f64, 0);
        for epoch in 0..options.epochs {
            run.rng.shuffle(&mut order);
            let (mut loss, mut steps) = (0.0, 0);
            for &number in &order {
                let text = corpus.text(number);
                let rate = options.rate * (1.0 - seen as f64 / all).max(1e-4);
                run.thin(text);
                let (more, count) = model.text(&mut run, rate as f32);
                (loss, steps, seen) = (loss + more, steps + count, seen + text.len());
            }
            progress(epoch, loss / f64::from(steps.max(1)));
        }
        model
    }

    /// One step of skip-gram: `word` predicts `targets[0]` and not the others. Gives the loss before the step.
    ///
    /// # Panics
    /// When a word is outside the tables.
    pub fn skip_gram_step(&mut self, word: u32, targets: &[u32], rate: f32) -> f64 {
        self.cbow_step(&[word], targets, rate)
    }

    /// One step of CBOW: the mean of `context` predicts `targets[0]` and not the others. Gives the loss before the step.
    ///
    /// # Panics
    /// When a word is outside the tables, or `context` is empty.
    pub fn cbow_step(&mut self, context: &[u32], targets: &[u32], rate: f32) -> f64 {
        assert!(!context.is_empty(), "cbow_step: no context");
        let mut loss = 0.0;
        at_level(Level::detect(), Step { model: self, context, targets, rate, loss: &mut loss });
        loss
    }

    /// All steps of a text, with the sum of the losses and the number of steps.
    fn text(&mut self, run: &mut Run<'_>, rate: f32) -> (f64, u32) {
        let mut sums = (0.0, 0);
        at_level(Level::detect(), Text { model: self, run, rate, sums: &mut sums });
        sums
    }
}

/// What training needs beside the vectors.
struct Run<'a> {
    options: &'a Word2VecOptions,
    keep: Vec<f64>,
    noise: AliasTable,
    rng: Rng,
    /// The words of the text that were kept.
    kept: Vec<u32>,
    targets: Vec<u32>,
}

impl Run<'_> {
    /// Drops frequent words of a text, at random.
    fn thin(&mut self, text: &[u32]) {
        self.kept.clear();
        for &word in text {
            let keep = self.keep[word as usize];
            if keep >= 1.0 || self.rng.uniform() < keep {
                self.kept.push(word);
            }
        }
    }

    /// The true word, and noise words behind it.
    fn draw(&mut self, word: u32) {
        self.targets.clear();
        self.targets.push(word);
        for _ in 0..self.options.negatives {
            let noise = self.noise.draw(&mut self.rng) as u32;
            if noise != word {
                self.targets.push(noise);
            }
        }
    }
}

struct Text<'a, 'b> {
    model: &'a mut Word2Vec,
    run: &'a mut Run<'b>,
    rate: f32,
    /// The sum of the losses, and how many there are.
    sums: &'a mut (f64, u32),
}

impl Body for Text<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let Text { model, run, rate, sums: (loss, steps) } = self;
        let mut context: Vec<u32> = Vec::new();
        for middle in 0..run.kept.len() {
            let width = 1 + run.rng.below(run.options.window);
            let (start, end) = (middle.saturating_sub(width), (middle + width + 1).min(run.kept.len()));
            let word = run.kept[middle];
            if run.options.model == Model::SkipGram {
                for place in (start..end).filter(|&place| place != middle) {
                    run.draw(run.kept[place]);
                    *loss += step(model, &[word], &run.targets, rate);
                    *steps += 1;
                }
            } else if end - start > 1 {
                context.clear();
                context.extend_from_slice(&run.kept[start..middle]);
                context.extend_from_slice(&run.kept[middle + 1..end]);
                run.draw(word);
                *loss += step(model, &context, &run.targets, rate);
                *steps += 1;
            }
        }
    }
}

struct Step<'a> {
    model: &'a mut Word2Vec,
    context: &'a [u32],
    targets: &'a [u32],
    rate: f32,
    loss: &'a mut f64,
}

impl Body for Step<'_> {
    #[inline(always)]
    fn run(self) {
        *self.loss = step(self.model, self.context, self.targets, self.rate);
    }
}

// ANCHOR: step
/// One step of gradient descent: the mean of the context's vectors (one word, for skip-gram) predicts `targets[0]` and not
/// the others. Gives the loss before the step.
#[inline(always)]
fn step(model: &mut Word2Vec, context: &[u32], targets: &[u32], rate: f32) -> f64 {
    let (size, share) = (model.mean.len(), 1.0 / context.len() as f32);
    let (input, output) = (model.input.data_mut(), model.output.data_mut());
    let (mean, change) = (&mut model.mean[..], &mut model.change[..]);
    mean.fill(0.0);
    for &word in context {
        add(mean, share, &input[word as usize * size..][..size]);
    }
    change.fill(0.0);
    // The product of the probabilities of the right answers: one logarithm instead of many.
    let mut right = 1.0;
    for (j, &word) in targets.iter().enumerate() {
        let vector = &mut output[word as usize * size..][..size];
        let yes = 1.0 / (1.0 + (-dot(mean, vector)).exp());
        let slope = if j == 0 { 1.0 - yes } else { -yes };
        right *= f64::from(1.0 - slope.abs()).max(1e-30);
        add(change, rate * slope, vector);
        add(vector, rate * slope, mean);
    }
    for &word in context {
        add(&mut input[word as usize * size..][..size], share, change);
    }
    -right.ln()
}

/// `sum += factor * x`.
#[inline(always)]
fn add(sum: &mut [f32], factor: f32, x: &[f32]) {
    for (sum, &x) in sum.iter_mut().zip(x) {
        *sum += factor * x;
    }
}
// ANCHOR_END: step
