//! A GPT with LLaMA's parts learns to write like Shakespeare, character by character (after Karpathy's char-rnn and
//! nanoGPT).
//!
//! `cargo run --release -p ch20_transformer --example shakespeare -- --minutes 60`, with `GRADUS_DATA` naming the folder that
//! has `tinyshakespeare/input.txt` (1.1 million characters). The first nine tenths are for training, the rest for
//! validation; the loss is the mean over all of the rest, in windows side by side, in nats per character.
//!
//! A few steps are timed first, and the number of epochs is what fits into the minutes; it is written into the run's folder.
//! Called again with the same folder, a run that was ended goes on from its last checkpoint, with the plan of its
//! beginning. `--dir` names the folder (`target/shakespeare`), `--epochs` plans without timing. `--model gpt` and
//! `--optimizer adamw`, `--layers`, `--size`, `--heads`, `--context`, `--batch`, `--dropout`, `--rate`, `--decay` and `--ema` are for
//! comparisons. `--record` is for the run that the book quotes.
//!
//! Without the data it says so and learns a made-up play with a small model instead, which takes a minute or two and shows
//! that everything works.

mod play;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use ch00_start::Record;
use ch00_start::file::write_atomic;
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch07_modules::count_parameters;
use ch09_optimizers::{AdamW, Groups, Muon, Optimizer};
use ch10_schedules::{Schedule, WarmupCosine};
use ch13_data::{Loader, TokenWindows};
use ch14_training::{Classifier, Monitor, RunDir, Settings, Trainer, evaluate};
use ch20_transformer::{Generate, Gpt, GptConfig, Llama, LlamaConfig, NextToken, Sampling};

/// What can be chosen; the defaults are the recorded run's.
struct Options {
    arguments: Vec<String>,
}

impl Options {
    fn text(&self, name: &str) -> Option<&str> {
        let at = self.arguments.iter().position(|argument| argument == name)?;
        self.arguments.get(at + 1).map(String::as_str)
    }

    fn number(&self, name: &str, default: f64) -> Result<f64> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.parse().with_context(|| format!("{name} needs a number, not {text:?}"))
    }

    fn whole(&self, name: &str, default: usize) -> Result<usize> {
        Ok(self.number(name, default as f64)? as usize)
    }
}

/// The text as token numbers, and the characters they stand for.
struct Text {
    characters: Vec<char>,
    train: Vec<u32>,
    valid: Vec<u32>,
}

impl Text {
    fn new(text: &str) -> Self {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        // Every character is in the list that was made of them.
        let number = |c: char| characters.partition_point(|&other| other < c) as u32;
        let ids: Vec<u32> = text.chars().map(number).collect();
        let (train, valid) = ids.split_at(ids.len() * 9 / 10);
        Text { train: train.to_vec(), valid: valid.to_vec(), characters }
    }

    fn decode(&self, ids: &[i64]) -> String {
        ids.iter().map(|&id| self.characters[id as usize]).collect()
    }

    fn encode(&self, text: &str) -> Vec<i64> {
        let number = |c: char| self.characters.binary_search(&c).ok().map(|number| number as i64);
        text.chars().filter_map(number).collect()
    }
}

fn main() -> Result<()> {
    let options = Options { arguments: std::env::args().skip(1).collect() };
    let path = std::env::var_os("GRADUS_DATA").map(PathBuf::from).unwrap_or_default();
    let path = path.join("tinyshakespeare/input.txt");
    let (text, real) = match fs::read_to_string(&path) {
        Ok(text) => (Text::new(&text), true),
        Err(error) => {
            println!("NOTE: {}: {error}.", path.display());
            println!("NOTE: this is not Shakespeare: a made-up play is learned instead, by a small model.\n");
            (Text::new(&play::made_up_play()), false)
        }
    };
    let small = |large: usize, small: usize| if real { large } else { small };
    let (layers, size) = (options.whole("--layers", small(6, 2))?, options.whole("--size", small(256, 64))?);
    let (heads, context) =
        (options.whole("--heads", small(8, 4))?, options.whole("--context", small(256, 64))?);
    let dropout = options.number("--dropout", if real { 0.15 } else { 0.0 })?;
    let mut rng = Rng::new(0, "shakespeare");
    let vocabulary = text.characters.len();
    match options.text("--model").unwrap_or("llama") {
        "gpt" => {
            let feed_forward = 4 * size;
            let sizes = GptConfig { vocabulary, size, heads, layers, feed_forward, ..GptConfig::default() };
            let config = GptConfig { max_tokens: context, dropout, ..sizes };
            train(&options, &text, real, context, || Gpt::new(&config, &mut rng))
        }
        "llama" => {
            let feed_forward = size * 8 / 3;
            let sizes =
                LlamaConfig { vocabulary, size, heads, layers, feed_forward, ..LlamaConfig::default() };
            let rows = LlamaConfig { kv_heads: heads, head_size: size / heads, ..sizes };
            train(&options, &text, real, context, || {
                Llama::new(&LlamaConfig { max_tokens: context, dropout, ..rows.clone() }, &mut rng)
            })
        }
        other => bail!("--model is gpt or llama, not {other:?}"),
    }
}

fn train<M>(
    options: &Options,
    text: &Text,
    real: bool,
    context: usize,
    mut make: impl FnMut() -> M,
) -> Result<()>
where
    M: Classifier<Input = Array<i64>> + NextToken,
{
    let batch = options.whole("--batch", 16)?;
    let train = Arc::new(TokenWindows::new(text.train.clone(), context).shifted());
    let train = Loader::new(train, batch).seed(1).shuffle(true).drop_last(true);
    let valid = Loader::new(Arc::new(TokenWindows::new(text.valid.clone(), context)), 32);
    let dir = PathBuf::from(options.text("--dir").unwrap_or("target/shakespeare"));
    fs::create_dir_all(&dir)?;
    let epochs =
        plan(&dir.join("plan.txt"), options, real, || seconds_per_epoch(&mut make(), &train, &valid))?;

    let mut model = make();
    let parameters = count_parameters(&mut model);
    let total = epochs * train.batches() as u64;
    println!("{parameters} parameters, {epochs} epochs of {} steps of {batch} x {context}", train.batches());
    let optimizer = options.text("--optimizer").unwrap_or("muon");
    let rate = options.number("--rate", if optimizer == "muon" { 4e-3 } else { 1e-3 })?;
    // ANCHOR: plan
    let schedule = WarmupCosine { peak: rate, warmup: (total / 50).max(1), total, floor: rate / 20.0 };
    let decay = options.number("--decay", 0.1)?;
    let optimizer: Box<dyn Optimizer> = match optimizer {
        "muon" => Box::new(Muon::new().weight_decay(decay)),
        "adamw" => Box::new(AdamW::new().betas(0.9, 0.99).weight_decay(decay).groups(Groups::default())),
        other => bail!("--optimizer is muon or adamw, not {other:?}"),
    };
    let ema = options.number("--ema", 0.998)?;
    let settings = Settings {
        epochs,
        clip_norm: Some(1.0),
        monitor: Monitor::Loss,
        ema: (ema > 0.0).then_some(ema),
        ..Settings::default()
    };
    let folder = RunDir::create(&dir)?;
    let mut trainer = Trainer::new(settings, Box::new(schedule) as Box<dyn Schedule>, optimizer);
    let history = trainer.fit(&mut model, &train, &valid, &folder, true)?;
    // ANCHOR_END: plan

    let loss = evaluate(&model, &valid).loss;
    let seconds = history.epochs.last().map_or(0.0, |epoch| epoch.seconds);
    let best = history.best_epoch().map_or(0, |epoch| epoch.epoch + 1);
    println!(
        "\nloss {loss:.4} nats per character, {:.1} minutes of training, best epoch {best}",
        seconds / 60.0
    );
    let how = Sampling { temperature: 0.8, top_k: None, top_p: Some(0.95) };
    let how = Generate { new_tokens: 600, sampling: how, stop: None, seed: 0 };
    let sample = text.decode(&how.run(&model, &[text.encode("\n")])[0]);
    println!("\n{sample}");

    let mut record = Record::from_args(if real { "ch20_shakespeare" } else { "ch20_made_up_play" });
    let tokens = (total * (batch * context) as u64) as f64;
    let perplexity = loss.exp();
    record.seed(0).number("loss", loss).number("minutes", seconds / 60.0).number("best_epoch", best as f64);
    record
        .number("epochs", epochs as f64)
        .number("steps", total as f64)
        .number("parameters", parameters as f64);
    record
        .number("tokens", tokens)
        .number("tokens_per_second", tokens / seconds)
        .number("perplexity", perplexity);
    record.number("bits", loss / std::f64::consts::LN_2).number("batch", batch as f64).text("sample", sample);
    record.series("train_loss", &history.epochs.iter().map(|epoch| epoch.train_loss).collect::<Vec<_>>());
    record.series("valid_loss", &history.epochs.iter().map(|epoch| epoch.valid_loss).collect::<Vec<_>>());
    history.draw_losses(&record.figure_path("ch20_shakespeare"))?;
    record.finish()?;
    Ok(())
}

/// How many epochs: what the folder says, or the arguments, or what fits into the minutes.
fn plan(path: &Path, options: &Options, real: bool, time: impl FnOnce() -> f64) -> Result<u64> {
    if let Ok(text) = fs::read_to_string(path) {
        return text.trim().parse().with_context(|| format!("{}: no number of epochs", path.display()));
    }
    let epochs = match options.text("--epochs") {
        Some(_) => options.whole("--epochs", 1)? as u64,
        None => {
            let minutes = options.number("--minutes", if real { 60.0 } else { 1.0 })?;
            ((60.0 * minutes / time()) as u64).max(1)
        }
    };
    write_atomic(path, format!("{epochs}\n").as_bytes())?;
    Ok(epochs)
}

/// How long an epoch takes with its validation, from the best of a few steps of a model that is then thrown away.
fn seconds_per_epoch<M>(model: &mut M, train: &Loader<TokenWindows>, valid: &Loader<TokenWindows>) -> f64
where
    M: Classifier<Input = Array<i64>>,
{
    let (mut optimizer, criterion) = (Muon::new(), CrossEntropy::<f32>::default());
    let [mut step, mut look] = [f64::INFINITY; 2];
    for batch in train.epoch(0, 0).take(8) {
        let began = Instant::now();
        zero_grad(model);
        let logits = model.forward(&batch.input);
        model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &batch.labels));
        optimizer.step(model, 1e-4);
        step = step.min(began.elapsed().as_secs_f64());
    }
    for batch in valid.epoch(0, 0).take(3) {
        let began = Instant::now();
        model.infer(&batch.input);
        look = look.min(began.elapsed().as_secs_f64());
    }
    // Data, checkpoints and means of the weights take a little more.
    1.06 * (step * train.batches() as f64 + look * valid.batches() as f64)
}
