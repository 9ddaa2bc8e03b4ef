//! Image transforms against PyTorch's, and pieces and byte-pair encoding against a definition in Python (made by
//! tests/golden/make_ch13.py).

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch13_data::{Bpe, Dataset, ImageSet, Statistics, View, crop_flip, pieces};

fn golden() -> BTreeMap<String, NpyArray> {
    npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch13.npz")).unwrap()
}

#[test]
fn golden_images() {
    let golden = golden();
    let pixels = golden["images.pixels"].u8().unwrap();
    let [n, channels, height, width] = [0, 1, 2, 3].map(|axis| pixels.dim(axis));
    let images = ImageSet::new(pixels.to_vec(), &vec![0; n], [channels, height, width]);
    let all: Vec<usize> = (0..n).collect();
    let statistics = images.channel_statistics(&all);
    let get = |name: &str| golden[name].f32().unwrap();
    // Both sides compute in f64 and round once to f32; a last bit may differ.
    for (ours, theirs) in [(&statistics.mean, get("images.mean")), (&statistics.std, get("images.std"))] {
        assert!(
            ours.iter().zip(theirs.iter()).all(|(a, b)| (a - b).abs() <= 6e-8 * b),
            "{ours:?} {theirs:?}"
        );
    }

    let statistics = Statistics { mean: get("images.mean").to_vec(), std: get("images.std").to_vec() };
    let views = golden["images.views"].i64().unwrap();
    let padding = golden["images.padding"].i64().unwrap().item() as isize;
    let want = get("images.out").to_vec();
    let plane = height * width;
    let mut out = vec![0.0; plane];
    for i in 0..n {
        let shift = |column| views[[i, column]] as isize - padding;
        let view = View { top: shift(0), left: shift(1), flip: views[[i, 2]] == 1 };
        for channel in 0..channels {
            let (mean, std) = (statistics.mean[channel], statistics.std[channel]);
            let table = std::array::from_fn(|pixel| (pixel as f32 / 255.0 - mean) / std);
            crop_flip(&images.pixels(i)[channel * plane..][..plane], width, view, &table, &mut out);
            // The same three operations in the same order, each rounded: equal to the bit.
            assert_eq!(
                out,
                want[(i * channels + channel) * plane..][..plane],
                "image {i}, channel {channel}"
            );
        }
    }
    // The first image is seen as it is: the data set gives the same.
    assert_eq!(views.to_vec()[..3], [padding as i64, padding as i64, 0]);
    let batch = images.normalise(&statistics).batch(&[0], &mut ch01_tensors::Rng::new(0, "batch"));
    assert_eq!(batch.input.to_vec(), want[..channels * plane]);
}

#[test]
fn golden_pieces() {
    let golden = golden();
    let lengths = golden["pieces.lengths"].i64().unwrap().to_vec();
    let counts = golden["pieces.counts"].i64().unwrap().to_vec();
    let mut lengths = lengths.into_iter().map(|length| length as usize);
    for (text, count) in golden["pieces.texts"].text().unwrap().iter().zip(counts) {
        let ours: Vec<usize> = pieces(text).map(str::len).collect();
        let theirs: Vec<usize> = lengths.by_ref().take(count as usize).collect();
        assert_eq!(ours, theirs, "{text:?} as {:?}", pieces(text).collect::<Vec<_>>());
    }
}

#[test]
fn golden_bpe() {
    let golden = golden();
    let merges = golden["bpe.merges"].i64().unwrap().to_vec();
    let merges: Vec<(u32, u32)> = merges.chunks(2).map(|pair| (pair[0] as u32, pair[1] as u32)).collect();
    let bpe = Bpe::train(&golden["bpe.corpus"].text().unwrap(), 258 + merges.len(), false);
    assert_eq!(bpe.merges(), merges);
    let lengths = golden["bpe.lengths"].i64().unwrap().to_vec();
    let mut tokens = golden["bpe.tokens"].i64().unwrap().to_vec().into_iter().map(|token| token as u32);
    for (text, length) in golden["bpe.texts"].text().unwrap().iter().zip(lengths) {
        let want: Vec<u32> = tokens.by_ref().take(length as usize).collect();
        assert_eq!(bpe.encode(text), want, "{text:?}");
        assert_eq!(bpe.decode(&want), *text);
    }
}
