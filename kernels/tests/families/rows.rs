//! The families that work row by row: softmax, cross-entropy, layer norm.

use kernels::cross_entropy::*;
use kernels::layer_norm::*;
use kernels::softmax::*;

use crate::{close, device, numbers, wide};

/// Rows around a block of 128 threads and 4 warps; columns around a warp and a block, and one longer than the registers of
/// layer_norm_v3 hold.
const SHAPES: &[[usize; 2]] =
    &[[1, 1], [1, 1000], [3, 31], [5, 32], [33, 33], [129, 10], [2, 257], [3, 1030]];

// Sums of up to a thousand terms in f32, by trees or in order: errors of 1000 roundings of 6e-8 would be 6e-5 in the worst case;
// they do not all point one way, and 1e-5 holds with room to spare. expf and logf add two units in the last place.
const TOLERANCE: f64 = 1e-5;

fn softmax_row(x: &[f64]) -> Vec<f64> {
    let m = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let s: f64 = x.iter().map(|x| (x - m).exp()).sum();
    x.iter().map(|x| (x - m).exp() / s).collect()
}

#[test]
fn softmax_versions() {
    let Some(device) = device() else { return };
    for &shape in SHAPES {
        let n = shape[0] * shape[1];
        // Logits around 95 to 105: exp of them alone overflows f32, so forgetting the maximum is found out.
        let x: Vec<f32> = numbers(1, n).iter().map(|v| 100.0 + 2.5 * v).collect();
        let dy = numbers(2, n);
        let want: Vec<f64> = wide(&x).chunks(shape[1]).flat_map(softmax_row).collect();
        let mut want_dx = Vec::new();
        for (y, dy) in want.chunks(shape[1]).zip(wide(&dy).chunks(shape[1])) {
            let d: f64 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
            want_dx.extend(y.iter().zip(dy).map(|(y, dy)| y * (dy - d)));
        }
        let (x, dy) = (device.upload(&x).unwrap(), device.upload(&dy).unwrap());
        let mut y = device.uninit(n).unwrap();
        for version in 1..=SOFTMAX.len() {
            y = device.uninit(n).unwrap();
            softmax(version, &x, &mut y, shape).unwrap();
            close(&format!("softmax_v{version} {shape:?}"), &y, &want, TOLERANCE);
        }
        for version in 1..=SOFTMAX_BACKWARD.len() {
            let mut dx = device.uninit(n).unwrap();
            softmax_backward(version, &dy, &y, &mut dx, shape).unwrap();
            close(&format!("softmax_backward_v{version} {shape:?}"), &dx, &want_dx, TOLERANCE);
        }
    }
}

#[test]
fn cross_entropy_versions() {
    let Some(device) = device() else { return };
    for &shape @ [rows, classes] in SHAPES {
        let logits: Vec<f32> = numbers(1, rows * classes).iter().map(|v| 100.0 + 2.5 * v).collect();
        // Every fifth row, from the fourth on, does not count.
        let targets: Vec<i32> =
            (0..rows).map(|r| if r % 5 == 3 { -1 } else { (r * 7 % classes) as i32 }).collect();
        let counted = targets.iter().filter(|&&t| t >= 0).count();
        let scale = 1.0 / counted as f64;
        let (mut want_loss, mut want_grad) = (Vec::new(), Vec::new());
        for (row, &target) in wide(&logits).chunks(classes).zip(&targets) {
            let p = softmax_row(row);
            let counts = target >= 0;
            want_loss.push(if counts { -p[target as usize].ln() } else { 0.0 });
            let one = |c: usize| if c as i32 == target { 1.0 } else { 0.0 };
            want_grad.extend((0..classes).map(|c| if counts { scale * (p[c] - one(c)) } else { 0.0 }));
        }
        let logits = device.upload(&logits).unwrap();
        let targets = device.upload(&targets).unwrap();
        for version in 1..=CROSS_ENTROPY.len() {
            let (mut loss, mut grad) = (device.uninit(rows).unwrap(), device.uninit(rows * classes).unwrap());
            cross_entropy(version, &logits, &targets, &mut loss, &mut grad, shape, scale as f32).unwrap();
            // The loss subtracts logits of about 100, whose own last place is 8e-6.
            close(&format!("cross_entropy_v{version} {shape:?} loss"), &loss, &want_loss, 2e-5);
            close(&format!("cross_entropy_v{version} {shape:?} gradient"), &grad, &want_grad, TOLERANCE);
        }
    }
}

#[test]
fn layer_norm_versions() {
    let Some(device) = device() else { return };
    const EPS: f64 = 1e-5;
    for &shape @ [rows, columns] in SHAPES {
        let n = rows * columns;
        // Off centre, so that a mean that is forgotten is found out. A single column has variance 0, where 1 / sqrt(eps) = 316
        // magnifies the rounding of x - mean; there x is a constant without one.
        let x: Vec<f32> = match columns {
            1 => vec![1.5; n],
            _ => numbers(1, n).iter().map(|v| 3.0 + v).collect(),
        };
        let (weight, bias, dy) = (numbers(2, columns), numbers(3, columns), numbers(4, n));
        let (mut want_y, mut want_dx) = (Vec::new(), Vec::new());
        let (mut want_dweight, mut want_dbias) = (vec![0.0; columns], vec![0.0; columns]);
        let w = wide(&weight);
        for (x, dy) in wide(&x).chunks(columns).zip(wide(&dy).chunks(columns)) {
            let count = columns as f64;
            let mean = x.iter().sum::<f64>() / count;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let rstd = 1.0 / (variance + EPS).sqrt();
            let h: Vec<f64> = x.iter().map(|x| (x - mean) * rstd).collect();
            let g: Vec<f64> = dy.iter().zip(&w).map(|(dy, w)| dy * w).collect();
            let mean_g = g.iter().sum::<f64>() / count;
            let mean_gh = g.iter().zip(&h).map(|(g, h)| g * h).sum::<f64>() / count;
            for c in 0..columns {
                want_y.push(h[c] * w[c] + f64::from(bias[c]));
                want_dx.push(rstd * (g[c] - mean_g - h[c] * mean_gh));
                want_dweight[c] += dy[c] * h[c];
                want_dbias[c] += dy[c];
            }
        }
        let upload = |values: &[f32]| device.upload(values).unwrap();
        let (x, weight, bias, dy) = (upload(&x), upload(&weight), upload(&bias), upload(&dy));
        for version in 1..=LAYER_NORM.len() {
            let what = format!("layer_norm_v{version} {shape:?}");
            let mut y = device.uninit(n).unwrap();
            let kept = layer_norm(version, &x, &weight, &bias, &mut y, shape, EPS as f32).unwrap();
            close(&what, &y, &want_y, TOLERANCE);
            for version in 1..=LAYER_NORM_BACKWARD_INPUT.len() {
                let mut dx = device.uninit(n).unwrap();
                layer_norm_backward_input(version, &dy, &x, &weight, &kept, &mut dx, shape).unwrap();
                // A row of one column has rstd = 316, which magnifies the rounding of the difference.
                let tolerance = if columns == 1 { 1e-4 } else { TOLERANCE };
                close(&format!("{what}, backward_input_v{version}"), &dx, &want_dx, tolerance);
            }
            for version in 1..=LAYER_NORM_BACKWARD_WEIGHT.len() {
                let (mut dweight, mut dbias) =
                    (device.uninit(columns).unwrap(), device.uninit(columns).unwrap());
                layer_norm_backward_weight(version, &dy, &x, &kept, &mut dweight, &mut dbias, shape).unwrap();
                close(
                    &format!("{what}, backward_weight_v{version} dweight"),
                    &dweight,
                    &want_dweight,
                    TOLERANCE,
                );
                close(&format!("{what}, backward_weight_v{version} dbias"), &dbias, &want_dbias, TOLERANCE);
            }
        }
    }
}
