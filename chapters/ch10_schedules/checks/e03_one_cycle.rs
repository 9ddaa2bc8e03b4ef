//! Checks exercise e03_one_cycle.

#[allow(unused)]
#[path = "../exercises/e03_one_cycle.rs"]
mod one_cycle;

use ch00_start::check::close;
use ch10_schedules::Schedule;
use one_cycle::OneCycle;

/// Of 11 steps the third (share 3/11, less one) has the peak; start 0.1, peak 1, end 0.01.
const CYCLE: OneCycle =
    OneCycle { peak: 1.0, total: 11, warmup_share: 3.0 / 11.0, start_div: 10.0, final_div: 10.0 };

fn rates(steps: std::ops::RangeInclusive<u64>) -> Vec<f64> {
    steps.map(|step| CYCLE.rate(step)).collect()
}

fn way(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0
}

#[test]
fn the_way_up() {
    let (straight, from_zero) = ([0.1, 0.55, 1.0], [0.0, 0.5, 1.0]);
    let mistakes: [(&str, &[f64]); 3] = [
        ("straight: PyTorch goes up along a cosine too", &straight),
        ("begins at 0, not at peak / start_div", &from_zero),
        ("begins at the peak", &[1.0, 0.55, 0.1]),
    ];
    // In the middle of the way a straight line and a cosine agree: the quarter is asked for too.
    let fine = OneCycle { total: 19, warmup_share: 5.0 / 19.0, ..CYCLE };
    let quarters: Vec<f64> = (0..=4).map(|step| fine.rate(step)).collect();
    let want: Vec<f64> = (0..=4).map(|step| way(0.1, 1.0, f64::from(step) / 4.0)).collect();
    let lines: Vec<f64> = (0..=4).map(|step| 0.1 + 0.9 * f64::from(step) / 4.0).collect();
    close("the way up", &rates(0..=2), &[0.1, 0.55, 1.0], 1e-12, &mistakes[1..]);
    close("the way up", &quarters, &want, 1e-12, &[(mistakes[0].0, &lines)]);
}

#[test]
fn the_way_down() {
    let down = |end: f64| (3..=10).map(|step| way(1.0, end, f64::from(step - 2) / 8.0)).collect::<Vec<f64>>();
    let (start, zero, by_peak) = (down(0.1), down(0.0), down(0.1 / 100.0));
    let from_zero: Vec<f64> = (3..=10).map(|step| way(1.0, 0.01, f64::from(step) / 10.0)).collect();
    let too_long: Vec<f64> = (3..=10).map(|step| way(1.0, 0.01, f64::from(step - 2) / 9.0)).collect();
    let mistakes: [(&str, &[f64]); 5] = [
        ("ends where it began: the end is final_div times lower", &start),
        ("ends at 0", &zero),
        ("the end is one division too low", &by_peak),
        ("the share counts the way up too: the rate jumps after the peak", &from_zero),
        ("the end would be at step `total`, but the last step is `total - 1`", &too_long),
    ];
    close("the way down", &rates(3..=10), &down(0.01), 1e-12, &mistakes);
}

#[test]
fn after_the_end() {
    close("after the end", &rates(11..=15), &[0.01; 5], 1e-12, &[]);
}
