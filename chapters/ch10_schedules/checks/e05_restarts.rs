//! Checks exercise e05_restarts.

#[allow(unused)]
#[path = "../exercises/e05_restarts.rs"]
mod restarts;

use ch00_start::check::close;
use ch10_schedules::Schedule;
use restarts::Restarts;

fn wave(share: f64) -> f64 {
    0.2 + 0.8 * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0
}

fn rates(times: u64) -> Vec<f64> {
    let schedule = Restarts { peak: 1.0, period: 2, times, floor: 0.2 };
    (0..10).map(|step| schedule.rate(step)).collect()
}

/// The rates of waves of these lengths, one after the other.
fn waves(lengths: &[usize]) -> Vec<f64> {
    let all = lengths.iter().flat_map(|&n| (0..n).map(move |i| wave(i as f64 / n as f64)));
    all.take(10).collect()
}

#[test]
fn waves_of_one_length() {
    let once: Vec<f64> = (0..10).map(|i| wave(f64::from(i) / 2.0)).collect();
    let stays: Vec<f64> = (0..10).map(|i| wave((f64::from(i) / 2.0).min(1.0))).collect();
    let reaches: Vec<f64> = (0..10).map(|i| wave(f64::from(i % 2))).collect();
    let mistakes: [(&str, &[f64]); 3] = [
        ("no restart: the cosine comes up again the way it went down", &once),
        ("no restart: the rate stays at the floor", &stays),
        ("the share is over the length less one: the floor is reached before the restart", &reaches),
    ];
    close("times 1", &rates(1), &waves(&[2, 2, 2, 2, 2]), 1e-12, &mistakes);
}

#[test]
fn each_wave_twice_as_long() {
    let (alike, too_soon) = (waves(&[2, 2, 2, 2, 2]), waves(&[4, 8]));
    let added = waves(&[2, 4, 6]);
    let share: Vec<f64> =
        [2usize, 4, 8].iter().flat_map(|&n| (0..n).map(|i| wave(i as f64 / 2.0))).take(10).collect();
    let mistakes: [(&str, &[f64]); 4] = [
        ("all waves have the same length", &alike),
        ("the first wave is too long: make it longer after taking it away", &too_soon),
        ("made longer by adding: multiply", &added),
        ("the share is over the length of the first wave", &share),
    ];
    // Waves of 2, 4 and 8 steps; of 2, 4 and 6 they are the same up to step 6.
    close("times 2", &rates(2), &waves(&[2, 4, 8]), 1e-12, &mistakes);
}
