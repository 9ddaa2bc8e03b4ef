//! How fast byte pairs are learned from 10 MB of text, and texts encoded, beside the tokenizers package for Python:
//! `cargo run --release -p ch13_data --example bpe_speed -- --peer python` (a Python that has `tokenizers`).
//!
//! On IMDb's reviews if they are found (GRADUS_DATA), else on generated ones. The two take turns, each on all threads, and the
//! median of the rounds counts. The merges and the numbers of tokens must be equal.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::measure::median;
use ch00_start::peer::Peer;
use ch13_data::{Bpe, Gpt2};
use datasets::{Set, imdb, reviews};

const BYTES: usize = 10_000_000;
const SIZE: usize = 16_384;
const ROUNDS: usize = 3;

fn timed<T>(f: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = f();
    (start.elapsed().as_secs_f64(), result)
}

/// Texts of 10 MB together, each on one line, and what they are.
fn texts() -> Result<(Vec<String>, &'static str), Box<dyn std::error::Error>> {
    let (data, source) = imdb::load_or_generate(None)?;
    println!("{}", imdb::announce(&source));
    let mut all = data.train;
    let mut seed = 1;
    let mut bytes: usize = all.iter().map(|review| review.text.len()).sum();
    while bytes < BYTES {
        let more = reviews::generate(seed, 20_000, 0).train;
        bytes += more.iter().map(|review| review.text.len()).sum::<usize>();
        all.extend(more);
        seed += 1;
    }
    let mut length = 0;
    let enough = |text: &String| {
        let before = length;
        length += text.len();
        before < BYTES
    };
    let lines = all.into_iter().map(|review| review.text.replace(['\n', '\r'], " "));
    let name = Set::Imdb.name_of(&source);
    Ok((lines.take_while(enough).collect(), name))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let python = arguments.windows(2).find(|pair| pair[0] == "--peer").map(|pair| pair[1].as_str());
    let (texts, name) = texts()?;
    let megabytes = texts.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    println!("{} texts, {megabytes:.1} MB, to {SIZE} tokens", texts.len());

    let folder = std::env::temp_dir().join(format!("gradus_bpe_{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let corpus = folder.join("corpus.txt");
    std::fs::write(&corpus, texts.join("\n"))?;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/bpe_peer.py");
    let mut peer = python.map(|python| Peer::start(Command::new(python).arg(script))).transpose()?;

    let mut record = Record::from_args("ch13_bpe_speed");
    record.text("data", name).number("megabytes", megabytes).number("size", SIZE as f64);
    let [mut train, mut encode, mut peer_train, mut peer_encode] = [const { Vec::new() }; 4];
    for round in 0..ROUNDS {
        let (seconds, bpe) = timed(|| Bpe::train(&texts, SIZE + 2, false));
        train.push(seconds);
        let (seconds, tokens) = timed(|| bpe.encode_all(&texts).iter().map(Vec::len).sum::<usize>());
        encode.push(seconds);
        let Some(peer) = &mut peer else { continue };
        let (path, out) = (corpus.display(), folder.display());
        peer_train.push(peer.ask(&format!("train {path} {SIZE} {out}"))?[0]);
        let answer = peer.ask(&format!("encode {path}"))?;
        peer_encode.push(answer[0]);
        // The answer to `encode` comes after the files were written.
        let theirs = Gpt2::read(folder.join("vocab.json"), folder.join("merges.txt"))?;
        let equal = theirs.bpe().merges() == bpe.merges() && answer[1] == tokens as f64;
        println!("round {round}: {} merges and {tokens} tokens, equal: {equal}", bpe.merges().len());
        if !equal {
            return Err(format!(
                "the peer made {} merges and {} tokens",
                theirs.bpe().merges().len(),
                answer[1]
            )
            .into());
        }
    }
    let mut show = |what: &str, seconds: &[f64]| {
        let seconds = median(seconds);
        let rate = megabytes / seconds;
        println!("{what}: {seconds:.2} s, {rate:.1} MB/s");
        record.number(&format!("{what}_seconds"), seconds).number(&format!("{what}_rate"), rate);
    };
    show("train", &train);
    show("encode", &encode);
    if let Some(peer) = &peer {
        show("peer_train", &peer_train);
        show("peer_encode", &peer_encode);
        record.text("peer", &peer.name);
        record.number("train_ratio", median(&peer_train) / median(&train));
        record.number("encode_ratio", median(&peer_encode) / median(&encode));
    }
    std::fs::remove_dir_all(&folder)?;
    record.finish()?;
    Ok(())
}
