//! Checks exercise e02_im2col.

#[allow(unused)]
#[path = "../exercises/e02_im2col.rs"]
mod im2col;

use ch00_start::check::close;
use ch01_tensors::Rng;
use ch15_convolution::Window;

/// Small whole numbers, so that every sum is exact.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed, "numbers");
    (0..count).map(|_| rng.below(9) as f64 + 1.0).collect()
}

const CHANNELS: usize = 2;

/// A square window, for which rows and columns can be exchanged unnoticed by the sizes, and an oblong one.
fn windows() -> [Window; 2] {
    [
        Window { input: [4, 4], kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] },
        Window { input: [5, 6], kernel: [2, 3], stride: [2, 1], padding: [1, 0], dilation: [1, 1] },
    ]
}

/// The place in the image of every element of the matrix; None for padding. `exchanged` takes down for across.
fn places(window: &Window, exchanged: bool) -> Vec<Option<usize>> {
    let ([height, width], [rows, cols], [h, w]) = (window.output(), window.kernel, window.input);
    let mut places = Vec::new();
    for c in 0..CHANNELS {
        for (u, v) in (0..rows).flat_map(|u| (0..cols).map(move |v| (u, v))) {
            for (i, j) in (0..height).flat_map(|i| (0..width).map(move |j| (i, j))) {
                let (i, j, u, v) = if exchanged { (j, i, v, u) } else { (i, j, u, v) };
                // Signed, unlike the library.
                let y = (i * window.stride[0] + u) as i64 - window.padding[0] as i64;
                let x = (j * window.stride[1] + v) as i64 - window.padding[1] as i64;
                let inside = (0..h as i64).contains(&y) && (0..w as i64).contains(&x);
                places.push(inside.then(|| c * h * w + y as usize * w + x as usize));
            }
        }
    }
    places
}

fn image_size(window: &Window) -> usize {
    CHANNELS * window.input[0] * window.input[1]
}

#[test]
fn im2col_copies_what_each_tap_sees() {
    for window in windows() {
        let image = numbers(image_size(&window), 1);
        let seen = |places: Vec<Option<usize>>| -> Vec<f64> {
            places.into_iter().map(|place| place.map_or(0.0, |place| image[place])).collect()
        };
        let want = seen(places(&window, false));
        let square = window.input[0] == window.input[1];
        let exchanged = if square { seen(places(&window, true)) } else { Vec::new() };
        // The buffer has been used before.
        let mut columns = vec![7.0; want.len()];
        im2col::im2col(&image, CHANNELS, &window, &mut columns);
        let dirty: Vec<f64> =
            places(&window, false).into_iter().map(|place| place.map_or(7.0, |place| image[place])).collect();
        let mistakes: [(&str, &[f64]); 2] = [
            ("rows and columns are exchanged", &exchanged),
            ("the padding keeps what was in the buffer before: write zeros there", &dirty),
        ];
        close("im2col", &columns, &want, 1e-12, &mistakes);
    }
}

#[test]
fn col2im_adds_up() {
    for window in windows() {
        let places = places(&window, false);
        let columns = numbers(places.len(), 2);
        // It adds to what is in the image, here 100.
        let (mut want, mut last) = (vec![100.0; image_size(&window)], vec![100.0; image_size(&window)]);
        for (place, value) in places.iter().zip(&columns) {
            if let Some(place) = *place {
                want[place] += value;
                last[place] = *value;
            }
        }
        let mut image = vec![100.0; image_size(&window)];
        im2col::col2im(&columns, CHANNELS, &window, &mut image);
        let mistakes: [(&str, &[f64]); 1] =
            [("replaced instead of added to: a number of the image stands in many columns", &last)];
        close("col2im", &image, &want, 1e-12, &mistakes);
    }
}
