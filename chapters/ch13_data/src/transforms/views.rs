//! Test-time augmentation: a network sees several views of an image, and their predictions are averaged.
//!
//! The views are fixed, so nothing about the result is random. What is averaged should be probabilities: errors of
//! the views that are not the same then cancel, and the mean of distributions is one.

use ch01_tensors::{Tensor, fail};

use super::{Window, centre_crop, crop, dims, flip_horizontal};

/// Which views are taken of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Views {
    /// The image, and its mirror image.
    Flip,
    /// The four corners and the middle, windows of this height and width (`FiveCrop`).
    Five([usize; 2]),
    /// The same, and then the same of the mirror image (`TenCrop`; Krizhevsky, Sutskever and Hinton 2012).
    Ten([usize; 2]),
}

/// The views of an image: top left, top right, bottom left, bottom right, middle; then those of the mirror image.
///
/// # Panics
/// When a window is larger than the image.
#[track_caller]
pub fn views(image: &Tensor, views: Views) -> Vec<Tensor> {
    let [_, rows, columns] = dims("views", image);
    let five = |image: &Tensor, [height, width]: [usize; 2]| {
        if height > rows || width > columns {
            fail("views", format_args!("windows of [{height}, {width}] in an image of [{rows}, {columns}]"));
        }
        let (bottom, right) = ((rows - height) as isize, (columns - width) as isize);
        let corners = [(0, 0), (0, right), (bottom, 0), (bottom, right)];
        let mut five: Vec<Tensor> =
            corners.map(|(top, left)| crop(image, Window { top, left, height, width })).into();
        five.push(centre_crop(image, [height, width]));
        five
    };
    match views {
        Views::Flip => vec![image.clone(), flip_horizontal(image)],
        Views::Five(size) => five(image, size),
        Views::Ten(size) => [five(image, size), five(&flip_horizontal(image), size)].concat(),
    }
}

// ANCHOR: test_time
/// The mean prediction over the views of each image. `images` is `[batch, channels, height, width]`; `predict` is asked
/// once per view, for a whole batch of it, and answers with probabilities, `[batch, classes]`.
///
/// # Panics
/// When there is no image, or a window is larger than the images.
#[track_caller]
pub fn test_time(images: &Tensor, which: Views, mut predict: impl FnMut(Tensor) -> Tensor) -> Tensor {
    let Some(&batch) = images.shape()[..].first().filter(|&&batch| batch > 0) else {
        fail("test_time", format_args!("no image in {:?}", images.shape()));
    };
    let seen: Vec<Vec<Tensor>> =
        (0..batch).map(|i| views(&images.narrow(0, i, 1).squeeze(0), which)).collect();
    let mut sum: Option<Tensor> = None;
    for view in 0..seen[0].len() {
        let images: Vec<&Tensor> = seen.iter().map(|views| &views[view]).collect();
        let prediction = predict(Tensor::stack(&images, 0));
        sum = Some(match sum {
            Some(sum) => sum + &prediction,
            None => prediction,
        });
    }
    sum.expect("there are views") * (1.0 / seen[0].len() as f32)
}
// ANCHOR_END: test_time
