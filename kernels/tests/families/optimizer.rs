use kernels::optimizer::*;

use crate::{SIZES, close, device, numbers, wide};

#[test]
fn sgd_versions() {
    let Some(device) = device() else { return };
    let [rate, momentum, decay] = [0.1f32, 0.9, 0.01];
    for &n in SIZES {
        for version in 1..=SGD.len() {
            let (mut want_p, mut want_v) = (wide(&numbers(1, n)), vec![0.0; n]);
            let mut p = device.upload(&numbers(1, n)).unwrap();
            let mut v = device.zeros(n).unwrap();
            for step in 0..3 {
                let g = numbers(10 + step, n);
                for i in 0..n {
                    want_v[i] =
                        f64::from(momentum) * want_v[i] + f64::from(g[i]) + f64::from(decay) * want_p[i];
                    want_p[i] -= f64::from(rate) * want_v[i];
                }
                sgd(version, &mut p, &device.upload(&g).unwrap(), &mut v, [rate, momentum, decay]).unwrap();
            }
            // Three steps of a handful of roundings.
            close(&format!("sgd_v{version}, n {n}"), &p, &want_p, 2e-6);
            close(&format!("sgd_v{version}, n {n} velocity"), &v, &want_v, 2e-6);
        }
    }
}

#[test]
fn adamw_versions() {
    let Some(device) = device() else { return };
    let settings = AdamW { rate: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.1 };
    let (rate, beta1, beta2) = (f64::from(0.01f32), f64::from(0.9f32), f64::from(0.999f32));
    for &n in SIZES {
        for version in 1..=ADAMW.len() {
            let (mut want, mut want_m, mut want_v) = (wide(&numbers(1, n)), vec![0.0; n], vec![0.0; n]);
            let mut p = device.upload(&numbers(1, n)).unwrap();
            let (mut m, mut v) = (device.zeros(n).unwrap(), device.zeros(n).unwrap());
            for step in 1..=3 {
                let g = numbers(10 + step as u64, n);
                for i in 0..n {
                    let g = 0.5 * f64::from(g[i]);
                    want_m[i] = beta1 * want_m[i] + (1.0 - beta1) * g;
                    want_v[i] = beta2 * want_v[i] + (1.0 - beta2) * g * g;
                    let (m, v) = (want_m[i] / (1.0 - beta1.powi(step)), want_v[i] / (1.0 - beta2.powi(step)));
                    want[i] -= rate * (m / (v.sqrt() + 1e-8) + f64::from(0.1f32) * want[i]);
                }
                let g = device.upload(&g).unwrap();
                adamw(version, &settings, step, 0.5, &mut p, &g, [&mut m, &mut v]).unwrap();
            }
            // 1 - 0.999 in f32 is off by 2e-5 of itself, so v is too; its root moves a step of 0.01 by 1e-7.
            close(&format!("adamw_v{version}, n {n}"), &p, &want, 2e-6);
        }
    }
}

#[test]
fn norm_and_clip() {
    let Some(device) = device() else { return };
    for &n in SIZES {
        let x = numbers(3, n);
        let square: f64 = wide(&x).iter().map(|x| x * x).sum();
        for version in 1..=SQUARE_SUM.len() {
            let got = square_sum(version, &device.upload(&x).unwrap()).unwrap();
            // A tree over at most four terms a thread.
            close(&format!("square_sum_v{version}, n {n}"), &got, &[square], 1e-6);
        }
        for limit in [0.5, 1e6] {
            let factor = (limit / (square.sqrt() + 1e-6)).min(1.0);
            let want: Vec<f64> = wide(&x).iter().map(|x| x * factor).collect();
            for version in 1..=CLIP.len() {
                let mut got = device.upload(&x).unwrap();
                clip(version, &mut got, limit as f32).unwrap();
                close(&format!("clip_v{version}, n {n}, limit {limit}"), &got, &want, 1e-6);
            }
        }
    }
}

#[test]
fn clip_v2_leaves_a_small_gradient_alone() {
    let Some(device) = device() else { return };
    let mut x = device.upload(&numbers(1, 1000)).unwrap();
    let counts = [1e6, 0.5].map(|limit| {
        device.start_counting();
        clip(2, &mut x, limit).unwrap();
        device.counts()
    });
    let [Some(below), Some(above)] = counts else { return };
    // The norm reads x once; scaling reads it once more and writes it.
    assert_eq!(above.store_bytes - below.store_bytes, 4000);
    assert_eq!(above.load_bytes - below.load_bytes, 4000);
}
