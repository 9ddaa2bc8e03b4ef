//! One step on several batches is the step on one large batch.

use std::ops::ControlFlow::{Break, Continue};

use ch01_tensors::Tensor;
use ch04_losses::CrossEntropy;
use ch05_backprop::Linear;
use ch07_modules::Sequential;
use ch09_optimizers::{AdamW, Sgd};
use ch13_data::{Batch, Dataset, Loader};
use ch14_training::{History, Recipe, RunDir, Settings, Trainer, accumulated_step, train_step};
use tempfile::tempdir;

use crate::common::{BATCHES, CLASSES, INPUTS, Points, bits, model, settings, train, trainer, valid};

fn recipe() -> Recipe {
    let criterion = CrossEntropy { label_smoothing: 0.1, ..CrossEntropy::default() };
    Recipe { criterion, clip_norm: Some(0.5), schedule: Box::new(|_: u64| 0.05) }
}

fn plain() -> Sequential {
    let mut rng = ch01_tensors::Rng::new(3, "init");
    Sequential::new().push(Linear::new(INPUTS, 16, &mut rng)).push(Linear::new(16, CLASSES, &mut rng))
}

fn batch(points: &Points, indices: std::ops::Range<usize>) -> Batch<Tensor> {
    points.batch(&indices.collect::<Vec<_>>(), &mut ch01_tensors::Rng::new(0, "none"))
}

#[test]
fn pieces_of_any_size_make_the_large_batch() {
    let points = Points::new(41, 0.0, 0);
    let whole = batch(&points, 0..41);
    for cuts in [&[0, 41][..], &[0, 10, 20, 30, 41], &[0, 1, 40, 41]] {
        let (mut one, mut other) = (plain(), plain());
        let (mut first, mut second) = (Sgd::new().momentum(0.9), Sgd::new().momentum(0.9));
        let pieces: Vec<_> = cuts.windows(2).map(|cut| batch(&points, cut[0]..cut[1])).collect();
        for step in 0..5 {
            let all =
                train_step(&mut one, &mut first, &recipe(), (&whole.input, &whole.labels), step).unwrap();
            let parts = accumulated_step(&mut other, &mut second, &recipe(), &pieces, step).unwrap();
            // 41 numbers of 32 bits, added in another order.
            assert!((all.loss - parts.loss).abs() < 1e-6 && (all.norm - parts.norm).abs() < 1e-6);
            assert_eq!((all.right, all.rate), (parts.right, parts.rate));
        }
        for ((name, a), (_, b)) in bits(&mut one).iter().zip(bits(&mut other)) {
            let far = a.iter().zip(b).map(|(&a, b)| (f32::from_bits(a) - f32::from_bits(b)).abs());
            assert!(far.fold(0.0, f32::max) < 2e-6, "{name}, cut at {cuts:?}");
            // One piece is the batch itself, bit for bit.
            assert!(cuts.len() > 2 || bits(&mut one) == bits(&mut other));
        }
    }
}

#[test]
fn a_run_in_pieces_can_be_interrupted_anywhere() {
    let folder = tempdir().unwrap();
    // Seven batches are two steps on three and one on the last, which is smaller.
    let settings =
        || Settings { accumulate: 3, layer_norms: true, keep_last: 2, ema: Some(0.9), ..settings() };
    let fit = |name: &str, stops: &[u64]| {
        let dir = RunDir::create(folder.path().join(name)).unwrap();
        let mut left = None;
        for (i, &stop) in stops.iter().enumerate() {
            let mut model = model();
            let mut trainer = trainer(settings())
                .on_step(move |step| if step.step == stop { Break(()) } else { Continue(()) });
            let mut history = trainer.fit(&mut model, &train(), &valid(), &dir, i > 0).unwrap();
            history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
            left = Some((bits(&mut model), history));
        }
        left.unwrap()
    };
    let whole = fit("whole", &[u64::MAX]);
    assert_eq!(whole.1.epochs.last().unwrap().steps, 3 * BATCHES.div_ceil(3));
    assert_eq!(whole.1.layers, ["0.weight", "0.bias", "4.weight", "4.bias"]);
    for (norms, epoch) in whole.1.layer_norms.iter().zip(&whole.1.epochs) {
        // After clipping to 0.5; the whole is no longer than the sum of its parts.
        assert!(norms.iter().all(|&norm| norm > 0.0 && norm <= 0.5), "{norms:?}");
        assert!(norms.iter().sum::<f64>() >= epoch.gradient_norm.min(0.5) - 1e-9);
    }
    let read = History::load(folder.path().join("whole/history.csv")).unwrap();
    assert_eq!((&read.layers, &read.layer_norms), (&whole.1.layers, &whole.1.layer_norms));
    let picture = folder.path().join("norms.svg");
    read.draw_layer_norms(&picture).unwrap();
    assert!(std::fs::read_to_string(picture).unwrap().contains("0.weight"));
    for stop in 1..9 {
        assert_eq!(fit(&stop.to_string(), &[stop, u64::MAX]), whole, "interrupted after step {stop}");
    }
    let dir = RunDir::open(folder.path().join("3")).unwrap();
    let mut other = trainer(Settings { accumulate: 1, ema: Some(0.8), ..settings() });
    let error = other.fit(&mut model(), &train(), &valid(), &dir, true).unwrap_err().to_string();
    assert!(
        error.contains("accumulate: 3 then, not set now") && error.contains("ema: 0.9 then, 0.8 now"),
        "{error}"
    );
}

#[test]
fn the_last_few_checkpoints_are_kept() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let settings = Settings { keep_last: 3, checkpoint_steps: Some(2), ..settings() };
    let whole = {
        let mut model = model();
        trainer(settings.clone()).fit(&mut model, &train(), &valid(), &dir, false).unwrap();
        bits(&mut model)
    };
    let steps = || dir.kept().into_iter().map(|(step, _)| step).collect::<Vec<_>>();
    // 21 steps: every second one, and the ends of epochs.
    assert_eq!(steps(), [18, 20, 21]);
    // Even if both slots are damaged, training goes on from the newest that was kept.
    dir.slots().iter().for_each(|path| std::fs::write(path, "nonsense").unwrap());
    std::fs::remove_file(&dir.kept()[2].1).unwrap();
    let mut model = model();
    let history = trainer(settings).fit(&mut model, &train(), &valid(), &dir, true).unwrap();
    assert_eq!(history.warnings.len(), 2, "{:?}", history.warnings);
    assert_eq!(bits(&mut model), whole);
    assert_eq!(steps(), [18, 20, 21]);
}

#[test]
fn the_means_of_the_weights_are_what_is_validated_and_kept() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let settings = Settings { ema: Some(0.5), restore_best: true, ..settings() };
    // The same steps by hand, with means by their definition.
    let mut by_hand = model();
    let mut optimizer = AdamW::new().weight_decay(0.1);
    let schedule = ch10_schedules::WarmupCosine { peak: 0.02, warmup: 4, total: 3 * BATCHES, floor: 0.0 };
    let recipe = Recipe { schedule: Box::new(schedule), ..recipe() };
    let mut means: Vec<Vec<f32>> = Vec::new();
    for (step, batch) in (0..3).flat_map(|epoch| train().epoch(epoch, 0)).enumerate() {
        train_step(&mut by_hand, &mut optimizer, &recipe, (&batch.input, &batch.labels), step as u64)
            .unwrap();
        let now: Vec<Vec<f32>> =
            ch07_modules::state_dict(&mut by_hand).values().map(|v| v.to_vec()).collect();
        match means.is_empty() {
            true => means = now,
            false => {
                means.iter_mut().flatten().zip(now.iter().flatten()).for_each(|(m, w)| *m += (w - *m) * 0.5)
            }
        }
    }
    let mut trained = model();
    let settings_last = Settings { restore_best: false, ..settings.clone() };
    trainer(settings_last).fit(&mut trained, &train(), &valid(), &dir, false).unwrap();
    let ours: Vec<Vec<f32>> = ch07_modules::state_dict(&mut trained).values().map(|v| v.to_vec()).collect();
    assert_eq!(ours, means, "without the best, the model ends with the means");
    let dir = RunDir::create(folder.path().join("best")).unwrap();
    let history = trainer(settings).fit(&mut trained, &train(), &valid(), &dir, false).unwrap();
    let again = ch14_training::evaluate(&trained, &valid());
    assert_eq!(again.loss, history.best_epoch().unwrap().valid_loss, "the best are means too");
}

#[test]
fn a_loader_without_a_last_batch_and_a_trainer_in_pieces() {
    // 41 points in batches of 6 without the last: six batches, in pieces of four: steps on four and on two.
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let data = std::sync::Arc::new(Points::new(41, 0.1, 0));
    let loader = Loader::new(data, 6).seed(5).shuffle(true).drop_last(true);
    let settings = Settings { accumulate: 4, epochs: 1, ..settings() };
    let mut trainer = Trainer::new(settings, Box::new(|_: u64| 0.01), Box::new(AdamW::new()));
    let history = trainer.fit(&mut model(), &loader, &valid(), &dir, false).unwrap();
    assert_eq!(history.epochs[0].steps, 2);
}
