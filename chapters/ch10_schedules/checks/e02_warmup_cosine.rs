//! Checks exercise e02_warmup_cosine.

#[allow(unused)]
#[path = "../exercises/e02_warmup_cosine.rs"]
mod warmup_cosine;

use ch00_start::check::close;
use ch10_schedules::Schedule;
use warmup_cosine::WarmupCosine;

fn rates(steps: std::ops::Range<u64>) -> Vec<f64> {
    let schedule = WarmupCosine { peak: 0.8, warmup: 3, total: 7, floor: 0.2 };
    steps.map(|step| schedule.rate(step)).collect()
}

#[test]
fn the_way_up() {
    let mistakes: [(&str, &[f64]); 3] = [
        ("step 0 has the rate 0: its batch is thrown away", &[0.0, 0.8 / 3.0, 1.6 / 3.0]),
        ("the peak is reached one step too early", &[0.8 / 3.0, 1.6 / 3.0, 0.8]),
        ("the warmup begins at the floor, not at 0", &[0.35, 0.5, 0.65]),
    ];
    close("warmup", &rates(0..3), &[0.2, 0.4, 0.6], 1e-12, &mistakes);
}

#[test]
fn the_way_down() {
    let c = 0.5f64.sqrt();
    let at = |cosine: f64| 0.2 + 0.6 * (1.0 + cosine) / 2.0;
    // The share counted over the whole run: the cosine begins in the middle of its wave.
    let pi = std::f64::consts::PI;
    let jump: Vec<f64> = (3..7).map(|step| at((pi * f64::from(step) / 7.0).cos())).collect();
    let late: Vec<f64> = (0..4).map(|step| at((pi * f64::from(step) / 7.0).cos())).collect();
    let no_floor: Vec<f64> = [1.0, c, 0.0, -c].iter().map(|cosine| 0.8 * (1.0 + cosine) / 2.0).collect();
    let early: Vec<f64> = (1..5).map(|step| at((pi * f64::from(step) / 4.0).cos())).collect();
    let mistakes: [(&str, &[f64]); 4] = [
        ("the share counts the steps of the warmup too: the rate jumps down after it", &jump),
        ("the share is divided by all steps, so the floor is not reached at the end", &late),
        ("falls to 0, not to the floor", &no_floor),
        ("step `warmup` must have the full rate", &early),
    ];
    close("cosine", &rates(3..7), &[at(1.0), at(c), at(0.0), at(-c)], 1e-12, &mistakes);
}

#[test]
fn the_end() {
    let rises = [0.2 + 0.3 * (1.0 + (1.25 * std::f64::consts::PI).cos())];
    let mistakes: [(&str, &[f64]); 2] =
        [("after the last step the cosine goes up again", &rises), ("stops at 0, not at the floor", &[0.0])];
    close("after the end", &rates(8..9), &[0.2], 1e-12, &mistakes);
    close("at the end", &rates(7..8), &[0.2], 1e-12, &[]);
}
