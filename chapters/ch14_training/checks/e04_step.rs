//! Checks exercise e04_step.

#[allow(unused)]
#[path = "../exercises/e04_step.rs"]
mod step;

use ch00_start::check::close;
use ch01_tensors::{Array, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch09_optimizers::Sgd;
use step::{NotFinite, Recipe, train_step};

const X: [f64; 2] = [1.0, 2.0];
const START: [f64; 4] = [0.1, 0.2, 0.3, -0.1];
const CLIP: f64 = 0.25;

/// A rate that tells each step from the next.
fn rate(step: u64) -> f64 {
    0.8 / (step as f64 + 1.0)
}

fn recipe(clip_norm: Option<f64>) -> Recipe {
    Recipe { criterion: CrossEntropy::default(), clip_norm, schedule: Box::new(rate) }
}

fn model() -> Linear {
    Linear::from_parts(Tensor::from([[0.1, 0.2], [0.3, -0.1]]), None)
}

/// What a mistaken step does otherwise.
#[derive(Clone, Copy, Default)]
struct Mistake {
    keeps_gradients: bool,
    never_clips: bool,
    next_rate: bool,
}

/// Softmax regression on one example of class 0, written out: the weights, and losses and norms of the steps.
fn by_hand(steps: u64, clip: Option<f64>, mistake: Mistake) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut w, mut dw, mut losses, mut norms) = (START.to_vec(), vec![0.0; 4], Vec::new(), Vec::new());
    for step in 0..steps {
        let z: Vec<f64> = (0..2).map(|o| w[2 * o] * X[0] + w[2 * o + 1] * X[1]).collect();
        let p0 = 1.0 / (1.0 + (z[1] - z[0]).exp());
        losses.push(-p0.ln());
        for (o, dz) in [p0 - 1.0, 1.0 - p0].into_iter().enumerate() {
            for i in 0..2 {
                dw[2 * o + i] = if mistake.keeps_gradients { dw[2 * o + i] } else { 0.0 } + dz * X[i];
            }
        }
        let norm = dw.iter().map(|g| g * g).sum::<f64>().sqrt();
        norms.push(norm);
        let shorten = clip.filter(|_| !mistake.never_clips).map_or(1.0, |clip| (clip / norm).min(1.0));
        dw.iter_mut().for_each(|g| *g *= shorten);
        let rate = rate(step + u64::from(mistake.next_rate));
        w.iter_mut().zip(&dw).for_each(|(w, g)| *w -= rate * g);
    }
    (w, losses, norms)
}

/// Three steps. In 32 bits, with PyTorch's 1e-6 in the clipping: 1e-5 leaves room for both.
fn three_steps(what: &str, clip: Option<f64>) {
    let (mut layer, mut optimizer, recipe) = (model(), Sgd::new(), recipe(clip));
    let labels = Array::from([0i64]);
    let x = Tensor::from([X.map(|x| x as f32)]);
    let mut losses = Vec::new();
    let mut norms = Vec::new();
    for step in 0..3 {
        let done =
            train_step(&mut layer, &mut optimizer, &recipe, (&x, &labels), step).expect("all is finite");
        losses.push(done.loss);
        norms.push(done.norm);
    }
    let (want, want_losses, want_norms) = by_hand(3, clip, Mistake::default());
    let kept = by_hand(3, clip, Mistake { keeps_gradients: true, ..Mistake::default() }).0;
    let unclipped = by_hand(3, clip, Mistake { never_clips: true, ..Mistake::default() }).0;
    let early = by_hand(3, clip, Mistake { next_rate: true, ..Mistake::default() }).0;
    let mistakes: [(&str, &[f64]); 4] = [
        ("the gradients of earlier steps were not forgotten", &kept),
        ("the optimizer saw a gradient that was not clipped", &unclipped),
        ("the rate of the step after", &early),
        ("the weights did not move", &START),
    ];
    let got: Vec<f64> = layer.weight.value.iter().map(f64::from).collect();
    close(&format!("weights after three steps {what}"), &got, &want, 1e-5, &mistakes);
    close(&format!("losses {what}"), &losses, &want_losses, 1e-5, &[]);
    let shortened: Vec<f64> = want_norms.iter().map(|norm| norm.min(clip.unwrap_or(f64::INFINITY))).collect();
    let mistakes: [(&str, &[f64]); 1] =
        [("the norm after clipping; asked for is the norm before", &shortened)];
    close(&format!("norms {what}"), &norms, &want_norms, 1e-5, &mistakes);
}

#[test]
fn without_clipping() {
    three_steps("without clipping", None);
}

#[test]
fn with_clipping() {
    three_steps("with clipping", Some(CLIP));
}

/// Linear, whose backward pass goes wrong.
struct Poisoned(Linear);

impl Module for Poisoned {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        self.0.visit(visitor);
    }
}

impl Layer for Poisoned {
    fn forward(&mut self, x: Tensor) -> Tensor {
        self.0.forward(x)
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        self.0.backward(grad * f32::INFINITY)
    }

    fn infer(&self, x: Tensor) -> Tensor {
        self.0.infer(x)
    }
}

#[test]
fn a_loss_that_is_nan_moves_nothing() {
    let (mut layer, mut optimizer) = (model(), Sgd::new());
    let x = Tensor::from([[1.0, f32::NAN]]);
    let done = train_step(&mut layer, &mut optimizer, &recipe(Some(CLIP)), (&x, &Array::from([0i64])), 0);
    let moved = layer.weight.value.iter().zip(START).any(|(now, then)| now != then as f32);
    assert!(!moved, "the weights moved although the loss is NaN");
    assert!(
        matches!(done, Err(NotFinite::Loss(loss)) if loss.is_nan()),
        "the loss is NaN, but the step gave {done:?}"
    );
}

#[test]
fn a_gradient_that_is_not_finite_moves_nothing() {
    let (mut layer, mut optimizer) = (Poisoned(model()), Sgd::new());
    let x = Tensor::from([[1.0, 2.0]]);
    let done = train_step(&mut layer, &mut optimizer, &recipe(None), (&x, &Array::from([0i64])), 0);
    let moved = layer.0.weight.value.iter().zip(START).any(|(now, then)| now != then as f32);
    assert!(!moved, "the weights moved although the gradient is not finite");
    assert!(matches!(done, Err(NotFinite::Norm(_))), "the gradient is infinite, but the step gave {done:?}");
}
