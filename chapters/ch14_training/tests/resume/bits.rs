//! Wherever a run is interrupted, it goes on bit for bit.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch09_optimizers::Optimizer;
use ch13_data::Loader;
use ch14_training::{RealDisk, RunDir, Saved, Settings};
use tempfile::tempdir;

use crate::common::{
    BATCHES, Points, adamw, bits, interrupted, model_of, resume, run, settings, sgd, trainer, valid,
};

fn each_step(optimizer: fn() -> Box<dyn Optimizer>) {
    let folder = tempdir().unwrap();
    let whole = run(&folder.path().join("whole"), settings(), optimizer());
    assert_eq!(whole.history.epochs.len(), 3);
    for steps in 1..=3 * BATCHES {
        let dir = RunDir::create(folder.path().join(format!("{steps}"))).unwrap();
        let history = interrupted(&dir, settings(), optimizer(), steps, false).unwrap();
        assert!(!history.finished);
        let resumed = resume(&dir, settings(), optimizer()).unwrap();
        assert_eq!(resumed, whole, "interrupted after step {steps}");
    }
}

#[test]
fn interrupted_after_any_step_with_adamw() {
    each_step(adamw);
}

#[test]
fn interrupted_after_any_step_with_nesterov() {
    each_step(sgd);
}

#[test]
fn interrupted_after_every_step() {
    let folder = tempdir().unwrap();
    let whole = run(&folder.path().join("whole"), settings(), adamw());
    let dir = RunDir::create(folder.path().join("pieces")).unwrap();
    for steps in 1..=3 * BATCHES {
        interrupted(&dir, settings(), adamw(), steps, steps > 1).unwrap();
    }
    assert_eq!(resume(&dir, settings(), adamw()).unwrap(), whole);
    // A finished run is not trained further.
    assert_eq!(resume(&dir, settings(), adamw()).unwrap(), whole);
}

#[test]
fn on_another_number_of_threads() {
    let folder = tempdir().unwrap();
    // Large enough that products and updates are cut into parts.
    let fit = |name: &str, threads: &[usize]| {
        let dir = RunDir::create(folder.path().join(name)).unwrap();
        let data = Arc::new(Points::new(600, 0.1, 0));
        let train = Loader::new(data.clone(), 200).seed(5).shuffle(true);
        let mut weights = Vec::new();
        for (i, &threads) in threads.iter().enumerate() {
            let last = i as u64 + 1;
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut model = model_of(2048);
            let settings = Settings { epochs: 2, ..settings() };
            let mut trainer = trainer(settings).on_step(move |step| match step.step == 2 * last {
                true => std::ops::ControlFlow::Break(()),
                false => std::ops::ControlFlow::Continue(()),
            });
            pool.install(|| trainer.fit(&mut model, &train, &valid(), &dir, i > 0)).unwrap();
            weights = bits(&mut model);
        }
        weights
    };
    // Six steps: two at a time on these threads.
    let one = fit("one", &[1, 1, 1]);
    assert!(one == fit("mixed", &[1, 3, 2]), "the same bits on other threads");
}

#[test]
fn every_part_of_a_checkpoint_matters() {
    let folder = tempdir().unwrap();
    let whole = run(&folder.path().join("whole"), settings(), adamw());
    let dir = RunDir::create(folder.path().join("altered")).unwrap();
    interrupted(&dir, settings(), adamw(), 10, false).unwrap();
    let saved: Vec<Saved> = dir.slots().iter().filter_map(|path| Saved::read(path).ok()).collect();
    let newest = saved.iter().max_by_key(|saved| saved.notes["number"].clone()).unwrap();

    let count = AtomicUsize::new(0);
    let resumed = |alter: &dyn Fn(&mut Saved)| {
        let path = folder.path().join(count.fetch_add(1, Relaxed).to_string());
        let again = RunDir::create(path).unwrap();
        fs::copy(dir.best(), again.best()).unwrap();
        let mut altered = newest.clone();
        alter(&mut altered);
        altered.write(&RealDisk, &again.slots()[0]).unwrap();
        resume(&again, settings(), adamw())
    };
    assert_eq!(resumed(&|_| ()).unwrap(), whole, "altered in nothing");

    let zero = |part: &'static str| {
        move |saved: &mut Saved| {
            let named = saved.tensors.iter_mut().filter(|(name, _)| name.contains(part));
            let zeroed = named.map(|(_, array)| *array = array.zeros_like()).count();
            assert!(zeroed > 0, "nothing is called {part}");
        }
    };
    let note = |name: &'static str, value: &'static str| {
        move |saved: &mut Saved| {
            let old = saved.notes.insert(name.to_owned(), value.to_owned());
            assert!(old.is_some_and(|old| old != value), "{name} was not {value}");
        }
    };
    type Alteration<'a> = (&'a str, &'a dyn Fn(&mut Saved));
    let alterations: [Alteration<'_>; 13] = [
        ("weights", &zero("model.4.weight")),
        ("buffers", &zero("model.1.seen")),
        ("the optimizer's means", &zero("optimizer.exp_avg.")),
        ("the optimizer's squares", &zero("optimizer.exp_avg_sq.")),
        ("the optimizer's ages", &zero("optimizer.step.")),
        ("random streams", &note("stream.3.rng", "0 none")),
        ("the step", &note("step", "9")),
        ("the epoch", &note("epoch", "0")),
        ("the batch", &note("batch", "2")),
        ("the sum of the losses", &note("sum.loss", "0")),
        ("the count of right examples", &note("sum.right", "0")),
        ("the best figure", &note("best", "2")),
        ("the history", &note("history", "")),
    ];
    for (name, alter) in alterations {
        assert!(resumed(alter).ok().as_ref() != Some(&whole), "{name}: nobody noticed");
    }
}
