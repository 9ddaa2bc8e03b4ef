//! Checks exercise e03_warp_sum.
#[allow(unused)]
#[path = "../exercises/e03_warp_sum.rs"]
mod warp_sum;

use ch00_start::check::close;
use ch22_cuda::{must, simulator, wide};
use kernels::FaultKind;

const MASK: &str = "not all lanes that the mask names come to the shuffle: 0xffffffff names all 32, and no `if` may stand around it";

const KNOWN: &[(FaultKind, &str)] = &[
    (FaultKind::Race, "all lanes write the same element: one lane must do it"),
    (FaultKind::DivergentWarp, MASK),
    (FaultKind::AbsentLane, MASK),
    (FaultKind::OutOfBounds, "a row ends at `columns`: the loop of a lane must end there too"),
];

#[test]
fn sums_of_rows() {
    let device = simulator();
    for [rows, columns] in [[8, 64], [1, 1], [3, 33], [9, 100], [17, 31]] {
        let x: Vec<f32> = (0..rows * columns).map(|i| ((i * 29) % 83) as f32 - 11.0).collect();
        let of = |take: &dyn Fn(usize) -> bool| -> Vec<f64> {
            let sum = |row: &[f32]| {
                row.iter().enumerate().filter(|(i, _)| take(*i)).map(|(_, &v)| f64::from(v)).sum::<f64>()
            };
            x.chunks(columns).map(sum).collect()
        };
        let what = format!("{rows} x {columns}");
        let mut y = device.uninit(rows).unwrap();
        must(&what, warp_sum::warp_sum(&device.upload(&x).unwrap(), &mut y, [rows, columns]), KNOWN);
        let (half, even, first) = (of(&|i| i % 32 < 16), of(&|i| i % 2 == 0), of(&|i| i < 32));
        let mistakes: [(&str, &[f64]); 3] = [
            ("only lanes 0 to 15 are added: the first distance is 16", &half),
            ("only even lanes are added: the last distance is 1", &even),
            ("only 32 elements of a row are added: each lane goes on in steps of 32", &first),
        ];
        // Whole numbers: exact in any order.
        close(&what, &wide(&y.to_vec().unwrap()), &of(&|_| true), 0.0, &mistakes);
    }
}
