//! Images as a data set: bytes in, normalised tensors out, shifted and mirrored at random if asked.
//!
//! A pixel `p` from 0 to 255 of channel `c` becomes `(p / 255 - mean[c]) / std[c]`, as in torchvision (`ToTensor`, then
//! `Normalize`). A random crop shows the image through a window of its own size, shifted by up to `crop_padding` pixels
//! each way, black where it looks past the edge (`RandomCrop(size, padding)`); a flip mirrors left and right with
//! probability 1/2 (`RandomHorizontalFlip`). These two are fused with the normalisation; any other [`Transform`] is applied to
//! `p / 255`, and what comes out is normalised.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, Tensor, fail};

use crate::transforms::{Transform, normalise};
use crate::{Batch, Dataset, View, crop_flip};

/// Mean and standard deviation of each channel, of pixels scaled to `0..=1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// One number per channel.
    pub mean: Vec<f32>,
    /// One number per channel; a channel that never changes has 1 here, so that it can be divided by.
    pub std: Vec<f32>,
}

/// What is changed at random when a batch is made. The default is nothing: right for validation and test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Augment {
    /// By how many pixels, at most, the image is shifted each way; 0 for not at all.
    pub crop_padding: usize,
    /// Whether half of the images are mirrored.
    pub flip: bool,
}

/// Images of one size with a class each. Cloning shares the pixels.
#[derive(Clone)]
pub struct ImageSet {
    pixels: Arc<[u8]>,
    labels: Arc<[i64]>,
    /// Channels, height and width.
    shape: [usize; 3],
    /// For each channel, what each value of a byte becomes.
    tables: Arc<[[f32; 256]]>,
    statistics: Statistics,
    augment: Augment,
    transform: Option<Arc<dyn Transform>>,
}

impl ImageSet {
    /// Images from their bytes, `[n, channels, height, width]`, neither normalised (pixels become `p / 255`) nor changed.
    ///
    /// # Panics
    /// When the bytes are not as many as `labels` and `shape` (`[channels, height, width]`) say.
    #[track_caller]
    pub fn new(pixels: impl Into<Arc<[u8]>>, labels: &[u8], shape: [usize; 3]) -> Self {
        let pixels = pixels.into();
        if pixels.len() != labels.len() * shape.iter().product::<usize>() {
            let (images, bytes) = (labels.len(), pixels.len());
            fail("ImageSet", format_args!("{bytes} bytes for {images} images of shape {shape:?}"));
        }
        let labels = labels.iter().map(|&label| i64::from(label)).collect();
        let plain = Statistics { mean: vec![0.0; shape[0]], std: vec![1.0; shape[0]] };
        let (tables, augment) = (tables(&plain), Augment::default());
        ImageSet { pixels, labels, shape, tables, statistics: plain, augment, transform: None }
    }

    /// The same images, normalised.
    ///
    /// # Panics
    /// When there are not as many numbers as channels.
    #[track_caller]
    pub fn normalise(mut self, statistics: &Statistics) -> Self {
        let counts = [statistics.mean.len(), statistics.std.len()];
        if counts != [self.shape[0]; 2] {
            let channels = self.shape[0];
            fail("ImageSet::normalise", format_args!("{counts:?} numbers for {channels} channels"));
        }
        self.tables = tables(statistics);
        self.statistics = statistics.clone();
        self
    }

    /// The same images, changed at random each time they are asked for.
    pub fn augment(mut self, augment: Augment) -> Self {
        self.augment = augment;
        self
    }

    /// The same images, each changed by `transform` before it is normalised; what comes out must be of one size. Takes the
    /// place of [`augment`](ImageSet::augment).
    pub fn transform(mut self, transform: impl Transform + 'static) -> Self {
        self.transform = Some(Arc::new(transform));
        self
    }

    /// Some of the images, as a set of their own with the same settings.
    ///
    /// # Panics
    /// When there is no image with one of these numbers.
    #[track_caller]
    pub fn select(&self, indices: &[usize]) -> Self {
        let pixels: Vec<u8> = indices.iter().flat_map(|&i| self.pixels(i)).copied().collect();
        let labels = indices.iter().map(|&i| self.labels[i]).collect();
        ImageSet { pixels: pixels.into(), labels, ..self.clone() }
    }

    /// The class of each image.
    pub fn labels(&self) -> &[i64] {
        &self.labels
    }

    /// Channels, height and width.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The bytes of an image, `[channels, height, width]`.
    ///
    /// # Panics
    /// When there is no such image.
    #[track_caller]
    pub fn pixels(&self, index: usize) -> &[u8] {
        let (size, images) = (self.shape.iter().product::<usize>(), self.labels.len());
        if index >= images {
            fail("ImageSet", format_args!("there is no image {index} of {images}"));
        }
        &self.pixels[index * size..][..size]
    }

    // ANCHOR: channel_statistics
    /// Mean and standard deviation of each channel over the images with these numbers: those to train on, never those to
    /// judge by. Sums of bytes are whole numbers, so nothing is rounded before the end.
    ///
    /// # Panics
    /// When there is no image with one of these numbers.
    #[track_caller]
    pub fn channel_statistics(&self, indices: &[usize]) -> Statistics {
        let [channels, height, width] = self.shape;
        let mut sums = vec![[0u64; 2]; channels];
        for &index in indices {
            let planes = self.pixels(index).chunks((height * width).max(1));
            for (sums, pixels) in sums.iter_mut().zip(planes) {
                sums[0] += pixels.iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
                sums[1] += pixels.iter().map(|&pixel| u64::from(pixel).pow(2)).sum::<u64>();
            }
        }
        let count = (indices.len() * height * width).max(1) as f64;
        let mean = |sums: &[u64; 2]| sums[0] as f64 / count / 255.0;
        let std = |sums: &[u64; 2]| {
            // n Σp² - (Σp)², exact in 128 bits: no cancellation.
            let spread = count as u128 * u128::from(sums[1]) - u128::from(sums[0]).pow(2);
            if spread == 0 { 1.0 } else { (spread as f64).sqrt() / count / 255.0 }
        };
        Statistics {
            mean: sums.iter().map(|sums| mean(sums) as f32).collect(),
            std: sums.iter().map(|sums| std(sums) as f32).collect(),
        }
    }
    // ANCHOR_END: channel_statistics

    /// One image, transformed and normalised.
    fn transformed(&self, index: usize, transform: &dyn Transform, rng: &mut Rng) -> Tensor {
        let image = Tensor::from_slice(&self.plain(index), self.shape);
        normalise(&transform.apply(image, rng), &self.statistics)
    }

    /// The pixels of an image as numbers from 0 to 1.
    fn plain(&self, index: usize) -> Vec<f32> {
        self.pixels(index).iter().map(|&pixel| f32::from(pixel) / 255.0).collect()
    }

    /// Writes one image, as seen through `view`, to `out`: `[channels, height, width]`.
    fn write(&self, index: usize, view: View, out: &mut [f32]) {
        let [_, height, width] = self.shape;
        let plane = (height * width).max(1);
        let planes = self.pixels(index).chunks(plane).zip(out.chunks_mut(plane));
        for ((pixels, out), table) in planes.zip(self.tables.iter()) {
            crop_flip(pixels, width, view, table, out);
        }
    }
}

/// `(p / 255 - mean) / std` for every byte `p`, rounded after each operation as PyTorch does.
fn tables(statistics: &Statistics) -> Arc<[[f32; 256]]> {
    let channels = statistics.mean.iter().zip(&statistics.std);
    channels.map(|(mean, std)| std::array::from_fn(|pixel| (pixel as f32 / 255.0 - mean) / std)).collect()
}

impl Augment {
    // ANCHOR: view
    /// Draws how one image is seen.
    pub fn view(self, rng: &mut Rng) -> View {
        let padding = self.crop_padding;
        let mut shift =
            || if padding == 0 { 0 } else { rng.below(2 * padding + 1) as isize - padding as isize };
        let (top, left) = (shift(), shift());
        View { top, left, flip: self.flip && rng.below(2) == 1 }
    }
    // ANCHOR_END: view
}

impl Dataset for ImageSet {
    /// `[batch, channels, height, width]`; of the size that the transform gives, if there is one.
    type Input = Tensor;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Tensor> {
        let [channels, height, width] = self.shape;
        let labels = || Array::from_fn([indices.len()], |i| self.labels[indices[i[0]]]);
        if let Some(transform) = self.transform.as_deref().filter(|_| !indices.is_empty()) {
            let images: Vec<Tensor> =
                indices.iter().map(|&index| self.transformed(index, transform, rng)).collect();
            return Batch { input: Tensor::stack(&images.iter().collect::<Vec<_>>(), 0), labels: labels() };
        }
        let mut input = Tensor::scratch([indices.len(), channels, height, width]);
        let images = input.data_mut().chunks_mut((channels * height * width).max(1));
        for (&index, out) in indices.iter().zip(images) {
            self.write(index, self.augment.view(rng), out);
        }
        Batch { input, labels: labels() }
    }
}
