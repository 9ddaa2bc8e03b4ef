use kernels::hopper::matmul_bf16_hopper;
use kernels::matmul::*;
use kernels::{Bf16, KernelError};

use crate::{close, device, numbers};

/// c = a b in f64.
fn product(a: &[f32], b: &[f32], [m, n, k]: [usize; 3]) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for row in 0..m {
        for i in 0..k {
            for column in 0..n {
                c[row * n + column] += f64::from(a[row * k + i]) * f64::from(b[i * n + column]);
            }
        }
    }
    c
}

#[test]
fn matmul_versions() {
    let Some(device) = device() else { return };
    // Below, at and beyond the tiles of 16, 64 and 128; with and without rows that a float4 may load.
    let shapes = [
        [1, 1, 1],
        [2, 3, 31],
        [16, 16, 16],
        [33, 31, 17],
        [65, 40, 24],
        [64, 129, 7],
        [130, 132, 36],
        [3, 5, 1000],
    ];
    for shape @ [m, n, k] in shapes {
        let (a, b) = (numbers(1, m * k), numbers(2, k * n));
        let want = product(&a, &b, shape);
        let (a, b) = (device.upload(&a).unwrap(), device.upload(&b).unwrap());
        for version in 1..=MATMUL.len() {
            let mut c = device.uninit(m * n).unwrap();
            matmul(version, &a, &b, &mut c, shape).unwrap();
            // k products below 4 in a partial sum of at most a hundred: k roundings of 6e-8 of it, of either sign.
            close(&format!("matmul_v{version} {shape:?}"), &c, &want, 2e-5);
        }
        let flip = |x: &[f32], rows: usize, columns: usize| -> Vec<f32> {
            (0..x.len()).map(|i| x[i % rows * columns + i / rows]).collect()
        };
        let b_flipped = device.upload(&flip(&b.to_vec().unwrap(), k, n)).unwrap();
        let a_flipped = device.upload(&flip(&a.to_vec().unwrap(), m, k)).unwrap();
        for version in 1..=MATMUL_TRANSPOSED.len() {
            let mut c = device.uninit(m * n).unwrap();
            matmul_nt(version, &a, &b_flipped, &mut c, shape).unwrap();
            close(&format!("matmul_nt_v{version} {shape:?}"), &c, &want, 2e-5);
            let mut c = device.uninit(m * n).unwrap();
            matmul_tn(version, &a_flipped, &b, &mut c, shape).unwrap();
            close(&format!("matmul_tn_v{version} {shape:?}"), &c, &want, 2e-5);
        }
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let Some(device) = device() else { return };
    let a = device.zeros(6).unwrap();
    let error = matmul(1, &a, &a, &mut device.zeros(4).unwrap(), [2, 2, 2]).unwrap_err();
    assert_eq!(error.to_string(), "matmul: a of shape [2, 2] needs 4 elements, the buffer has 6");
    let mut none = device.zeros(0).unwrap();
    matmul(5, &none, &a, &mut device.zeros(0).unwrap(), [0, 3, 2]).unwrap();
    none.fill_zero().unwrap();
}

#[test]
fn matmul_bf16_versions() {
    let Some(device) = device() else { return };
    for shape @ [m, n, k] in
        [[16, 16, 16], [32, 48, 64], [1, 1, 1], [65, 40, 33], [130, 136, 72], [7, 8, 136]]
    {
        // The inputs as bf16 hold them, so that the products are exact and only the sums round.
        let round = |x: Vec<f32>| x.into_iter().map(Bf16::from).collect::<Vec<_>>();
        let (a, b) = (round(numbers(1, m * k)), round(numbers(2, k * n)));
        let exact = |x: &[Bf16]| x.iter().map(|&x| f32::from(x)).collect::<Vec<_>>();
        let want = product(&exact(&a), &exact(&b), shape);
        let (a, b) = (device.upload(&a).unwrap(), device.upload(&b).unwrap());
        for version in 1..=MATMUL_BF16.len() {
            let mut c = device.uninit(m * n).unwrap();
            let unfit = match version {
                1 => shape.iter().any(|size| size % 16 != 0),
                3 => n % 8 != 0 || k % 8 != 0,
                _ => false,
            };
            if unfit {
                let error = matmul_bf16(version, &a, &b, &mut c, shape).unwrap_err().to_string();
                assert!(error.contains("multiples of"), "{error}");
                continue;
            }
            matmul_bf16(version, &a, &b, &mut c, shape).unwrap();
            // At most 136 additions in f32 (tensor cores may cut instead of rounding) in partial sums of some tens.
            close(&format!("matmul_bf16_v{version} {shape:?}"), &c, &want, 2e-5);
        }
    }
}

#[test]
fn matmul_bf16_v3_reads_shared_memory_without_conflicts() {
    let Some(device) = device() else { return };
    let size = [128, 128, 64];
    let zeros = vec![Bf16::default(); 128 * 64];
    let (a, b) = (device.upload(&zeros).unwrap(), device.upload(&zeros).unwrap());
    let mut c = device.uninit(128 * 128).unwrap();
    device.start_counting();
    matmul_bf16(3, &a, &b, &mut c, size).unwrap();
    let Some(counts) = device.counts() else { return };
    assert_eq!(counts.bank_conflicts(), 0);
    assert_eq!(counts.tensor_operations, 2 * 128 * 128 * 64);
    // Each input once, and the result once.
    assert_eq!(counts.bytes_moved(), 2 * 2 * 128 * 64 + 4 * 128 * 128);
}

/// What the tensor cores read: 10 bits of mantissa, rounded to nearest, halves away from 0.
fn tf32(x: f32) -> f32 {
    f32::from_bits((x.to_bits() + 0x1000) & !0x1fff)
}

#[test]
fn matmul_tf32_versions() {
    let Some(device) = device() else { return };
    for shape @ [m, n, k] in [[16, 8, 8], [1, 1, 1], [17, 9, 5], [130, 136, 36], [7, 4, 132]] {
        let (a, b) = (numbers(1, m * k), numbers(2, k * n));
        let round = |x: &[f32]| x.iter().map(|&x| tf32(x)).collect::<Vec<_>>();
        let absolute = |x: &[f32]| x.iter().map(|x| x.abs()).collect::<Vec<_>>();
        let (exact, rounded) = (product(&a, &b, shape), product(&round(&a), &round(&b), shape));
        let size = product(&absolute(&a), &absolute(&b), shape);
        let (a, b) = (device.upload(&a).unwrap(), device.upload(&b).unwrap());
        for version in 1..=MATMUL_TF32.len() {
            let mut c = device.uninit(m * n).unwrap();
            if version == 2 && (n % 4 != 0 || k % 4 != 0) {
                let error = matmul_tf32(version, &a, &b, &mut c, shape).unwrap_err().to_string();
                assert!(error.contains("multiples of 4"), "{error}");
                continue;
            }
            matmul_tf32(version, &a, &b, &mut c, shape).unwrap();
            // Of the rounded factors the products are exact in f32, as in bf16: at most 132 roundings of sums.
            close(&format!("matmul_tf32_v{version} {shape:?}"), &c, &rounded, 2e-5);
            // 10 bits and the one before the point: a factor moves by 2^-11 of itself at most, a product by twice that.
            for (i, (got, (want, size))) in
                c.to_vec().unwrap().iter().zip(exact.iter().zip(&size)).enumerate()
            {
                let bound = size * 2f64.powi(-10) * 1.001 + 2e-5 * (1.0 + want.abs());
                assert!((f64::from(*got) - want).abs() <= bound, "v{version} {shape:?}: element {i}");
            }
        }
    }
}

#[test]
fn matmul_tf32_v2_reads_shared_memory_without_conflicts() {
    let Some(device) = device() else { return };
    let x = device.zeros::<f32>(128 * 64).unwrap();
    let mut c = device.uninit(128 * 128).unwrap();
    device.start_counting();
    matmul_tf32(2, &x, &x, &mut c, [128, 128, 64]).unwrap();
    let Some(counts) = device.counts() else { return };
    assert_eq!((counts.bank_conflicts(), counts.tensor_operations), (0, 2 * 128 * 128 * 64));
    assert_eq!(counts.bytes_moved(), 4 * (2 * 128 * 64 + 128 * 128));
}

/// Runs on a GPU of compute capability 9.0 only.
#[test]
fn matmul_bf16_hopper_on_a_device() {
    let Some(device) = device() else { return };
    // Around the block's tile of 128 x 256 and its 64 steps along k; more than four rounds, so that buffers are used again.
    for shape @ [m, n, k] in [[128, 256, 64], [1, 8, 8], [130, 264, 72], [300, 520, 456], [1100, 16, 40]] {
        let round = |x: Vec<f32>| x.into_iter().map(Bf16::from).collect::<Vec<_>>();
        let (a, b) = (round(numbers(1, m * k)), round(numbers(2, k * n)));
        let exact = |x: &[Bf16]| x.iter().map(|&x| f32::from(x)).collect::<Vec<_>>();
        let (left, right) = (device.upload(&a).unwrap(), device.upload(&b).unwrap());
        let mut c = device.uninit(m * n).unwrap();
        match matmul_bf16_hopper(&left, &right, &mut c, shape) {
            Err(KernelError::NeedsDevice(why)) => return println!("SKIPPED, it needs a device: {why}"),
            done => done.unwrap(),
        }
        // As the other versions: at most 456 additions in f32 in partial sums of some tens.
        close(&format!("matmul_bf16_v4 {shape:?}"), &c, &product(&exact(&a), &exact(&b), shape), 5e-5);
    }
}

#[test]
fn what_needs_a_device_says_so() {
    if device().is_none() {
        return;
    }
    let device = kernels::Device::simulator().unwrap();
    let (half, mut c) = (device.zeros::<Bf16>(64).unwrap(), device.zeros(64).unwrap());
    let error = matmul_bf16_hopper(&half, &half, &mut c, [8, 8, 8]).unwrap_err();
    assert!(matches!(error, KernelError::NeedsDevice(_)));
    assert_eq!(error.to_string(), "matmul_bf16_v4: the simulator knows neither wgmma nor TMA");
    let error = matmul_bf16_hopper(&half, &half, &mut c, [16, 4, 16]).unwrap_err().to_string();
    assert!(error.contains("needs 256 elements"), "{error}");
}
