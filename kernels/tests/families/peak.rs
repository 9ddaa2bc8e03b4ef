use kernels::peak::*;

use crate::{close, device, numbers, wide};

#[test]
fn yardsticks_do_what_they_claim() {
    let Some(device) = device() else { return };
    let x = numbers(1, 1000);
    let mut y = device.uninit(1000).unwrap();
    copy(&device.upload(&x).unwrap(), &mut y).unwrap();
    close("copy", &y, &wide(&x), 0.0);
    assert!(copy(&device.zeros(6).unwrap(), &mut device.zeros(6).unwrap()).is_err());

    let mut y = device.uninit(512).unwrap();
    assert_eq!(f32_rate(&mut y, 0.5, 3).unwrap(), 16.0 * 512.0 * 3.0);
    // v becomes v / 8 + 1.75 in three rounds; 28 / 8 + 8 x 1.75, all exact.
    close("f32_rate", &y, &[17.5; 512], 0.0);

    device.start_counting();
    let operations = bf16_rate(&mut y, 2).unwrap();
    close("bf16_rate", &y, &[1024.0; 512], 0.0);
    if let Some(counts) = device.counts() {
        assert_eq!(operations, counts.tensor_operations as f64);
    }
}
