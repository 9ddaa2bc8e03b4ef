//! Why BatchNorm helps: how well does the gradient predict what lies ahead? After S. Santurkar, D. Tsipras, A. Ilyas, A. Madry,
//! *How does batch normalization help optimization?*, 2018. `cargo run --release -p ch11_normalization --example smoothness`.
//!
//! The same network of eight hidden layers without normalisation, with BatchNorm and with LayerNorm learns digits at the same
//! rate. Every few steps it looks ahead along its gradient `g`, at points `w - t g` for `t` from a half to four times the
//! learning rate, on the same batch, and asks two things of each point: the loss there, and how far its gradient is from `g`,
//! relative to the length of `g`. A gradient that has changed by more than its own length has predicted nothing.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, for_each_param, labelled_rows, zero_grad};
use ch07_modules::Sequential;
use ch11_normalization::{BatchNorm1d, LayerNorm};
use datasets::mnist;

const EXAMPLES: usize = 20_000;
const BATCH: usize = 128;
const STEPS: usize = 400;
const EVERY: usize = 8;
const DEPTH: usize = 8;
const HIDDEN: usize = 64;
const RATE: f64 = 0.1;
/// How far ahead, in learning rates.
const AHEAD: [f64; 6] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0];

fn model(norm: &str, seed: u64) -> Sequential {
    let mut rng = Rng::new(seed, "init");
    let (mut model, mut width) = (Sequential::new(), 784);
    for _ in 0..DEPTH {
        let mut linear = Linear::new(width, HIDDEN, &mut rng);
        // He's initialization, written out: chapter 8 has it.
        linear.weight.value = Tensor::normal([HIDDEN, width], 0.0, (2.0 / width as f64).sqrt(), &mut rng);
        model = model.push(linear);
        model = match norm {
            "batch" => model.push(BatchNorm1d::new(HIDDEN)),
            "layer" => model.push(LayerNorm::new(HIDDEN)),
            _ => model,
        };
        model = model.push(ActivationLayer::new(Activation::Relu));
        width = HIDDEN;
    }
    model.push(Linear::new(HIDDEN, 10, &mut rng))
}

/// The loss of a batch; its gradient lies in the parameters afterwards.
fn loss(model: &mut Sequential, x: &Tensor, labels: &Array<i64>) -> f64 {
    let criterion = CrossEntropy::default();
    zero_grad(model);
    let logits = model.forward(x.clone());
    model.backward(criterion.backward(&Array::scalar(1.0), &logits, labels));
    f64::from(criterion.forward(&logits, labels).item())
}

fn gather(model: &mut dyn Module, of: fn(&ch05_backprop::Param) -> &Tensor) -> Vec<Tensor> {
    let mut found = Vec::new();
    for_each_param(model, |_, param| found.push(of(param).copy()));
    found
}

/// `w - t g` as the parameters.
fn place(model: &mut dyn Module, w: &[Tensor], g: &[Tensor], t: f64) {
    let mut each = w.iter().zip(g);
    for_each_param(model, |_, param| {
        let (w, g) = each.next().expect("as many arrays as parameters");
        param.value = w - &(g * t as f32);
    });
}

fn length(arrays: impl Iterator<Item = Tensor>) -> f64 {
    arrays.map(|a| a.iter().map(|x| f64::from(x).powi(2)).sum::<f64>()).sum::<f64>().sqrt()
}

/// What looking ahead has shown at one step.
struct Seen {
    step: usize,
    loss: f64,
    /// The smallest and the largest loss ahead.
    range: [f64; 2],
    /// The largest change of the gradient ahead, relative to its length.
    change: f64,
}

fn train(norm: &str, (x, labels): &(Tensor, Array<i64>)) -> Vec<Seen> {
    let (mut model, mut draw) = (model(norm, 0), Rng::new(0, "batches"));
    let mut seen = Vec::new();
    for step in 0..STEPS {
        let rows = Array::from_fn([BATCH], |_| draw.below(EXAMPLES) as i64);
        let (x, labels) = (x.index_select(0, &rows), labels.index_select(0, &rows));
        let here = loss(&mut model, &x, &labels);
        let (w, g) = (gather(&mut model, |p| &p.value), gather(&mut model, |p| &p.grad));
        if step % EVERY == 0 {
            let size = length(g.iter().cloned());
            let (mut range, mut change) = ([f64::INFINITY, 0.0], 0f64);
            for ahead in AHEAD {
                place(&mut model, &w, &g, ahead * RATE);
                let there = loss(&mut model, &x, &labels);
                let gradient = gather(&mut model, |p| &p.grad);
                let distance = length(gradient.iter().zip(&g).map(|(a, b)| a - b));
                range = [range[0].min(there), range[1].max(there)];
                change = change.max(distance / size);
            }
            seen.push(Seen { step, loss: here, range, change });
        }
        place(&mut model, &w, &g, RATE);
    }
    seen
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let examples = EXAMPLES.min(data.train.len());
    assert_eq!(examples, EXAMPLES, "too few digits");
    let (pixels, labels) = (&data.train.pixels[..784 * examples], &data.train.labels[..examples]);
    let set = labelled_rows(pixels, labels, mnist::STATISTICS);

    let mut record = Record::from_args("ch11_smoothness");
    record.seed(0).number("steps", STEPS as f64).number("batch", BATCH as f64).number("rate", RATE);
    record.number("depth", DEPTH as f64).number("hidden", HIDDEN as f64).number("examples", EXAMPLES as f64);
    record.text("data", mnist::name(&source));
    let (mut changes, mut losses) = (Vec::new(), Vec::new());
    for (norm, name) in [("none", "no normalisation"), ("batch", "BatchNorm"), ("layer", "LayerNorm")] {
        let seen = train(norm, &set);
        let change = median(seen.iter().map(|seen| seen.change).collect());
        // The largest loss ahead, relative to the one here: above 1, some step of this length goes uphill.
        let uphill = seen.iter().filter(|seen| seen.range[1] > seen.loss).count() as f64 / seen.len() as f64;
        let width = median(seen.iter().map(|seen| (seen.range[1] - seen.range[0]) / seen.loss).collect());
        let last = median(seen.iter().rev().take(10).map(|seen| seen.loss).collect());
        println!(
            "{name:16} change of the gradient {change:6.3}, uphill {uphill:.2}, width of the loss {width:.3}, last loss {last:.3}"
        );
        record.number(&format!("{norm}_change"), change).number(&format!("{norm}_uphill"), uphill);
        record.number(&format!("{norm}_width"), width).number(&format!("{norm}_loss"), last);
        let points =
            |f: &dyn Fn(&Seen) -> f64| seen.iter().map(|s| (s.step as f64, f(s))).collect::<Vec<_>>();
        changes.push(Series::new(name, points(&|seen| seen.change)));
        losses.push(Series::new(name, points(&|seen| seen.loss)));
        losses
            .push(Series::new(&format!("{name}, worst point ahead"), points(&|seen| seen.range[1])).dashed());
    }
    let path = record.figure_path("ch11_smoothness");
    let title = "How far the gradient changes within four learning rates, relative to its length";
    figure::lines_log_y(&path, title, "step", "largest change of the gradient", &changes)?;
    let path = record.figure_path("ch11_smoothness_loss");
    let title = "Loss here, and the largest within four learning rates along the gradient";
    figure::lines_log_y(&path, title, "step", "cross-entropy", &losses)?;
    record.finish()?;
    Ok(())
}
