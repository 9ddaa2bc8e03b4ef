use kernels::elementwise::*;

use crate::{SIZES, close, device, numbers, wide};

// One rounding of a sum: half a unit in the last place, 6e-8 relative.
const EXACT: f64 = 1e-7;

#[test]
fn add_versions() {
    let Some(device) = device() else { return };
    for &n in SIZES {
        let (a, b) = (numbers(1, n), numbers(2, n));
        let want: Vec<f64> = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) + f64::from(b)).collect();
        let (a, b) = (device.upload(&a).unwrap(), device.upload(&b).unwrap());
        for version in 1..=ADD.len() {
            let mut y = device.uninit(n).unwrap();
            add(version, &a, &b, &mut y).unwrap();
            close(&format!("add_v{version}, n {n}"), &y, &want, EXACT);
        }
    }
    let error = add(4, &device.zeros(1).unwrap(), &device.zeros(1).unwrap(), &mut device.zeros(1).unwrap());
    assert_eq!(error.unwrap_err().to_string(), "add: there are versions 1 to 3, not 4");
    let error = add(1, &device.zeros(2).unwrap(), &device.zeros(1).unwrap(), &mut device.zeros(2).unwrap());
    assert_eq!(error.unwrap_err().to_string(), "add: b of shape [2] needs 2 elements, the buffer has 1");
}

#[test]
fn bias_relu_versions() {
    let Some(device) = device() else { return };
    for shape @ [rows, columns] in [[1, 1], [3, 31], [33, 32], [7, 300], [200, 33]] {
        let (x, bias, dy) = (numbers(1, rows * columns), numbers(2, columns), numbers(3, rows * columns));
        let (mut want_y, mut want_dx) = (vec![0.0; rows * columns], vec![0.0; rows * columns]);
        let mut want_dbias = vec![0.0; columns];
        for i in 0..rows * columns {
            // The kernel decides by the rounded sum, so the oracle takes the sign from there.
            let sum = x[i] + bias[i % columns];
            if sum > 0.0 {
                want_y[i] = f64::from(sum);
                want_dx[i] = f64::from(dy[i]);
                want_dbias[i % columns] += f64::from(dy[i]);
            }
        }
        let mut want_sums = vec![0.0; columns];
        dy.iter().enumerate().for_each(|(i, &g)| want_sums[i % columns] += f64::from(g));
        let (plain_x, plain_bias) = (x.clone(), bias.clone());
        let (x, bias, dy) =
            (device.upload(&x).unwrap(), device.upload(&bias).unwrap(), device.upload(&dy).unwrap());
        let mut y = device.uninit(rows * columns).unwrap();
        for version in 1..=BIAS_RELU.len() {
            y = device.uninit(rows * columns).unwrap();
            bias_relu(version, &x, &bias, &mut y, shape).unwrap();
            close(&format!("bias_relu_v{version} {shape:?}"), &y, &want_y, EXACT);
        }
        let plain: Vec<f64> =
            (0..rows * columns).map(|i| f64::from(plain_x[i]) + f64::from(plain_bias[i % columns])).collect();
        for version in 1..=BIAS.len() {
            let mut y = device.uninit(rows * columns).unwrap();
            kernels::elementwise::bias(version, &x, &bias, &mut y, shape).unwrap();
            close(&format!("bias_v{version} {shape:?}"), &y, &plain, EXACT);
        }
        for version in 1..=BIAS_BACKWARD.len() {
            let mut dbias = device.uninit(columns).unwrap();
            bias_backward(version, &dy, &mut dbias, shape).unwrap();
            close(&format!("bias_backward_v{version} {shape:?}"), &dbias, &want_sums, 1e-5);
        }
        for version in 1..=BIAS_RELU_BACKWARD.len() {
            let (mut dx, mut dbias) =
                (device.uninit(rows * columns).unwrap(), device.uninit(columns).unwrap());
            bias_relu_backward(version, &dy, &y, &mut dx, &mut dbias, shape).unwrap();
            close(&format!("bias_relu_backward_v{version} {shape:?} dx"), &dx, &want_dx, EXACT);
            // Up to 200 additions of numbers below 2: 200 times 6e-8 times a partial sum of some tens.
            close(&format!("bias_relu_backward_v{version} {shape:?} dbias"), &dbias, &want_dbias, 1e-5);
        }
    }
}

/// erf by its power series in f64; the terms for |x| < 1.5 are below 1e-17 after forty of them.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for k in 1..40 {
        term *= -x * x / f64::from(k);
        sum += term / f64::from(2 * k + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

#[test]
fn gelu_versions() {
    let Some(device) = device() else { return };
    for &n in SIZES {
        let (x, dy) = (numbers(1, n), numbers(2, n));
        let below = |x: f64| 0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2));
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let want: Vec<f64> = wide(&x).iter().map(|&x| x * below(x)).collect();
        let want_dx: Vec<f64> =
            wide(&x).iter().zip(wide(&dy)).map(|(&x, dy)| dy * (below(x) + x * density(x))).collect();
        let (x, dy) = (device.upload(&x).unwrap(), device.upload(&dy).unwrap());
        let mut y;
        for version in 1..=GELU.len() {
            y = device.uninit(n).unwrap();
            gelu(version, &x, &mut y).unwrap();
            // erff and expf are right to about two units in the last place; a handful of operations follow.
            close(&format!("gelu_v{version}, n {n}"), &y, &want, 1e-6);
        }
        for version in 1..=GELU_BACKWARD.len() {
            let mut dx = device.uninit(n).unwrap();
            gelu_backward(version, &dy, &x, &mut dx).unwrap();
            close(&format!("gelu_backward_v{version}, n {n}"), &dx, &want_dx, 1e-6);
        }
    }
}
