//! Pictures in bytes as what a network of fully connected layers takes: a row of numbers each, and a class.
//!
//! A pixel `p` from 0 to 255 becomes `(p / 255 - mean) / std`. With the mean and the standard deviation of all training pixels,
//! inputs then have mean 0 and deviation 1, which is what first weights and learning rates are made for (chapter 8).

use ch01_tensors::{Array, Tensor, fail};

/// The pictures as `[n, size]`, and their classes as `[n]`; `statistics` are mean and standard deviation of a pixel over 255.
///
/// ```
/// # use ch05_backprop::labelled_rows;
/// let (x, labels) = labelled_rows(&[0, 255, 51, 0], &[7, 3], [0.5, 0.25]);
/// assert_eq!((x.shape()[..].to_vec(), labels.to_vec()), (vec![2, 2], vec![7, 3]));
/// assert_eq!(x.to_vec(), [-2.0, 2.0, (0.2 - 0.5) / 0.25, -2.0]);
/// ```
///
/// # Panics
/// When the pixels cannot be shared out evenly among the labels.
#[track_caller]
pub fn labelled_rows(pixels: &[u8], labels: &[u8], [mean, std]: [f32; 2]) -> (Tensor, Array<i64>) {
    let n = labels.len();
    if n == 0 || !pixels.len().is_multiple_of(n) {
        fail("labelled_rows", format_args!("{} pixels for {n} labels", pixels.len()));
    }
    let pixels = Array::from_slice(pixels, [n, pixels.len() / n]);
    let x = pixels.map_to(|p| (f32::from(p) / 255.0 - mean) / std);
    (x, Array::from_slice(labels, [n]).cast::<i64>())
}
