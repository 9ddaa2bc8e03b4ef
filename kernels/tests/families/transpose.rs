use kernels::Bf16;
use kernels::transpose::*;

use crate::{SIZES, device, numbers};

#[test]
fn transpose_versions() {
    let Some(device) = device() else { return };
    for shape @ [rows, columns] in [[1, 1], [1, 100], [31, 33], [32, 64], [70, 5], [65, 97]] {
        let x = numbers(1, rows * columns);
        let want: Vec<f32> = (0..rows * columns).map(|i| x[i % rows * columns + i / rows]).collect();
        let x = device.upload(&x).unwrap();
        for version in 1..=TRANSPOSE.len() {
            let mut y = device.uninit(rows * columns).unwrap();
            transpose(version, &x, &mut y, shape).unwrap();
            assert_eq!(y.to_vec().unwrap(), want, "transpose_v{version} {shape:?}");
        }
    }
}

#[test]
fn cast_versions() {
    let Some(device) = device() else { return };
    for &n in SIZES {
        let mut x = numbers(1, n);
        // Ties round to the even neighbour; the largest float rounds to infinity.
        let special = [1.003_906_2, 1.011_718_8, f32::MAX, -0.0, f32::INFINITY, 1e-40];
        x.iter_mut().zip(special).for_each(|(x, s)| *x = s);
        let want: Vec<Bf16> = x.iter().map(|&x| Bf16::from(x)).collect();
        let on_device = device.upload(&x).unwrap();
        for version in 1..=TO_BF16.len() {
            let mut y = device.uninit(n).unwrap();
            to_bf16(version, &on_device, &mut y).unwrap();
            assert_eq!(y.to_vec().unwrap(), want, "to_bf16_v{version}, n {n}");
            let exact: Vec<f32> = want.iter().map(|&x| f32::from(x)).collect();
            for version in 1..=FROM_BF16.len() {
                let mut back = device.uninit(n).unwrap();
                from_bf16(version, &y, &mut back).unwrap();
                assert_eq!(back.to_vec().unwrap(), exact, "from_bf16_v{version}, n {n}");
            }
        }
    }
    assert_eq!(f32::from(Bf16::from(1.003_906_2)), 1.0);
    assert_eq!(f32::from(Bf16::from(1.011_718_8)), 1.015_625);
}
