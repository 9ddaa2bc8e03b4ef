//! A run that was interrupted ends with the same bits as one that was not; what was saved outlives whatever goes wrong.
//!
//! Everything is seeded: the points with 0 and 1, the loader with 5, the weights with 3.

mod common;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch09_optimizers::Optimizer;
use ch10_schedules::Constant;
use ch13_data::Loader;
use ch14_training::{
    Content, Disk, Monitor, RealDisk, RunDir, RunError, Saved, Settings, TrainError, Trainer, evaluate,
};
use common::{
    BATCHES, Points, adamw, bits, interrupted, model, model_of, resume, run, settings, sgd, train, trainer,
    valid,
};
use tempfile::tempdir;

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
fn a_damaged_checkpoint_is_reported_and_the_other_used() {
    let folder = tempdir().unwrap();
    let often = Settings { checkpoint_steps: Some(1), ..settings() };
    let whole = run(&folder.path().join("whole"), often.clone(), adamw());
    let dir = RunDir::create(folder.path().join("damaged")).unwrap();
    interrupted(&dir, often.clone(), adamw(), 10, false).unwrap();
    let originals = dir.slots().map(|path| fs::read(path).unwrap());
    let reset =
        || dir.slots().iter().zip(&originals).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());

    let mut warnings = 0;
    for slot in 0..2 {
        let path = &dir.slots()[slot];
        let original = &originals[slot];
        let mut damages: Vec<Vec<u8>> = [0, 1, 7, 8, 9, original.len() / 2, original.len() - 1]
            .map(|length| original[..length].to_vec())
            .to_vec();
        // Every 97th byte, with another bit each time, and all of the first 64.
        for place in (0..64).chain((64..original.len()).step_by(97)) {
            let mut bytes = original.clone();
            bytes[place] ^= 1 << (place % 8);
            damages.push(bytes);
        }
        damages.push(vec![b' '; original.len()]);
        for damage in &damages {
            reset();
            fs::write(path, damage).unwrap();
            // A changed space in the header may read the same; anything else must be noticed.
            if Saved::read(path).is_ok() {
                continue;
            }
            let history = interrupted(&dir, often.clone(), adamw(), 11, true).unwrap();
            assert_eq!(history.warnings.len(), 1);
            assert!(history.warnings[0].contains(path.to_str().unwrap()), "{:?}", history.warnings);
            warnings += 1;
        }
    }
    assert!(warnings > 100, "only {warnings} damages were noticed");

    // The rest of the run, from the older slot, is the run.
    for (slot, path) in dir.slots().iter().enumerate() {
        reset();
        fs::write(path, &originals[slot][..1000]).unwrap();
        assert_eq!(resume(&dir, often.clone(), adamw()).unwrap(), whole, "without slot {slot}");
        fs::remove_file(dir.best()).unwrap();
    }

    // Without either, nothing begins from the start by itself.
    reset();
    dir.slots().iter().for_each(|path| fs::write(path, b"nonsense").unwrap());
    let error = resume(&dir, often, adamw()).unwrap_err().to_string();
    assert!(error.contains("no checkpoint is whole"), "{error}");
    assert!(error.contains("a.safetensors") && error.contains("b.safetensors"), "{error}");
}

#[test]
fn an_unreadable_checkpoint_is_reported_and_the_other_used() {
    let folder = tempdir().unwrap();
    let often = Settings { checkpoint_steps: Some(1), ..settings() };
    let dir = RunDir::create(folder.path()).unwrap();
    interrupted(&dir, often.clone(), adamw(), 10, false).unwrap();
    // A folder in its place cannot be read by anybody, root included.
    fs::remove_file(&dir.slots()[0]).unwrap();
    fs::create_dir(&dir.slots()[0]).unwrap();
    let error = interrupted(&dir, often.clone(), adamw(), 11, true).unwrap_err();
    assert!(error.to_string().contains("cannot write"), "it cannot be replaced either: {error}");
    fs::remove_dir(&dir.slots()[0]).unwrap();
    let whole = run(&folder.path().join("whole"), often.clone(), adamw());
    assert_eq!(resume(&dir, often, adamw()).unwrap(), whole);
}

/// A disk whose n-th operation fails, writing half of the content first if it is a write.
struct Faulty {
    fails_at: usize,
    done: AtomicUsize,
}

impl Faulty {
    fn next(&self) -> io::Result<()> {
        if self.done.fetch_add(1, Relaxed) == self.fails_at {
            return Err(io::Error::other("no space left on this disk"));
        }
        Ok(())
    }
}

impl Disk for Faulty {
    fn write(&self, path: &Path, content: &Content<'_>) -> io::Result<()> {
        if let Err(error) = self.next() {
            let mut bytes = Vec::new();
            content(&mut bytes)?;
            fs::File::create(path)?.write_all(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        RealDisk.write(path, content)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.sync(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.rename(from, to))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.sync_folder(path))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.next().and_then(|()| RealDisk.remove(path))
    }
}

#[test]
fn whichever_write_fails_the_run_can_go_on() {
    let folder = tempdir().unwrap();
    let settings = Settings { checkpoint_steps: Some(3), epochs: 2, ..settings() };
    let whole = run(&folder.path().join("whole"), settings.clone(), adamw());
    let mut failed = 0;
    for fails_at in 0.. {
        let path = folder.path().join(format!("{fails_at}"));
        let faulty = Arc::new(Faulty { fails_at, done: AtomicUsize::new(0) });
        let dir = RunDir::on_disk(&path, faulty).unwrap();
        let fit = trainer(settings.clone()).fit(&mut model(), &train(), &valid(), &dir, false);
        let Err(error) = fit else { break };
        let text = error.to_string();
        assert!(text.contains("cannot write") && text.contains("no space left"), "{text}");
        let resumed = resume(&RunDir::open(&path).unwrap(), settings.clone(), adamw()).unwrap();
        assert_eq!(resumed, whole, "operation {fails_at} failed");
        failed += 1;
    }
    // Four operations for each of 4 checkpoints in the middle of epochs, 2 after them, 2 histories and 1 or 2 best weights.
    assert!(failed >= 4 * 9, "{failed} operations failed");
}

#[test]
fn a_run_folder_has_one_user() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let lock = dir.lock().unwrap();
    let error = interrupted(&dir, settings(), adamw(), 1, false).unwrap_err();
    assert!(matches!(error, TrainError::Run(RunError::Busy(_))), "{error}");
    assert!(error.to_string().contains("another process is training"), "{error}");
    drop(lock);
    interrupted(&dir, settings(), adamw(), 1, false).unwrap();
    let error = interrupted(&dir, settings(), adamw(), 1, false).unwrap_err();
    assert!(matches!(error, TrainError::Run(RunError::Used(_))), "{error}");
    assert!(matches!(RunDir::open(folder.path().join("none")), Err(RunError::Missing(_))));
}

#[test]
fn a_run_is_not_resumed_with_other_choices() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    interrupted(&dir, settings(), adamw(), 10, false).unwrap();
    let error = |settings: Settings, optimizer| {
        let error = interrupted(&dir, settings, optimizer, 11, true).unwrap_err();
        error.to_string()
    };
    let text = error(Settings { clip_norm: None, ..settings() }, adamw());
    assert!(text.contains("clip_norm: Some(0.5) then, None now"), "{text}");
    let text = error(Settings { epochs: 5, ..settings() }, adamw());
    assert!(text.contains("rates"), "the schedule of other epochs has other rates: {text}");
    let text = error(settings(), sgd());
    assert!(text.contains("another optimizer"), "{text}");

    let other = Loader::new(Arc::new(Points::new(41, 0.1, 0)), 6).seed(6).shuffle(true);
    let text = trainer(settings()).fit(&mut model(), &other, &valid(), &dir, true).unwrap_err().to_string();
    assert!(text.contains("batches of the first epoch"), "{text}");

    let mut wide = model_of(17);
    let before = bits(&mut wide);
    let text = trainer(settings()).fit(&mut wide, &train(), &valid(), &dir, true).unwrap_err().to_string();
    assert!(text.contains("does not fit"), "{text}");
    assert!(bits(&mut wide) == before, "the model is as it was");
}

#[test]
fn a_nan_in_the_data_stops_before_the_weights() {
    let folder = tempdir().unwrap();
    let mut points = Points::new(41, 0.1, 0);
    points.points[17][2] = f32::NAN;
    let bad = Loader::new(Arc::new(points), 6).seed(5).shuffle(true);
    let at = bad.order(0).iter().position(|batch| batch.contains(&17)).unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let often = Settings { checkpoint_steps: Some(1), ..settings() };
    let mut model = model();
    let error = trainer(often).fit(&mut model, &bad, &valid(), &dir, false).unwrap_err();
    let TrainError::NotFinite { epoch, step, what, .. } = &error else { panic!("{error}") };
    assert_eq!((*epoch, *step, *what), (1, at as u64, "the loss"));
    assert!(error.to_string().contains("the input of the batch holds NaN at ["), "{error}");
    assert!(bits(&mut model).iter().all(|(_, bits)| bits.iter().all(|&b| f32::from_bits(b).is_finite())));
    let steps =
        dir.slots().map(|path| Saved::read(&path).map_or(0, |saved| saved.notes["step"].parse().unwrap()));
    assert_eq!(steps.into_iter().max(), Some(at), "the last good checkpoint is there");
}

#[test]
fn weights_that_are_not_finite_are_never_saved() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    // 1e39 is finite, but not in 32 bits.
    let explodes = |step: u64| if step == 4 { 1e39 } else { 0.01 };
    let often = Settings { checkpoint_steps: Some(1), ..settings() };
    let mut trainer = Trainer::new(often, Box::new(explodes), sgd());
    let error = trainer.fit(&mut model(), &train(), &valid(), &dir, false).unwrap_err().to_string();
    // Whichever is first: the checkpoint that is refused, or the next step.
    assert!(error.contains("was not written: model.") || error.contains("the loss is NaN: 0."), "{error}");
    let steps = dir.slots().map(|path| Saved::read(&path).unwrap().notes["step"].clone());
    assert!(steps.contains(&"4".to_owned()), "the last good one is there: {steps:?}");
}

#[test]
fn a_label_out_of_range_is_named() {
    let folder = tempdir().unwrap();
    let broken = |label: i64| {
        let mut points = Points::new(41, 0.1, 0);
        points.labels[40] = label;
        Loader::new(Arc::new(points), 6)
    };
    for label in [3, -1, -100] {
        let dir = RunDir::create(folder.path().join(format!("train{label}"))).unwrap();
        let error = trainer(settings()).fit(&mut model(), &broken(label), &valid(), &dir, false).unwrap_err();
        let wanted = format!("epoch 1, step 6: the label {label} is none of the model's 3 classes");
        assert_eq!(error.to_string(), wanted);
        let dir = RunDir::create(folder.path().join(format!("valid{label}"))).unwrap();
        let error = trainer(settings()).fit(&mut model(), &train(), &broken(label), &dir, false).unwrap_err();
        assert!(error.to_string().contains(&format!("the label {label} is none")), "{error}");
    }
}

#[test]
fn early_stopping_gives_the_best_weights_back() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let settings = Settings {
        epochs: 60,
        patience: Some(3),
        monitor: Monitor::Loss,
        restore_best: true,
        label_smoothing: 0.0,
        ..settings()
    };
    let mut model = model_of(64);
    // A rate that learns the points by heart, so that the validation loss rises after a while.
    let mut trainer = Trainer::new(settings, Box::new(Constant(0.02)), adamw());
    let history = trainer.fit(&mut model, &train(), &valid(), &dir, false).unwrap();
    assert!(history.finished && history.stopped_early, "{} epochs", history.epochs.len());
    let best = *history.best_epoch().unwrap();
    assert_eq!(history.epochs.len() as u64, best.epoch + 4, "three epochs in a row without an improvement");
    let losses = history.epochs.iter().map(|epoch| epoch.valid_loss);
    assert_eq!(losses.fold(f64::INFINITY, f64::min), best.valid_loss);
    let again = evaluate(&model, &valid());
    assert_eq!(again.loss, best.valid_loss, "the model has the weights of the best epoch");
    assert_eq!(again.confusion().accuracy(), best.valid_accuracy);
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
