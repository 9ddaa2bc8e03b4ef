//! Learns to write digits backwards: `cargo run --release -p ch18_recurrent --example reversal`.
//!
//! Sequences of 4 to 10 digits; the answer is the digits in reverse, and a token for the end. Trained with teacher forcing,
//! tested on new sequences by the network's own choices.

use ch00_start::Record;
use ch00_start::figure;
use ch01_tensors::{Array, Rng};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch09_optimizers::{AdamW, Optimizer, clip_grad_norm};
use ch10_schedules::{Schedule, WarmupCosine};
use ch13_data::Tokens;
use ch18_recurrent::{Seq2Seq, Seq2SeqConfig};

const LONGEST: usize = 10;
const SHORTEST: usize = 4;
const BATCH: usize = 64;
const STEPS: u64 = 1200;
const TEST: usize = 1000;
/// The token for the beginning and the end; 0 to 9 are digits.
const END: i64 = 10;
/// The label of what is not judged.
const NOTHING: i64 = -100;

// ANCHOR: task
/// Sources, what stands before each step of the answer, and the answer.
fn sequences(count: usize, rng: &mut Rng) -> (Tokens, Array<i64>, Array<i64>) {
    let lengths: Vec<usize> = (0..count).map(|_| SHORTEST + rng.below(LONGEST - SHORTEST + 1)).collect();
    let ids = Array::from_fn([count, LONGEST], |_| rng.below(10) as i64);
    let mask = Array::from_fn([count, LONGEST], |at| at[1] < lengths[at[0]]);
    let answer = Array::from_fn([count, LONGEST + 1], |at| match lengths[at[0]] {
        length if at[1] < length => ids[[at[0], length - 1 - at[1]]],
        length if at[1] == length => END,
        _ => NOTHING,
    });
    let before = Array::from_fn([count, LONGEST + 1], |at| match at[1] {
        0 => END,
        t => answer[[at[0], t - 1]].max(0),
    });
    (Tokens { ids, mask }, before, answer)
}
// ANCHOR_END: task

/// The share of sequences that are written backwards without any mistake.
fn accuracy(net: &Seq2Seq) -> f64 {
    let (source, _, answer) = sequences(TEST, &mut Rng::new(1, "test"));
    let (chosen, _) = net.translate(&source, END, LONGEST + 1);
    let right =
        |b: usize| (0..=LONGEST).all(|t| answer[[b, t]] == NOTHING || answer[[b, t]] == chosen[[b, t]]);
    (0..TEST).filter(|&b| right(b)).count() as f64 / TEST as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch18_reversal");
    let config = Seq2SeqConfig { source: 10, target: 11, embedding: 32, hidden: 64 };
    let mut net = Seq2Seq::new(&config, &mut Rng::new(0, "weights"));
    let (mut optimizer, loss) = (AdamW::new(), CrossEntropy::<f32>::default());
    let schedule = WarmupCosine { peak: 5e-3, warmup: 50, total: STEPS, floor: 0.0 };
    let mut rng = Rng::new(0, "sequences");
    let mut curve = vec![100.0 * accuracy(&net)];
    for step in 0..STEPS {
        let (source, before, answer) = sequences(BATCH, &mut rng);
        zero_grad(&mut net);
        let logits = net.forward(&source, &before).reshape([BATCH * (LONGEST + 1), 11]);
        let answer = answer.reshape([BATCH * (LONGEST + 1)]);
        let grad = loss.backward(&Array::scalar(1.0), &logits, &answer);
        net.backward(grad.reshape([BATCH, LONGEST + 1, 11]));
        clip_grad_norm(&mut net, 1.0);
        optimizer.step(&mut net, schedule.rate(step));
        if (step + 1) % 100 == 0 {
            curve.push(100.0 * accuracy(&net));
            println!("step {}: {:.1} % without a mistake", step + 1, curve[curve.len() - 1]);
        }
    }
    record
        .seed(0)
        .number("steps", STEPS as f64)
        .number("accuracy", accuracy(&net))
        .series("accuracy_curve", &curve);
    let digits = Array::from([[3i64, 1, 4, 1, 5, 9, 2, 6, 5, 8]]);
    let source = Tokens { ids: digits, mask: Array::full([1, LONGEST], true) };
    let (chosen, looked) = net.translate(&source, END, LONGEST + 1);
    let text: Vec<String> =
        chosen.iter().map(|id| if id == END { "end".into() } else { id.to_string() }).collect();
    println!("3 1 4 1 5 9 2 6 5 8 becomes {}", text.join(" "));
    record.text("answer", text.join(" "));
    let path = record.figure_path("ch18_reversal");
    let weights: Vec<f64> = looked.iter().map(f64::from).collect();
    let (rows, columns) = (LONGEST + 1, LONGEST);
    figure::heatmap(
        &path,
        "Where the decoder looks",
        "place in the source",
        "step",
        (rows, columns),
        &weights,
    )?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
