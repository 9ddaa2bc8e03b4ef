//! `evaluate RUN`: tests the network of a finished run again.

use std::path::Path;

use ch13_data::{Dataset, Loader};
use ch14_training::{Evaluation, RunDir, evaluate};

use crate::run::Run;
use crate::training::{Prepared, Tested};
use crate::words::Words;
use crate::{pictures, texts};

/// Prints what the network makes of the test examples, class by class. Nothing in the folder is changed.
///
/// # Errors
/// If the run is not finished, or its data or weights cannot be read.
pub(crate) fn run(run: &Run, data: Option<&Path>) -> anyhow::Result<()> {
    run.finished("test.json")?;
    let mut run = run.clone();
    run.find_data(data)?;
    // What belongs to the weights must be there: else it would be made anew from whatever the data are now.
    let evaluation = if run.plan.task.is_text() {
        Words::load(&run)?;
        tested(&run, texts::prepare(&run, true)?)?
    } else {
        pictures::preparation(&run)?;
        tested(&run, pictures::prepare(&run, true)?)?
    };
    let (confusion, classes) = (evaluation.confusion(), run.plan.task.classes());
    println!(
        "{:.2} % of {} test {} are classified correctly; the mean cross-entropy is {:.4}.",
        100.0 * evaluation.accuracy,
        evaluation.labels.len(),
        run.plan.task.examples(),
        evaluation.loss
    );
    println!("\n{:<12}{:>10}{:>10}{:>10}{:>10}", "class", "precision", "recall", "F1", "examples");
    for (class, name) in classes.iter().enumerate() {
        let scores = confusion.scores(class);
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(|share| 100.0 * share);
        println!("{name:<12}{precision:>9.2}%{recall:>9.2}%{f1:>9.2}%{:>10}", scores.support);
    }
    Ok(())
}

fn tested<M, D>(run: &Run, mut prepared: Prepared<M, D>) -> anyhow::Result<Evaluation>
where
    M: Tested,
    D: Dataset<Input = M::Input>,
{
    RunDir::open(&run.folder)?.load_best(&mut prepared.model)?;
    prepared.model.look_carefully();
    let test: &Loader<D> = &prepared.test;
    Ok(evaluate(&prepared.model, test))
}
