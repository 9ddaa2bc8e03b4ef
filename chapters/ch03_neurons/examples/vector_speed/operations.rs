//! The operations that are measured: ours, and a plain loop over single numbers with the standard library's functions.

use std::f32::consts::FRAC_1_SQRT_2;
use std::hint::black_box;

use ch01_tensors::{Array, Element, Tensor};
use ch03_neurons::erf::erf_f64;
use ch03_neurons::{
    gelu, gelu_backward, log_softmax, log_softmax_backward, math, sigmoid, simd, softmax, softmax_backward,
    tanh,
};

/// What the operations work on: `x` and `grad` are `[rows, columns]`.
pub struct Data {
    pub x: Tensor,
    pub grad: Tensor,
    /// Softmax and log-softmax of `x`.
    soft: Tensor,
    log_soft: Tensor,
    row: Tensor,
    column: Tensor,
    /// `x` as `[rows / 16, 16, columns]`, to reduce the middle.
    blocks: Tensor,
    out: Vec<f32>,
}

impl Data {
    pub fn new(x: Tensor, grad: Tensor) -> Self {
        let [rows, columns] = [x.dim(0), x.dim(1)];
        Data {
            soft: softmax(x.copy(), -1),
            log_soft: log_softmax(x.copy(), -1),
            row: x.slice(0).contiguous(),
            column: x.slice((.., ..1)).contiguous(),
            blocks: x.clone().reshape([rows / 16, 16, columns]),
            out: x.to_vec(),
            x,
            grad,
        }
    }

    /// Writes `f` of every number of `x`.
    fn each(&mut self, f: impl Fn(f32) -> f32) {
        self.out.iter_mut().zip(self.x.data()).for_each(|(out, &x)| *out = f(x));
    }

    /// Writes `f` of every pair of numbers of `grad` and `x`.
    fn pairs(&mut self, f: impl Fn(f32, f32) -> f32) {
        let pairs = self.grad.data().iter().zip(self.x.data());
        self.out.iter_mut().zip(pairs).for_each(|(out, (&g, &x))| *out = f(g, x));
    }

    /// Gives `f` every row of the output and of two arrays.
    fn rows(
        &mut self,
        a: fn(&Data) -> &Tensor,
        b: fn(&Data) -> &Tensor,
        f: impl Fn(&mut [f32], &[f32], &[f32]),
    ) {
        let (mut out, columns) = (std::mem::take(&mut self.out), self.x.dim(1));
        let rows = a(self).data().chunks(columns).zip(b(self).data().chunks(columns));
        out.chunks_mut(columns).zip(rows).for_each(|(out, (a, b))| f(out, a, b));
        self.out = out;
    }

    /// Writes `f` of every row of `x`.
    fn each_row(&mut self, f: impl Fn(&[f32]) -> f32) {
        let rows = self.x.data().chunks(self.x.dim(1));
        self.out.iter_mut().zip(rows).for_each(|(out, row)| *out = f(row));
    }

    /// Adds every block of `rows` rows of `x` to one row each.
    fn add_rows(&mut self, rows: usize) {
        let columns = self.x.dim(1);
        for (out, block) in self.out.chunks_mut(columns).zip(self.x.data().chunks(rows * columns)) {
            out.fill(0.0);
            block.chunks(columns).for_each(|row| out.iter_mut().zip(row).for_each(|(out, &x)| *out += x));
        }
    }
}

/// One row of the table.
pub struct Operation {
    pub name: &'static str,
    /// Bytes read and written per number, if nothing is read or written twice.
    pub bytes: f64,
    pub ours: fn(&mut Data),
    pub plain: fn(&mut Data),
}

const fn row(name: &'static str, bytes: f64, ours: fn(&mut Data), plain: fn(&mut Data)) -> Operation {
    Operation { name, bytes, ours, plain }
}

fn keep<T: Element>(array: Array<T>) {
    drop(black_box(array));
}

fn erf(x: f32) -> f32 {
    erf_f64(f64::from(x)) as f32
}

fn normal_cdf(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

fn density(x: f32) -> f32 {
    (-0.5 * x * x).exp() * 0.398_942_3
}

fn sigmoid_of(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn largest(x: &[f32]) -> f32 {
    x.iter().fold(f32::NEG_INFINITY, |m, &x| if x > m || x.is_nan() { x } else { m })
}

fn variance(x: &[f32]) -> f32 {
    let mean = x.iter().sum::<f32>() / x.len() as f32;
    x.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / x.len() as f32
}

/// Maps read a shared array and write a new one; backward passes write over a gradient that is copied first, so they
/// read and write it twice.
pub const OPERATIONS: &[Operation] = &[
    row("exp", 8.0, |d| keep(simd::map(d.x.clone(), math::exp)), |d| d.each(f32::exp)),
    row("tanh", 8.0, |d| keep(tanh(d.x.clone())), |d| d.each(f32::tanh)),
    row("sigmoid", 8.0, |d| keep(sigmoid(d.x.clone())), |d| d.each(sigmoid_of)),
    row("erf", 8.0, |d| keep(simd::map(d.x.clone(), math::erf)), |d| d.each(erf)),
    row("gelu", 8.0, |d| keep(gelu(d.x.clone())), |d| d.each(|x| x * normal_cdf(x))),
    row(
        "gelu backward",
        12.0,
        |d| keep(gelu_backward(d.grad.clone(), &d.x)),
        |d| d.pairs(|g, x| g * (normal_cdf(x) + x * density(x))),
    ),
    row(
        "softmax",
        8.0,
        |d| keep(softmax(d.x.clone(), -1)),
        |d| {
            d.rows(
                |d| &d.x,
                |d| &d.x,
                |y, x, _| {
                    let m = largest(x);
                    y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - m).exp());
                    let sum: f32 = y.iter().sum();
                    y.iter_mut().for_each(|y| *y /= sum);
                },
            );
        },
    ),
    row(
        "softmax backward",
        12.0,
        |d| keep(softmax_backward(d.grad.clone(), &d.soft, -1)),
        |d| {
            d.rows(
                |d| &d.grad,
                |d| &d.soft,
                |out, g, y| {
                    let mean: f32 = g.iter().zip(y).map(|(g, y)| g * y).sum();
                    out.iter_mut().zip(g.iter().zip(y)).for_each(|(out, (g, y))| *out = y * (g - mean));
                },
            );
        },
    ),
    row(
        "log-softmax",
        8.0,
        |d| keep(log_softmax(d.x.clone(), -1)),
        |d| {
            d.rows(
                |d| &d.x,
                |d| &d.x,
                |y, x, _| {
                    let m = largest(x);
                    let log_sum = x.iter().map(|x| (x - m).exp()).sum::<f32>().ln();
                    y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - m - log_sum);
                },
            );
        },
    ),
    row(
        "log-softmax backward",
        12.0,
        |d| keep(log_softmax_backward(d.grad.clone(), &d.log_soft, -1)),
        |d| {
            d.rows(
                |d| &d.grad,
                |d| &d.log_soft,
                |out, g, y| {
                    let sum: f32 = g.iter().sum();
                    out.iter_mut().zip(g.iter().zip(y)).for_each(|(out, (g, y))| *out = g - y.exp() * sum);
                },
            );
        },
    ),
    row("sum of rows", 4.0, |d| keep(d.x.sum(-1, false)), |d| d.each_row(|x| x.iter().sum())),
    row(
        "sum of all",
        4.0,
        |d| {
            black_box(d.x.sum_all());
        },
        |d| {
            black_box(d.x.data().iter().sum::<f32>());
        },
    ),
    row("sum of columns", 4.0, |d| keep(d.x.sum(0, false)), |d| d.add_rows(d.x.dim(0))),
    row("sum of the middle", 4.0, |d| keep(d.blocks.sum(1, false)), |d| d.add_rows(16)),
    row("sum, transposed", 4.0, |d| keep(d.x.clone().t().sum(-1, false)), |d| d.add_rows(d.x.dim(0))),
    row("max of rows", 4.0, |d| keep(d.x.max(-1, false)), |d| d.each_row(largest)),
    row(
        "argmax of rows",
        4.0,
        |d| keep(d.x.argmax(-1, false)),
        |d| {
            d.each_row(|x| {
                let better = |best: usize, i: usize| if x[i] > x[best] { i } else { best };
                (0..x.len()).fold(0, better) as f32
            });
        },
    ),
    row(
        "mean of rows",
        4.0,
        |d| keep(d.x.mean(-1, false)),
        |d| d.each_row(|x| x.iter().sum::<f32>() / x.len() as f32),
    ),
    row("var of rows", 4.0, |d| keep(d.x.var(-1, false, 0)), |d| d.each_row(variance)),
    row("array + array", 12.0, |d| keep(&d.x + &d.grad), |d| d.pairs(|g, x| g + x)),
    row(
        "row + array",
        8.0,
        |d| keep(&d.x + &d.row),
        |d| {
            let row = d.row.clone();
            d.rows(|d| &d.x, |d| &d.x, |out, x, _| (0..x.len()).for_each(|i| out[i] = x[i] + row.data()[i]));
        },
    ),
    row(
        "column + array",
        8.0,
        |d| keep(&d.x + &d.column),
        |d| d.rows(|d| &d.x, |d| &d.x, |out, x, _| (0..x.len()).for_each(|i| out[i] = x[i] + x[0])),
    ),
    row("number * array", 8.0, |d| keep(&d.x * 1.5), |d| d.each(|x| x * 1.5)),
];
