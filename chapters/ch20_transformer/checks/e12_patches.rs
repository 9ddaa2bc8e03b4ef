//! Checks exercise e12_patches.

#[allow(unused)]
#[path = "../exercises/e12_patches.rs"]
mod patches;

use ch00_start::check::close;
use ch01_tensors::Array;
use patches::{image_patches, image_patches_backward};

const SHAPE: [usize; 4] = [2, 3, 4, 6];
const PATCH: usize = 2;

/// Every number of the images is its own place.
fn images() -> Array<f64> {
    let size = SHAPE.iter().product::<usize>();
    Array::from_fn([size], |i| i[0] as f64).reshape(SHAPE)
}

/// The place in the image of batch, down, across, channel, row, column.
fn place([b, i, j, c, r, k]: [usize; 6]) -> f64 {
    (((b * SHAPE[1] + c) * SHAPE[2] + i * PATCH + r) * SHAPE[3] + j * PATCH + k) as f64
}

/// The numbers with the six axes in some order: the outermost first.
fn in_order(order: [usize; 6]) -> Vec<f64> {
    let sizes = [SHAPE[0], SHAPE[2] / PATCH, SHAPE[3] / PATCH, SHAPE[1], PATCH, PATCH];
    let all = SHAPE.iter().product::<usize>();
    let number = |mut flat: usize| {
        let mut at = [0; 6];
        for &axis in order.iter().rev() {
            at[axis] = flat % sizes[axis];
            flat /= sizes[axis];
        }
        place(at)
    };
    (0..all).map(number).collect()
}

#[test]
fn forward() {
    let patches = image_patches(&images(), PATCH);
    assert_eq!(patches.shape()[..], [2, 6, 12], "shape of the patches");
    // The axes: 0 batch, 1 down, 2 across, 3 channel, 4 row, 5 column.
    let (plain, columns, channels_last, turned) = (
        images().to_vec(),
        in_order([0, 2, 1, 3, 4, 5]),
        in_order([0, 1, 2, 4, 5, 3]),
        in_order([0, 1, 2, 3, 5, 4]),
    );
    let mistakes: [(&str, &[f64]); 4] = [
        ("a reshape alone cuts the image into strips, not into squares", &plain),
        ("patches come column by column instead of row by row", &columns),
        ("the channels stand last in a patch, as no kernel of a convolution has them", &channels_last),
        ("the patches are turned: columns before rows", &turned),
    ];
    close("patches", &patches.to_vec(), &in_order([0, 1, 2, 3, 4, 5]), 0.0, &mistakes);
}

#[test]
fn backward() {
    let patches = Array::from_slice(&in_order([0, 1, 2, 3, 4, 5]), [2, 6, 12]);
    let back = image_patches_backward(&patches, SHAPE, PATCH);
    assert_eq!(back.shape()[..], SHAPE, "shape of the gradient");
    let forward_again = {
        let split = patches.clone().reshape([2, 2, 3, 3, 2, 2]);
        split.permute([0, 2, 4, 1, 3, 5]).contiguous().to_vec()
    };
    let mistakes: [(&str, &[f64]); 2] = [
        ("the numbers were only joined, not brought back to their places", &patches.to_vec()),
        ("the order of forward was used again; the way back needs the opposite one", &forward_again),
    ];
    close("gradient of the images", &back.to_vec(), &images().to_vec(), 0.0, &mistakes);
}
