//! The recipes: how each task is learned. [`numbers`] holds the numbers in which they differ, the other files what
//! these mean.

mod numbers;
mod pictures;
mod settings;
mod texts;
mod transfer;

use ch09_optimizers::Optimizer;
use ch10_schedules::Schedule;
use ch14_training::{Settings, Trainer};

use crate::task::{Recipe, Task};
pub(crate) use numbers::fast;
pub(crate) use pictures::{Pictures, Seeing};
pub(crate) use settings::settings;
pub(crate) use texts::{Pretraining, Reading, Texts};
pub(crate) use transfer::{Transfer, Way};

/// The numbers of the recipe `transfer`.
pub(crate) fn transfer() -> &'static Transfer {
    &numbers::TRANSFER
}

/// The numbers for pictures.
pub(crate) fn pictures(task: Task, recipe: Recipe) -> &'static Pictures {
    match (task, recipe) {
        (Task::Shapes, _) => &numbers::SHAPES,
        (_, Recipe::ResNet18) => &numbers::RESNET18,
        _ => &numbers::CIFAR10,
    }
}

/// The numbers for texts.
pub(crate) fn texts(task: Task, recipe: Recipe) -> &'static Texts {
    match (recipe, task) {
        (Recipe::BagOfWords, _) => &numbers::BAG_OF_WORDS,
        (_, Task::Reviews) => &numbers::REVIEWS,
        (Recipe::BiLstm, _) => &numbers::BILSTM,
        (Recipe::Pretrain, _) => &numbers::PRETRAIN,
        (Recipe::MiniLm, _) => &numbers::MINILM,
        _ => &numbers::IMDB,
    }
}

/// The recipe's number of epochs.
pub(crate) fn epochs(task: Task, recipe: Recipe) -> u32 {
    match recipe {
        Recipe::Fast => numbers::FAST_EPOCHS,
        Recipe::Transfer => numbers::TRANSFER.known_epochs,
        _ if task.is_text() => texts(task, recipe).epochs,
        _ => pictures(task, recipe).epochs,
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
