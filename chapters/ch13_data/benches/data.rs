//! Batches of images and of texts, transforms, and byte-pair encoding: `cargo bench -p ch13_data`.

use std::sync::Arc;

use ch01_tensors::{Rng, Tensor};
use ch13_data::transforms::{
    ColourJitter, Interpolation, RandomBlur, RandomErasing, RandomResizedCrop, RandomRotation, Resize,
    Transform,
};
use ch13_data::{Augment, Bpe, Dataset, ImageSet, Loader, TextSet, WordVocabulary, pieces};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Words with the frequencies of Zipf's law, so that some come again and again, as in a language.
fn texts(bytes: usize) -> Vec<String> {
    let mut rng = Rng::new(0, "texts");
    let words: Vec<String> = (0..50_000)
        .map(|_| {
            (0..2 + rng.below(9))
                .map(|_| (b'a' + (rng.below(26) * rng.below(26) / 26) as u8) as char)
                .collect()
        })
        .collect();
    let (mut texts, mut length) = (Vec::new(), 0);
    while length < bytes {
        let word = |rng: &mut Rng| words[(50_000f64.powf(rng.uniform()) - 1.0) as usize].as_str();
        let text = (0..200).map(|_| word(&mut rng)).collect::<Vec<_>>().join(" ");
        length += text.len();
        texts.push(text);
    }
    texts
}

fn benches(c: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let pixels: Vec<u8> = (0..512 * 3072).map(|_| rng.below(256) as u8).collect();
    let images = ImageSet::new(pixels, &[0; 512], [3, 32, 32]);
    let order: Vec<usize> = (0..128).map(|i| i * 4).collect();
    let mut group = c.benchmark_group("128 images of 3 x 32 x 32, one thread");
    group.throughput(Throughput::Elements(128));
    group.bench_function("normalise", |b| b.iter(|| images.batch(&order, &mut rng)));
    let images = images.augment(Augment { crop_padding: 4, flip: true });
    group.bench_function("crop, flip, normalise", |b| b.iter(|| images.batch(&order, &mut rng)));
    let loader = Loader::new(Arc::new(images), 128).shuffle(true).workers(1);
    group.throughput(Throughput::Elements(512));
    group.bench_function("an epoch of four batches by a worker", |b| {
        b.iter(|| loader.epoch(0, 0).for_each(drop))
    });
    group.finish();

    let mut group = c.benchmark_group("one image of 3 x 32 x 32");
    let image = &Tensor::uniform([3, 32, 32], 0.0, 1.0, &mut rng);
    let transforms: [(&str, &dyn Transform); 6] = [
        ("resized crop", &RandomResizedCrop::new([32, 32])),
        ("resize to 24", &Resize { size: [24, 24] }),
        ("rotate, bilinear", &RandomRotation { degrees: 15.0, interpolation: Interpolation::Bilinear }),
        ("jitter", &ColourJitter { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
        ("blur 5", &RandomBlur { size: 5, sigma: [0.1, 2.0] }),
        ("erasing", &RandomErasing { p: 1.0, ..RandomErasing::new(vec![0.5; 3]) }),
    ];
    for (name, transform) in transforms {
        group.bench_function(name, |b| b.iter(|| transform.apply(image.clone(), &mut rng)));
    }
    group.finish();

    let texts = texts(10 << 20);
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut group = c.benchmark_group("10 MB of text");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10);
    group.bench_function("cut into pieces", |b| {
        b.iter(|| texts.iter().map(|t| pieces(t).count()).sum::<usize>())
    });
    group.bench_function("word vocabulary of 20 000", |b| {
        b.iter(|| WordVocabulary::build(&texts, 20_000, 1, false))
    });
    group.bench_function("train 8192 tokens", |b| b.iter(|| Bpe::train(&texts, 8192, false)));
    let bpe = Bpe::train(&texts, 8192, false);
    group.bench_function("encode, all threads", |b| b.iter(|| bpe.encode_all(&texts)));
    group.finish();

    let ids = bpe.encode_all(&texts);
    let labels = vec![0; ids.len()];
    let set = TextSet::new(ids, labels, 400).word_dropout(0.1);
    let order: Vec<usize> = (0..32).collect();
    c.bench_function("32 texts with word dropout", |b| b.iter(|| set.batch(&order, &mut rng)));
}

criterion_group!(all, benches);
criterion_main!(all);
