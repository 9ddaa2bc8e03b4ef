//! The recipes: every number that a training depends on, in one place.

use ch09_optimizers::{AdamW, Optimizer, Sgd};
use ch10_schedules::{OneCycle, Schedule, WarmupCosine};
use ch14_training::{History, Settings, Trainer};

use crate::run::Plan;
use crate::task::{Recipe, Task};

/// How a convolutional network learns pictures: SGD with Nesterov's momentum, one cycle of the learning rate.
pub(crate) struct Pictures {
    /// Channels of the first convolution.
    pub width: usize,
    pub dropout: f64,
    /// Pixels added on each side before cropping at random.
    pub padding: usize,
    pub flip: bool,
    pub batch: usize,
    pub epochs: u32,
    pub rate: f64,
    pub momentum: f64,
    pub weight_decay: f64,
    pub label_smoothing: f64,
    pub patience: usize,
}

/// How a network learns texts: AdamW, a linear warmup, then a cosine.
pub(crate) struct Texts {
    /// Words that are told apart; the others are all `<unk>`.
    pub vocabulary: usize,
    /// Words that are read of a text.
    pub tokens: usize,
    /// None for the bag of words.
    pub encoder: Option<Encoder>,
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

/// The size of a Transformer encoder.
pub(crate) struct Encoder {
    pub size: usize,
    pub heads: usize,
    pub layers: usize,
    pub dropout: f64,
    /// The standard deviation of the first weights.
    pub init_std: f64,
}

// ANCHOR: recipes
/// CIFAR-10 by five convolutions.
const CIFAR10: Pictures = Pictures {
    width: 32,
    dropout: 0.0,
    padding: 3,
    flip: true,
    batch: 128,
    epochs: 24,
    rate: 0.15,
    momentum: 0.9,
    weight_decay: 5e-4,
    label_smoothing: 0.05,
    patience: 10,
};

/// Generated shapes by a narrower network.
const SHAPES: Pictures =
    Pictures { width: 16, flip: false, padding: 2, batch: 64, epochs: 8, rate: 0.05, patience: 4, ..CIFAR10 };

/// IMDb by a Transformer.
const IMDB: Texts = Texts {
    vocabulary: 20_000,
    tokens: 800,
    encoder: Some(Encoder { size: 64, heads: 4, layers: 1, dropout: 0.2, init_std: 0.14 }),
    word_dropout: 0.3,
    batch: 32,
    epochs: 5,
    rate: 1e-3,
    betas: (0.9, 0.98),
    warmup: 0.1,
    weight_decay: 0.05,
    clip_norm: Some(1.0),
    label_smoothing: 0.1,
    patience: 3,
};

/// Generated reviews by a smaller Transformer.
const REVIEWS: Texts = Texts {
    vocabulary: 1000,
    tokens: 64,
    encoder: Some(Encoder { size: 64, heads: 4, layers: 2, dropout: 0.1, init_std: 0.07 }),
    word_dropout: 0.0,
    epochs: 14,
    label_smoothing: 0.0,
    ..IMDB
};

/// Logistic regression on the words of a text.
const BAG_OF_WORDS: Texts = Texts {
    vocabulary: 30_000,
    tokens: 4000,
    encoder: None,
    word_dropout: 0.0,
    batch: 64,
    epochs: 12,
    rate: 3e-3,
    betas: (0.9, 0.999),
    weight_decay: 0.1,
    clip_norm: None,
    label_smoothing: 0.0,
    ..IMDB
};
// ANCHOR_END: recipes

/// The numbers for pictures.
pub(crate) fn pictures(task: Task) -> &'static Pictures {
    if task == Task::Shapes { &SHAPES } else { &CIFAR10 }
}

/// The numbers for texts.
pub(crate) fn texts(task: Task, recipe: Recipe) -> &'static Texts {
    match (recipe, task) {
        (Recipe::BagOfWords, _) => &BAG_OF_WORDS,
        (_, Task::Reviews) => &REVIEWS,
        _ => &IMDB,
    }
}

/// The recipe's number of epochs.
pub(crate) fn epochs(task: Task, recipe: Recipe) -> u32 {
    if task.is_text() { texts(task, recipe).epochs } else { pictures(task).epochs }
}

impl Pictures {
    pub fn trainer(&self, epochs: u32, steps_per_epoch: usize) -> Trainer {
        let total = u64::from(epochs) * steps_per_epoch as u64;
        let sgd = Sgd::new().momentum(self.momentum).nesterov(true).weight_decay(self.weight_decay);
        let schedule = OneCycle { warmup_share: 0.25, final_div: 100.0, ..OneCycle::new(self.rate, total) };
        trainer(epochs, None, self.label_smoothing, self.patience, Box::new(schedule), Box::new(sgd))
    }
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

fn trainer(
    epochs: u32,
    clip_norm: Option<f64>,
    label_smoothing: f64,
    patience: usize,
    schedule: Box<dyn Schedule>,
    optimizer: Box<dyn Optimizer>,
) -> Trainer {
    let settings = Settings {
        epochs: u64::from(epochs),
        clip_norm,
        label_smoothing,
        patience: Some(patience),
        ..Settings::default()
    };
    Trainer::new(settings, schedule, optimizer)
}

/// What a report says about how a run was trained: names and values.
pub(crate) fn settings(plan: &Plan, history: &History, seconds: f64) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    row("data", plan.task.title().to_owned());
    row("recipe", plan.recipe.name().to_owned());
    row("seed", plan.seed.to_string());
    row("epochs", format!("{} of {}", history.epochs.len(), plan.epochs));
    let best = history.epochs.iter().max_by(|a, b| a.valid_accuracy.total_cmp(&b.valid_accuracy));
    if let Some(best) = best {
        row("best validation accuracy", format!("{:.2} %", 100.0 * best.valid_accuracy));
    }
    row("time of the training", format!("{:.1} minutes", seconds / 60.0));
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    if plan.task.is_text() {
        let r = texts(plan.task, plan.recipe);
        row("vocabulary", format!("{} words at most", r.vocabulary));
        row("words read of a text", format!("{} at most", r.tokens));
        if let Some(encoder) = &r.encoder {
            row("width, heads, blocks", format!("{}, {}, {}", encoder.size, encoder.heads, encoder.layers));
            row("dropout", percent(encoder.dropout));
            row("standard deviation of the first weights", encoder.init_std.to_string());
            row("word dropout", percent(r.word_dropout));
        }
        row("optimizer", format!("AdamW, weight decay {}", r.weight_decay));
        row("learning rate", format!("{} after a warmup, then a cosine", r.rate));
        row("batch", r.batch.to_string());
        row("label smoothing", percent(r.label_smoothing));
    } else {
        let r = pictures(plan.task);
        row("channels of the first convolution", r.width.to_string());
        row("random crop", format!("{} pixels of padding", r.padding));
        row("random flip", if r.flip { "yes" } else { "no" }.to_owned());
        row("dropout", percent(r.dropout));
        row("optimizer", format!("SGD, momentum {}, Nesterov, weight decay {}", r.momentum, r.weight_decay));
        row("learning rate", format!("{} at the top of one cycle", r.rate));
        row("batch", r.batch.to_string());
        row("label smoothing", percent(r.label_smoothing));
    }
    rows
}
