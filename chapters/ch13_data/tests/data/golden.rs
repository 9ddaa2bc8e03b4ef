//! Image transforms against torchvision's, pieces against GPT-2's pattern, byte pairs and word pieces against the
//! tokenizers package (made by tests/golden/make_ch13.py).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ch01_tensors::Tensor;
use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch13_data::transforms::{
    ColourFactors, Interpolation, Views, Window, adjust_brightness, adjust_contrast, adjust_hue,
    adjust_saturation, centre_crop, crop, erase, flip_horizontal, flip_vertical, gaussian_blur, grayscale,
    jitter, normalise, resize, resized_crop, rotate, views,
};
use ch13_data::{Bpe, Dataset, Gpt2, ImageSet, Statistics, View, WordPiece, crop_flip, pieces};

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

/// Each under the name of its entry. `[..]` of torchvision's size arguments is height and width, as ours.
fn transformed(name: &str, image: &Tensor) -> Option<Tensor> {
    let window = |top, left, height, width| Window { top, left, height, width };
    Some(match name {
        "image" => image.clone(),
        "crop" => crop(image, window(2, 1, 7, 5)),
        "crop_outside" => crop(image, window(-3, 6, 9, 7)),
        "flip_horizontal" => flip_horizontal(image),
        "flip_vertical" => flip_vertical(image),
        "centre_crop" => centre_crop(image, [8, 5]),
        "centre_crop_odd" => centre_crop(image, [6, 7]),
        "centre_crop_larger" => centre_crop(image, [16, 8]),
        "resize_smaller" => resize(image, [5, 4], true),
        "resize_smaller_plain" => resize(image, [5, 4], false),
        "resize_larger" => resize(image, [31, 17], true),
        "resize_larger_plain" => resize(image, [31, 17], false),
        "resize_mixed" => resize(image, [6, 23], true),
        "resized_crop" => resized_crop(image, window(1, 2, 9, 6), [8, 8]),
        "rotate_30" => rotate(image, 30.0, Interpolation::Nearest),
        "rotate_180" => rotate(image, 180.0, Interpolation::Nearest),
        "rotate_30_bilinear" => rotate(image, 30.0, Interpolation::Bilinear),
        "rotate_-75_bilinear" => rotate(image, -75.0, Interpolation::Bilinear),
        "brightness_0.4" => adjust_brightness(image, 0.4),
        "brightness_1.7" => adjust_brightness(image, 1.7),
        "contrast_0.3" => adjust_contrast(image, 0.3),
        "contrast_1.9" => adjust_contrast(image, 1.9),
        "contrast_1.5_1" => adjust_contrast(image, 1.5),
        "saturation_0.2" => adjust_saturation(image, 0.2),
        "saturation_2.5" | "saturation_2.5_1" => adjust_saturation(image, 2.5),
        "hue_0.15" => adjust_hue(image, 0.15),
        "hue_-0.4" => adjust_hue(image, -0.4),
        "hue_0.5" => adjust_hue(image, 0.5),
        "hue_0.3_1" => adjust_hue(image, 0.3),
        "jitter" => {
            let factors = ColourFactors {
                brightness: 0.8,
                contrast: 1.3,
                saturation: 1.4,
                hue: -0.1,
                order: [1, 3, 0, 2],
            };
            jitter(image, &factors)
        }
        "grayscale" => grayscale(image),
        "blur_3" => gaussian_blur(image, 3, 0.7),
        "blur_7" => gaussian_blur(image, 7, 2.5),
        "erase" => erase(image, window(3, 2, 6, 5), &[0.1, 0.5, 0.9]),
        "normalise" => {
            let statistics = Statistics { mean: vec![0.4, 0.5, 0.6], std: vec![0.2, 0.25, 0.3] };
            normalise(image, &statistics)
        }
        "five" => stack(&views(image, Views::Five([6, 7]))),
        "ten" => stack(&views(image, Views::Ten([6, 7]))),
        _ => return None,
    })
}

fn stack(images: &[Tensor]) -> Tensor {
    Tensor::stack(&images.iter().collect::<Vec<_>>(), 0)
}

/// All transforms against torchvision's, at fixed parameters.
#[test]
fn golden_transforms() {
    let golden = golden();
    let image = golden["transforms.image"].f32().unwrap();
    let first = image.narrow(0, 0, 1);
    let mut compared = 0;
    for (entry, want) in golden.iter().filter(|(entry, _)| entry.starts_with("transforms.")) {
        let name = &entry["transforms.".len()..];
        let ours = transformed(name, if name.ends_with("_1") { &first } else { &image });
        let ours = ours.unwrap_or_else(|| panic!("{name} is not compared"));
        let want = want.f32().unwrap();
        assert_eq!(ours.shape(), want.shape(), "{name}");
        // Numbers are at most 1 (5 when normalised), a rounding is 6e-8 of that, and a result has up to some 20 of them in
        // a row. Rotation also rounds the place that it reads from: torchvision's is off by 1e-6 of a pixel, and
        // neighbours differ by up to 1.
        let tolerance = if name.starts_with("rotate") { 5e-6 } else { 1e-6 };
        for (i, (ours, want)) in ours.iter().zip(want.iter()).enumerate() {
            assert!((ours - want).abs() <= tolerance, "{name}, element {i}: {ours}, not {want}");
        }
        compared += 1;
    }
    assert_eq!(compared, 38);
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

/// The parts of a list that holds all texts' tokens one after the other.
fn lists(golden: &BTreeMap<String, NpyArray>, values: &str, lengths: &str) -> Vec<Vec<u32>> {
    let mut values = golden[values].i64().unwrap().to_vec().into_iter().map(|value| value as u32);
    let lengths = golden[lengths].i64().unwrap().to_vec();
    lengths.into_iter().map(|length| values.by_ref().take(length as usize).collect()).collect()
}

/// The tokenizers package learns the same merges from the same corpus, writes files that are read here, and encodes the
/// same.
#[test]
fn golden_bpe() {
    let golden = golden();
    let text = |name: &str| golden[name].text().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [vocabulary, merges] = ["vocab.json", "merges.txt"].map(|name| folder.path().join(name));
    fs::write(&vocabulary, &text("bpe.vocabulary")[0]).unwrap();
    fs::write(&merges, &text("bpe.merges")[0]).unwrap();
    let theirs = Gpt2::read(&vocabulary, &merges).unwrap();

    // Ours has two special tokens in front. Both stop when no pair comes twice, after 125 merges.
    let bpe = Bpe::train(&text("bpe.corpus"), 422, false);
    assert_eq!(bpe.merges(), theirs.bpe().merges());
    assert_eq!((bpe.size(), theirs.size()), (383, 381));
    let ours = Gpt2::new(bpe.clone(), &["<|endoftext|>"]);
    for (text, want) in text("bpe.texts").iter().zip(lists(&golden, "bpe.tokens", "bpe.lengths")) {
        assert_eq!(theirs.encode(text), want, "{text:?}");
        assert_eq!(theirs.decode(&want), *text);
        assert_eq!(ours.encode(text), want, "{text:?}");
        assert_eq!(bpe.encode(text), want.iter().map(|token| token + 2).collect::<Vec<_>>());
    }

    // What is written is what was read, to the byte in the merges.
    theirs.write(folder.path().join("v.json"), folder.path().join("m.txt")).unwrap();
    let back = Gpt2::read(folder.path().join("v.json"), folder.path().join("m.txt")).unwrap();
    assert_eq!(back, theirs);
    assert_eq!(fs::read_to_string(folder.path().join("m.txt")).unwrap().trim(), text("bpe.merges")[0].trim());
    ours.write(folder.path().join("v.json"), folder.path().join("m.txt")).unwrap();
    let back = Gpt2::read(folder.path().join("v.json"), folder.path().join("m.txt")).unwrap();
    assert_eq!(back, ours);
    assert_eq!((back.special("<|endoftext|>"), back.size()), (Some(381), 382));
    assert_eq!(back.decode(&[381, 0]), "!");
}

/// GPT-2's own merges and numbers, those of them that these texts can meet. With GRADUS_GPT2, a folder with `encoder.json` and
/// `vocab.bpe` as published, all of them too.
#[test]
fn golden_gpt2() {
    let golden = golden();
    let folder = tempfile::tempdir().unwrap();
    for name in ["vocabulary", "merges"] {
        let bytes = golden[&format!("gpt2.{name}")].u8().unwrap().to_vec();
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let part = Gpt2::read(folder.path().join("vocabulary"), folder.path().join("merges")).unwrap();
    let whole = std::env::var_os("GRADUS_GPT2").map(std::path::PathBuf::from);
    let whole = whole.map(|at| Gpt2::read(at.join("encoder.json"), at.join("vocab.bpe")).unwrap());
    assert!(whole.as_ref().is_none_or(|gpt2| gpt2.size() == 50_257));
    for gpt2 in [Some(part), whole].iter().flatten() {
        assert_eq!(gpt2.special("<|endoftext|>"), Some(50_256));
        let texts = golden["gpt2.texts"].text().unwrap();
        for (text, want) in texts.iter().zip(lists(&golden, "gpt2.ids", "gpt2.lengths")) {
            assert_eq!(gpt2.encode(text), want, "{text:?}");
            assert_eq!(gpt2.decode(&want), *text);
        }
    }
}

/// BERT's tokenizer on the same texts, uncased and cased.
#[test]
fn golden_wordpiece() {
    let golden = golden();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vocab.txt");
    fs::write(&path, golden["wordpiece.vocabulary"].text().unwrap().join("\n") + "\n").unwrap();
    let (uncased, cased) = (WordPiece::read(&path, true).unwrap(), WordPiece::read(&path, false).unwrap());
    let texts = golden["wordpiece.texts"].text().unwrap();
    let texts: Vec<String> = texts.iter().map(|text| text.replace("NUL", "\0")).collect();
    let names = |ids: &[u32]| ids.iter().map(|&id| uncased.token(id)).collect::<Vec<_>>().join(" ");
    for (text, want) in texts.iter().zip(lists(&golden, "wordpiece.ids", "wordpiece.lengths")) {
        assert_eq!(names(&uncased.encode(text)), names(&want), "{text:?}");
        assert_eq!(uncased.encode(text), want);
    }
    let want: Vec<u32> = golden["wordpiece.cased"].i64().unwrap().iter().map(|id| id as u32).collect();
    let ours: Vec<u32> = texts.iter().flat_map(|text| cased.encode(text)).collect();
    assert_eq!(names(&ours), names(&want));
    let pair = golden["wordpiece.pair"].i64().unwrap().to_vec();
    let (ids, types) = uncased.encode_pair(&texts[0], &texts[2]);
    assert_eq!([ids, types].concat(), pair.iter().map(|&x| x as u32).collect::<Vec<_>>());
}
