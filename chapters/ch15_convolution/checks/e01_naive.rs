//! Checks exercise e01_naive.

#[allow(unused)]
#[path = "../exercises/e01_naive.rs"]
mod naive;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch15_convolution::Conv2dOptions;

/// Small whole numbers, so that every sum is exact.
fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    let mut rng = Rng::new(seed, "numbers");
    Array::from_fn(shape, |_| rng.below(9) as f64 - 4.0)
}

/// A batch, a stride and padding that differ down and across; and a plain one.
fn problems() -> Vec<([Array<f64>; 3], Conv2dOptions)> {
    let one = Conv2dOptions::default();
    let odd = Conv2dOptions { stride: [2, 1], padding: [1, 2], ..one };
    let operands = || [numbers(&[2, 3, 5, 4], 1), numbers(&[2, 3, 3, 2], 2), numbers(&[2], 3)];
    vec![(operands(), one), (operands(), odd)]
}

/// The image with its border of zeros, so that every tap sees something.
fn padded(x: &Array<f64>, [down, across]: [usize; 2]) -> Array<f64> {
    let shape = [x.dim(0), x.dim(1), x.dim(2) + 2 * down, x.dim(3) + 2 * across];
    Array::from_fn(shape, |i| {
        let (row, col) = (i[2].wrapping_sub(down), i[3].wrapping_sub(across));
        if row < x.dim(2) && col < x.dim(3) { x[[i[0], i[1], row, col]] } else { 0.0 }
    })
}

/// The output, with the weight of each tap given by `tap(u, v)`, summed over channels from `first_channel` on.
fn convolve(
    x: &Array<f64>,
    w: &Array<f64>,
    bias: f64,
    options: Conv2dOptions,
    first_channel: usize,
    tap: impl Fn(usize, usize) -> (usize, usize),
) -> Array<f64> {
    let x = padded(x, options.padding);
    let size = |axis: usize| (x.dim(axis as isize + 2) - w.dim(axis as isize + 2)) / options.stride[axis] + 1;
    Array::from_fn([x.dim(0), w.dim(0), size(0), size(1)], |at| {
        let mut sum = bias * (1.0 + at[1] as f64);
        for c in first_channel..x.dim(1) {
            for (u, v) in (0..w.dim(2)).flat_map(|u| (0..w.dim(3)).map(move |v| (u, v))) {
                let (row, col) = (at[2] * options.stride[0] + u, at[3] * options.stride[1] + v);
                let (tu, tv) = tap(u, v);
                sum += w[[at[1], c, tu, tv]] * x[[at[0], c, row, col]];
            }
        }
        sum
    })
}

#[test]
fn forward() {
    for ([x, w, _], options) in problems() {
        // The bias of channel o is 5 (1 + o).
        let bias = Array::from([5.0, 10.0]);
        let (kh, kw) = (w.dim(2), w.dim(3));
        let want = convolve(&x, &w, 5.0, options, 0, |u, v| (u, v)).to_vec();
        let flipped = convolve(&x, &w, 5.0, options, 0, |u, v| (kh - 1 - u, kw - 1 - v)).to_vec();
        let last = convolve(&x, &w, 5.0, options, x.dim(1) - 1, |u, v| (u, v)).to_vec();
        let without = convolve(&x, &w, 0.0, options, 0, |u, v| (u, v)).to_vec();
        let mistakes: [(&str, &[f64]); 3] = [
            ("the kernel was flipped: in networks tap (0, 0) sees the upper left", &flipped),
            ("only the last channel counts: begin the sum once for all channels", &last),
            ("the bias was not added", &without),
        ];
        let y = naive::conv2d_naive(&x, &w, Some(&bias), options);
        close("forward", &y.to_vec(), &want, 1e-12, &mistakes);
        let y = naive::conv2d_naive(&x, &w, None, options);
        close("forward without a bias", &y.to_vec(), &without, 1e-12, &[]);
    }
}

/// The derivative of `sum(grad * y)` for one number raised by 1: exact, since y is linear in each number.
fn by_raising(array: &Array<f64>, loss: impl Fn(&Array<f64>) -> f64) -> Vec<f64> {
    let before = loss(array);
    let one = |i: usize| {
        let mut raised = array.copy();
        raised.data_mut()[i] += 1.0;
        loss(&raised) - before
    };
    (0..array.size()).map(one).collect()
}

#[test]
fn backward() {
    for ([x, w, _], options) in problems() {
        let y = |x: &Array<f64>, w: &Array<f64>| convolve(x, w, 0.0, options, 0, |u, v| (u, v));
        let g = numbers(y(&x, &w).shape(), 4);
        let dx = by_raising(&x, |x| (y(x, &w) * &g).sum_all());
        let dw = by_raising(&w, |w| (y(&x, w) * &g).sum_all());
        let (got_dx, got_dw) = naive::conv2d_naive_gradients(&g, &x, &w, options);

        // What is left if every product overwrites what the ones before have left.
        let mut last_dx = x.zeros_like();
        let mut last_dw = w.zeros_like();
        let mut of_first_image = w.zeros_like();
        let (h, width) = (x.dim(2), x.dim(3));
        for (n, o, i, j) in walk([g.dim(0), g.dim(1), g.dim(2), g.dim(3)]) {
            for (c, u, v, _) in walk([x.dim(1), w.dim(2), w.dim(3), 1]) {
                let row = (i * options.stride[0] + u).wrapping_sub(options.padding[0]);
                let col = (j * options.stride[1] + v).wrapping_sub(options.padding[1]);
                if row < h && col < width {
                    last_dx[[n, c, row, col]] = g[[n, o, i, j]] * w[[o, c, u, v]];
                    last_dw[[o, c, u, v]] = g[[n, o, i, j]] * x[[n, c, row, col]];
                    if n == 0 {
                        of_first_image[[o, c, u, v]] += g[[n, o, i, j]] * x[[n, c, row, col]];
                    }
                }
            }
        }
        let (last_dx, last_dw, of_first_image) =
            (last_dx.to_vec(), last_dw.to_vec(), of_first_image.to_vec());
        let replaced = "replaced instead of added to: a number is part of many products";
        close("gradient of the input", &got_dx.to_vec(), &dx, 1e-12, &[(replaced, &last_dx)]);
        let mistakes: [(&str, &[f64]); 2] = [
            (replaced, &last_dw),
            ("of the first image alone: the kernel has seen all images", &of_first_image),
        ];
        close("gradient of the weight", &got_dw.to_vec(), &dw, 1e-12, &mistakes);
    }
}

/// One of two halves along an axis.
fn half(array: &Array<f64>, axis: isize, number: usize) -> Array<f64> {
    let size = array.dim(axis) / 2;
    array.narrow(axis, number * size, size).copy()
}

#[test]
fn groups() {
    // Two groups are two convolutions side by side, each of half of the channels.
    let (x, w) = (numbers(&[2, 4, 5, 4], 5), numbers(&[6, 2, 3, 2], 6));
    let one = Conv2dOptions::default();
    let two = Conv2dOptions { groups: 2, ..one };
    let y = naive::conv2d_naive(&x, &w, None, two);
    let g = numbers(y.shape(), 7);
    let (dx, dw) = naive::conv2d_naive_gradients(&g, &x, &w, two);
    for number in 0..2 {
        // What comes out if every group sees the channels of the first.
        let unmoved = convolve(&half(&x, 1, 0), &half(&w, 0, number), 0.0, one, 0, |u, v| (u, v)).to_vec();
        let (x, w, g) = (half(&x, 1, number), half(&w, 0, number), half(&g, 1, number));
        let want = convolve(&x, &w, 0.0, one, 0, |u, v| (u, v));
        let mistakes: [(&str, &[f64]); 1] =
            [("output channel o sees the input channels from first(o) on, not from 0", &unmoved)];
        close("forward with two groups", &half(&y, 1, number).to_vec(), &want.to_vec(), 1e-12, &mistakes);
        let (want_x, want_w) = naive::conv2d_naive_gradients(&g, &x, &w, one);
        let (dx, dw) = (half(&dx, 1, number).to_vec(), half(&dw, 0, number).to_vec());
        close("gradient of the input with two groups", &dx, &want_x.to_vec(), 1e-12, &[]);
        close("gradient of the weight with two groups", &dw, &want_w.to_vec(), 1e-12, &[]);
    }
}

fn walk([a, b, c, d]: [usize; 4]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..a * b * c * d).map(move |i| (i / (b * c * d), i / (c * d) % b, i / d % c, i % d))
}
