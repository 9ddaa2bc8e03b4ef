//! Translation of a made-up language by an encoder-decoder: `cargo run --release -p ch20_transformer --example translation`.
//!
//! The rules are in `language.rs`; the model sees sentences with their translations and nothing else. Every batch is drawn
//! anew; none of the test sentences is ever trained on. What counts is the share of test sentences that come out right
//! token by token, written greedily with a cache. `--steps N` for fewer steps.

mod language;

use std::collections::HashSet;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, clip_grad_norm};
use ch10_schedules::{Schedule, WarmupCosine};
use ch13_data::pad;
use ch19_attention::Mask;
use ch20_transformer::{EncoderConfig, EncoderDecoder, EncoderDecoderConfig, Pairs};

use language::{BEGIN, END, Language};

const BATCH: usize = 64;
const TEST: usize = 1000;
const WATCHED: usize = 200;
const LONGEST: usize = 32;

type Sentence = (Vec<u32>, Vec<u32>);

// ANCHOR: batch
/// Sources, targets with BEGIN in front, and as labels the targets with END behind, all real places in a row.
fn batch(sentences: &[Sentence]) -> (Pairs, Array<i64>) {
    let sources: Vec<&[u32]> = sentences.iter().map(|(source, _)| source.as_slice()).collect();
    let given: Vec<Vec<u32>> =
        sentences.iter().map(|(_, target)| [&[BEGIN as u32][..], target].concat()).collect();
    let given: Vec<&[u32]> = given.iter().map(Vec::as_slice).collect();
    let labels: Vec<i64> = sentences
        .iter()
        .flat_map(|(_, target)| target.iter().map(|&id| i64::from(id)).chain([END]))
        .collect();
    let labels = Array::from_fn([labels.len()], |at| labels[at[0]]);
    (Pairs { source: pad(&sources), target: pad(&given) }, labels)
}
// ANCHOR_END: batch

/// How many sentences come out exactly right.
fn exact(model: &EncoderDecoder, sentences: &[Sentence]) -> usize {
    let translated = sentences.chunks(100).flat_map(|sentences| {
        let (pairs, _) = batch(sentences);
        model.greedy(&pairs.source, BEGIN, END, LONGEST)
    });
    let same = |text: &[i64], target: &[u32]| text.iter().copied().eq(target.iter().map(|&id| i64::from(id)));
    translated.zip(sentences).filter(|(text, (_, target))| same(text, target)).count()
}

/// Where the last block looks in the source while each token of the target is written: the mean over its heads.
fn attention(model: &EncoderDecoder, sentence: &Sentence) -> Tensor {
    let (Pairs { source, target }, _) = batch(std::slice::from_ref(sentence));
    let memory = model.encoder.infer(&source.ids, &Mask::NONE);
    let mut x = model.positions.infer(model.embedding.infer(&target.ids));
    let (last, before) = model.blocks.split_last().expect("there are blocks");
    for block in before {
        x = block.infer(x, memory.clone(), None);
    }
    let sum = last.attention.infer(last.norm1.infer(x.clone()), &Mask::CAUSAL) + &x;
    last.cross.weights(last.norm2.infer(sum), memory, None).mean(1, false)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = arguments.iter().position(|argument| argument == "--steps").map(|at| at + 1);
    let steps: u64 = after.and_then(|at| arguments.get(at)?.parse().ok()).unwrap_or(2500);
    let every = (steps / 10).max(1);

    let language = Language::new(0);
    let mut rng = Rng::new(1, "test");
    let test: Vec<Sentence> = (0..TEST).map(|_| language.sentence(&mut rng)).collect();
    let unseen: HashSet<&[u32]> = test.iter().map(|(source, _)| source.as_slice()).collect();

    let encoder = EncoderConfig {
        vocabulary: language.source.len(),
        max_tokens: LONGEST,
        size: 64,
        heads: 4,
        layers: 2,
        feed_forward: 256,
        dropout: 0.0,
        init_std: 0.07,
        ..EncoderConfig::default()
    };
    let config = EncoderDecoderConfig { encoder, target_vocabulary: language.target.len() };
    let mut model = EncoderDecoder::new(&config, &mut Rng::new(0, "weights"));
    let (mut optimizer, criterion) = (AdamW::new().weight_decay(0.01), CrossEntropy::<f32>::default());
    let schedule = WarmupCosine { peak: 2e-3, warmup: steps / 20, total: steps, floor: 0.0 };
    let mut rng = Rng::new(0, "sentences");
    let (mut losses, mut shares, mut sum) = (Vec::new(), vec![(0.0, 0.0)], 0.0);
    for step in 0..steps {
        let mut sentences = Vec::with_capacity(BATCH);
        while sentences.len() < BATCH {
            let sentence = language.sentence(&mut rng);
            if !unseen.contains(sentence.0.as_slice()) {
                sentences.push(sentence);
            }
        }
        let (pairs, labels) = batch(&sentences);
        zero_grad(&mut model);
        let logits = model.forward(&pairs);
        sum += f64::from(criterion.forward(&logits, &labels).item());
        model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
        clip_grad_norm(&mut model, 1.0);
        optimizer.step(&mut model, schedule.rate(step));
        if (step + 1).is_multiple_of(every) {
            let share = exact(&model, &test[..WATCHED]) as f64 / WATCHED as f64;
            losses.push(sum / every as f64);
            shares.push(((step + 1) as f64, share));
            println!("step {:5}: loss {:.4}, exact {:.1} %", step + 1, sum / every as f64, 100.0 * share);
            sum = 0.0;
        }
    }
    let right = exact(&model, &test);
    println!("{right} of {TEST} test sentences exactly right");
    let example = test.iter().find(|(source, _)| source.len() > 9).expect("a long sentence");
    println!("{}\n{}", language.source_text(&example.0), language.target_text(&example.1));

    let mut record = Record::from_args("ch20_translation");
    record.seed(0).number("steps", steps as f64).number("batch", BATCH as f64).number("test", TEST as f64);
    record.number("exact", right as f64 / TEST as f64).number("loss", losses[losses.len() - 1]);
    record.text("source", language.source_text(&example.0)).text("target", language.target_text(&example.1));
    let path = record.figure_path("ch20_translation");
    let series = [Series::new("test sentences exactly right", shares).marked()];
    figure::lines(&path, "Translation of a made-up language", "step", "share", &series)?;
    println!("Figure: {}", path.display());
    let weights = attention(&model, example);
    let values: Vec<f64> = weights.iter().map(f64::from).collect();
    let path = record.figure_path("ch20_translation_attention");
    let shape = (weights.dim(1), weights.dim(2));
    figure::heatmap(&path, "Where the last block looks", "source word", "target token", shape, &values)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
