//! Checks exercise e06_conv_transpose2d_naive.

#[allow(unused)]
#[path = "../exercises/e06_conv_transpose2d_naive.rs"]
mod conv_transpose2d_naive;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};

/// Small whole numbers, so that every sum is exact.
fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    let mut rng = Rng::new(seed, "numbers");
    Array::from_fn(shape, |_| rng.below(9) as f64 - 4.0)
}

/// Position by position: what of the stamps lies there, with the kernel read as `tap` says, and of overlapping stamps all or,
/// with `last`, only the last one of the last channel.
fn stamped(
    x: &Array<f64>,
    w: &Array<f64>,
    stride: usize,
    tap: impl Fn([usize; 2]) -> [usize; 2],
    last: bool,
) -> Array<f64> {
    let side = |axis: isize| (x.dim(axis) - 1) * stride + w.dim(axis);
    Array::from_fn([x.dim(0), w.dim(1), side(2), side(3)], |at| {
        let mut sum = 0.0;
        for c in 0..x.dim(1) {
            for i in 0..x.dim(2) {
                for j in 0..x.dim(3) {
                    let (u, v) = (at[2].wrapping_sub(i * stride), at[3].wrapping_sub(j * stride));
                    if u < w.dim(2) && v < w.dim(3) {
                        let [u, v] = tap([u, v]);
                        let stamp = w[[c, at[1], u, v]] * x[[at[0], c, i, j]];
                        sum = if last { stamp } else { sum + stamp };
                    }
                }
            }
        }
        sum
    })
}

#[test]
fn stamps() {
    for (x, w, stride) in [
        (numbers(&[1, 1, 2, 2], 1), numbers(&[1, 1, 2, 2], 2), 2),
        (numbers(&[2, 3, 3, 4], 3), numbers(&[3, 2, 3, 3], 4), 2),
        (numbers(&[1, 2, 4, 3], 5), numbers(&[2, 3, 3, 2], 6), 1),
        (numbers(&[1, 2, 2, 2], 7), numbers(&[2, 1, 1, 2], 8), 3),
    ] {
        let got = conv_transpose2d_naive::conv_transpose2d_naive(&x, &w, stride);
        let want = stamped(&x, &w, stride, |tap| tap, false);
        let (rows, cols) = (w.dim(2), w.dim(3));
        let flipped = stamped(&x, &w, stride, |[u, v]| [rows - 1 - u, cols - 1 - v], false).to_vec();
        let last = stamped(&x, &w, stride, |tap| tap, true).to_vec();
        assert_eq!(
            got.shape(),
            want.shape(),
            "shape: the last stamp begins at (h - 1) stride and is as large as the kernel"
        );
        let mistakes: [(&str, &[f64]); 2] = [
            ("a stamp replaced what others had left: where they overlap, they add", &last),
            ("the kernel was flipped: tap (0, 0) goes to the stamp's upper left", &flipped),
        ];
        close("stamps", &got.to_vec(), &want.to_vec(), 0.0, &mistakes);
    }
}
