//! The test examples themselves, for showing them to people.

use std::sync::Arc;

use ch00_start::figure::Image;
use datasets::cifar10::{PIXELS, SIZE};

/// Pictures or texts, by their numbers in the test set.
pub(crate) enum Gallery {
    /// `[count, 3, 32, 32]`.
    Pictures(Arc<[u8]>),
    /// As they were written.
    Texts(Vec<String>),
}

impl Gallery {
    /// A picture with a caption, if these are pictures.
    pub fn picture(&self, index: usize, caption: &str) -> Option<Image> {
        let Gallery::Pictures(pixels) = self else { return None };
        let pixels = &pixels[index * PIXELS..(index + 1) * PIXELS];
        let values: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        Some(Image::rgb(caption, SIZE, SIZE, &values))
    }

    /// A text, if these are texts.
    pub fn text(&self, index: usize) -> Option<String> {
        match self {
            Gallery::Pictures(_) => None,
            Gallery::Texts(texts) => Some(texts[index].clone()),
        }
    }
}
