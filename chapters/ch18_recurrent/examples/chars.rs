//! A language model of single characters: `cargo run --release -p ch18_recurrent --example chars`.
//!
//! An LSTM reads Shakespeare's plays (the file `tinyshakespeare/input.txt` in the folder that `GRADUS_DATA` names) and says
//! which character comes next. Trained by truncated backpropagation: 32 places of the text are read on, 64 characters a step; the
//! state is carried, the gradient is cut. The last tenth of the text is for the test. At the end it writes.

use std::path::PathBuf;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::softmax;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Linear, Module, Visitor, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, clip_grad_norm};
use ch10_schedules::{Schedule, WarmupCosine};
use ch17_embeddings::Embedding;
use ch18_recurrent::{Lstm, RecurrentConfig, State};

const HIDDEN: usize = 256;
const EMBEDDING: usize = 64;
const BATCH: usize = 32;
const CHUNK: usize = 64;
const STEPS: u64 = 1500;
const EVERY: u64 = 150;
/// Characters that are read before it writes.
const READ: usize = 300;

// ANCHOR: model
struct Chars {
    embedding: Embedding,
    lstm: Lstm,
    head: Linear,
}

impl Chars {
    /// The logits of the next characters, `[batch, time, characters]`, and the last state.
    fn forward(&mut self, ids: &Array<i64>, state: Option<&State>) -> (Tensor, State) {
        let (y, last) = self.lstm.forward_with(&self.embedding.forward(ids), state, None);
        (self.head.forward(y), last)
    }

    /// The gradient of the first state is dropped: that is the cut.
    fn backward(&mut self, grad: Tensor) {
        let (dx, _) = self.lstm.backward_with(&self.head.backward(grad), None);
        self.embedding.backward(dx);
    }

    fn infer(&self, ids: &Array<i64>, state: Option<&State>) -> (Tensor, State) {
        let (y, last) = self.lstm.infer_with(&self.embedding.infer(ids), state, None);
        (self.head.infer(y), last)
    }
}
// ANCHOR_END: model

impl Module for Chars {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("embedding", &mut self.embedding);
        visitor.child("lstm", &mut self.lstm);
        visitor.child("head", &mut self.head);
    }
}

/// The characters of `rows` places of a text, `CHUNK` of them from `step * CHUNK` on, and those that follow each.
fn chunk(text: &[i64], rows: usize, step: usize) -> (Array<i64>, Array<i64>) {
    let apart = (text.len() - 1) / rows;
    let at = |b: usize, t: usize| b * apart + step * CHUNK + t;
    let ids = Array::from_fn([rows, CHUNK], |i| text[at(i[0], i[1])]);
    (ids, Array::from_fn([rows * CHUNK], |i| text[at(i[0] / CHUNK, i[0] % CHUNK) + 1]))
}

/// How many steps a text has.
fn steps(text: &[i64], rows: usize) -> usize {
    (text.len() - 1) / rows / CHUNK
}

/// The loss in nats per character over a text, with the state carried from chunk to chunk or forgotten.
fn test(model: &Chars, text: &[i64], carry: bool) -> f64 {
    let (loss, mut state, mut sum) = (CrossEntropy::<f32>::default(), None, 0.0);
    for step in 0..steps(text, BATCH) {
        let (ids, next) = chunk(text, BATCH, step);
        let (logits, last) = model.infer(&ids, state.as_ref().filter(|_| carry));
        let classes = logits.dim(2);
        sum += f64::from(loss.forward(&logits.reshape([BATCH * CHUNK, classes]), &next).item());
        state = Some(last);
    }
    sum / steps(text, BATCH) as f64
}

/// Goes on writing after these characters: each is drawn by the model's probabilities, sharpened by the temperature.
fn write(model: &Chars, alphabet: &[char], begin: &[i64], count: usize, temperature: f32) -> String {
    let mut rng = Rng::new(0, "write");
    let (mut text, mut state) = (String::new(), None);
    let mut ids = begin.to_vec();
    for _ in 0..count {
        let (logits, last) = model.infer(&Array::from_slice(&ids, [1, ids.len()]), state.as_ref());
        state = Some(last);
        let shares = softmax(logits.slice((0, -1)).contiguous() * (1.0 / temperature), 0);
        let mut left = rng.uniform() as f32;
        let chosen = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        let chosen = chosen.unwrap_or(alphabet.len() - 1);
        text.push(alphabet[chosen]);
        ids = vec![chosen as i64];
    }
    text
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch18_chars");
    let folder = std::env::var("GRADUS_DATA").unwrap_or_else(|_| "data".into());
    let path = PathBuf::from(folder).join("tinyshakespeare/input.txt");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut alphabet: Vec<char> = text.chars().collect();
    alphabet.sort_unstable();
    alphabet.dedup();
    let ids: Vec<i64> =
        text.chars().map(|c| alphabet.binary_search(&c).expect("it was collected") as i64).collect();
    let (train, held) = ids.split_at(ids.len() / 10 * 9);
    let rng = &mut Rng::new(0, "weights");
    let mut model = Chars {
        embedding: Embedding::new(alphabet.len(), EMBEDDING, None, rng),
        lstm: Lstm::new(&RecurrentConfig::new(EMBEDDING, HIDDEN), rng),
        head: Linear::new(HIDDEN, alphabet.len(), rng),
    };
    model.lstm.set_forget_bias(1.0);
    let (mut optimizer, loss) = (AdamW::new(), CrossEntropy::<f32>::default());
    let schedule = WarmupCosine { peak: 5e-3, warmup: 50, total: STEPS, floor: 0.0 };
    let (mut state, mut losses, mut sum) = (None, Vec::new(), 0.0);
    for step in 0..STEPS {
        let place = step as usize % steps(train, BATCH);
        if place == 0 {
            state = None;
        }
        let (ids, next) = chunk(train, BATCH, place);
        zero_grad(&mut model);
        let (logits, last) = model.forward(&ids, state.as_ref());
        let logits = logits.reshape([BATCH * CHUNK, alphabet.len()]);
        sum += f64::from(loss.forward(&logits, &next).item());
        let grad = loss.backward(&Array::scalar(1.0), &logits, &next);
        model.backward(grad.reshape([BATCH, CHUNK, alphabet.len()]));
        clip_grad_norm(&mut model, 1.0);
        optimizer.step(&mut model, schedule.rate(step));
        state = Some(last);
        if (step + 1) % EVERY == 0 {
            losses.push(((step + 1) as f64, sum / EVERY as f64));
            println!("step {}: {:.3} nats per character", step + 1, sum / EVERY as f64);
            sum = 0.0;
        }
    }
    let (carried, forgotten) = (test(&model, held, true), test(&model, held, false));
    println!(
        "test: {carried:.3} nats per character; {forgotten:.3} if the state is forgotten every {CHUNK} characters"
    );
    // After some lines that it has not seen; and after a lone name, with nothing read before.
    let sample = write(&model, &alphabet, &held[..READ], 300, 0.7);
    let name: Vec<i64> =
        "ROMEO:\n".chars().map(|c| alphabet.binary_search(&c).expect("a character") as i64).collect();
    let cold = write(&model, &alphabet, &name, 100, 0.7);
    println!("{sample}\n\nafter a lone name: {cold}");
    record
        .seed(0)
        .number("steps", STEPS as f64)
        .number("characters", alphabet.len() as f64)
        .number("test", carried)
        .number("test_forgotten", forgotten)
        .text("sample", sample)
        .text("sample_cold", cold);
    let path = record.figure_path("ch18_chars");
    let series = [
        Series::new("training", losses),
        Series::new("test", vec![(0.0, carried), (STEPS as f64, carried)]).dashed(),
    ];
    figure::lines(&path, "Characters of Shakespeare", "step", "nats per character", &series)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
