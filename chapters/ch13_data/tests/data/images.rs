//! Images: crops and flips against their definition, normalisation, statistics.

use ch01_tensors::{Rng, Tensor};
use ch13_data::{Augment, Dataset, ImageSet, Statistics, View, crop_flip};
use proptest::prelude::*;

/// Each pixel on its own: what the window shows at (y, x).
fn plain(plane: &[u8], [height, width]: [usize; 2], view: View, y: usize, x: usize) -> u8 {
    let x = if view.flip { width - 1 - x } else { x };
    let (row, column) = (y as isize + view.top, x as isize + view.left);
    let inside = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
    if inside { plane[row as usize * width + column as usize] } else { 0 }
}

proptest! {
    #[test]
    fn fast_crop_flip_against_plain(
        height in 1usize..9, width in 1usize..9, top in -12isize..12, left in -12isize..12, flip: bool, seed: u64,
    ) {
        let mut rng = Rng::new(seed, "pixels");
        let plane: Vec<u8> = (0..height * width).map(|_| rng.below(256) as u8).collect();
        let table = std::array::from_fn(|i| i as f32 * 0.5 - 3.0);
        let view = View { top, left, flip };
        let mut out = vec![f32::NAN; plane.len()];
        crop_flip(&plane, width, view, &table, &mut out);
        for y in 0..height {
            for x in 0..width {
                let want = table[usize::from(plain(&plane, [height, width], view, y, x))];
                prop_assert_eq!(out[y * width + x], want, "row {}, column {}", y, x);
            }
        }
    }
}

fn images(n: usize) -> ImageSet {
    let mut rng = Rng::new(1, "pixels");
    let pixels: Vec<u8> = (0..n * 3 * 6 * 5).map(|_| rng.below(256) as u8).collect();
    let labels: Vec<u8> = (0..n).map(|i| (i % 7) as u8).collect();
    ImageSet::new(pixels, &labels, [3, 6, 5])
}

#[test]
fn without_augmentation_pixels_are_only_scaled() {
    let images = images(4);
    let batch = images.batch(&[3, 1], &mut Rng::new(0, "batch"));
    assert_eq!(*batch.input.shape(), [2, 3, 6, 5]);
    assert_eq!(batch.labels.to_vec(), [3, 1]);
    let want: Vec<f32> =
        [3, 1].iter().flat_map(|&i| images.pixels(i)).map(|&p| f32::from(p) / 255.0).collect();
    assert_eq!(batch.input.to_vec(), want);
}

#[test]
fn normalised_training_images_have_mean_0_and_deviation_1() {
    let images = images(40);
    let all: Vec<usize> = (0..40).collect();
    let statistics = images.channel_statistics(&all);
    let images = images.normalise(&statistics);
    let x = images.batch(&all, &mut Rng::new(0, "batch")).input;
    for channel in 0..3 {
        let values: Vec<f64> =
            x.to_vec().chunks(30).skip(channel).step_by(3).flatten().map(|&v| f64::from(v)).collect();
        let mean = values.iter().sum::<f64>() / 1200.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 1200.0;
        // The statistics are rounded to f32.
        assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6, "channel {channel}: {mean}, {variance}");
    }
}

#[test]
fn a_constant_channel_does_not_divide_by_zero() {
    let images = ImageSet::new(vec![7; 2 * 4], &[0, 1], [1, 2, 2]);
    let statistics = images.channel_statistics(&[0, 1]);
    assert_eq!(statistics, Statistics { mean: vec![7.0 / 255.0], std: vec![1.0] });
    assert_eq!(
        images.normalise(&statistics).batch(&[0], &mut Rng::new(0, "b")).input,
        Tensor::zeros([1, 1, 2, 2])
    );
}

#[test]
fn statistics_come_from_the_images_named() {
    let images = ImageSet::new([0, 0, 255, 255], &[0, 1], [1, 1, 2]);
    assert_eq!(images.channel_statistics(&[0]).mean, [0.0]);
    assert_eq!(images.channel_statistics(&[1]).mean, [1.0]);
    assert_eq!(images.channel_statistics(&[0, 1]).mean, [0.5]);
    assert_eq!(images.channel_statistics(&[0, 1]).std, [0.5]);
}

#[test]
fn augmentation_draws_every_view_equally_often() {
    let augment = Augment { crop_padding: 2, flip: true };
    let mut rng = Rng::new(2, "views");
    let mut counts = std::collections::HashMap::new();
    for _ in 0..50_000 {
        let View { top, left, flip } = augment.view(&mut rng);
        assert!(top.abs() <= 2 && left.abs() <= 2);
        *counts.entry((top, left, flip)).or_insert(0usize) += 1;
    }
    // 50 views, 1000 each on average with a standard deviation of 31: five of those.
    assert_eq!(counts.len(), 50);
    assert!(counts.values().all(|&count| count.abs_diff(1000) < 157), "{counts:?}");
}

#[test]
fn augmented_batches_follow_their_rng() {
    let images = images(8).augment(Augment { crop_padding: 4, flip: true });
    let batch = |seed| images.batch(&[0, 0, 0, 0], &mut Rng::new(seed, "batch")).input;
    assert_eq!(batch(1), batch(1));
    assert_ne!(batch(1), batch(2));
    let views = batch(1).to_vec();
    assert_ne!(views[..90], views[90..180], "two images of one batch are seen differently");
}

#[test]
fn selected_images_are_the_images() {
    let images = images(5);
    let some = images.select(&[4, 0]);
    assert_eq!((some.pixels(0), some.pixels(1)), (images.pixels(4), images.pixels(0)));
    assert_eq!(some.labels(), [4, 0]);
}

#[test]
#[should_panic(expected = "ImageSet: 9 bytes for 1 images of shape [1, 2, 5]")]
fn missing_bytes_are_refused() {
    ImageSet::new(vec![0; 9], &[0], [1, 2, 5]);
}

#[test]
#[should_panic(expected = "ImageSet: there is no image 5 of 5")]
fn an_image_that_is_not_there_is_refused() {
    images(5).batch(&[5], &mut Rng::new(0, "batch"));
}
