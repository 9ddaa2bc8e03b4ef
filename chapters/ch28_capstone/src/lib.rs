//! Chapter 28, the capstone: everything so far, put to work in one program.
//!
//! For now it is the first of its programs: an MLP that learns to read digits. [`run`] finds the data, trains with
//! the layers of `ch05_backprop`, measures once on the test images and draws three figures.
//!
//! It stands on `datasets` for the images, `ch01_tensors` for arrays, `ch03_neurons` for the activation, `ch04_losses`
//! for the loss and `ch05_backprop` for the layers and the loop. It leaves out CIFAR-10 and IMDb,
//! which come when convolutions and Transformers are built.

mod args;
mod explain;
mod report;
mod train;

use std::time::Instant;

use anyhow::Context;
use datasets::mnist;

pub use args::Args;
pub use explain::explain;

/// The whole program: data, training, test, figures, and a summary on the screen.
///
/// # Errors
/// If the data is damaged, the folder for the figures cannot be written, or the training diverges.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let start = Instant::now();
    let (mnist, source) = mnist::load_or_generate(args.data.as_deref()).context("the data cannot be used")?;
    // Fewer would leave none to keep aside.
    anyhow::ensure!(
        mnist.train.len() >= 12,
        "only {} training images: at least 12 are needed",
        mnist.train.len()
    );
    // Now, so that nobody learns of a mistyped folder after a minute of training.
    let out = args.prepare_out()?;
    if !ch05_backprop::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch05_backprop::YOURS);
    }
    println!("{}", mnist::announce(&source));

    let (learning, watching) = train::split(&mnist.train);
    let outcome = train::train(&learning, &watching, &mnist.test, args)?;
    report::print(&mnist.test, &outcome, start.elapsed());
    report::draw(&out, &mnist.test, &outcome, source.is_real()).context("the figures cannot be drawn")
}
