//! Every rate of whole runs against PyTorch's schedulers (made by tests/golden/make_ch10.py).

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch10_schedules::{
    Better, Constant, Exponential, Line, MomentumCycle, MultiStep, OneCycle, Plateau, Polynomial, Product,
    Restarts, Schedule, Sequence, Step, WarmupCosine, WarmupLinear,
};

type Golden = BTreeMap<String, NpyArray>;

fn golden() -> Golden {
    npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch10.npz")).unwrap()
}

/// Compares all cases of a kind; gives how many there were.
///
/// A rate is a handful of f64 operations: the difference from PyTorch's is a few times 2^-53 of the peak, from which small
/// rates are subtracted. `CosineAnnealingLR` computes each rate from the one before, so that its own roundings add up over
/// a run: 1e-12 of the peak for a thousand steps.
fn check(kind: &str, make: impl Fn(&[f64]) -> Box<dyn Schedule>) -> usize {
    let golden = golden();
    let numbers = |name: &str| golden.get(name).map(|entry| entry.f64().unwrap().to_vec());
    let mut cases = 0;
    while let Some(rates) = numbers(&format!("{kind}.{cases}")) {
        let options = numbers(&format!("{kind}.{cases}.options")).unwrap();
        let schedule = make(&options);
        for (step, want) in rates.into_iter().enumerate() {
            let got = schedule.rate(step as u64);
            let error = (got - want).abs();
            assert!(
                error <= 1e-12 * options[0].max(want),
                "{kind} {options:?}, step {step}: ours {got}, PyTorch's {want}"
            );
        }
        cases += 1;
    }
    cases
}

#[test]
fn golden_one_cycle() {
    let cases = check("one_cycle", |options| {
        let [peak, total, warmup_share, start_div, final_div] = options[..] else { panic!("{options:?}") };
        Box::new(OneCycle { peak, total: total as u64, warmup_share, start_div, final_div })
    });
    assert_eq!(cases, 7);
}

#[test]
fn golden_warmup_cosine() {
    let cases = check("warmup_cosine", |options| {
        let [peak, warmup, total, floor] = options[..] else { panic!("{options:?}") };
        Box::new(WarmupCosine { peak, warmup: warmup as u64, total: total as u64, floor })
    });
    assert_eq!(cases, 10);
}

#[test]
fn golden_constant_and_falls() {
    assert_eq!(check("constant", |options| Box::new(Constant(options[0]))), 2);
    let cases = check("step", |options| {
        let [rate, every, factor] = options[..] else { panic!("{options:?}") };
        Box::new(Step { rate, every: every as u64, factor })
    });
    assert_eq!(cases, 3);
    let cases = check("multi_step", |options| {
        let milestones = options[2..].iter().map(|&step| step as u64).collect();
        Box::new(MultiStep { rate: options[0], factor: options[1], milestones })
    });
    assert_eq!(cases, 3);
}

#[test]
fn golden_exponential_and_polynomial() {
    let cases =
        check("exponential", |options| Box::new(Exponential { rate: options[0], factor: options[1] }));
    assert_eq!(cases, 3);
    let cases = check("polynomial", |options| {
        let [rate, total, power] = options[..] else { panic!("{options:?}") };
        Box::new(Polynomial { rate, total: total as u64, power })
    });
    assert_eq!(cases, 3);
}

#[test]
fn golden_lines() {
    let cases = check("line", |options| {
        let [rate, start, end, steps] = options[..] else { panic!("{options:?}") };
        Box::new(Line { from: rate * start, to: rate * end, steps: steps as u64 })
    });
    assert_eq!(cases, 3);
    let cases = check("warmup_linear", |options| {
        let [peak, warmup, total, floor] = options[..] else { panic!("{options:?}") };
        Box::new(WarmupLinear { peak, warmup: warmup as u64, total: total as u64, floor })
    });
    assert_eq!(cases, 5);
}

#[test]
fn golden_restarts() {
    let cases = check("restarts", |options| {
        let [peak, period, times, floor] = options[..] else { panic!("{options:?}") };
        Box::new(Restarts { peak, period: period as u64, times: times as u64, floor })
    });
    assert_eq!(cases, 4);
}

fn momentum_cycle(options: &[f64]) -> MomentumCycle {
    let [peak, total, warmup_share, low, high] = options[..] else { panic!("{options:?}") };
    MomentumCycle { cycle: OneCycle { warmup_share, ..OneCycle::new(peak, total as u64) }, low, high }
}

#[test]
fn golden_momentum_cycle() {
    let cases = check("momentum_cycle", |options| Box::new(momentum_cycle(options)));
    let golden = golden();
    for i in 0..cases {
        let get = |name: &str| golden[&format!("momentum_cycle.{i}.{name}")].f64().unwrap().to_vec();
        let schedule = momentum_cycle(&get("options"));
        for (step, want) in get("momentum").into_iter().enumerate() {
            let got = schedule.momentum(step as u64).unwrap();
            assert!((got - want).abs() <= 1e-12, "case {i}, step {step}: ours {got}, PyTorch's {want}");
        }
    }
    assert_eq!(cases, 3);
}

#[test]
fn golden_compositions() {
    let cases = check("sequence", |options| {
        let rate = options[0];
        let sequence =
            Sequence::new().then(Constant(0.1 * rate), 5).then(Exponential { rate, factor: 0.9 }, 15);
        Box::new(sequence.then(Step { rate, every: 8, factor: 0.5 }, 1000))
    });
    assert_eq!(cases, 2);
    let cases = check("product", |options| {
        let product = Product::new(options[0]).times(Line { from: 0.25, to: 1.0, steps: 8 });
        let product = product.times(Exponential { rate: 1.0, factor: 0.95 });
        Box::new(product.times(MultiStep { rate: 1.0, milestones: vec![10, 30], factor: 0.3 }))
    });
    assert_eq!(cases, 2);
}

#[test]
fn golden_plateau() {
    let golden = golden();
    for i in 0..5 {
        let get = |name: &str| golden[&format!("plateau.{i}{name}")].f64().unwrap().to_vec();
        let [rate, kind, threshold, factor, patience, cooldown, floor] = get(".options")[..] else {
            panic!("{i}")
        };
        let better = [Better::LowerBy, Better::HigherBy, Better::LowerByAbsolute, Better::HigherByAbsolute]
            [kind as usize];
        let mut plateau = Plateau::new(rate);
        (plateau.better, plateau.factor, plateau.floor) = (better(threshold), factor, floor);
        (plateau.patience, plateau.cooldown) = (patience as u64, cooldown as u64);
        let mut falls = 0;
        for (step, (measure, want)) in get(".measures").into_iter().zip(get("")).enumerate() {
            // Saved and restored in between: nothing is lost.
            let mut other = Plateau::new(7.0);
            (other.better, other.factor, other.floor) = (plateau.better, plateau.factor, plateau.floor);
            (other.patience, other.cooldown) = (plateau.patience, plateau.cooldown);
            other.set_state(plateau.state());
            falls += usize::from(other.rate() != other.observe(measure));
            plateau = other;
            let got = plateau.rate();
            assert!(
                (got - want).abs() <= 1e-12 * rate,
                "case {i}, step {step}: ours {got}, PyTorch's {want}"
            );
        }
        assert!(falls > 0, "case {i}: the rate fell");
    }
}
