//! Images as the fast network is trained on them: shifted, and mirrored in turns (Jordan 2024).
//!
//! A random flip shows some images the same way in two epochs in a row, and others not. Here every image is flipped in
//! every second epoch, and a coin that is tossed once for each image says in which: two epochs show all `2 n` views of `n`
//! images, each once.
//!
//! Shifts by up to `padding` pixels each way are random in every epoch. Past its edge an image is mirrored.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, Tensor};
use ch13_data::{Batch, Dataset, ImageSet, Statistics};

use crate::reflect;

/// Training images of the fast network.
pub struct FastImages {
    images: ImageSet,
    /// For each channel, what each value of a byte becomes.
    tables: Vec<[f32; 256]>,
    /// In which of two epochs an image is flipped.
    coins: Vec<bool>,
    padding: usize,
}

impl FastImages {
    /// The images of `images` (whatever it does to them is left aside), normalised, shifted by up to `padding` pixels.
    ///
    /// # Panics
    /// When there are not as many statistics as channels, or the padding is not below height and width.
    #[track_caller]
    pub fn new(images: ImageSet, statistics: &Statistics, padding: usize, seed: u64) -> Arc<Self> {
        let [channels, height, width] = images.shape();
        let counts = [statistics.mean.len(), statistics.std.len()];
        assert_eq!(counts, [channels; 2], "FastImages: a mean and a deviation for each channel");
        assert!(padding < height.min(width), "FastImages: a padding of {padding} in {height} x {width}");
        let numbers = statistics.mean.iter().zip(&statistics.std);
        let tables =
            numbers.map(|(mean, std)| std::array::from_fn(|p| (p as f32 / 255.0 - mean) / std)).collect();
        let mut rng = Rng::new(seed, "flips");
        let coins = (0..images.labels().len()).map(|_| rng.below(2) == 1).collect();
        Arc::new(FastImages { images, tables, coins, padding })
    }

    // ANCHOR: flipped
    /// Whether an image is mirrored in an epoch.
    pub fn flipped(&self, index: usize, epoch: u64) -> bool {
        self.coins[index] ^ (epoch % 2 == 1)
    }
    // ANCHOR_END: flipped

    /// One image, shifted and perhaps mirrored.
    fn write(&self, index: usize, [top, left]: [isize; 2], flip: bool, out: &mut [f32]) {
        let [_, height, width] = self.images.shape();
        let planes = self.images.pixels(index).chunks(height * width).zip(out.chunks_mut(height * width));
        for ((pixels, out), table) in planes.zip(&self.tables) {
            for (y, out) in out.chunks_mut(width).enumerate() {
                let row = &pixels[reflect(y as isize + top, height) * width..][..width];
                for (x, out) in out.iter_mut().enumerate() {
                    let x = if flip { width - 1 - x } else { x };
                    *out = table[usize::from(row[reflect(x as isize + left, width)])];
                }
            }
        }
    }
}

impl Dataset for FastImages {
    type Input = Tensor;

    fn len(&self) -> usize {
        self.coins.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Tensor> {
        self.batch_of(0, indices, rng)
    }

    fn batch_of(&self, epoch: u64, indices: &[usize], rng: &mut Rng) -> Batch<Tensor> {
        let [channels, height, width] = self.images.shape();
        let mut input = Tensor::scratch([indices.len(), channels, height, width]);
        let outputs = input.data_mut().chunks_mut((channels * height * width).max(1));
        let padding = self.padding as isize;
        for (&index, out) in indices.iter().zip(outputs) {
            let shift = [(); 2].map(|()| rng.below(2 * self.padding + 1) as isize - padding);
            self.write(index, shift, self.flipped(index, epoch), out);
        }
        let labels = Array::from_fn([indices.len()], |i| self.images.labels()[indices[i[0]]]);
        Batch { input, labels }
    }
}
