//! What can be learned, and by which recipe.

use clap::ValueEnum;

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
            Task::Cifar10 => &datasets::cifar10::CLASS_NAMES,
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
    /// A Transformer encoder.
    Transformer,
    /// Logistic regression on which words occur.
    BagOfWords,
}

impl Recipe {
    /// The name in files, folders and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Recipe::SmallCnn => "smallcnn",
            Recipe::Transformer => "transformer",
            Recipe::BagOfWords => "bagofwords",
        }
    }

    /// The recipe with this name in a file.
    pub fn named(name: &str) -> Option<Recipe> {
        [Recipe::SmallCnn, Recipe::Transformer, Recipe::BagOfWords]
            .into_iter()
            .find(|recipe| recipe.name() == name)
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
        }
    }
}

impl Choice for ImdbRecipe {
    fn recipe(self) -> Recipe {
        match self {
            ImdbRecipe::Transformer => Recipe::Transformer,
            ImdbRecipe::Bagofwords => Recipe::BagOfWords,
        }
    }
}
