//! The trap of this chapter: a language model that sees the future. The same small GPT learns the same text twice, with the
//! causal mask and without. `cargo run --release -p ch20_transformer --example future`.
//!
//! Three things are asked of each: the training loss; the loss where there is no future to look at, at the last character of a
//! window; and a text.

#[path = "shakespeare/play.rs"]
mod play;

use std::sync::Arc;

use anyhow::Result;
use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, clip_grad_norm};
use ch13_data::{Dataset, Loader, TokenWindows};
use ch19_attention::Mask;
use ch20_transformer::{Generate, Gpt, GptConfig, Sampling, Uncached, tied_logits, tied_logits_backward};

const TIME: usize = 48;
const STEPS: usize = 500;
/// Steps that one point of the figure is the mean of.
const POINT: usize = 10;

// ANCHOR: unmasked
/// A GPT under any mask: `CAUSAL` is what it should have.
struct Masked {
    gpt: Gpt,
    mask: Mask<'static>,
    hidden: Tensor,
}

impl Masked {
    fn forward(&mut self, ids: &Array<i64>) -> Tensor {
        let gpt = &mut self.gpt;
        let mut x = gpt.positions.forward(gpt.embedding.forward(ids));
        for block in &mut gpt.blocks {
            x = block.forward(x, &self.mask);
        }
        self.hidden = gpt.norm.forward(x);
        tied_logits(&self.hidden, &gpt.embedding.weight.value)
    }

    fn backward(&mut self, grad: &Tensor) {
        let gpt = &mut self.gpt;
        let grad = tied_logits_backward(grad, &self.hidden, &mut gpt.embedding.weight);
        let mut grad = gpt.norm.backward(grad);
        for block in gpt.blocks.iter_mut().rev() {
            grad = block.backward(grad);
        }
        gpt.embedding.backward(gpt.positions.backward(grad));
    }

    fn infer(&self, ids: &Array<i64>) -> Tensor {
        let gpt = &self.gpt;
        let mut x = gpt.positions.infer(gpt.embedding.infer(ids));
        for block in &gpt.blocks {
            x = block.infer(x, &self.mask);
        }
        tied_logits(&gpt.norm.infer(x), &gpt.embedding.weight.value)
    }
}
// ANCHOR_END: unmasked

fn main() -> Result<()> {
    let text = play::made_up_play();
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    let number = |c: char| characters.partition_point(|&other| other < c);
    let ids: Vec<u32> = text.chars().map(|c| number(c) as u32).collect();
    let (train, valid) = ids.split_at(ids.len() * 9 / 10);
    let mut record = Record::from_args("ch20_future");
    record.seed(0).number("steps", STEPS as f64);
    let mut curves = Vec::new();
    for (name, mask) in [("causal", Mask::CAUSAL), ("unmasked", Mask::NONE)] {
        let sizes =
            GptConfig { vocabulary: characters.len(), size: 64, heads: 4, layers: 2, ..Default::default() };
        let config = GptConfig { max_tokens: TIME, feed_forward: 256, init_std: 0.05, ..sizes };
        let gpt = Gpt::new(&config, &mut Rng::new(0, "future"));
        let mut model = Masked { gpt, mask, hidden: Tensor::zeros([0]) };
        let losses = learn(&mut model, train);
        let whole = TokenWindows::new(valid.to_vec(), TIME);
        let batch = whole.batch(&(0..64).collect::<Vec<_>>(), &mut Rng::new(0, "unused"));
        let logits = model.infer(&batch.input);
        let all = CrossEntropy::default().forward(&logits, &batch.labels).item();
        // Only the last place of each window: nothing comes after it that the model could look at.
        let last = logits.reshape([64, TIME, characters.len()]).slice((.., TIME - 1)).contiguous();
        let labels = batch.labels.reshape([64, TIME]).slice((.., TIME - 1)).contiguous();
        let next = CrossEntropy::default().forward(&last, &labels).item();
        let how = Generate { new_tokens: 120, sampling: Sampling::GREEDY, ..Generate::default() };
        let writer = Uncached::new(|ids: &Array<i64>| model.infer(ids), characters.len(), TIME);
        let prompt = "KING:\nI ".chars().map(|c| number(c) as i64).collect();
        let written: String =
            how.run(&writer, &[prompt])[0].iter().map(|&id| characters[id as usize]).collect();
        println!(
            "{name}: {all:.3} nats where it sees what it is used to, {next:.3} where there is no future"
        );
        println!("KING:\nI {written}\n");
        record
            .number(&format!("{name}_loss"), f64::from(all))
            .number(&format!("{name}_next"), f64::from(next))
            .number("written", written.chars().count() as f64)
            .number(&format!("{name}_blanks"), written.chars().filter(|c| c.is_whitespace()).count() as f64)
            .text(&format!("{name}_text"), format!("KING:\nI {}", written.trim_end()));
        let points = losses.chunks(POINT).enumerate();
        let points =
            points.map(|(i, losses)| (((i + 1) * POINT) as f64, losses.iter().sum::<f64>() / POINT as f64));
        curves.push(Series::new(if name == "causal" { "causal mask" } else { "no mask" }, points.collect()));
    }
    let path = record.figure_path("ch20_future");
    lines(&path, "The loss of a model that may look", "step", "training loss (nats per character)", &curves)?;
    record.finish()?;
    Ok(())
}

/// Trains with AdamW; the loss of each step.
fn learn(model: &mut Masked, text: &[u32]) -> Vec<f64> {
    let windows = Arc::new(TokenWindows::new(text.to_vec(), TIME).shifted());
    let loader = Loader::new(windows, 16).seed(1).shuffle(true).drop_last(true);
    let (criterion, mut optimizer) = (CrossEntropy::<f32>::default(), AdamW::new());
    let step = |batch: ch13_data::Batch<Array<i64>>| {
        zero_grad(&mut model.gpt);
        let logits = model.forward(&batch.input);
        let loss = criterion.forward(&logits, &batch.labels).item();
        model.backward(&criterion.backward(&Tensor::scalar(1.0), &logits, &batch.labels));
        clip_grad_norm(&mut model.gpt, 1.0);
        optimizer.step(&mut model.gpt, 3e-3);
        f64::from(loss)
    };
    (0..).flat_map(|epoch| loader.epoch(epoch, 0)).take(STEPS).map(step).collect()
}
