//! One digit, many views: shape, strides and offset change, the storage does not.
//!
//! `cargo run --release -p ch01_tensors --example views`

use ch00_start::Record;
use ch00_start::figure::{Image, image_grid};
use ch01_tensors::{Array, Slice, Tensor};

/// What is drawn from an array `[height, width]`.
type View = (&'static str, &'static str, Tensor);

// ANCHOR: views
fn views(a: &Tensor) -> Vec<View> {
    let every_second = Slice::new(None, None, 2);
    vec![
        ("as_is", "a", a.clone()),
        ("mirrored", "a.flip(1)", a.clone().flip(1)),
        ("upside_down", "a.flip(0)", a.clone().flip(0)),
        ("transposed", "a.t()", a.clone().t()),
        ("turned", "a.t().flip(1)", a.clone().t().flip(1)),
        ("cropped", "4..24, 4..24", a.slice((4..24, 4..24))),
        ("halved", "::2, ::2", a.slice((every_second, every_second))),
        ("stretched", "row 14, stretched", a.slice(14).broadcast_to([28, 28])),
    ]
}
// ANCHOR_END: views

fn describe(a: &Tensor) -> String {
    format!("shape {:?}, strides {:?}, offset {}", a.shape(), a.strides(), a.offset())
}

fn gray(caption: &str, a: &Tensor) -> Image {
    Image::gray(caption, a.dim(0), a.dim(1), &a.to_vec())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch01_views");
    record.seed(1);
    let digits = datasets::digits::generate(1, 20, 0).train;
    let images = Array::from_slice(&digits.pixels, [20, 28, 28]).cast::<f32>() / 255.0;
    // A digit that looks different in every mirror.
    let four = digits.labels.iter().position(|&label| label == 4).expect("a four among twenty digits");
    let digit = images.slice(four).copy();

    let views = views(&digit);
    let mut pictures = Vec::new();
    for (key, caption, view) in &views {
        assert!(view.shares_storage(&digit), "{key} must be a view");
        println!("{caption:20} {}", describe(view));
        record.text(key, describe(view));
        pictures.push(gray(caption, view));
    }
    image_grid(&record.figure_path("ch01_views"), "Eight views of one storage", 4, &pictures)?;

    // The same idea without a picture in it: the brighter an element, the farther back it lies.
    let a = Tensor::arange(0.0, 24.0, 1.0).reshape([4, 6]) / 27.0;
    let halves = Slice::new(None, None, 2);
    let layouts = [
        ("a [4, 6]", a.clone()),
        ("a.t()", a.clone().t()),
        ("a.flip(1)", a.clone().flip(1)),
        ("a[:, ::2]", a.slice((.., halves))),
        ("a[1:3]", a.slice(1..3)),
        ("row 1, stretched", a.slice(1).broadcast_to([4, 6])),
        ("column 1, stretched", a.slice((.., 1..2)).broadcast_to([4, 6])),
        ("a.reshape([2, 12])", a.clone().reshape([2, 12])),
    ];
    let layouts: Vec<Image> = layouts.iter().map(|(caption, view)| gray(caption, view)).collect();
    let title = "Where each element lies: the brighter, the farther back";
    image_grid(&record.figure_path("ch01_layout"), title, 4, &layouts)?;
    record.finish()?;
    Ok(())
}
