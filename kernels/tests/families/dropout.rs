use kernels::dropout::*;

use crate::{SIZES, device, numbers};

/// Philox4x32-10 as Salmon et al. (2011) write it down.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let (a, b) = (0xD251_1F53u64 * u64::from(counter[0]), 0xCD9E_8D57u64 * u64::from(counter[2]));
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[test]
fn the_oracle_gives_the_published_numbers() {
    // Known answers of the reference implementation (Random123, kat_vectors: philox4x32 10).
    assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
}

#[test]
fn dropout_versions() {
    let Some(device) = device() else { return };
    let (seed, p) = (0x1234_5678_9abc_def0u64, 0.25f32);
    for &n in SIZES {
        let x = numbers(1, n);
        let scale = 1.0 / (1.0 - p);
        let kept =
            |i: usize| philox([i as u32 / 4, 0, 0, 0], [seed as u32, (seed >> 32) as u32])[i % 4] >= 1 << 30;
        let want: Vec<f32> = (0..n).map(|i| if kept(i) { x[i] * scale } else { 0.0 }).collect();
        let on_device = device.upload(&x).unwrap();
        for version in 1..=DROPOUT.len() {
            let mut y = device.uninit(n).unwrap();
            dropout(version, &on_device, &mut y, p, seed).unwrap();
            // One multiplication: the same bits.
            assert_eq!(y.to_vec().unwrap(), want, "dropout_v{version}, n {n}");
        }
    }
    // Of 1000 elements about 750 are kept: four standard deviations are 4 sqrt(1000 * 0.25 * 0.75) = 55.
    let (x, mut y) = (device.upload(&[1.0; 1000]).unwrap(), device.zeros(1000).unwrap());
    dropout(2, &x, &mut y, p, 7).unwrap();
    let kept = y.to_vec().unwrap().iter().filter(|&&y| y != 0.0).count();
    assert!((695..=805).contains(&kept), "{kept} of 1000 are kept");
    assert!(dropout(2, &x, &mut y, 1.0, 7).unwrap_err().to_string().contains("not in 0..1"));
}
