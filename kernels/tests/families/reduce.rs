use kernels::reduce::*;

use crate::{device, numbers, wide};

#[test]
fn sum_and_max_versions() {
    let Some(device) = device() else { return };
    // 70000 numbers need three launches of version 1 (274 blocks, then 2, then 1).
    for n in [0, 1, 31, 33, 255, 257, 1000, 70_000] {
        // Minus 3: all below 0, so that a maximum that starts from 0 is found out.
        let x: Vec<f32> = numbers(n as u64, n).iter().map(|v| v - 3.0).collect();
        let want: f64 = wide(&x).iter().sum();
        let greatest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let x = device.upload(&x).unwrap();
        for version in 1..=REDUCE.len() {
            let got = f64::from(sum(version, &x).unwrap());
            // Each number passes through some tens of additions at most, each off by 6e-8 of a partial sum that is no larger
            // than the whole, as all have one sign.
            assert!(
                (got - want).abs() <= 5e-6 * (1.0 + want.abs()),
                "sum_v{version}, n {n}: {got}, should be {want}"
            );
            assert_eq!(max(version, &x).unwrap(), greatest, "max_v{version}, n {n}");
        }
    }
}
