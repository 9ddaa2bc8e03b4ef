//! What a trainer refuses to begin or to go on with, and when it ends by itself.

use std::sync::Arc;

use ch10_schedules::Constant;
use ch13_data::Loader;
use ch14_training::{Monitor, RunDir, RunError, Settings, TrainError, Trainer, evaluate};
use tempfile::tempdir;

use crate::common::{
    Points, adamw, bits, interrupted, model, model_of, settings, sgd, train, trainer, valid,
};

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
