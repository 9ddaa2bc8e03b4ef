//! Checks exercise e02_padding.

#[allow(unused)]
#[path = "../exercises/e02_padding.rs"]
mod padding;

use ch00_start::check::close;
use padding::pad;

fn padded(rows: &[&[u32]]) -> (Vec<f64>, Vec<f64>) {
    let tokens = pad(rows);
    let ids = tokens.ids.iter().map(|id| id as f64).collect();
    let mask = tokens.mask.iter().map(|real| f64::from(u8::from(real))).collect();
    (ids, mask)
}

#[test]
fn rows_are_filled_up_behind() {
    let (ids, _) = padded(&[&[5, 6], &[7, 8, 9], &[4]]);
    let mistakes: [(&str, &[f64]); 2] = [
        ("the tokens belong in front, the padding behind", &[0.0, 5.0, 6.0, 7.0, 8.0, 9.0, 0.0, 0.0, 4.0]),
        (
            "the rows were written one after the other, without their gaps",
            &[5.0, 6.0, 7.0, 8.0, 9.0, 4.0, 0.0, 0.0, 0.0],
        ),
    ];
    close("ids", &ids, &[5.0, 6.0, 0.0, 7.0, 8.0, 9.0, 4.0, 0.0, 0.0], 0.0, &mistakes);
}

#[test]
fn the_mask_marks_what_is_real() {
    // The second row holds a real token with number 0.
    let (_, mask) = padded(&[&[5, 6, 7], &[0, 8]]);
    let mistakes: [(&str, &[f64]); 3] = [
        ("true marks a real token, not the padding", &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
        ("a real token may have number 0: the length of the row decides", &[1.0, 1.0, 1.0, 0.0, 1.0, 0.0]),
        ("everything is marked as real, the padding too", &[1.0; 6]),
    ];
    close("mask", &mask, &[1.0, 1.0, 1.0, 1.0, 1.0, 0.0], 0.0, &mistakes);
}

#[test]
fn empty_rows_are_all_padding() {
    let (ids, mask) = padded(&[&[], &[3]]);
    close("ids of an empty row and another", &ids, &[0.0, 3.0], 0.0, &[]);
    close("mask of an empty row and another", &mask, &[0.0, 1.0], 0.0, &[]);
}
