//! Checks exercise e05_transfer.

#[allow(unused)]
#[path = "../exercises/e05_transfer.rs"]
mod transfer;

use ch00_start::check::close;
use ch05_backprop::Role;
use transfer::{Strategy, depth_from_head};

/// From the head to the stem of a network with four stages.
const PATHS: [&str; 8] = [
    "fc.weight",
    "layer4.1.bn2.bias",
    "layer4.0.downsample.0.weight",
    "layer3.0.conv1.weight",
    "layer2.0.bn1.weight",
    "layer1.0.conv1.weight",
    "bn1.weight",
    "conv1.weight",
];
const DEPTHS: [f64; 8] = [0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0];

#[test]
fn depths() {
    let got: Vec<f64> = PATHS.iter().map(|path| depth_from_head(path, 4) as f64).collect();
    let upside_down = DEPTHS.map(|depth| 5.0 - depth);
    let stem = DEPTHS.map(|depth| depth.min(4.0));
    let no_head = DEPTHS.map(|depth| depth - 1.0);
    let mistakes: [(&str, &[f64]); 3] = [
        ("counted from the stem", &upside_down),
        ("the stem counts as the first stage", &stem),
        ("the head is not counted: the last stage is 1", &no_head),
    ];
    close("distance from the head", &got, &DEPTHS, 0.0, &mistakes);
}

#[test]
fn what_is_frozen() {
    let count = |strategy: Strategy, phase: usize| {
        PATHS.iter().filter(|path| strategy.frozen(path, 4, phase)).count() as f64
    };
    let gradual = Strategy::Gradual { steps: 10, factor: 0.5 };
    let got: Vec<f64> = (0..7).map(|phase| count(gradual, phase)).collect();
    let want = [7.0, 5.0, 4.0, 3.0, 2.0, 0.0, 0.0];
    let late = [7.0, 7.0, 5.0, 4.0, 3.0, 2.0, 0.0];
    close("frozen in each phase", &got, &want, 0.0, &[("one stage too many", &late)]);
    close("frozen backbone", &[count(Strategy::Frozen, 0), count(Strategy::Frozen, 3)], &[7.0; 2], 0.0, &[]);
    close("nothing frozen", &[count(Strategy::Uniform, 0)], &[0.0], 0.0, &[]);
    close("nothing frozen", &[count(Strategy::Differential { factor: 0.5 }, 0)], &[0.0], 0.0, &[]);
}

#[test]
fn rates() {
    for factor in [0.5, 0.25] {
        let groups = Strategy::Differential { factor }.groups(4);
        let got: Vec<f64> = PATHS.iter().map(|path| groups.of(path, Role::Weight).rate).collect();
        let want = DEPTHS.map(|depth| factor.powf(depth));
        let linear = DEPTHS.map(|depth| factor * depth);
        let all = DEPTHS.map(|depth| if depth > 0.0 { factor } else { 1.0 });
        let mistakes: [(&str, &[f64]); 2] = [
            ("the factor times the depth instead of its power", &linear),
            ("the whole backbone has the same rate", &all),
        ];
        close("rates", &got, &want, 1e-12, &mistakes);
        assert_eq!(groups.of("fc.bias", Role::Bias).decay, 0.0, "biases do not decay");
    }
}
