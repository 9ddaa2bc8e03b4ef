use kernels::Device;

fn devices() -> Vec<Device> {
    let devices = crate::devices();
    for device in &devices {
        device.load("instructions.cu", include_str!("instructions.cu")).unwrap();
    }
    devices
}

#[test]
fn shuffles_and_votes() {
    for device in devices() {
        let mut out = device.uninit::<i32>(192).unwrap();
        device.kernel("shuffles").block(32).arg(&mut out).launch().unwrap();
        let got = out.to_vec().unwrap();
        for lane in 0..32 {
            let at = |row: usize| got[row * 32 + lane as usize];
            assert_eq!(at(0), 5);
            assert_eq!(at(1), if lane < 3 { lane } else { lane - 3 });
            assert_eq!(at(2), if lane > 28 { lane } else { lane + 3 });
            assert_eq!(at(3), lane ^ 9);
            assert_eq!(at(4), lane / 8 * 8 + 1, "the source lane is taken modulo the width");
            assert_eq!(at(5), if lane % 8 > 4 { lane } else { lane + 3 });
        }
        let mut out = device.uninit::<i32>(128).unwrap();
        device.kernel("votes").block(32).arg(&mut out).launch().unwrap();
        let got = out.to_vec().unwrap();
        let third = (0..32).filter(|lane| lane % 3 == 0).fold(0u32, |bits, lane| bits | 1 << lane);
        for lane in 0..32 {
            let row: Vec<i32> = (0..4).map(|row| got[row * 32 + lane]).collect();
            assert_eq!(row, [third as i32, 1, 1, 0]);
        }
    }
}

#[test]
fn atomics() {
    for device in devices() {
        let mut out = device.zeros::<i32>(7).unwrap();
        let mut sum = device.zeros::<f32>(1).unwrap();
        device.kernel("atomics").grid(3).block(50).arg(&mut out).arg(&mut sum).launch().unwrap();
        assert_eq!(out.to_vec().unwrap(), [150 * 149 / 2, 149, -149, -150, 255, 42, 10]);
        assert_eq!(sum.to_vec().unwrap(), [75.0]);
    }
}

#[test]
fn dynamic_shared_memory_and_two_dimensions() {
    let (rows, columns) = (19, 37);
    let x: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
    for device in devices() {
        let x = device.upload(&x).unwrap();
        let bias = device.upload(&vec![0.5; rows]).unwrap();
        for bias in [None, Some(&bias)] {
            let mut y = device.uninit::<f32>(rows * columns).unwrap();
            let launch =
                device.kernel("transpose").grid((columns.div_ceil(8), rows.div_ceil(8))).block((8, 8));
            launch
                .shared_bytes(4 * 64)
                .arg(&x)
                .arg(bias)
                .arg(&mut y)
                .arg(rows)
                .arg(columns)
                .launch()
                .unwrap();
            let got = y.to_vec().unwrap();
            for (i, &value) in got.iter().enumerate() {
                let (column, row) = (i / rows, i % rows);
                assert_eq!(value, (row * columns + column) as f32 + if bias.is_some() { 0.5 } else { 0.0 });
            }
        }
    }
}
