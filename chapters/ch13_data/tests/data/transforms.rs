//! Transforms: what is drawn has the right distribution, and what is applied has the properties that its formula promises.

use ch01_tensors::{Rng, Tensor};
use ch13_data::transforms::{
    CentreCrop, Chain, ColourJitter, Interpolation, RandomBlur, RandomCrop, RandomErasing, RandomFlip,
    RandomGrayscale, RandomResizedCrop, RandomRotation, Resize, Sometimes, Transform, Views, Window,
    adjust_contrast, adjust_hue, adjust_saturation, crop, flip_horizontal, flip_vertical, gaussian_blur,
    gaussian_kernel, grayscale, resize, rotate, test_time, views,
};
use ch13_data::{Dataset, ImageSet, Statistics, resize_weights};
use proptest::prelude::*;

fn image(seed: u64, shape: [usize; 3]) -> Tensor {
    Tensor::uniform(shape, 0.0, 1.0, &mut Rng::new(seed, "image"))
}

#[track_caller]
fn close(ours: &Tensor, want: &Tensor, tolerance: f32) {
    assert_eq!(ours.shape(), want.shape());
    for (i, (a, b)) in ours.iter().zip(want.iter()).enumerate() {
        assert!((a - b).abs() <= tolerance, "element {i}: {a}, not {b}");
    }
}

#[test]
fn a_crop_can_be_anywhere_and_nowhere_else() {
    let crop = RandomCrop { size: [3, 4], padding: 1 };
    let mut rng = Rng::new(0, "crops");
    let mut counts = std::collections::HashMap::new();
    for _ in 0..24_000 {
        let window = crop.draw([4, 5], &mut rng);
        assert_eq!((window.height, window.width), (3, 4));
        *counts.entry((window.top, window.left)).or_insert(0usize) += 1;
    }
    // Rows -1..=2 and columns -1..=2: 16 places, 1500 each with a standard deviation of 37: five of those.
    assert_eq!(counts.len(), 16);
    assert!(counts.keys().all(|&(top, left)| (-1..=2).contains(&top) && (-1..=2).contains(&left)));
    assert!(counts.values().all(|&count| count.abs_diff(1500) < 190), "{counts:?}");
}

#[test]
fn resized_crops_have_the_area_and_the_ratio_they_should() {
    let crop = RandomResizedCrop::new([8, 8]);
    let mut rng = Rng::new(1, "crops");
    let (mut area, mut log_ratio) = (0.0, 0.0);
    let n = 4000;
    for _ in 0..n {
        let Window { top, left, height, width } = crop.draw([200, 200], &mut rng);
        assert!(top >= 0 && left >= 0 && top as usize + height <= 200 && left as usize + width <= 200);
        let (share, ratio) = ((height * width) as f64 / 40_000.0, width as f64 / height as f64);
        // Sides are rounded to whole pixels, of which the shortest has some 49: 2 % in area, and in ratio.
        assert!((0.078..=1.0).contains(&share) && (0.73..=1.37).contains(&ratio), "{share} {ratio}");
        area += share / f64::from(n);
        log_ratio += ratio.ln() / f64::from(n);
    }
    // The area is even in 0.08..1 but for large ones that do not fit: a little below 0.54. The ratio has no preference.
    assert!((0.45..0.54).contains(&area), "{area}");
    // The logarithm is even in +-0.288: deviation 0.166, of the mean 0.0026. Five of those.
    assert!(log_ratio.abs() < 0.0131, "{log_ratio}");
    // Nothing fits: the middle, with the nearest ratio that is allowed.
    let window = RandomResizedCrop { scale: [2.0, 2.0], ..crop }.draw([10, 40], &mut rng);
    assert_eq!(window, Window { top: 0, left: 13, height: 10, width: 13 });
    let window = RandomResizedCrop { scale: [2.0, 2.0], ..crop }.draw([40, 12], &mut rng);
    assert_eq!(window, Window { top: 12, left: 0, height: 16, width: 12 });
}

#[test]
fn factors_are_drawn_from_their_ranges() {
    let strong = ColourJitter { brightness: 0.4, contrast: 1.5, saturation: 0.2, hue: 0.1 };
    let mut rng = Rng::new(2, "jitter");
    let mut orders = std::collections::HashSet::new();
    let mut sum = 0.0;
    for _ in 0..2000 {
        let factors = strong.draw(&mut rng);
        assert!((0.6..=1.4).contains(&factors.brightness) && (0.0..=2.5).contains(&factors.contrast));
        assert!((0.8..=1.2).contains(&factors.saturation) && (-0.1..=0.1).contains(&factors.hue));
        orders.insert(factors.order);
        sum += factors.brightness / 2000.0;
    }
    assert_eq!(orders.len(), 24, "every order comes");
    // Even in 1 +- 0.4: deviation 0.23, of the mean of 2000 0.0052. Five of those.
    assert!((sum - 1.0).abs() < 0.026, "{sum}");
    let image = image(0, [3, 4, 4]);
    assert_eq!(ColourJitter::default().apply(image.clone(), &mut rng), image, "no jitter is no change");

    let angle = RandomRotation { degrees: 15.0, interpolation: Interpolation::Bilinear };
    assert!((0..100).all(|_| (-15.0..=15.0).contains(&angle.draw(&mut rng))));
    let blur = RandomBlur { size: 3, sigma: [0.1, 2.0] };
    assert!((0..100).all(|_| (0.1..=2.0).contains(&blur.draw(&mut rng))));
}

#[test]
fn coins_fall_as_often_as_they_should() {
    let mut rng = Rng::new(3, "coins");
    let mut count = |draw: &dyn Fn(&mut Rng) -> bool| (0..10_000).filter(|_| draw(&mut rng)).count();
    let flip = RandomFlip { p: 0.5, vertical: false };
    let grey = RandomGrayscale { p: 0.2 };
    let erasing = RandomErasing::new(vec![0.0; 3]);
    let counts = [
        count(&|rng| flip.draw(rng)),
        count(&|rng| grey.draw(rng)),
        count(&|rng| erasing.draw([32, 32], rng).is_some()),
    ];
    // Deviations are 50, 40 and 50: five of those. An erased rectangle nearly always fits at the first of ten trials.
    for (count, want) in counts.into_iter().zip([5000, 2000, 5000usize]) {
        assert!(count.abs_diff(want) < 250, "{counts:?}");
    }
    let window = erasing.draw([32, 32], &mut Rng::new(8, "erase"));
    let windows = (0..200).filter_map(|seed| erasing.draw([32, 32], &mut Rng::new(seed, "erase")));
    for Window { top, left, height, width } in windows.chain(window) {
        assert!(top as usize + height <= 32 && left as usize + width <= 32);
        // 2 % to 33 % of 1024 pixels; sides of at least 2 are rounded by up to half a pixel.
        assert!((12..=390).contains(&(height * width)), "{height} x {width}");
    }
}

proptest! {
    #[test]
    fn property_resize_keeps_grey_and_mean(height in 1usize..20, width in 1usize..20, to in 1usize..20, value in 0.0f32..1.0) {
        let flat = Tensor::full([1, height, width], value);
        for antialias in [false, true] {
            // Weights add up to 1 up to rounding.
            close(&resize(&flat, [to, to], antialias), &Tensor::full([1, to, to], value), 1e-6);
        }
        // The same size is the same image.
        let any = image(height as u64, [2, height, width]);
        close(&resize(&any, [height, width], true), &any, 0.0);
    }

    #[test]
    fn property_flips_and_turns_undo_themselves(height in 1usize..9, width in 1usize..9, seed: u64) {
        let any = image(seed, [2, height, width]);
        prop_assert_eq!(&flip_horizontal(&flip_horizontal(&any)), &any);
        prop_assert_eq!(&flip_vertical(&flip_vertical(&any)), &any);
        // Half a turn is both flips, whatever the size.
        close(&rotate(&any, 180.0, Interpolation::Nearest), &flip_vertical(&flip_horizontal(&any)), 0.0);
        prop_assert_eq!(&crop(&any, Window { top: 0, left: 0, height, width }), &any);
    }

    #[test]
    fn property_colours(seed: u64, turn in -0.5f64..0.5) {
        let any = image(seed, [3, 4, 5]);
        // Turning the hue there and back; six roundings on the way each, divided by spreads that may be small.
        close(&adjust_hue(&adjust_hue(&any, turn), -turn), &any, 1e-5);
        // It leaves the largest and the smallest channel of every pixel as they are.
        let turned = adjust_hue(&any, turn);
        close(&turned.max(0, false), &any.max(0, false), 1e-6);
        close(&turned.min(0, false), &any.min(0, false), 1e-6);
        close(&adjust_saturation(&any, 0.0), &grayscale(&any), 1e-6);
        // Moderate contrast does not clamp, so the mean stays; but the weights of the grey add up to 0.9999.
        let grey = |x: &Tensor| grayscale(x).mean_all();
        prop_assert!((grey(&adjust_contrast(&any, 0.5)) - grey(&any)).abs() < 1e-4);
    }

    #[test]
    fn property_blur_keeps_the_sum_inside(seed: u64, sigma in 0.3f64..3.0) {
        let kernel = gaussian_kernel(5, sigma);
        prop_assert!((kernel.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        prop_assert_eq!(kernel.iter().rev().copied().collect::<Vec<_>>(), kernel);
        // One bright pixel, far enough from the edges: its light is spread and none is lost.
        let mut point = Tensor::zeros([1, 9, 9]);
        point.data_mut()[4 * 9 + 4] = 1.0;
        prop_assert!((gaussian_blur(&point, 5, sigma).sum_all() - 1.0).abs() < 1e-6);
        let any = image(seed, [1, 6, 7]);
        let turned = |x: &Tensor| x.clone().transpose(1, 2).contiguous();
        close(&gaussian_blur(&turned(&any), 3, sigma), &turned(&gaussian_blur(&any, 3, sigma)), 1e-6);
    }

    #[test]
    fn property_resize_weights_are_a_mean(from in 1usize..40, to in 1usize..40, antialias: bool) {
        for (first, weights) in resize_weights(from, to, antialias) {
            prop_assert!(!weights.is_empty() && first + weights.len() <= from);
            prop_assert!(weights.iter().all(|&weight| (0.0..=1.0).contains(&weight)));
            prop_assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}

#[test]
fn half_the_size_weighs_four_pixels() {
    // Centres at distances of 1/2 and 3/2 from that of the new pixel, under a triangle of width 2: 1 3 3 1.
    assert_eq!(resize_weights(8, 4, true)[1], (1, vec![0.125, 0.375, 0.375, 0.125]));
}

#[test]
fn without_antialiasing_stripes_vanish() {
    // Black and white columns in turn, made four times as narrow: grey, but without antialiasing two columns of four are not
    // seen, and whether the others were black or white decides.
    let stripes = Tensor::from_fn([1, 8, 32], |i| if i[2] % 4 < 2 { 0.0 } else { 1.0 });
    let smooth = resize(&stripes, [8, 8], true);
    assert!(smooth.iter().all(|x| (0.3..0.7).contains(&x)), "{smooth:?}");
    let shifted = Tensor::from_fn([1, 8, 32], |i| if (i[2] + 1) % 4 < 2 { 0.0 } else { 1.0 });
    let rough = [&stripes, &shifted].map(|image| resize(image, [8, 8], false).data()[3]);
    assert!((rough[0] - rough[1]).abs() >= 0.5, "a shift by one column: {rough:?}");
}

fn recipe() -> Chain {
    Chain::new()
        .then(RandomResizedCrop { scale: [0.5, 1.0], ..RandomResizedCrop::new([6, 5]) })
        .then(RandomFlip { p: 0.5, vertical: false })
        .then(Sometimes { p: 0.5, transform: ColourJitter { brightness: 0.4, ..ColourJitter::default() } })
        .then(RandomErasing::new(vec![0.5; 3]))
}

fn set() -> ImageSet {
    let mut rng = Rng::new(1, "pixels");
    let pixels: Vec<u8> = (0..10 * 3 * 8 * 7).map(|_| rng.below(256) as u8).collect();
    ImageSet::new(pixels, &[1; 10], [3, 8, 7])
}

#[test]
fn a_set_applies_its_transform_and_then_normalises() {
    let statistics = Statistics { mean: vec![0.4, 0.5, 0.6], std: vec![0.2, 0.3, 0.4] };
    let set = set().normalise(&statistics);
    let plain = set.batch(&[2, 0], &mut Rng::new(0, "batch"));
    // A transform that does nothing gives the same, to the bit.
    assert_eq!(set.clone().transform(Chain::new()).batch(&[2, 0], &mut Rng::new(0, "batch")), plain);
    let small = set.clone().transform(CentreCrop { size: [4, 4] }).batch(&[2], &mut Rng::new(0, "batch"));
    let want = crop(&plain.input.narrow(0, 0, 1).squeeze(0), Window { top: 2, left: 2, height: 4, width: 4 });
    assert_eq!(small.input.squeeze(0), want);
    // The statistics as a step of the chain are the same as those of the set.
    let chain = Chain::new().then(Resize { size: [5, 5] }).then(statistics);
    let resized = set.clone().transform(Resize { size: [5, 5] }).batch(&[4], &mut Rng::new(0, "batch"));
    let raw = ImageSet::normalise(set, &Statistics { mean: vec![0.0; 3], std: vec![1.0; 3] });
    assert_eq!(raw.transform(chain).batch(&[4], &mut Rng::new(0, "batch")), resized);
}

#[test]
fn transformed_batches_do_not_depend_on_the_workers() {
    let set = std::sync::Arc::new(set().transform(recipe()));
    let loader = |workers| ch13_data::Loader::new(set.clone(), 3).shuffle(true).seed(5).workers(workers);
    let want: Vec<_> = loader(0).epoch(3, 0).collect();
    for workers in [1, 2, 4] {
        assert!(loader(workers).epoch(3, 0).eq(want.iter().cloned()), "{workers} workers");
    }
    assert_eq!(*want[0].input.shape(), [3, 3, 6, 5]);
    assert_ne!(loader(0).epoch(4, 0).next(), Some(want[0].clone()));
}

#[test]
fn predictions_are_averaged_over_the_views() {
    let images = image(3, [4, 3 * 6, 5]).reshape([4, 3, 6, 5]);
    // The mean of the first column: each view's own, so the average over an image and its mirror is of both edges.
    let edge = |x: Tensor| x.narrow(3, 0, 1).mean([1, 2, 3], false).reshape([4, 1]);
    let both = test_time(&images, Views::Flip, edge);
    let want = (edge(images.clone()) + &edge(images.clone().flip(3).contiguous())) * 0.5;
    close(&both, &want, 1e-6);
    let mut asked = Vec::new();
    let size = test_time(&images, Views::Ten([4, 4]), |x| {
        asked.push(x.shape().to_vec());
        Tensor::ones([4, 2])
    });
    assert_eq!(asked, vec![vec![4, 3, 4, 4]; 10]);
    close(&size, &Tensor::ones([4, 2]), 1e-6);
    assert_eq!(views(&image(0, [1, 4, 4]), Views::Five([2, 2])).len(), 5);
}

#[test]
#[should_panic(expected = "adjust_hue: a turn of 0.6 is not between -0.5 and 0.5")]
fn more_than_half_a_turn_is_refused() {
    adjust_hue(&image(0, [3, 2, 2]), 0.6);
}

#[test]
#[should_panic(expected = "gaussian_kernel: size 4 is not odd")]
fn an_even_kernel_is_refused() {
    gaussian_blur(&image(0, [3, 8, 8]), 4, 1.0);
}

#[test]
#[should_panic(expected = "resize: an image is [channels, height, width], not [2, 3]")]
fn an_image_without_channels_is_refused() {
    resize(&Tensor::zeros([2, 3]), [1, 1], true);
}
