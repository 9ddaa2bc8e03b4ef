//! Checks exercise e07_row_layer_norm.
#[allow(unused)]
#[path = "../exercises/e07_row_layer_norm.rs"]
mod row_layer_norm;

use ch00_start::check::close;
use ch22_cuda::{must, numbers, simulator, wide};
use kernels::FaultKind;

const KNOWN: &[(FaultKind, &str)] = &[(
    FaultKind::OutOfBounds,
    "an index is wrong: the row begins at row * columns, and weight and bias have one element a column",
)];

const EPS: f64 = 0.125; // large, and exact in f32: where it stands shows

/// The variance from the sum of squared distances and the number of columns; 1 over the deviation from the variance.
type Rule<'a> = (&'a dyn Fn(f64, f64) -> f64, &'a dyn Fn(f64) -> f64);

fn norm(x: &[f64], weight: &[f64], bias: &[f64], (variance, scale): Rule) -> Vec<f64> {
    let columns = weight.len();
    let row = |row: &[f64]| {
        let mean = row.iter().sum::<f64>() / columns as f64;
        let scale = scale(variance(row.iter().map(|v| (v - mean).powi(2)).sum(), columns as f64));
        let value = |(i, v): (usize, &f64)| (v - mean) * scale * weight[i] + bias[i];
        row.iter().enumerate().map(value).collect::<Vec<f64>>()
    };
    x.chunks(columns).flat_map(row).collect()
}

fn run(what: &str, x: &[f32], weight: &[f32], bias: &[f32], rows: usize) -> Vec<f64> {
    let device = simulator();
    let (x, w, b) = (device.upload(x).unwrap(), device.upload(weight).unwrap(), device.upload(bias).unwrap());
    let mut y = device.uninit(x.len()).unwrap();
    let shape = [rows, weight.len()];
    must(what, row_layer_norm::row_layer_norm(&x, [&w, &b], &mut y, shape, EPS as f32), KNOWN);
    wide(&y.to_vec().unwrap())
}

const BY_COUNT: &dyn Fn(f64, f64) -> f64 = &|squares, n| squares / n;
const ROOT: &dyn Fn(f64) -> f64 = &|variance| 1.0 / (variance + EPS).sqrt();

#[test]
fn rows() {
    for [rows, columns] in [[9, 32], [3, 70], [2, 5]] {
        let (x, weight, bias) = (numbers(1, rows * columns), numbers(2, columns), numbers(3, columns));
        let (wx, ww, wb) = (wide(&x), wide(&weight), wide(&bias));
        let of = |rule: Rule| norm(&wx, &ww, &wb, rule);
        let unbiased = of((&|squares, n| squares / (n - 1.0), ROOT));
        let outside = of((BY_COUNT, &|variance| 1.0 / (variance.sqrt() + EPS)));
        let not_root = of((BY_COUNT, &|variance| 1.0 / (variance + EPS)));
        let no_bias = norm(&wx, &ww, &vec![0.0; columns], (BY_COUNT, ROOT));
        let mistakes: [(&str, &[f64]); 4] = [
            ("the variance divides by columns - 1: layer norm divides by columns", &unbiased),
            ("eps belongs to the variance, inside the square root", &outside),
            ("the deviation is the square root of the variance", &not_root),
            ("the bias is not added", &no_bias),
        ];
        let what = format!("{rows} x {columns}");
        // Some tens of roundings of 6e-8, in numbers up to 10.
        close(&what, &run(&what, &x, &weight, &bias, rows), &of((BY_COUNT, ROOT)), 1e-5, &mistakes);
    }
}

#[test]
fn rows_far_from_zero() {
    let x: Vec<f32> = numbers(1, 2 * 64).iter().map(|v| 4096.0 + v).collect();
    let got = run("values near 4096", &x, &[1.0; 64], &[0.0; 64], 2);
    let want = norm(&wide(&x), &[1.0; 64], &[0.0; 64], (BY_COUNT, ROOT));
    let worst = got.iter().zip(&want).map(|(g, w)| (g - w).abs()).fold(0.0, f64::max);
    // The mean is known to half a unit in the last place of 4096, which is 2.4e-4.
    assert!(
        worst < 2e-3,
        "values near 4096: off by {worst:.4}: the variance is lost in the difference of two large numbers; subtract the mean \
         before squaring"
    );
}
