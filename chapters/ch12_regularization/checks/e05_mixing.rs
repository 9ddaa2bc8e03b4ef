//! Checks exercise e05_mixing.

#[allow(unused)]
#[path = "../exercises/e05_mixing.rs"]
mod mixing;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use mixing::{Rectangle, cutmix, mixup};

const SHARE: f64 = 0.8;

fn problem() -> ([Array<f64>; 2], Array<i64>) {
    let rng = &mut Rng::new(0, "examples");
    let x = Array::normal([3, 2, 4, 5], 0.0, 1.0, rng);
    let targets = Array::one_hot(&Array::from([0, 2, 1]), 3);
    ([x, targets], Array::from([2, 0, 1]))
}

/// `a` of each example plus `b` of its partner, by the definition.
fn mixed(x: &Array<f64>, partners: &Array<i64>, a: f64, b: f64) -> Vec<f64> {
    let (flat, length) = (x.to_vec(), x.size() / x.dim(0));
    let partners: Vec<usize> = partners.iter().map(|partner| partner as usize).collect();
    (0..x.size()).map(|i| a * flat[i] + b * flat[partners[i / length] * length + i % length]).collect()
}

#[test]
fn mixup_of_examples_and_targets() {
    let ([x, targets], partners) = problem();
    let [got, got_targets] = mixup(&x, &targets, &partners, SHARE);
    for (what, got, of) in [("examples", got, &x), ("targets", got_targets, &targets)] {
        let want = mixed(of, &partners, SHARE, 1.0 - SHARE);
        let exchanged = mixed(of, &partners, 1.0 - SHARE, SHARE);
        let own = mixed(of, &partners, 1.0, 0.0);
        let sum = mixed(of, &partners, SHARE, 1.0);
        let mistakes: [(&str, &[f64]); 3] = [
            ("the shares are exchanged: `lambda` is the example's own", &exchanged),
            ("left as they were: they must be mixed as well", &own),
            ("the partner counts in full: the shares must add up to 1", &sum),
        ];
        close(what, &got.to_vec(), &want, 1e-12, &mistakes);
    }
}

#[test]
fn cutmix_targets() {
    let ([x, targets], partners) = problem();
    // Cut off at the border: 2 x 3 of 4 x 5 pixels.
    let rectangle = Rectangle { top: 0, bottom: 2, left: 1, right: 4 };
    let [cut, got] = cutmix(&x, &targets, &partners, rectangle);
    let pasted = 6.0 / 20.0;
    let want = mixed(&targets, &partners, 1.0 - pasted, pasted);
    let exchanged = mixed(&targets, &partners, pasted, 1.0 - pasted);
    let hard = mixed(&targets, &partners, 1.0, 0.0);
    let pixels = mixed(&targets, &partners, 1.0 - 6.0, 6.0);
    let mistakes: [(&str, &[f64]); 3] = [
        ("the share is what is left of the image, not what was pasted", &exchanged),
        ("left as they were: hard labels", &hard),
        ("the area was not divided by that of the image", &pixels),
    ];
    close("targets", &got.to_vec(), &want, 1e-12, &mistakes);
    let want: Vec<f64> = {
        let (own, other) = (x.to_vec(), mixed(&x, &partners, 0.0, 1.0));
        let inside = |i: usize| i / 5 % 4 < 2 && (1..4).contains(&(i % 5));
        (0..own.len()).map(|i| if inside(i) { other[i] } else { own[i] }).collect()
    };
    close("pixels", &cut.to_vec(), &want, 1e-12, &[]);
}
