//! How a network learns texts.

use ch09_optimizers::{AdamW, Optimizer};
use ch10_schedules::{Schedule, WarmupCosine};
use ch14_training::Trainer;
use ch20_transformer::BertConfig;

use super::trainer;

/// How a network learns texts: AdamW, a linear warmup, then a cosine.
pub(crate) struct Texts {
    /// Words that are told apart; the others are all `<unk>`.
    pub vocabulary: usize,
    /// Words that are read of a text.
    pub tokens: usize,
    pub reading: Reading,
    /// What comes first, if anything does.
    pub pretraining: Option<Pretraining>,
    /// The share of words that training leaves out.
    pub word_dropout: f64,
    pub batch: usize,
    pub epochs: u32,
    pub rate: f64,
    pub betas: (f64, f64),
    /// The share of the steps on the way up.
    pub warmup: f64,
    pub weight_decay: f64,
    pub clip_norm: Option<f64>,
    pub label_smoothing: f64,
    pub patience: usize,
}

/// The kind of network that reads, and its size.
pub(crate) enum Reading {
    BagOfWords,
    Transformer(Encoder),
    Lstm(Lstm),
    /// BERT's encoder, with dropout before the head.
    Bert {
        size: Encoder,
        dropout: f64,
    },
    /// A published BERT, with dropout before the head.
    MiniLm {
        dropout: f64,
    },
}

/// The size of an LSTM in both directions.
pub(crate) struct Lstm {
    pub embedding: usize,
    /// The standard deviation of the first token vectors.
    pub embedding_std: f64,
    /// Numbers of the state, in each direction.
    pub hidden: usize,
    pub layers: usize,
    pub embedding_dropout: f64,
    pub dropout: f64,
}

/// How a language is learned from texts without labels: by guessing words that were taken out.
pub(crate) struct Pretraining {
    pub bert: &'static Encoder,
    /// In place of the encoder's own: the holes are others in each epoch, so there is less to learn by heart.
    pub dropout: f64,
    /// The share of words to guess.
    pub rate: f64,
    /// Words that are read of a text, at a random place.
    pub tokens: usize,
    pub batch: usize,
    pub epochs: u32,
    pub peak: f64,
    pub warmup: f64,
    pub weight_decay: f64,
}

/// The size of a Transformer encoder.
pub(crate) struct Encoder {
    pub size: usize,
    pub heads: usize,
    pub layers: usize,
    pub dropout: f64,
    /// The standard deviation of the first weights.
    pub init_std: f64,
}

impl Texts {
    pub fn trainer(&self, epochs: u32, steps_per_epoch: usize) -> Trainer {
        let total = u64::from(epochs) * steps_per_epoch as u64;
        let adamw = AdamW::new().betas(self.betas.0, self.betas.1).weight_decay(self.weight_decay);
        let warmup = (self.warmup * total as f64) as u64;
        let schedule = WarmupCosine { peak: self.rate, warmup, total, floor: 0.0 };
        trainer(
            epochs,
            self.clip_norm,
            self.label_smoothing,
            self.patience,
            Box::new(schedule),
            Box::new(adamw),
        )
    }
}

impl Encoder {
    /// As a BERT without segments.
    pub fn config(&self, vocabulary: usize, max_tokens: usize) -> BertConfig {
        BertConfig {
            vocabulary,
            max_tokens,
            segments: 0,
            size: self.size,
            heads: self.heads,
            layers: self.layers,
            feed_forward: 4 * self.size,
            dropout: self.dropout,
            init_std: self.init_std,
            ..BertConfig::default()
        }
    }
}

impl Pretraining {
    pub fn schedule_and_optimizer(&self, steps_per_epoch: usize) -> (Box<dyn Schedule>, Box<dyn Optimizer>) {
        let total = u64::from(self.epochs) * steps_per_epoch as u64;
        let warmup = (self.warmup * total as f64) as u64;
        let schedule = WarmupCosine { peak: self.peak, warmup, total, floor: 0.0 };
        (Box::new(schedule), Box::new(AdamW::new().betas(0.9, 0.98).weight_decay(self.weight_decay)))
    }
}
