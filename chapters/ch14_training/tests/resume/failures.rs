//! Damaged files, a disk that refuses, numbers that are not finite: what was saved before stays.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch13_data::Loader;
use ch14_training::{
    Content, Disk, RealDisk, RunDir, RunError, Saved, Settings, TrainError, Trainer, temporary,
};
use tempfile::tempdir;

use crate::common::{
    Points, adamw, bits, interrupted, model, resume, run, settings, sgd, train, trainer, valid,
};

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
    let settings = Settings { checkpoint_steps: Some(3), epochs: 2, keep_last: 100, ..settings() };
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
    // Four operations for each of 4 checkpoints in the middle of epochs and 2 after them, as many that are kept, 2
    // histories and 1 or 2 best weights.
    assert!(failed >= 4 * 15, "{failed} operations failed");
}

#[test]
fn a_checkpoint_that_cannot_be_removed_takes_room_and_no_more() {
    let folder = tempdir().unwrap();
    let settings = Settings { checkpoint_steps: Some(3), epochs: 1, keep_last: 1, ..settings() };
    let whole = run(&folder.path().join("whole"), settings.clone(), adamw());
    let (mut failed, mut stayed) = (0, 0);
    for fails_at in 0.. {
        let path = folder.path().join(format!("{fails_at}"));
        let faulty = Arc::new(Faulty { fails_at, done: AtomicUsize::new(0) });
        let dir = RunDir::on_disk(&path, faulty.clone()).unwrap();
        let fit = trainer(settings.clone()).fit(&mut model(), &train(), &valid(), &dir, false);
        if faulty.done.load(Relaxed) <= fails_at {
            break;
        }
        // A removal that failed is made good by the next; the training does not stop for it.
        match fit {
            Ok(_) => stayed += 1,
            Err(error) => assert!(error.to_string().contains("no space left"), "{error}"),
        }
        assert_eq!(resume(&RunDir::open(&path).unwrap(), settings.clone(), adamw()).unwrap(), whole);
        assert!(RunDir::open(&path).unwrap().kept().len() <= 2, "operation {fails_at} failed");
        failed += 1;
    }
    // Three checkpoints in a slot and kept, the history and the best weights; two that were kept were removed.
    assert!(failed == 4 * 8 + 2 && stayed == 2, "{failed} operations failed, {stayed} of them removals");
}

#[test]
fn what_killed_writers_left_is_cleared() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    fs::create_dir(dir.path().join("figures")).unwrap();
    // A process that was there and is no more.
    let mut child = Command::new(std::env::current_exe().unwrap());
    let mut child = child.arg("--list").stdout(Stdio::null()).spawn().unwrap();
    child.wait().unwrap();
    let (dead, alive) = (child.id(), std::process::id());
    let left = [
        format!(".vocabulary.json.{dead}.0.tmp"),
        format!(".run.json.{dead}.tmp"),
        format!("figures/.loss.svg.{dead}.tmp"),
        format!("checkpoints/.a.safetensors.{dead}.12.tmp"),
        ".best.safetensors.tmp".to_owned(),
    ];
    let others = [
        format!(".report.html.{alive}.tmp"),
        format!(".report.html.{alive}.3.tmp"),
        format!("notes.{dead}.tmp"),
        format!(".notes.{dead}"),
        ".notes.tmp".to_owned(),
        ".tmp".to_owned(),
        "run.json".to_owned(),
    ];
    let all = left.iter().chain(&others);
    all.clone().for_each(|name| fs::write(dir.path().join(name), "half").unwrap());
    assert_eq!(dir.path().join(&left[4]), temporary(&dir.best()));
    let there = |name: &String| dir.path().join(name).exists();
    {
        let _lock = dir.lock().unwrap();
        assert!(
            !left.iter().any(there) && others.iter().all(there),
            "{:?}",
            all.map(there).collect::<Vec<_>>()
        );
        // Whoever does not get the lock leaves everything as it is.
        left.iter().for_each(|name| fs::write(dir.path().join(name), "half").unwrap());
        assert!(matches!(dir.lock(), Err(RunError::Busy(_))));
        assert!(left.iter().all(there));
    }
    interrupted(&dir, settings(), adamw(), 1, false).unwrap();
    assert!(!left.iter().any(there) && others.iter().all(there), "training takes the lock");
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
