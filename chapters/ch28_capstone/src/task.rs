//! What can be learned, and by which recipe.

use std::path::Path;

use clap::ValueEnum;
use datasets::{Source, cifar10, imdb};

use crate::args::{CifarRecipe, ImdbRecipe};

/// The data to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Photographs in ten classes.
    Cifar10,
    /// Film reviews, for or against.
    Imdb,
    /// Generated pictures of ten shapes.
    Shapes,
    /// Generated reviews.
    Reviews,
}

/// Names of the classes of reviews, by their numbers.
const OPINIONS: [&str; 2] = ["negative", "positive"];

impl Task {
    /// All of them.
    const ALL: [Task; 4] = [Task::Cifar10, Task::Imdb, Task::Shapes, Task::Reviews];

    /// The name in files and folders.
    pub fn name(self) -> &'static str {
        match self {
            Task::Cifar10 => "cifar10",
            Task::Imdb => "imdb",
            Task::Shapes => "shapes",
            Task::Reviews => "reviews",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Task::Cifar10 => "CIFAR-10",
            Task::Imdb => "IMDb",
            Task::Shapes => "generated shapes",
            Task::Reviews => "generated reviews",
        }
    }

    /// The task with this name in a file.
    pub fn named(name: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|task| task.name() == name)
    }

    /// Looks for the real data: in `data`, else where this user keeps such data.
    ///
    /// # Errors
    /// If `data` is given and does not hold them.
    pub fn find(self, data: Option<&Path>) -> Result<Source, datasets::Error> {
        if self.is_text() { imdb::find(data) } else { cifar10::find(data) }
    }

    /// Where the real data come from and where they go.
    pub fn how_to_get(self) -> String {
        if self.is_text() { imdb::how_to_get() } else { cifar10::how_to_get() }
    }

    /// What the examples are called.
    pub fn examples(self) -> &'static str {
        if self.is_text() { "reviews" } else { "pictures" }
    }

    /// Whether the examples are texts; else they are pictures.
    pub fn is_text(self) -> bool {
        matches!(self, Task::Imdb | Task::Reviews)
    }

    /// The names of the classes, by their numbers.
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            Task::Cifar10 => &cifar10::CLASS_NAMES,
            Task::Shapes => &datasets::shapes::CLASS_NAMES,
            Task::Imdb | Task::Reviews => &OPINIONS,
        }
    }
}

/// How to learn it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recipe {
    /// Five convolutions.
    SmallCnn,
    /// A network made to be trained fast.
    Fast,
    /// A residual network.
    ResNet18,
    /// Six classes first, then four others from few pictures.
    Transfer,
    /// A Transformer encoder.
    Transformer,
    /// Logistic regression on which words occur.
    BagOfWords,
    /// An LSTM in both directions.
    BiLstm,
    /// An encoder that learns the language from texts without labels first.
    Pretrain,
    /// A published encoder.
    MiniLm,
}

impl Recipe {
    /// All of them.
    const ALL: [Recipe; 9] = [
        Recipe::SmallCnn,
        Recipe::Fast,
        Recipe::ResNet18,
        Recipe::Transfer,
        Recipe::Transformer,
        Recipe::BagOfWords,
        Recipe::BiLstm,
        Recipe::Pretrain,
        Recipe::MiniLm,
    ];

    /// The name in files, folders and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Recipe::SmallCnn => "smallcnn",
            Recipe::Fast => "fast",
            Recipe::ResNet18 => "resnet18",
            Recipe::Transfer => "transfer",
            Recipe::Transformer => "transformer",
            Recipe::BagOfWords => "bagofwords",
            Recipe::BiLstm => "bilstm",
            Recipe::Pretrain => "pretrain",
            Recipe::MiniLm => "minilm",
        }
    }

    /// The recipe with this name in a file.
    pub fn named(name: &str) -> Option<Recipe> {
        Recipe::ALL.into_iter().find(|recipe| recipe.name() == name)
    }
}

/// A choice on the command line.
pub(crate) trait Choice: ValueEnum + Copy + Default + Send + Sync + 'static {
    /// What it chooses.
    fn recipe(self) -> Recipe;
}

impl Choice for CifarRecipe {
    fn recipe(self) -> Recipe {
        match self {
            CifarRecipe::Smallcnn => Recipe::SmallCnn,
            CifarRecipe::Fast => Recipe::Fast,
            CifarRecipe::Resnet18 => Recipe::ResNet18,
            CifarRecipe::Transfer => Recipe::Transfer,
        }
    }
}

impl Choice for ImdbRecipe {
    fn recipe(self) -> Recipe {
        match self {
            ImdbRecipe::Transformer => Recipe::Transformer,
            ImdbRecipe::Bagofwords => Recipe::BagOfWords,
            ImdbRecipe::Bilstm => Recipe::BiLstm,
            ImdbRecipe::Pretrain => Recipe::Pretrain,
            ImdbRecipe::Minilm => Recipe::MiniLm,
        }
    }
}
