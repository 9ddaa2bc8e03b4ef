//! Checks exercise e05_resize.

#[allow(unused)]
#[path = "../exercises/e05_resize.rs"]
mod resize;

use ch00_start::check::close;
use resize::resize_weights;

/// The resized row.
fn resized(row: &[f64], to: usize, antialias: bool) -> Vec<f64> {
    let mix = |(first, weights): (usize, Vec<f32>)| {
        assert!(
            first + weights.len() <= row.len(),
            "a weight for a pixel that does not exist: {first} + {weights:?}"
        );
        weights.iter().zip(&row[first..]).map(|(&weight, x)| f64::from(weight) * x).sum()
    };
    let weights = resize_weights(row.len(), to, antialias);
    assert_eq!(weights.len(), to, "weights for every new pixel");
    weights.into_iter().map(mix).collect()
}

#[test]
fn a_row_becomes_longer() {
    // New centres lie at 0.25, 0.75, 1.25, 1.75 and so on; old ones at 0.5, 1.5 and 2.5.
    let want = [0.0, 1.0, 3.0, 4.0, 4.0, 4.0];
    let corners = [0.0, 1.6, 3.2, 4.0, 4.0, 4.0];
    let by_number = [0.0, 2.0, 4.0, 4.0, 4.0, 4.0];
    let faded = [0.0, 1.0, 3.0, 4.0, 4.0, 3.0];
    let mistakes: [(&str, &[f64]); 3] = [
        (
            "the first and last pixels were laid on each other: centres are at i + 1/2, and the edges of the rows meet",
            &corners,
        ),
        ("new pixel i was looked for at i * from / to: a pixel's centre is at i + 1/2", &by_number),
        ("the end fades: divide the weights by their sum", &faded),
    ];
    close("0 4 4 made twice as long", &resized(&[0.0, 4.0, 4.0], 6, true), &want, 1e-6, &mistakes);
    close("0 4 4 made twice as long, plain", &resized(&[0.0, 4.0, 4.0], 6, false), &want, 1e-6, &mistakes);
    close("the same length", &resized(&[1.0, 5.0, 2.0], 3, true), &[1.0, 5.0, 2.0], 1e-6, &[]);
}

#[test]
fn a_row_becomes_shorter() {
    let row = [0.0, 0.0, 0.0, 8.0, 0.0, 0.0, 0.0, 0.0];
    // Centres at 2 and 6, triangles of width 4: pixel 3 has weights 5/8 and 3/8 before they are divided by the sums, 3.5.
    let want = [8.0 * 0.625 / 3.5, 8.0 * 0.375 / 3.5];
    let plain = [0.0, 0.0];
    let mistakes: [(&str, &[f64]); 2] = [
        ("with antialiasing the triangle is as wide as a new pixel: most old pixels were not seen", &plain),
        ("the weights must add up to 1: divide them by their sum", &[8.0 * 0.625, 8.0 * 0.375]),
    ];
    close("one bright pixel of eight, made two", &resized(&row, 2, true), &want, 1e-6, &mistakes);
    let smooth: [(&str, &[f64]); 1] = [("without antialiasing only the two nearest pixels count", &want)];
    close("the same without antialiasing", &resized(&row, 2, false), &plain, 1e-6, &smooth);
    // A row of seven becomes three: grey stays grey.
    close("grey", &resized(&[3.0; 7], 3, true), &[3.0; 3], 1e-6, &[]);
    close("one pixel", &resized(&[1.0, 3.0, 5.0], 1, true), &[3.0], 1e-6, &[]);
}
