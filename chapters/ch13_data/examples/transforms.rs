//! Every transform on one picture: `cargo run --release -p ch13_data --example transforms`.
//!
//! On a picture of CIFAR-10 if it is found (GRADUS_DATA), else on a generated one. The parameters are fixed, or drawn with a
//! fixed seed.

use ch00_start::Record;
use ch00_start::figure::{self, Image};
use ch01_tensors::{Rng, Tensor};
use ch13_data::transforms::{
    ColourJitter, Interpolation, RandomCrop, RandomErasing, RandomResizedCrop, Transform, Views, Window,
    adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, centre_crop, crop, erase,
    flip_horizontal, flip_vertical, gaussian_blur, grayscale, resize, resized_crop, rotate, views,
};
use datasets::{Set, cifar10};

/// Which picture of the test set.
const PICTURE: usize = 6;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = cifar10::load_or_generate(None)?;
    println!("{}", cifar10::announce(&source));
    let pixels: Vec<f32> = data.test.image(PICTURE).iter().map(|&p| f32::from(p) / 255.0).collect();
    let image = &Tensor::from_slice(&pixels, [3, 32, 32]);
    let large = &resize(image, [96, 96], true);
    let drawn =
        |transform: &dyn Transform, seed| transform.apply(image.clone(), &mut Rng::new(seed, "figure"));
    let padded = RandomCrop { size: [32, 32], padding: 6 };
    let jitter = ColourJitter { brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 };
    let window = |top, left, height, width| Window { top, left, height, width };
    let seen = views(image, Views::Ten([24, 24]));
    let pictures = [
        ("as it is", image.clone()),
        ("padded crop", drawn(&padded, 1)),
        ("window", crop(image, window(2, 6, 20, 20))),
        ("resized crop", resized_crop(image, window(2, 6, 20, 20), [32, 32])),
        ("drawn", drawn(&RandomResizedCrop::new([32, 32]), 5)),
        ("centre crop", centre_crop(image, [24, 24])),
        ("flip", flip_horizontal(image)),
        ("flip, vertical", flip_vertical(image)),
        ("rotate 20°", rotate(image, 20.0, Interpolation::Nearest)),
        ("bilinear", rotate(image, 20.0, Interpolation::Bilinear)),
        ("brightness 0.5", adjust_brightness(image, 0.5)),
        ("brightness 1.5", adjust_brightness(image, 1.5)),
        ("contrast 0.4", adjust_contrast(image, 0.4)),
        ("contrast 1.8", adjust_contrast(image, 1.8)),
        ("saturation 0.3", adjust_saturation(image, 0.3)),
        ("saturation 2", adjust_saturation(image, 2.0)),
        ("hue +0.15", adjust_hue(image, 0.15)),
        ("hue +0.5", adjust_hue(image, 0.5)),
        ("jitter, drawn", drawn(&jitter, 3)),
        ("grayscale", grayscale(image)),
        ("blur 5, sigma 1.2", gaussian_blur(image, 5, 1.2)),
        ("erase", erase(image, window(8, 10, 12, 9), &[0.5; 3])),
        ("erasing, drawn", drawn(&RandomErasing { p: 1.0, ..RandomErasing::new(vec![0.5; 3]) }, 0)),
        ("larger", large.clone()),
        ("to 12, antialias", resize(image, [12, 12], true)),
        ("to 12, without", resize(image, [12, 12], false)),
        ("view 1 of 10", seen[0].clone()),
        ("view 9 of 10", seen[8].clone()),
    ];
    let grid = pictures.iter().map(|(name, image)| {
        let [_, height, width] = [0, 1, 2].map(|axis| image.dim(axis));
        Image::rgb(name, height, width, &image.to_vec())
    });
    let mut record = Record::from_args("ch13_transforms");
    record.seed(0).text("data", Set::Cifar10.name_of(&source));
    record.number("pictures", pictures.len() as f64);
    let path = record.figure_path("ch13_transforms");
    figure::image_grid(&path, "One picture, changed", 7, &grid.collect::<Vec<_>>())?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
