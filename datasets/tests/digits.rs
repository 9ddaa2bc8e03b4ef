//! The generated digits are the same everywhere, and look like digits.

mod common;

use common::crc;
use datasets::digits::generate;
use datasets::mnist::Images;

/// Recorded once; a change here changes every result on generated digits.
#[test]
fn golden_pixels() {
    let digits = generate(0, 500, 100);
    assert_eq!(digits.train.labels[..10], [8, 7, 2, 6, 0, 9, 5, 0, 6, 4]);
    assert_eq!(
        digits.train.image(0)[10 * 28 + 8..10 * 28 + 20],
        [6, 0, 127, 238, 241, 117, 110, 238, 232, 245, 101, 0]
    );
    assert_eq!(
        digits.train.image(1)[10 * 28 + 8..10 * 28 + 20],
        [1, 0, 1, 0, 0, 0, 71, 207, 231, 232, 113, 0]
    );
    assert_eq!([crc(&digits.train.pixels), crc(&digits.train.labels)], [2510875876, 1645658184]);
    assert_eq!([crc(&digits.test.pixels), crc(&digits.test.labels)], [4190256876, 3508789596]);
}

#[test]
fn more_images_change_none() {
    // Seed 3.
    let (few, many) = (generate(3, 20, 5), generate(3, 40, 30));
    assert_eq!(few.train.pixels, many.train.pixels[..20 * 28 * 28]);
    assert_eq!(few.test.labels, many.test.labels[..5]);
}

#[test]
fn seeds_and_parts_differ() {
    let (a, b) = (generate(1, 50, 50), generate(2, 50, 50));
    assert_ne!(a.train.pixels, b.train.pixels);
    assert_ne!(a.train.pixels, a.test.pixels);
    // No two images are the same.
    let mut all: Vec<&[u8]> =
        (0..50).map(|i| a.train.image(i)).chain((0..50).map(|i| a.test.image(i))).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 100);
}

#[test]
fn every_digit_is_about_as_frequent() {
    // Seed 0, 10,000 images: 1000 each, standard deviation sqrt(10000 * 0.1 * 0.9) = 30. Five of them are allowed.
    let labels = generate(0, 10_000, 0).train.labels;
    for digit in 0..10 {
        let count = labels.iter().filter(|&&label| label == digit).count() as i64;
        assert!((count - 1000).abs() < 150, "{count} times {digit}");
    }
}

/// The mean image of each digit.
fn means(images: &Images) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; 28 * 28]; 10];
    let mut counts = [0.0; 10];
    for index in 0..images.len() {
        let digit = usize::from(images.labels[index]);
        counts[digit] += 1.0;
        for (sum, &pixel) in sums[digit].iter_mut().zip(images.image(index)) {
            *sum += f64::from(pixel);
        }
    }
    sums.iter().zip(counts).map(|(sum, count)| sum.iter().map(|x| x / count).collect()).collect()
}

#[test]
fn they_can_be_told_apart_but_not_trivially() {
    // The simplest reader there is: the nearest mean image. On MNIST it is right in 82 % of cases. Seed 0.
    let digits = generate(0, 2000, 1000);
    let means = means(&digits.train);
    let distance = |image: &[u8], mean: &[f64]| -> f64 {
        image.iter().zip(mean).map(|(&pixel, mean)| (f64::from(pixel) - mean).powi(2)).sum()
    };
    let right = (0..1000)
        .filter(|&index| {
            let image = digits.test.image(index);
            let nearest =
                (0..10).min_by(|&a, &b| distance(image, &means[a]).total_cmp(&distance(image, &means[b])));
            nearest == Some(usize::from(digits.test.labels[index]))
        })
        .count();
    assert!((550..900).contains(&right), "the nearest mean is right {right} times of 1000");
}

#[test]
fn ink_on_paper() {
    // Seed 0: most of the paper is blank, every image has ink, and the frame of the image is almost free of it.
    let images = generate(0, 500, 0).train;
    for index in 0..images.len() {
        let image = images.image(index);
        let ink = image.iter().filter(|&&pixel| pixel > 100).count();
        assert!((15..350).contains(&ink), "image {index}: {ink} pixels of ink");
    }
    let edge = |k: usize| k == 0 || k == 27;
    let frame = |i: usize| edge(i / 28) || edge(i % 28);
    let on_frame =
        images.pixels.iter().enumerate().filter(|&(i, &pixel)| frame(i % 784) && pixel > 100).count();
    // 108 pixels of 784 are frame.
    assert!(on_frame < 108 * 500 / 100, "{on_frame} inked pixels on the frames");
}
