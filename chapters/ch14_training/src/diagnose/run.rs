//! What a few steps of the training tell: each question is put by changing one thing and looking at the difference.

use std::collections::BTreeMap;

use ch01_tensors::{Array, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Entry, Layer, Module, Visitor, for_each_param, zero_grad};
use ch07_modules::{Sequential, load_state_dict, state_dict};
use ch13_data::Batch;

use super::{Bug, Make, Report, Subject};

type State = BTreeMap<String, Tensor>;

/// How much of a step is taken, beside the whole of it.
const PARTS: [f64; 11] = [1.0 / 64.0, 1.0 / 16.0, 0.25, 1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0];

// ANCHOR: zero_grad
/// Whether the gradients of one step are still there in the next. Two equal models take the same two steps; between
/// them, one has its gradients zeroed from outside. If the step zeroes them itself, that makes no difference.
pub fn keeps_gradients(make: &Make<'_>, batches: &[Batch<Tensor>]) -> Option<String> {
    let [mut left, mut cleared] = [make(), make()];
    left.step_on(&batches[0]);
    cleared.step_on(&batches[0]);
    if gradients(&mut left.model) != gradients(&mut cleared.model) {
        // Not even the first steps agree, so differences say nothing.
        return None;
    }
    zero_grad(&mut cleared.model);
    left.step_on(&batches[1]);
    cleared.step_on(&batches[1]);
    (gradients(&mut left.model) != gradients(&mut cleared.model)).then(|| {
        "the gradients after a step are others if those of the step before were zeroed from outside"
            .to_owned()
    })
}
// ANCHOR_END: zero_grad

/// The bits of all gradients.
fn gradients(model: &mut Sequential) -> Vec<u32> {
    let mut bits = Vec::new();
    for_each_param(model, |_, param| bits.extend(param.grad.iter().map(f32::to_bits)));
    bits
}

/// The cross-entropy of a batch under weights that are tried out, in a model that is kept for this.
struct Probe {
    model: Sequential,
    /// Normalisation by the batch must be asked in training mode; dropout must not.
    has_buffers: bool,
}

impl Probe {
    fn new(mut model: Sequential) -> Self {
        let mut has_buffers = false;
        model.visit(&mut Visitor::new(&mut |_, entry| has_buffers |= matches!(entry, Entry::Buffer(_))));
        Probe { model, has_buffers }
    }

    fn logits(&mut self, state: &State, input: &Tensor) -> Tensor {
        load_state_dict(&mut self.model, state).expect("the state of an equal model");
        if !self.has_buffers {
            return self.model.infer(input.clone());
        }
        let logits = self.model.forward(input.clone());
        // Takes back what the forward pass kept.
        self.model.backward(logits.zeros_like());
        logits
    }

    fn loss(&mut self, state: &State, batch: &Batch<Tensor>) -> f64 {
        cross_entropy(&self.logits(state, &batch.input), &batch.labels)
    }
}

fn cross_entropy(logits: &Tensor, labels: &Array<i64>) -> f64 {
    f64::from(CrossEntropy::default().forward(logits, labels).item())
}

/// `from + part (to - from)`.
fn between(from: &State, to: &State, part: f64) -> State {
    let mix = |(name, a): (&String, &Tensor)| {
        let mixed = a + &((&to[name] - a) * part as f32);
        (name.clone(), mixed)
    };
    from.iter().map(mix).collect()
}

// ANCHOR: rate
/// Whether the first steps are too long or too short: how the loss of a step's own batch changes if a part of the step
/// is taken, or a multiple of it. The step is the optimizer's; nothing need be known of it.
pub fn rate(make: &Make<'_>, batches: &[Batch<Tensor>], report: &mut Report) -> Option<(Bug, String)> {
    let mut subject = make();
    let mut probe = Probe::new(make().model);
    let (mut best, mut worse, mut falls) = (Vec::new(), 0, 0.0);
    let steps = batches.len().min(12);
    for (step, batch) in batches[..steps].iter().enumerate() {
        let before = state_dict(&mut subject.model);
        let reported = subject.step_on(batch);
        let after = state_dict(&mut subject.model);
        if !reported.is_finite() || after.values().any(|values| values.iter().any(|x| !x.is_finite())) {
            return Some((Bug::RateTooHigh, format!("after {step} steps the loss is {reported}")));
        }
        let start = probe.loss(&before, batch);
        let losses = PARTS.map(|part| probe.loss(&between(&before, &after, part), batch));
        if step == 0 && losses.iter().all(|&loss| loss > start) {
            return Some((Bug::CannotMemorise, "the first step goes uphill, even a 64th of it".to_owned()));
        }
        let smallest = (0..PARTS.len()).min_by(|&i, &j| losses[i].total_cmp(&losses[j]));
        best.push(PARTS[smallest.expect("there are parts")]);
        let whole = losses[3];
        worse += usize::from(whole.is_nan() || whole > 1.2 * start + 0.02);
        falls += (start - whole) / start / steps as f64;
    }
    best.sort_by(f64::total_cmp);
    let median = report.measured("the best multiple of a step", best[best.len() / 2]);
    let share =
        report.measured("share of steps that make their own batch worse", worse as f64 / steps as f64);
    let falls = report.measured("fall of a batch's loss by its own step", falls);
    if share >= 0.25 {
        let text = format!(
            "{worse} of {steps} steps raise the loss of their own batch; the best is {median} of a step"
        );
        return Some((Bug::RateTooHigh, text));
    }
    (median >= 1024.0 && falls < 0.005).then(|| {
        let percent = 100.0 * falls;
        let text = format!(
            "a step lowers the loss of its own batch by {percent:.4} %; {median} times as far is best"
        );
        (Bug::RateTooLow, text)
    })
}
// ANCHOR_END: rate

/// What a short training shows.
pub struct Trained {
    /// As it is now.
    pub model: Sequential,
    /// Parameters that have not moved although others have.
    pub frozen: Option<String>,
    /// Whether the step's losses are those of a softmax over the softmax.
    pub double_softmax: Option<String>,
}

// ANCHOR: train
/// Trains for a pass over these batches, and compares weights and losses.
pub fn train(make: &Make<'_>, batches: &[Batch<Tensor>], report: &mut Report) -> Trained {
    let mut subject = make();
    let mut probe = Probe::new(make().model);
    let start = state_dict(&mut subject.model);
    let mut with_gradient = BTreeMap::new();
    // The distances of the reported loss from that of softmax once, and of softmax twice; and of these two.
    let (mut twice, mut apart) = (0.0, 0.0);
    let last = batches.len().saturating_sub(10);
    for (i, batch) in batches.iter().enumerate() {
        let logits = (i >= last).then(|| probe.logits(&state_dict(&mut subject.model), &batch.input));
        let reported = subject.step_on(batch);
        if let Some(logits) = logits {
            let once = cross_entropy(&logits, &batch.labels);
            let double = cross_entropy(&ch03_neurons::softmax(logits, 1), &batch.labels);
            twice += (reported - double).abs();
            apart += (once - double).abs();
        }
        for_each_param(&mut subject.model, |path, param| {
            *with_gradient.entry(path.to_string()).or_insert(false) |= param.grad.iter().any(|g| g != 0.0);
        });
    }
    let twice = report.measured("distance from the loss of a double softmax", twice / apart.max(1e-12));
    let double_softmax = (apart > 0.05 && twice < 0.05)
        .then(|| "the step's loss is the cross-entropy of softmax(softmax(logits))".to_owned());

    let end = state_dict(&mut subject.model);
    let mut still = Vec::new();
    for_each_param(&mut subject.model, |path, param| {
        let path = path.to_string();
        if start[&path].iter().map(f32::to_bits).eq(end[&path].iter().map(f32::to_bits)) {
            let why = match (param.frozen, with_gradient[&path]) {
                (true, _) => "is marked as frozen",
                (false, true) => "has gradients, but no optimizer moves it",
                (false, false) => "never has a gradient",
            };
            still.push(format!("{path} {why}"));
        }
    });
    let all = with_gradient.len();
    report.measured("share of parameters that do not move", still.len() as f64 / all.max(1) as f64);
    let frozen = (!still.is_empty() && still.len() < all)
        .then(|| format!("after {} steps, {}", batches.len(), still.join("; ")));
    Trained { model: subject.model, frozen, double_softmax }
}
// ANCHOR_END: train

// ANCHOR: memorise
/// Whether one batch can be learned by heart: its loss after `steps` steps over the first.
pub fn memorise(make: &Make<'_>, batch: &Batch<Tensor>, steps: usize, report: &mut Report) -> f64 {
    let Subject { mut model, mut step } = make();
    let losses: Vec<f64> = (0..steps).map(|_| step(&mut model, &batch.input, &batch.labels)).collect();
    report.measured("loss of one batch, learned by heart, over the first", losses[steps - 1] / losses[0])
}
// ANCHOR_END: memorise
