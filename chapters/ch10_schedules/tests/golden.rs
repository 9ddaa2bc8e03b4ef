//! Every rate of whole runs against PyTorch's schedulers (made by tests/golden/make_ch10.py).

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch10_schedules::{OneCycle, Schedule, WarmupCosine};

type Golden = BTreeMap<String, NpyArray>;

/// Compares all cases of a kind; gives how many there were.
///
/// A rate is a handful of f64 operations: the difference from PyTorch's is a few times 2^-53 of the peak, from which small
/// rates are subtracted. `CosineAnnealingLR` computes each rate from the one before, so that its own roundings add up over
/// a run: 1e-12 of the peak for a thousand steps.
fn check(kind: &str, make: impl Fn(&[f64]) -> Box<dyn Schedule>) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch10.npz");
    let golden: Golden = npz::read(path).unwrap();
    let numbers = |name: &str| golden.get(name).map(|entry| entry.f64().unwrap().to_vec());
    let mut cases = 0;
    while let Some(rates) = numbers(&format!("{kind}.{cases}")) {
        let options = numbers(&format!("{kind}.{cases}.options")).unwrap();
        let schedule = make(&options);
        for (step, want) in rates.into_iter().enumerate() {
            let got = schedule.rate(step as u64);
            let error = (got - want).abs();
            assert!(
                error <= 1e-12 * options[0],
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
