//! Where attention looks, before and after training: `cargo run --release -p ch19_attention --example maps`.
//!
//! Eight cards lie in a row, each with a letter and a digit. The network sees them as a memory (letter, digit and place,
//! added up) and is asked eight questions; it has one layer of cross-attention with one head, and a linear layer that
//! names a digit. In one task the questions are letters: what is on the card with this letter? In the other they are
//! numbers: what is on card number 0, 1, 2, .. counted from the right? The first is answered by content, the second by place.
//!
//! Drawn are the weights for one row of cards that was not trained on: in the first task letters on both axes are
//! sorted alike for the picture, so that the right card lies on the diagonal.

use ch00_start::Record;
use ch00_start::figure::heatmap;
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Linear, Module, Visitor, zero_grad};
use ch09_optimizers::{AdamW, Optimizer};
use ch17_embeddings::Embedding;
use ch19_attention::{CrossAttention, LearnedPositions};

const CARDS: usize = 8;
const LETTERS: usize = 16;
const DIGITS: usize = 10;
const SIZE: usize = 32;
const BATCH: usize = 64;
const STEPS: usize = 1200;
const RATE: f64 = 3e-3;

/// A batch: letters and digits of the cards, the questions, and the digits asked for; all `[batch, cards]`.
struct Rows {
    letters: Array<i64>,
    digits: Array<i64>,
    asked: Array<i64>,
    answers: Array<i64>,
}

/// Rows of cards with different letters. By content the questions are the row's letters in another order, by place the
/// numbers 0 to 7.
fn rows(batch: usize, by_content: bool, rng: &mut Rng) -> Rows {
    let shape = [batch, CARDS];
    let [mut letters, mut digits, mut asked, mut answers] = [0; 4].map(|_| Vec::with_capacity(batch * CARDS));
    for _ in 0..batch {
        let mut alphabet: Vec<i64> = (0..LETTERS as i64).collect();
        rng.shuffle(&mut alphabet);
        let row: Vec<i64> = (0..CARDS).map(|_| rng.below(DIGITS) as i64).collect();
        let mut order: Vec<usize> = (0..CARDS).rev().collect();
        if by_content {
            rng.shuffle(&mut order);
        }
        letters.extend(&alphabet[..CARDS]);
        asked.extend(
            order.iter().enumerate().map(|(i, &card)| if by_content { alphabet[card] } else { i as i64 }),
        );
        answers.extend(order.iter().map(|&card| row[card]));
        digits.extend(row);
    }
    let array = |x: Vec<i64>| Array::from_slice(&x, shape);
    Rows { letters: array(letters), digits: array(digits), asked: array(asked), answers: array(answers) }
}

// ANCHOR: reader
/// Names the digit of the card that each question asks for.
struct Reader {
    letters: Embedding,
    digits: Embedding,
    places: LearnedPositions,
    questions: Embedding,
    attention: CrossAttention,
    output: Linear,
}

impl Reader {
    fn forward(&mut self, rows: &Rows) -> Tensor {
        let memory = self.letters.forward(&rows.letters) + &self.digits.forward(&rows.digits);
        let memory = self.places.forward(memory);
        let found = self.attention.forward(self.questions.forward(&rows.asked), memory, None);
        self.output.forward(found)
    }

    fn backward(&mut self, grad: Tensor) {
        let (questions, memory) = self.attention.backward(self.output.backward(grad));
        self.questions.backward(questions);
        let memory = self.places.backward(memory);
        self.digits.backward(memory.clone());
        self.letters.backward(memory);
    }
    // ANCHOR_END: reader

    /// The weights, `[batch, questions, cards]`.
    fn weights(&self, rows: &Rows) -> Tensor {
        let memory = self.letters.infer(&rows.letters) + &self.digits.infer(&rows.digits);
        let memory = self.places.infer(memory);
        self.attention.weights(self.questions.infer(&rows.asked), memory, None).squeeze(1)
    }
}

impl Module for Reader {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("letters", &mut self.letters);
        visitor.child("digits", &mut self.digits);
        visitor.child("places", &mut self.places);
        visitor.child("questions", &mut self.questions);
        visitor.child("attention", &mut self.attention);
        visitor.child("output", &mut self.output);
    }
}

/// The mean entropy of the rows of weights, in bits.
fn entropy(weights: &Tensor) -> f64 {
    let bits: f64 = weights.iter().map(f64::from).filter(|&p| p > 0.0).map(|p| -p * p.log2()).sum();
    bits / (weights.size() / CARDS) as f64
}

/// The weights of the first row, questions and cards in the order of the cards' letters if by content.
fn picture(weights: &Tensor, rows: &Rows, by_content: bool) -> Vec<f64> {
    let order = |ids: &Array<i64>| -> Vec<usize> {
        let mut order: Vec<usize> = (0..CARDS).collect();
        if by_content {
            order.sort_by_key(|&i| ids[[0, i]]);
        }
        order
    };
    let (questions, cards) = (order(&rows.asked), order(&rows.letters));
    questions.iter().flat_map(|&i| cards.iter().map(move |&j| f64::from(weights[[0, i, j]]))).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch19_maps");
    record.seed(0).number("steps", STEPS as f64).number("batch", BATCH as f64);
    for (task, by_content) in [("content", true), ("place", false)] {
        let mut rng = Rng::new(0, task);
        let table = |count: usize, rng: &mut Rng| {
            Embedding::from_parts(Tensor::normal([count, SIZE], 0.0, 0.5, rng), None)
        };
        let mut reader = Reader {
            letters: table(LETTERS, &mut rng),
            digits: table(DIGITS, &mut rng),
            places: LearnedPositions::from_parts(Tensor::normal([CARDS, SIZE], 0.0, 0.5, &mut rng)),
            questions: table(LETTERS, &mut rng),
            attention: CrossAttention::new(SIZE, 1, &mut rng),
            output: Linear::new(SIZE, DIGITS, &mut rng),
        };
        let test = rows(256, by_content, &mut Rng::new(1, task));
        let before = reader.weights(&test);
        let (mut optimizer, criterion) = (AdamW::new(), CrossEntropy::default());
        let flat = |x: &Tensor| x.clone().reshape([x.size() / DIGITS, DIGITS]);
        for _ in 0..STEPS {
            let batch = rows(BATCH, by_content, &mut rng);
            zero_grad(&mut reader);
            let logits = reader.forward(&batch);
            let labels = batch.answers.flatten();
            let grad = criterion.backward(&Tensor::scalar(1.0), &flat(&logits), &labels);
            reader.backward(grad.reshape(*logits.shape()));
            optimizer.step(&mut reader, RATE);
        }
        let logits = reader.forward(&test);
        let right = logits.argmax(-1, false).iter().zip(test.answers.iter()).filter(|(a, b)| a == b).count();
        let accuracy = right as f64 / test.answers.size() as f64;
        let after = reader.weights(&test);
        let (even, sharp) = (entropy(&before), entropy(&after));
        println!(
            "by {task}: {:.1} % right, entropy {even:.2} bits before, {sharp:.2} after",
            100.0 * accuracy
        );
        record.number(&format!("{task}_accuracy"), accuracy);
        record
            .number(&format!("{task}_entropy_before"), even)
            .number(&format!("{task}_entropy_after"), sharp);
        for (when, weights) in [("before", &before), ("after", &after)] {
            if !by_content && when == "before" {
                continue; // as even as the other one
            }
            let path = record.figure_path(&format!("ch19_maps_{task}_{when}"));
            let title = format!("Asked by {task}, {when} training");
            let card = if by_content { "card, sorted by letter" } else { "card, from the left" };
            let question =
                if by_content { "question, sorted by letter" } else { "question: card from the right" };
            let values = picture(weights, &test, by_content);
            heatmap(&path, &title, card, question, (CARDS, CARDS), &values)?;
            println!("Figure: {}", path.display());
        }
    }
    record.finish()?;
    Ok(())
}
