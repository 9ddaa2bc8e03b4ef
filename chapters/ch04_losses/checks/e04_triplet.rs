//! Checks exercise e04_triplet.
#[allow(unused)]
#[path = "../exercises/e04_triplet.rs"]
mod triplet;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch04_losses::Reduction;
use triplet::Triplet;

/// Distances to the positive 5 and 1, to the negative 4 and 10: with margin 2 the first triplet costs 3, the second
/// nothing.
fn inputs() -> [Array<f64>; 3] {
    let anchor = Array::from([[1.0, 2.0], [0.0, 0.0]]);
    let positive = Array::from([[4.0, 6.0], [1.0, 0.0]]);
    let negative = Array::from([[1.0, -2.0], [-6.0, 8.0]]);
    [anchor, positive, negative]
}

fn loss() -> Triplet {
    Triplet { margin: 2.0, eps: 0.0, swap: false, reduction: Reduction::None }
}

#[test]
fn forward() {
    let [a, p, n] = inputs();
    close(
        "forward",
        &loss().forward(&a, &p, &n).to_vec(),
        &[3.0, 0.0],
        1e-9,
        &[
            ("the distances are the wrong way round: the positive should be near", &[1.0, 11.0]),
            ("the distances are the wrong way round, cut at 0: the positive should be near", &[1.0, 0.0]),
            ("the loss is negative where the negative is far enough: cut it at 0", &[3.0, -7.0]),
            ("the margin is missing", &[1.0, 0.0]),
            ("the margin is subtracted", &[0.0, 0.0]),
        ],
    );
}

#[test]
fn backward() {
    let [a, p, n] = inputs();
    let (da, dp, dn) = loss().backward(&Array::from([2.0, 7.0]), &a, &p, &n);
    let got = [da.to_vec(), dp.to_vec(), dn.to_vec()].concat();
    // u = (-0.6, -0.8), v = (0, 1), g = 2 in the first triplet; the second is inactive, where u = (-1, 0), v = (0.6, -0.8).
    let active = |k: f64| [-1.2 * k, -3.6 * k, 0.0, 0.0, 1.2 * k, 1.6 * k, 0.0, 0.0, 0.0, 2.0 * k, 0.0, 0.0];
    let always = [-1.2, -3.6, 7.0 * -1.6, 7.0 * 0.8, 1.2, 1.6, 7.0, 0.0, 0.0, 2.0, 7.0 * 0.6, 7.0 * -0.8];
    let sum = [-1.2, 0.4, 0.0, 0.0, 1.2, 1.6, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0];
    let attracted = [-1.2, 0.4, 0.0, 0.0, 1.2, 1.6, 0.0, 0.0, 0.0, -2.0, 0.0, 0.0];
    let frozen = [-1.2, -3.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    close(
        "backward",
        &got,
        &active(1.0),
        1e-9,
        &[
            ("triplets that cost nothing get a gradient: it must be 0 where the hinge is", &always),
            ("the gradient from above, `g`, is not used", &active(0.5)),
            ("the sign is wrong: a step would make the loss larger", &active(-1.0)),
            ("the anchor is pulled to the negative: its gradient is u - v, not u + v", &sum),
            ("the negative is attracted: d(a, n) comes with a minus", &attracted),
            ("positive and negative get no gradient", &frozen),
        ],
    );
}
