//! Sentences by meaning, with the weights of all-MiniLM-L6-v2: `cargo run --release -p ch20_transformer --example minilm`.
//!
//! The folder with `config.json`, `model.safetensors` and `vocab.txt` is `--folder FOLDER`, or $GRADUS_MINILM;
//! `tests/interop/run minilm` fetches it. Prints how close some sentences are to each other, and looks at one word in two senses:
//! its vector in each of several sentences, before the first block and behind the last.
//! `--vectors OUT SENTENCES` writes the vectors of the lines of a file instead, for the comparison with the reference.

use std::path::Path;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Tensor};
use ch07_modules::safetensors;
use ch13_data::Tokens;
use ch17_embeddings::{Pca, cosine};
use ch19_attention::Mask;
use ch20_transformer::SentenceEncoder;

const SENTENCES: [&str; 6] = [
    "The film was a waste of two hours.",
    "I was bored from beginning to end by this movie.",
    "A cat sleeps on the warm windowsill.",
    "The kitten is napping in the sun.",
    "How do I reset my password?",
    "I cannot log in to my account any more.",
];

/// One word in two senses.
const BANK: [[&str; 8]; 2] = [
    [
        "She opened an account at the bank.",
        "The bank raised its interest rates again.",
        "He works for a large bank in the city.",
        "They robbed a bank and fled with the money.",
        "The bank refused to give us a loan.",
        "My salary goes straight to the bank.",
        "The bank charges a fee for every transfer.",
        "A bank must keep enough cash for its customers.",
    ],
    [
        "We sat on the grassy bank of the river.",
        "The boat drifted towards the muddy bank.",
        "Willows grow along the bank of the stream.",
        "An otter climbed onto the bank and shook itself.",
        "The flood washed away the bank below the bridge.",
        "Fishermen stood on the bank all morning.",
        "Reeds covered the left bank of the river.",
        "He swam across and pulled himself up the bank.",
    ],
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| arguments.iter().position(|argument| argument == flag).map(|at| at + 1);
    let folder = after("--folder").and_then(|at| arguments.get(at).cloned());
    let folder = folder.or_else(|| std::env::var("GRADUS_MINILM").ok());
    let Some(folder) = folder else {
        return Err("give the folder of all-MiniLM-L6-v2 by --folder or $GRADUS_MINILM".into());
    };
    let model = SentenceEncoder::load(&folder)?;
    if let Some(at) = after("--vectors") {
        let [out, sentences] = arguments.get(at..at + 2).ok_or("--vectors needs OUT and SENTENCES")? else {
            unreachable!("two were taken")
        };
        return write_vectors(&model, Path::new(out), Path::new(sentences));
    }
    let vectors = model.encode(&SENTENCES);
    println!("cosine of each two sentences:");
    for (i, sentence) in SENTENCES.iter().enumerate() {
        let row: Vec<String> =
            (0..SENTENCES.len()).map(|j| format!("{:5.2}", similarity(&vectors, i, j))).collect();
        println!("{}  {sentence}", row.join(" "));
    }
    let mut record = Record::from_args("ch20_minilm");
    for (name, i, j) in
        [("films", 0, 1), ("cats", 2, 3), ("accounts", 4, 5), ("film_cat", 0, 2), ("cat_account", 3, 4)]
    {
        record.number(name, similarity(&vectors, i, j));
    }
    senses(&model, &mut record)?;
    record.finish()?;
    Ok(())
}

fn similarity(vectors: &Tensor, i: usize, j: usize) -> f64 {
    let size = vectors.dim(1);
    let row = |i: usize| &vectors.data()[i * size..][..size];
    f64::from(cosine(row(i), row(j)))
}

fn write_vectors(
    model: &SentenceEncoder,
    out: &Path,
    sentences: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(sentences)?;
    let lines: Vec<&str> = text.lines().collect();
    let state = [("vectors".to_owned(), model.encode(&lines))].into();
    safetensors::write(out, &state, &Default::default())?;
    println!("{} sentences", lines.len());
    Ok(())
}

// ANCHOR: word
/// The vector of a word in a sentence, before the first block and behind the last.
fn word(model: &SentenceEncoder, sentence: &str, word: &str) -> [Vec<f32>; 2] {
    let Tokens { ids, mask } = model.tokens(&[sentence]);
    let number = i64::from(model.pieces.number(word).expect("a word of the vocabulary"));
    let place = ids.iter().position(|id| id == number).expect("the word is in the sentence");
    let last = model.bert.infer(&ids, None, &Mask::padding(&mask));
    let first = model.bert.tokens.infer(&ids);
    [first, last].map(|vectors| vectors.slice((0, place)).to_vec())
}
// ANCHOR_END: word

/// How alike the vectors of "bank" are within a sense and across.
fn senses(model: &SentenceEncoder, record: &mut Record) -> Result<(), Box<dyn std::error::Error>> {
    let vectors: Vec<(usize, [Vec<f32>; 2])> = BANK
        .iter()
        .enumerate()
        .flat_map(|(sense, sentences)| sentences.map(|sentence| (sense, word(model, sentence, "bank"))))
        .collect();
    let mean = |layer: usize, same: bool| {
        let pairs = (0..vectors.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let pairs = pairs.filter(|&(i, j)| (vectors[i].0 == vectors[j].0) == same);
        let cosines: Vec<f64> =
            pairs.map(|(i, j)| f64::from(cosine(&vectors[i].1[layer], &vectors[j].1[layer]))).collect();
        cosines.iter().sum::<f64>() / cosines.len() as f64
    };
    let nearest = |i: usize| {
        let others = (0..vectors.len()).filter(|&j| j != i);
        others.max_by(|&a, &b| {
            let to = |j: usize| cosine(&vectors[i].1[1], &vectors[j].1[1]);
            to(a).total_cmp(&to(b))
        })
    };
    let right =
        (0..vectors.len()).filter(|&i| nearest(i).is_some_and(|j| vectors[j].0 == vectors[i].0)).count();
    println!("\"bank\" in {} sentences, mean cosine of two of its vectors:", vectors.len());
    for (layer, name) in ["table", "last block"].into_iter().enumerate() {
        println!("{name:12} same sense {:.3}, other sense {:.3}", mean(layer, true), mean(layer, false));
    }
    println!("nearest neighbour of the same sense: {right} of {}", vectors.len());
    record
        .number("sentences", vectors.len() as f64)
        .number("table_same", mean(0, true))
        .number("table_other", mean(0, false))
        .number("last_same", mean(1, true))
        .number("last_other", mean(1, false))
        .number("nearest_right", right as f64);

    let size = model.bert.size();
    let cloud = Array::from_fn([vectors.len(), size], |at| f64::from(vectors[at[0]].1[1][at[1]]));
    let places = Pca::fit(&cloud, 2).project(&cloud);
    let class = |name: &str, sense: usize| {
        let points = (0..vectors.len()).filter(|&i| vectors[i].0 == sense);
        Series::new(name, points.map(|i| (places[[i, 0]], places[[i, 1]])).collect())
    };
    let series = [class("money", 0), class("river", 1)];
    let path = record.figure_path("ch20_minilm");
    figure::scatter(&path, "\"bank\" in 16 sentences", "first component", "second component", &series)?;
    println!("Figure: {}", path.display());
    Ok(())
}
