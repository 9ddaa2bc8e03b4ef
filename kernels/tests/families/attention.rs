use kernels::Bf16;
use kernels::attention::*;

use crate::{close, device, numbers, wide};

/// Everything that attention gives, in f64.
struct Oracle {
    out: Vec<f64>,
    dq: Vec<f64>,
    dk: Vec<f64>,
    dv: Vec<f64>,
    /// The log of the sum of exponentials of every row, and the mean of |v| by its weights.
    lse: Vec<f64>,
    spread: Vec<f64>,
}

fn oracle(
    [q, k, v, dout]: [&[f64]; 4],
    [sets, length, width]: [usize; 3],
    causal: bool,
    lengths: &[i32],
) -> Oracle {
    let n = q.len();
    let [out, dq, dk, dv, spread] = [0; 5].map(|_| vec![0.0; n]);
    let mut to = Oracle { out, dq, dk, dv, spread, lse: Vec::new() };
    let scale = 1.0 / (width as f64).sqrt();
    for (set, t) in (0..sets * length).map(|row| (row / length, row % length)) {
        let row = |s: usize| (set * length + s) * width;
        let dot =
            |a: &[f64], i: usize, b: &[f64], j: usize| (0..width).map(|c| a[i + c] * b[j + c]).sum::<f64>();
        let seen = if causal { (t + 1).min(lengths[set] as usize) } else { lengths[set] as usize };
        let scores: Vec<f64> = (0..seen).map(|s| scale * dot(q, row(t), k, row(s))).collect();
        let m = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = scores.iter().map(|x| (x - m).exp()).sum();
        to.lse.push(m + total.ln());
        let p: Vec<f64> = scores.iter().map(|x| (x - m).exp() / total).collect();
        let dp: Vec<f64> = (0..seen).map(|s| dot(dout, row(t), v, row(s))).collect();
        let mean: f64 = p.iter().zip(&dp).map(|(p, dp)| p * dp).sum();
        for s in 0..seen {
            let ds = scale * p[s] * (dp[s] - mean);
            for c in 0..width {
                to.out[row(t) + c] += p[s] * v[row(s) + c];
                to.spread[row(t) + c] += p[s] * v[row(s) + c].abs();
                to.dv[row(s) + c] += p[s] * dout[row(t) + c];
                to.dq[row(t) + c] += ds * k[row(s) + c];
                to.dk[row(s) + c] += ds * q[row(t) + c];
            }
        }
    }
    to
}

#[test]
fn attention_versions() {
    let Some(device) = device() else { return };
    // Lengths around the tile of 32; with and without the causal mask and padding, a set of padding alone among them.
    let cases: [([usize; 3], bool, Option<Vec<i32>>); 7] = [
        ([1, 1, 16], false, None),
        ([2, 31, 16], true, None),
        ([2, 33, 32], false, None),
        ([3, 40, 16], false, Some(vec![40, 17, 0])),
        ([2, 70, 16], true, Some(vec![33, 64])),
        ([1, 64, 64], true, None),
        ([2, 35, 128], true, Some(vec![35, 20])),
    ];
    for (sizes @ [sets, length, width], causal, lengths) in cases {
        let n = sets * length * width;
        let host: Vec<Vec<f32>> = (0..4).map(|seed| numbers(seed, n)).collect();
        let all = vec![length as i32; sets];
        let wide: Vec<Vec<f64>> = host.iter().map(|x| wide(x)).collect();
        let inputs = [&wide[0][..], &wide[1], &wide[2], &wide[3]];
        let want = oracle(inputs, sizes, causal, lengths.as_deref().unwrap_or(&all));
        let on_device: Vec<_> = host.iter().map(|x| device.upload(x).unwrap()).collect();
        let [q, k, v, dout] = &on_device[..] else { unreachable!() };
        let padded = lengths.as_ref().map(|lengths| device.upload(lengths).unwrap());
        let shape = AttentionShape { sets, length, width, causal, lengths: padded.as_ref() };
        let what = format!("{sizes:?}, causal {causal}, lengths {lengths:?}");
        for version in 1..=ATTENTION.len() {
            let mut out = device.uninit(n).unwrap();
            let lse = attention(version, [q, k, v], &mut out, &shape).unwrap();
            // Up to 70 terms of a weighted mean of numbers below 2, weights from expf of scores of up to ten.
            close(&format!("attention_v{version} {what}"), &out, &want.out, 1e-5);
            // Both backward versions after the first forward, one after the second: they read the same.
            for back in 1..=if version == 1 { ATTENTION_BACKWARD.len() } else { 1 } {
                let [mut dq, mut dk, mut dv] = [0; 3].map(|_| device.uninit(n).unwrap());
                let to = [&mut dq, &mut dk, &mut dv];
                attention_backward(back, [q, k, v], [&out, &lse, dout], to, &shape).unwrap();
                for (name, got, want) in [("dq", &dq, &want.dq), ("dk", &dk, &want.dk), ("dv", &dv, &want.dv)]
                {
                    close(&format!("attention_backward_v{back} {name} {what}"), got, want, 2e-5);
                }
            }
        }
    }
    let (x, mut y) = (device.zeros(24).unwrap(), device.zeros(24).unwrap());
    let shape = AttentionShape { sets: 1, length: 1, width: 24, causal: false, lengths: None };
    let Err(error) = attention(2, [&x, &x, &x], &mut y, &shape) else { panic!("width 24 was taken") };
    assert!(error.to_string().contains("compiled for [16, 32, 64, 128]"), "{error}");
}

#[test]
fn attention_bf16_versions() {
    let Some(device) = device() else { return };
    // Lengths around the tile of 64; with and without the causal mask and padding, a set of padding alone among them.
    let cases: [([usize; 3], bool, Option<Vec<i32>>); 6] = [
        ([1, 1, 64], false, None),
        ([1, 65, 64], true, None),
        ([1, 64, 128], false, None),
        ([3, 40, 64], false, Some(vec![40, 17, 0])),
        ([1, 130, 64], true, Some(vec![100])),
        ([1, 90, 128], true, None),
    ];
    for (sizes @ [sets, length, width], causal, lengths) in cases {
        let n = sets * length * width;
        let halves = [1, 2, 3].map(|seed| numbers(seed, n).into_iter().map(Bf16::from).collect::<Vec<_>>());
        let exact = halves.each_ref().map(|x| x.iter().map(|&x| f64::from(f32::from(x))).collect::<Vec<_>>());
        let all = vec![length as i32; sets];
        let inputs = [&exact[0][..], &exact[1], &exact[2], &exact[2]];
        let want = oracle(inputs, sizes, causal, lengths.as_deref().unwrap_or(&all));
        let [q, k, v] = halves.map(|x| device.upload(&x).unwrap());
        let padded = lengths.as_ref().map(|lengths| device.upload(lengths).unwrap());
        let shape = AttentionShape { sets, length, width, causal, lengths: padded.as_ref() };
        for version in 1..=ATTENTION_BF16.len() {
            let what = format!("attention_bf16_v{version} {sizes:?}, causal {causal}, lengths {lengths:?}");
            let mut out = device.uninit(n).unwrap();
            let lse = attention_bf16(version, [&q, &k, &v], &mut out, &shape).unwrap().to_vec().unwrap();
            // Exact products; 64 or 128 roundings of sums below some tens, and an exponential of scores of up to some ten.
            for (i, (&got, &want)) in lse.iter().zip(&want.lse).enumerate() {
                let same =
                    f64::from(got) == want || (f64::from(got) - want).abs() <= 1e-5 * (1.0 + want.abs());
                assert!(same, "{what}: lse {i} is {got}, should be {want}");
            }
            // A probability is rounded to bf16, by 2^-8 of itself at most (7 bits behind the point); the sum that divides has it unrounded.
            for (i, got) in out.to_vec().unwrap().into_iter().enumerate() {
                let (want, bound) = (want.out[i], want.spread[i] * 2f64.powi(-8) * 1.001 + 2e-5);
                assert!(
                    (f64::from(got) - want).abs() <= bound,
                    "{what}: element {i} is {got}, should be {want}"
                );
            }
        }
    }
    let (x, mut y) = (device.zeros::<Bf16>(32).unwrap(), device.zeros(32).unwrap());
    let shape = AttentionShape { sets: 1, length: 1, width: 32, causal: false, lengths: None };
    let Err(error) = attention_bf16(1, [&x, &x, &x], &mut y, &shape) else { panic!("width 32 was taken") };
    assert!(error.to_string().contains("compiled for [64, 128]"), "{error}");
}
