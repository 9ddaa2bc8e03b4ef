//! What holds for the schedules at their corners.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, Sgd};
use ch10_schedules::{
    Constant, MomentumCycle, MultiStep, OneCycle, Plateau, Product, RangeTest, Restarts, Schedule, Sequence,
    Step, WarmupCosine, cosine, linear,
};
use proptest::prelude::*;

#[test]
fn both_ways_begin_and_end_where_they_should() {
    for way in [linear, cosine] {
        for (share, want) in [(0.0, 2.0), (0.5, 3.5), (1.0, 5.0)] {
            assert!((way(2.0, 5.0, share) - want).abs() < 1e-15);
        }
    }
    // The cosine is slow at first.
    assert!(cosine(0.0, 1.0, 0.1) < 0.03 && linear(0.0, 1.0, 0.1) == 0.1);
}

#[test]
fn the_warmup_is_even_and_the_floor_is_kept() {
    let schedule = WarmupCosine { peak: 1.0, warmup: 4, total: 14, floor: 0.1 };
    let rates: Vec<f64> = (0..5).map(|step| schedule.rate(step)).collect();
    for (rate, want) in rates.iter().zip([0.2, 0.4, 0.6, 0.8, 1.0]) {
        assert!((rate - want).abs() < 1e-15, "{rates:?}");
    }
    assert!((schedule.rate(9) - 0.55).abs() < 1e-15, "half-way between peak and floor");
    assert!([14, 15, 1000, u64::MAX].iter().all(|&step| schedule.rate(step) == 0.1));
}

#[test]
fn short_runs_have_rates_too() {
    for total in 0..12 {
        let (cycle, warmup) =
            (OneCycle::new(1.0, total), WarmupCosine { peak: 1.0, warmup: 5, total, floor: 0.0 });
        for step in 0..20 {
            for rate in [cycle.rate(step), warmup.rate(step)] {
                assert!((0.0..=1.0).contains(&rate), "step {step} of {total}: {rate}");
            }
        }
    }
}

#[test]
fn constants_and_closures_are_schedules() {
    let all: [Box<dyn Schedule>; 2] =
        [Box::new(Constant(0.1)), Box::new(|step: u64| 1.0 / (step + 1) as f64)];
    assert_eq!(all.map(|schedule| schedule.rate(3)), [0.1, 0.25]);
}

/// The page derives the variance of `w` under noisy steps at a constant rate: `η σ² / (λ (2 - η λ))`.
#[test]
fn a_constant_rate_leaves_a_cloud() {
    let (curvature, noise, mut rng) = (2.0, 0.5, Rng::new(0, "cloud"));
    for rate in [0.2, 0.05] {
        let (mut w, mut squares) = (0.0, 0.0);
        const STEPS: usize = 400_000;
        for _ in 0..STEPS {
            w -= rate * (curvature * w + noise * rng.normal());
            squares += w * w;
        }
        let want = rate * noise * noise / (curvature * (2.0 - rate * curvature));
        // With ρ = 1 - 0.1, the slower case, (1 - ρ²) / (1 + ρ²) of the squares count as independent: 42,000, whose mean
        // scatters by √(2 / 42000) = 0.7 %. Four times that.
        assert!((squares / STEPS as f64 / want - 1.0).abs() < 0.03, "{} not {want}", squares / STEPS as f64);
    }
}

/// The trap of the page: 20 epochs of 100 batches, and a schedule that counts the one where it should count the other.
#[test]
fn epochs_are_not_steps() {
    let highest = |schedule: &dyn Schedule, steps: &[u64]| {
        steps.iter().map(|&step| schedule.rate(step)).fold(0.0, f64::max)
    };
    let epochs: Vec<u64> = (0..20).collect();
    let by_steps = WarmupCosine { peak: 1.0, warmup: 200, total: 2000, floor: 0.0 };
    assert!(highest(&by_steps, &epochs) < 0.1, "asked once per epoch, the warmup never ends");
    let by_epochs = WarmupCosine { peak: 1.0, warmup: 2, total: 20, floor: 0.0 };
    let rest: Vec<u64> = (20..2000).collect();
    assert_eq!(highest(&by_epochs, &rest), 0.0, "asked at every batch, it is over after a fifth of an epoch");
}

#[test]
fn corners_of_the_falls() {
    assert_eq!(Step { rate: 1.0, every: 0, factor: 0.5 }.rate(2), 0.25);
    assert_eq!(MultiStep { rate: 1.0, milestones: vec![], factor: 0.5 }.rate(9), 1.0);
    assert_eq!(Restarts { peak: 1.0, period: 0, times: 0, floor: 0.0 }.rate(9), 1.0);
    assert_eq!(
        Restarts { peak: 1.0, period: 1, times: 2, floor: 0.0 }.rate(u64::MAX).to_bits() >> 63,
        0,
        "ends"
    );
    assert_eq!(Sequence::new().rate(3), 0.0);
    let endless = Sequence::new().then(Constant(1.0), 2).then(Constant(2.0), 1);
    assert_eq!([0, 1, 2, 3, 99].map(|step| endless.rate(step)), [1.0, 1.0, 2.0, 2.0, 2.0]);
    assert_eq!(Product::new(3.0).times(Constant(0.5)).rate(7), 1.5);
}

#[test]
fn only_cycles_say_what_the_momentum_is() {
    let cycle = MomentumCycle::new(OneCycle::new(1.0, 100));
    assert_eq!(Constant(1.0).momentum(0), None);
    assert_eq!(
        [cycle.momentum(0), cycle.momentum(29), cycle.momentum(99)],
        [Some(0.95), Some(0.85), Some(0.95)]
    );
    let two = Sequence::new().then(Constant(0.1), 10).then(cycle, 100);
    assert_eq!([two.momentum(0), two.momentum(39)], [None, Some(0.85)]);
    // Given to an optimizer at every step, it is what PyTorch's scheduler does to `param_groups`.
    let mut optimizer: Sgd = Sgd::new().momentum(0.9);
    optimizer.set_momentum(cycle.momentum(29).unwrap());
}

/// A plateau asked at every batch instead of once per epoch: it sees noise, and lets the rate fall to nothing at once.
#[test]
fn a_plateau_asked_at_every_batch_falls_at_once() {
    let mut rng = Rng::new(3, "plateau");
    let loss = |step: u64, rng: &mut Rng| (-(step as f64) / 2000.0).exp() + 0.3 * rng.normal();
    let (mut by_batch, mut by_epoch) = (Plateau::new(0.1), Plateau::new(0.1));
    for epoch in 0..10 {
        let mut mean = 0.0;
        for batch in 0..200 {
            let loss = loss(200 * epoch + batch, &mut rng);
            by_batch.observe(loss);
            mean += loss / 200.0;
        }
        by_epoch.observe(mean);
    }
    assert_eq!(by_epoch.rate(), 0.1, "the mean gets better all the time");
    assert!(by_batch.rate() < 1e-5, "{}", by_batch.rate());
}

/// A small task: inputs, labels, and the widths of a network for it.
type Task = (Tensor, Array<i64>, &'static [usize]);

/// Three arms of a spiral in two numbers.
fn spirals() -> Task {
    let mut rng = Rng::new(4, "spirals");
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    for i in 0..900 {
        let (arm, radius) = (i % 3, rng.uniform());
        let angle = 4.0 * radius + 2.094 * arm as f64 + 0.15 * rng.normal();
        x.extend([(2.0 * radius * angle.sin()) as f32, (2.0 * radius * angle.cos()) as f32]);
        labels.push(arm as i64);
    }
    (Array::from_slice(&x, [900, 2]), Array::from_slice(&labels, [900]), &[2, 32, 32, 3])
}

/// Ten clusters in twenty numbers, some of them close to each other.
fn clusters() -> Task {
    let mut rng = Rng::new(5, "clusters");
    let centres = Tensor::normal([10, 20], 0.0, 0.7, &mut rng);
    let labels: Array<i64> = Array::from_fn([800], |i| (i[0] % 10) as i64);
    (centres.index_select(0, &labels) + &Tensor::normal([800, 20], 0.0, 1.0, &mut rng), labels, &[20, 32, 10])
}

/// A network and its optimizer: each call takes a step at a rate and returns the loss of the batch before it.
fn learner(task: &Task, seed: u64, adamw: bool) -> impl FnMut(f64) -> f64 {
    let (x, labels, widths) = task;
    let mut model = Mlp::new(widths, Activation::Relu, &mut Rng::new(seed, "init"));
    let mut order = Rng::new(seed, "batches");
    let mut optimizer: Box<dyn Optimizer> =
        if adamw { Box::new(AdamW::new()) } else { Box::new(Sgd::new().momentum(0.9)) };
    move |rate| {
        let rows = Array::from_fn([32], |_| order.below(x.dim(0)) as i64);
        let (labels, criterion) = (labels.index_select(0, &rows), CrossEntropy::default());
        zero_grad(&mut model);
        let logits = model.forward(x.index_select(0, &rows));
        let loss = f64::from(criterion.forward(&logits, &labels).item());
        if loss.is_finite() {
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
            optimizer.step(&mut model, rate);
        }
        loss
    }
}

/// The best of a sweep of whole runs, two seeds each, rates a factor of 2 apart; and the suggestion of a range test.
fn best_and_suggested(task: &Task, adamw: bool) -> (f64, f64) {
    const STEPS: u64 = 400;
    let end = |rate: f64| {
        let schedule = WarmupCosine { peak: rate, warmup: STEPS / 10, total: STEPS, floor: 0.0 };
        let run = |seed| {
            let mut learner = learner(task, seed, adamw);
            let losses: Vec<f64> = (0..STEPS).map(|step| learner(schedule.rate(step))).collect();
            let end = losses[STEPS as usize - 50..].iter().sum::<f64>() / 50.0;
            if end.is_finite() { end } else { f64::MAX / 4.0 }
        };
        run(0) + run(1)
    };
    let rates = (0..9).map(|i| if adamw { 1e-3 } else { 5e-3 } * 2f64.powi(i));
    let best = rates.map(|rate| (end(rate), rate)).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1;
    let test = RangeTest::run(1e-6, 10.0, 200, learner(task, 7, adamw));
    (best, test.suggestion().unwrap())
}

#[test]
fn the_suggestion_is_within_a_factor_of_three_of_the_best_rate() {
    for (name, task) in [("spirals", spirals()), ("clusters", clusters())] {
        for adamw in [true, false] {
            let (best, suggested) = best_and_suggested(&task, adamw);
            let ratio = suggested / best;
            println!("{name}, AdamW {adamw}: best {best:.2e}, suggested {suggested:.2e}, ratio {ratio:.2}");
            assert!(
                (1.0 / 3.0..=3.0).contains(&ratio),
                "{name}, AdamW {adamw}: best {best}, suggested {suggested}"
            );
        }
    }
}

#[test]
fn a_range_test_ends_early_and_knows_when_it_knows_nothing() {
    // Falls, then explodes.
    let mut count = 0;
    let test = RangeTest::run(1e-4, 1.0, 100, |rate| {
        count += 1;
        if rate < 1e-2 { 2.0 - 100.0 * rate } else { 100.0 }
    });
    assert!(count < 60 && test.rates.len() == count, "{count}");
    assert!(test.steepest().unwrap() < test.lowest().unwrap());
    let nan = RangeTest::run(1e-4, 1.0, 100, |_| f64::NAN);
    assert_eq!((nan.losses.len(), nan.lowest(), nan.suggestion()), (1, None, None));
    let flat = RangeTest::run(1e-4, 1.0, 100, |rate| 1.0 + rate);
    assert_eq!(flat.suggestion(), None, "the loss never fell");
}

proptest! {
    /// Up to the peak, then down: never above the peak, one top, and no jump larger than the whole way in one step of
    /// the shorter part, times the steepest slope of a cosine, π/2.
    #[test]
    fn property_one_hill(total in 20u64..2000, share in 0.05f64..0.9) {
        let warmup = (share * total as f64) as u64;
        let hills: [Box<dyn Schedule>; 2] = [
            Box::new(OneCycle { warmup_share: share, ..OneCycle::new(1.0, total) }),
            Box::new(WarmupCosine { peak: 1.0, warmup, total, floor: 0.01 }),
        ];
        for hill in hills {
            let rates: Vec<f64> = (0..total).map(|step| hill.rate(step)).collect();
            let top = rates.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            prop_assert!(rates[top] <= 1.0 && rates[top] > 0.5);
            prop_assert!(rates[..=top].windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(rates[top..].windows(2).all(|pair| pair[0] > pair[1]));
            prop_assert!((top as f64 - warmup as f64).abs() <= 1.5, "top at {top}, warmup {warmup}");
        }
    }
}
