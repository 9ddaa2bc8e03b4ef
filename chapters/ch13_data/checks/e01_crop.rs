//! Checks exercise e01_crop.

#[allow(unused)]
#[path = "../exercises/e01_crop.rs"]
mod crop;

use ch00_start::check::close;
use crop::{View, crop_flip};

/// Two rows of three pixels: 1 2 3 and 4 5 6, seen through a window. The table adds 100, so that black is 100.
fn seen(top: isize, left: isize, flip: bool) -> Vec<f64> {
    let table = std::array::from_fn(|pixel| pixel as f32 + 100.0);
    let mut out = [f32::NAN; 6];
    crop_flip(&[1, 2, 3, 4, 5, 6], 3, View { top, left, flip }, &table, &mut out);
    out.iter().map(|&x| f64::from(x)).collect()
}

fn plus_100(pixels: [f64; 6]) -> [f64; 6] {
    pixels.map(|pixel| pixel + 100.0)
}

#[test]
fn nothing_shifted_is_the_image() {
    let raw: [(&str, &[f64]); 1] = [("every pixel goes through the table", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
    close("not shifted", &seen(0, 0, false), &plus_100([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), 0.0, &raw);
}

#[test]
fn the_window_is_shifted() {
    // The window begins one row further down and one column further left: black comes in at the left and below.
    let want = plus_100([0.0, 4.0, 5.0, 0.0, 0.0, 0.0]);
    let other_way = plus_100([0.0, 0.0, 0.0, 2.0, 3.0, 0.0]);
    let wrapped = plus_100([6.0, 4.0, 5.0, 3.0, 1.0, 2.0]);
    let clamped = plus_100([4.0, 4.0, 5.0, 4.0, 4.0, 5.0]);
    let zero = [0.0, 104.0, 105.0, 0.0, 0.0, 0.0];
    let mistakes: [(&str, &[f64]); 4] = [
        ("shifted the other way: row y of the window is row y + top of the image", &other_way),
        ("what leaves on one side must not come back on the other", &wrapped),
        ("outside the image it is black, not the colour of the edge", &clamped),
        ("black goes through the table too: a pixel of value 0 is table[0]", &zero),
    ];
    close("shifted by (1, -1)", &seen(1, -1, false), &want, 0.0, &mistakes);
    close("shifted out of sight", &seen(5, 0, false), &[100.0; 6], 0.0, &[]);
    close("shifted out of sight to the side", &seen(0, -7, true), &[100.0; 6], 0.0, &[]);
}

#[test]
fn the_window_is_mirrored_after_it_was_shifted() {
    // Shifted by one column, the window shows 2 3 black and 5 6 black; mirrored: black 3 2, black 6 5.
    let want = plus_100([0.0, 3.0, 2.0, 0.0, 6.0, 5.0]);
    let before = plus_100([2.0, 1.0, 0.0, 5.0, 4.0, 0.0]);
    let not_at_all = plus_100([2.0, 3.0, 0.0, 5.0, 6.0, 0.0]);
    let upside_down = plus_100([5.0, 6.0, 0.0, 2.0, 3.0, 0.0]);
    let mistakes: [(&str, &[f64]); 3] = [
        ("the image was mirrored and then shifted: the window is mirrored last", &before),
        ("the window was not mirrored", &not_at_all),
        ("mirrored top to bottom instead of left to right", &upside_down),
    ];
    close("shifted by (0, 1) and mirrored", &seen(0, 1, true), &want, 0.0, &mistakes);
}
