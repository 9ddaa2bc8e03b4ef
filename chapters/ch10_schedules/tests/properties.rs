//! What holds for the schedules at their corners.

use ch01_tensors::Rng;
use ch10_schedules::{Constant, OneCycle, Schedule, WarmupCosine, cosine, linear};
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
