//! Checks exercise e06_row_softmax.
#[allow(unused)]
#[path = "../exercises/e06_row_softmax.rs"]
mod row_softmax;

use ch00_start::check::close;
use ch22_cuda::{must, numbers, simulator, wide};

fn softmax(x: &[f32], columns: usize) -> Vec<f64> {
    let row = |row: &[f32]| {
        let m = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let e: Vec<f64> = row.iter().map(|&v| f64::from(v - m).exp()).collect();
        let s: f64 = e.iter().sum();
        e.into_iter().map(|e| e / s).collect::<Vec<f64>>()
    };
    x.chunks(columns).flat_map(row).collect()
}

fn check(what: &str, x: &[f32], [rows, columns]: [usize; 2]) {
    let device = simulator();
    let mut y = device.uninit(x.len()).unwrap();
    must(what, row_softmax::row_softmax(&device.upload(x).unwrap(), &mut y, [rows, columns]), &[]);
    let got = wide(&y.to_vec().unwrap());
    assert!(
        got.iter().all(|v| v.is_finite() && *v <= 1.001),
        "{what}: the exponentials overflow, or the maximum is not that of the row: take exp(x - m) with m the largest"
    );
    let sums: Vec<f64> = got.chunks(columns).map(|row| row.iter().sum()).collect();
    let wrong = sums.iter().position(|sum| (sum - 1.0).abs() > 1e-3);
    if let Some(row) = wrong {
        panic!(
            "{what}: row {row} adds up to {:.3}, not 1: a sum that was found with a smaller maximum must be multiplied by \
             exp(old - new)",
            sums[row]
        );
    }
    // expf is right to two units in the last place, of which a few add up: below 1e-6 of the value.
    close(what, &got, &softmax(x, columns), 1e-6, &[]);
}

#[test]
fn a_maximum_that_grows() {
    // Each lane meets larger and larger values.
    let x: Vec<f32> = (0..3 * 100).map(|i| (i % 100) as f32 * 0.05).collect();
    check("rising rows, 3 x 100", &x, [3, 100]);
}

#[test]
fn rows_of_any_length() {
    for shape @ [rows, columns] in [[9, 64], [1, 1], [2, 33], [3, 5]] {
        check(&format!("{rows} x {columns}"), &numbers(1, rows * columns), shape);
    }
}

#[test]
fn large_values() {
    let x: Vec<f32> = numbers(1, 2 * 70).iter().map(|v| 300.0 + v).collect();
    check("values near 300", &x, [2, 70]);
}
