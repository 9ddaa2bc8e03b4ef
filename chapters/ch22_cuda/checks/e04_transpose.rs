//! Checks exercise e04_transpose.
#[allow(unused)]
#[path = "../exercises/e04_transpose.rs"]
mod transpose;

use ch00_start::check::close;
use ch22_cuda::{must, numbers, simulator, wide};
use kernels::FaultKind;

const BARRIER: &str = "a barrier is missing between writing the tile and reading it";

/// Where every tile is full, only a missing barrier can leave an element of it unwritten.
const FULL: &[(FaultKind, &str)] = &[KNOWN[0], KNOWN[1], (FaultKind::Uninitialised, BARRIER)];

const KNOWN: &[(FaultKind, &str)] = &[
    (FaultKind::Race, BARRIER),
    (
        FaultKind::OutOfBounds,
        "an index is wrong: in y a row has `rows` elements, and only elements inside the matrix may be written",
    ),
    (
        FaultKind::Uninitialised,
        "a part of the tile is read that lies beyond the edge of x: the test must be for the transposed place",
    ),
];

#[test]
fn transposed() {
    let device = simulator();
    for [rows, columns] in [[64, 64], [32, 64], [40, 70], [1, 5]] {
        let x = numbers(1, rows * columns);
        let at = |i: usize| x[i % rows * columns + i / rows];
        let want: Vec<f64> = (0..x.len()).map(|i| f64::from(at(i))).collect();
        // The element of row r and column c of y written to r * columns + c.
        let mut swapped = vec![0.0; x.len()];
        for (i, &value) in want.iter().enumerate() {
            if let Some(place) = swapped.get_mut(i / rows * columns + i % rows) {
                *place = value;
            }
        }
        let mut tiles = vec![0.0; x.len()];
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let (r, c) = (column / 32 * 32 + row % 32, row / 32 * 32 + column % 32);
            if r < columns && c < rows {
                tiles[r * rows + c] = f64::from(x[row * columns + column]);
            }
        }
        let what = format!("{rows} x {columns}");
        let mut y = device.uninit(x.len()).unwrap();
        let known = if rows % 32 == 0 && columns % 32 == 0 { FULL } else { KNOWN };
        must(&what, transpose::transpose(&device.upload(&x).unwrap(), &mut y, [rows, columns]), known);
        let mistakes: [(&str, &[f64]); 2] = [
            ("swapped stride: a row of y has `rows` elements, not `columns`", &swapped),
            ("the tiles change places, but each of them is not turned: read tile[tx][i]", &tiles),
        ];
        close(&what, &wide(&y.to_vec().unwrap()), &want, 0.0, &mistakes);
    }
}

#[test]
fn traffic() {
    let device = simulator();
    let x = device.upload(&numbers(1, 64 * 64)).unwrap();
    let mut y = device.uninit(64 * 64).unwrap();
    device.start_counting();
    must("64 x 64", transpose::transpose(&x, &mut y, [64, 64]), FULL);
    let counts = device.counts().unwrap();
    let (moved, asked) = (counts.bytes_moved(), counts.bytes_asked());
    assert!(
        moved == asked,
        "64 x 64: {moved} bytes are moved where {asked} are used: neighbouring threads must read and write \
         neighbouring elements"
    );
    let (passes, requests) = (counts.shared_passes, counts.shared_requests);
    assert!(
        passes == requests,
        "64 x 64: bank conflicts: {requests} accesses of shared memory take {passes} passes; the words of a column of \
         the tile lie in one bank unless its rows are one word longer"
    );
}
