//! No command: a small network learns generated pictures, another one generated reviews, and both show what they know.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use ch00_start::Record;
use ch00_start::file::workspace_root;
use datasets::{cifar10, imdb};

use crate::args::DemoArgs;
use crate::outcome::Outcome;
use crate::run::{Plan, Run};
use crate::task::{Recipe, Task};
use crate::training::copy_figure;
use crate::{finish, predict, recipe, report, say_whose_code};

/// Reviews to be read at the end. The words in the second half of each pair are those of the first half.
const READ: [&str; 4] = [
    "the acting was not good , it was terrible",
    "the acting was not terrible , it was good",
    "i expected a dull film but it was brilliant",
    "i expected a brilliant film but it was dull",
];

/// Trains both and shows what came out.
///
/// # Errors
/// If a folder or a file cannot be written.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let start = Instant::now();
    say_whose_code();
    println!(
        "Nothing that follows is real data: pictures and reviews are generated from the seed {}.\n",
        args.seed
    );
    let out = args.out.clone().unwrap_or_else(|| workspace_root().join("runs/demo"));
    let (shapes, pictures) = learn(&out, Task::Shapes, Recipe::SmallCnn, args.seed)?;
    println!();
    let (reviews, texts) = learn(&out, Task::Reviews, Recipe::Transformer, args.seed)?;
    println!();
    let (_, words) = learn(&out, Task::Reviews, Recipe::BagOfWords, args.seed)?;

    println!("\nWhat the network that reads makes of four sentences:");
    predict::run(&reviews, &READ.map(str::to_owned))?;
    println!("\nTest accuracy:");
    for (name, outcome) in [
        ("shapes, small convolutional network", &pictures),
        ("reviews, small Transformer", &texts),
        ("reviews, bag of words, which knows no order", &words),
    ] {
        println!("  {name:<44} {:>6.2} %", 100.0 * outcome.accuracy());
    }
    println!("\nWhat was taken for what: {}", shapes.path("figures/confusion.svg").display());
    for run in [&shapes, &reviews] {
        println!("Report: {}", report::write(run)?.display());
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("All of it took {seconds:.0} s.\n");
    if args.record {
        let mut record = Record::new("ch28_demo", true);
        record
            .seed(args.seed)
            .number("shapes", pictures.accuracy())
            .number("reviews", texts.accuracy())
            .number("bag_of_words", words.accuracy())
            .number("seconds", seconds);
        for figure in ["samples", "confusion"] {
            copy_figure(&shapes, figure, &record, &format!("ch28_demo_{figure}"))?;
        }
        record.finish()?;
    }
    println!("Next, on real data:");
    println!("  cargo run --release -- cifar10   needs CIFAR-10: {}", cifar10::how_to_get());
    println!("  cargo run --release -- imdb      needs IMDb: {}", imdb::how_to_get());
    Ok(())
}

/// A run of the demonstration; one that was made before is made again.
fn learn(out: &Path, task: Task, recipe: Recipe, seed: u64) -> anyhow::Result<(Run, Outcome)> {
    let folder: PathBuf = out.join(format!("{}-{}", task.name(), recipe.name()));
    println!("== {}: {}", task.title(), recipe.name());
    // The second: if removing was stopped half-way before.
    if folder.join("run.json").exists() || folder.join("checkpoints").exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove the old run in {}", folder.display()))?;
    }
    let plan = Plan { task, recipe, seed, epochs: recipe::epochs(task, recipe), data: None, weights: None };
    let run = Run::create(Some(&folder), plan)?;
    let outcome = finish(&run, false)?;
    Ok((run, outcome))
}
