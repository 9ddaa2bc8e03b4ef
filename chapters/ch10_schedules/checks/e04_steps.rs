//! Checks exercise e04_steps.

#[allow(unused)]
#[path = "../exercises/e04_steps.rs"]
mod steps;

use ch00_start::check::close;
use ch10_schedules::Schedule;
use steps::{MultiStep, Step};

fn rates(schedule: &dyn Schedule, count: u64) -> Vec<f64> {
    (0..count).map(|step| schedule.rate(step)).collect()
}

#[test]
fn every_three_steps() {
    let got = rates(&Step { rate: 8.0, every: 3, factor: 0.5 }, 8);
    let late = [8.0, 8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 2.0];
    let smooth: Vec<f64> = (0..8).map(|step| 8.0 * 0.5f64.powf(f64::from(step) / 3.0)).collect();
    let each: Vec<f64> = (0..8).map(|step| 8.0 * 0.5f64.powi(step)).collect();
    let line = [8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 0.0, 0.0];
    let mistakes: [(&str, &[f64]); 5] = [
        ("falls one step too late: step `every` is the first with the new rate", &late),
        ("the power is not whole: the rate falls at every step", &smooth),
        ("multiplied at every step: `every` is not used", &each),
        (
            "multiplied once and for all: each fall multiplies again",
            &[8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 4.0, 4.0],
        ),
        ("falls by a share of the first rate", &line),
    ];
    close("Step", &got, &[8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 2.0, 2.0], 1e-12, &mistakes);
}

#[test]
fn at_milestones() {
    let got = rates(&MultiStep { rate: 8.0, milestones: vec![4, 1, 4], factor: 0.5 }, 6);
    let (late, once) = ([8.0, 8.0, 4.0, 4.0, 4.0, 1.0], [8.0, 4.0, 4.0, 4.0, 2.0, 2.0]);
    let (at_only, lengths) = ([8.0, 4.0, 8.0, 8.0, 2.0, 8.0], [8.0, 8.0, 8.0, 8.0, 4.0, 2.0]);
    let mistakes: [(&str, &[f64]); 4] = [
        ("falls one step too late: a milestone is the first step with the new rate", &late),
        ("a milestone that is there twice counts once", &once),
        ("falls at the milestone alone, and is back after it", &at_only),
        ("milestones are steps, not lengths, and need not be in order", &lengths),
    ];
    close("MultiStep", &got, &[8.0, 4.0, 4.0, 4.0, 1.0, 1.0], 1e-12, &mistakes);
}
