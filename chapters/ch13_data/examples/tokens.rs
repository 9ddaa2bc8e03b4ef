//! Words or byte pairs, and how much filler is computed with: `cargo run --release -p ch13_data --example tokens`.
//!
//! On IMDb's reviews if they are found (GRADUS_DATA), else on generated ones. Vocabularies are built from four fifths of
//! the training reviews and measured on the last fifth. Then the lengths of the reviews decide how much of a batch of 32
//! is filler, by how many batches are sorted by length together.

use std::sync::Arc;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch00_start::measure::median;
use ch01_tensors::Rng;
use ch13_data::{Augment, Bpe, Dataset, ImageSet, Loader, TextSet, UNKNOWN, WordVocabulary};
use ch13_data::{clean_review, split_indices, tokenize_words};
use datasets::{Set, imdb};

const SIZES: [usize; 6] = [512, 1024, 2048, 4096, 8192, 16384];
const POOLS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
const BATCH: usize = 32;
const MAX_TOKENS: usize = 400;

/// The share of places in all batches of an epoch that hold no token.
fn filler(set: &Arc<TextSet>, pool: usize) -> f64 {
    let loader = Loader::new(set.clone(), BATCH).shuffle(true).buckets(pool);
    let tokens = |i: usize| set.ids(i).len().clamp(1, MAX_TOKENS);
    let (mut real, mut places) = (0, 0);
    for batch in loader.order(0) {
        real += batch.iter().map(|&i| tokens(i)).sum::<usize>();
        places += batch.len() * batch.iter().map(|&i| tokens(i)).max().expect("no batch is empty");
    }
    1.0 - real as f64 / places as f64
}

/// How long one thread takes for a batch of 128 images of 3 x 32 x 32 with crops and flips, in milliseconds: the median of 21.
fn image_batch_milliseconds() -> f64 {
    let mut rng = Rng::new(0, "pixels");
    let pixels: Vec<u8> = (0..512 * 3072).map(|_| rng.below(256) as u8).collect();
    let images =
        ImageSet::new(pixels, &[0; 512], [3, 32, 32]).augment(Augment { crop_padding: 4, flip: true });
    let indices: Vec<usize> = (0..128).map(|i| 4 * i).collect();
    let time = |_| {
        let start = Instant::now();
        std::hint::black_box(images.batch(&indices, &mut rng));
        1e3 * start.elapsed().as_secs_f64()
    };
    median(&(0..21).map(time).collect::<Vec<f64>>())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = imdb::load_or_generate(None)?;
    println!("{}", imdb::announce(&source));
    let name = Set::Imdb.name_of(&source);
    let texts: Vec<String> = data.train.iter().map(|review| clean_review(&review.text)).collect();
    let (train, valid) = split_indices(texts.len(), 0.8, 0);
    let [train, valid] =
        [train, valid].map(|part| part.iter().map(|&i| texts[i].as_str()).collect::<Vec<_>>());
    let bytes = |texts: &[&str]| texts.iter().map(|text| text.len()).sum::<usize>() as f64;

    let mut record = Record::from_args("ch13_tokens");
    record.seed(0);
    record.text("data", name);
    record.number("train_texts", train.len() as f64).number("train_megabytes", bytes(&train) / 1e6);
    let words = valid.iter().map(|text| tokenize_words(text).count()).sum::<usize>() as f64;
    let per_text = valid.len() as f64;
    record.number("words_per_text", words / per_text);
    println!("{} reviews to build from, {} to measure on", train.len(), valid.len());
    println!(
        "vocabulary   unknown words   byte-pair tokens per review   (words per review: {:.0})",
        words / per_text
    );

    let (mut lengths, mut unknowns, mut largest) = (Vec::new(), Vec::new(), None);
    for size in SIZES {
        let vocabulary = WordVocabulary::build(&train, size, 1, false);
        let unknown = |text: &&str| vocabulary.encode(text).iter().filter(|&&id| id == UNKNOWN).count();
        let unknown = valid.iter().map(unknown).sum::<usize>() as f64 / words;
        let start = Instant::now();
        let bpe = Bpe::train(&train, size, false);
        let training = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let tokens = bpe.encode_all(&valid).iter().map(Vec::len).sum::<usize>() as f64;
        let speed = bytes(&valid) / 1e6 / start.elapsed().as_secs_f64();
        println!(
            "{size:10} {:14.2} % {:29.0}   learned in {training:.1} s, encodes {speed:.0} MB/s",
            100.0 * unknown,
            tokens / per_text,
        );
        record
            .number(&format!("unknown_{size}"), unknown)
            .number(&format!("tokens_{size}"), tokens / per_text);
        record.number(&format!("train_seconds_{size}"), training);
        record.number(&format!("encode_megabytes_per_second_{size}"), speed);
        lengths.push((size as f64, tokens / per_text));
        unknowns.push((size as f64, 100.0 * unknown));
        largest = Some(bpe);
    }
    let path = record.figure_path("ch13_vocabulary");
    let ends = [SIZES[0] as f64, SIZES[SIZES.len() - 1] as f64];
    let series = [
        Series::new("byte pairs per review", lengths).marked(),
        Series::new("words per review", ends.map(|size| (size, words / per_text)).to_vec()).dashed(),
        Series::new("of 1000 words, unknown", unknowns.iter().map(|&(n, u)| (n, 10.0 * u)).collect())
            .marked(),
    ];
    figure::lines_log_x(
        &path,
        &format!("What a larger vocabulary buys ({name})"),
        "vocabulary",
        "count",
        &series,
    )?;

    let bpe = largest.expect("at least one size");
    let example = "unwatchable, but rewatched";
    let tokens = bpe.encode(example);
    let cut: Vec<String> = tokens.iter().map(|&token| bpe.decode(&[token])).collect();
    println!("{example:?} in {} tokens: {}", SIZES[SIZES.len() - 1], cut.join("|"));
    record.text("example", cut.join("|"));

    let ids = bpe.encode_all(&train);
    let labels = vec![0; ids.len()];
    let set = Arc::new(TextSet::new(ids, labels, MAX_TOKENS));
    let mut shares = Vec::new();
    for pool in POOLS {
        let share = filler(&set, pool);
        println!("{pool:4} batches sorted together: {:.1} % filler", 100.0 * share);
        record.number(&format!("filler_{pool}"), share);
        shares.push((pool as f64, 100.0 * share));
    }
    record.number("max_tokens", MAX_TOKENS as f64);
    let path = record.figure_path("ch13_filler");
    let title = format!("Filler in batches of {BATCH} ({name}, at most {MAX_TOKENS} tokens)");
    let series = [Series::new("filler", shares).marked()];
    figure::lines_log_x(&path, &title, "batches sorted together", "filler (%)", &series)?;
    let milliseconds = image_batch_milliseconds();
    println!(
        "128 images of 3 x 32 x 32, cropped, flipped and normalised on one thread: {milliseconds:.2} ms"
    );
    record.number("image_batch_milliseconds", milliseconds);
    record.finish()?;
    Ok(())
}
