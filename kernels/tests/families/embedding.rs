use kernels::embedding::*;

use crate::{close, device, numbers};

#[test]
fn embedding_versions() {
    let Some(device) = device() else { return };
    for (n, shape @ [vocabulary, width]) in [(1, [1, 1]), (7, [5, 31]), (100, [33, 33]), (300, [3, 8])] {
        let ids: Vec<i32> =
            numbers(1, n).iter().map(|v| ((v + 2.0) / 4.0 * vocabulary as f32) as i32).collect();
        let (table, dy, start) =
            (numbers(2, vocabulary * width), numbers(3, n * width), numbers(4, vocabulary * width));
        let want: Vec<f32> =
            ids.iter().flat_map(|&id| table[id as usize * width..][..width].iter().copied()).collect();
        let mut want_table: Vec<f64> = start.iter().map(|&v| f64::from(v)).collect();
        for (i, &id) in ids.iter().enumerate() {
            for c in 0..width {
                want_table[id as usize * width + c] += f64::from(dy[i * width + c]);
            }
        }
        let (table, dy) = (device.upload(&table).unwrap(), device.upload(&dy).unwrap());
        for version in 1..=EMBEDDING.len() {
            let mut y = device.uninit(n * width).unwrap();
            embedding(version, &table, &ids, &mut y, shape).unwrap();
            assert_eq!(y.to_vec().unwrap(), want, "embedding_v{version}, n {n}, {shape:?}");
        }
        for version in 1..=EMBEDDING_BACKWARD.len() {
            let mut dtable = device.upload(&start).unwrap();
            embedding_backward(version, &dy, &ids, &mut dtable, shape).unwrap();
            // Up to a hundred additions in partial sums of some tens.
            close(&format!("embedding_backward_v{version}, n {n}, {shape:?}"), &dtable, &want_table, 1e-5);
        }
    }
    let (table, mut y) = (device.zeros(6).unwrap(), device.zeros(4).unwrap());
    let error = embedding(1, &table, &[0, 3], &mut y, [3, 2]).unwrap_err();
    assert_eq!(error.to_string(), "embedding: id 3 at position 1 is outside a vocabulary of 3");
}
