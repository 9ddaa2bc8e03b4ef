use kernels::batch_norm::*;

use crate::{close, device, numbers};

#[test]
fn batch_norm_versions() {
    let Some(device) = device() else { return };
    const EPS: f64 = 1e-5;
    for shape @ [batch, channels, area] in [[2, 1, 1], [3, 5, 7], [2, 130, 4], [4, 3, 100], [33, 2, 1]] {
        let n = batch * channels * area;
        // Off centre, so that a mean that is forgotten is found out.
        let x: Vec<f32> = numbers(1, n).iter().map(|v| 3.0 + v).collect();
        let (weight, bias, dy) = (numbers(2, channels), numbers(3, channels), numbers(4, n));
        let (mut want_y, mut want_dx) = (vec![0.0; n], vec![0.0; n]);
        let (mut want_dweight, mut want_dbias) = (vec![0.0; channels], vec![0.0; channels]);
        for c in 0..channels {
            let places: Vec<usize> = (0..n).filter(|i| i / area % channels == c).collect();
            let count = places.len() as f64;
            let mean = places.iter().map(|&i| f64::from(x[i])).sum::<f64>() / count;
            let variance = places.iter().map(|&i| (f64::from(x[i]) - mean).powi(2)).sum::<f64>() / count;
            let rstd = 1.0 / (variance + EPS).sqrt();
            let h = |i: usize| (f64::from(x[i]) - mean) * rstd;
            let w = f64::from(weight[c]);
            for &i in &places {
                want_y[i] = h(i) * w + f64::from(bias[c]);
                want_dweight[c] += f64::from(dy[i]) * h(i);
                want_dbias[c] += f64::from(dy[i]);
            }
            for &i in &places {
                let dy = f64::from(dy[i]);
                want_dx[i] = w * rstd * (dy - want_dbias[c] / count - h(i) * want_dweight[c] / count);
            }
        }
        let upload = |values: &[f32]| device.upload(values).unwrap();
        let (x, weight, bias, dy) = (upload(&x), upload(&weight), upload(&bias), upload(&dy));
        for version in 1..=BATCH_NORM.len() {
            let what = format!("batch_norm_v{version} {shape:?}");
            let mut y = device.uninit(n).unwrap();
            let kept = batch_norm(version, &x, &weight, &bias, &mut y, shape, EPS as f32).unwrap();
            // Up to 400 terms around 3, whose mean is off by some 1e-6; the channels' deviations are about 1.
            close(&what, &y, &want_y, 1e-5);
            for version in 1..=BATCH_NORM_BACKWARD.len() {
                let mut dx = device.uninit(n).unwrap();
                let (mut dweight, mut dbias) =
                    (device.uninit(channels).unwrap(), device.uninit(channels).unwrap());
                let to = [&mut dx, &mut dweight, &mut dbias];
                batch_norm_backward(version, &dy, &x, &weight, &kept, to, shape).unwrap();
                // Two elements a channel make h = 1 and -1 and dx a difference of equals, which rstd magnifies.
                close(&format!("{what}, backward_v{version} dx"), &dx, &want_dx, 5e-5);
                close(&format!("{what}, backward_v{version} dweight"), &dweight, &want_dweight, 2e-5);
                close(&format!("{what}, backward_v{version} dbias"), &dbias, &want_dbias, 2e-5);
            }
        }
    }
}
