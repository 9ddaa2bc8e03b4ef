//! Checkpointing: forget the inside of a function, and compute it again when the gradient comes (Griewank 1992; Chen et al.
//! 2016; `torch.utils.checkpoint`).
//!
//! The tape of n layers holds n activations. Cut into k parts, each a checkpoint, it holds the k inputs of the parts, and
//! during the backward pass the inside of one part at a time: about k + n/k activations, least for k = √n, at the price of
//! one more forward pass.

use std::collections::HashSet;
use std::rc::Rc;

use ch01_tensors::{Array, Float, fail};
use ch06_autograd::{Operation, Tape, Var, apply, enable_grad, no_grad, propagate};

/// What is recomputed.
type Function<T> = Rc<dyn Fn(&[Var<T>]) -> Var<T>>;

struct Checkpoint<T: Float>(Function<T>);

// ANCHOR: checkpoint
/// `f(inputs)`, keeping nothing of what is inside. `f` must compute the same every time, and everything it differentiates
/// (weights too) must be among the inputs.
///
/// # Panics
/// In the backward pass, when `f` uses another variable that requires a gradient.
#[track_caller]
pub fn checkpoint<T: Float>(f: impl Fn(&[Var<T>]) -> Var<T> + 'static, inputs: &[&Var<T>]) -> Var<T> {
    apply(Checkpoint(Rc::new(f)), inputs)
}

impl<T: Float> Operation<T> for Checkpoint<T> {
    fn name(&self) -> &'static str {
        "checkpoint"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        // exercise: forward - The value of `f` on constants, under `no_grad`: what is inside is freed at once.
        let x: Vec<Var<T>> = x.iter().map(|x| Var::constant(x.clone())).collect();
        no_grad(|| (self.0)(&x)).value()
        // exercise: end
    }

    fn backward(&self, which: usize, grad: &Var<T>, x: &[Var<T>], y: &Var<T>) -> Var<T> {
        let wanted: Vec<bool> = (0..x.len()).map(|i| i == which).collect();
        let gradient = self.gradients(&wanted, grad, x, y).swap_remove(which);
        gradient.expect("the gradient that was asked for")
    }

    fn gradients(&self, wanted: &[bool], grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Vec<Option<Var<T>>> {
        // A second handle of each input, where the inner backward pass ends. It leads on to the input itself, so that the
        // gradient can be differentiated.
        let ends: Vec<Var<T>> = enable_grad(|| x.iter().map(Var::alias).collect());
        let y = {
            // exercise: recompute - `self.0` of `&ends` again, this time recorded (`enable_grad`).
            enable_grad(|| (self.0)(&ends))
            // exercise: end
        };
        let is_end = |x: &Var<T>| ends.iter().any(|end| end.id() == x.id());
        refuse_captured(&y, &is_end);
        let found = propagate(&y, grad.clone(), Tape::Retain, &is_end);
        let of = |end: &Var<T>| found.iter().find(|(x, _)| x.id() == end.id()).map(|(_, g)| g.clone());
        let zeros = |end: &Var<T>| Var::constant(Array::zeros(end.shape()));
        let wanted = ends.iter().zip(wanted);
        wanted.map(|(end, &wanted)| wanted.then(|| of(end).unwrap_or_else(|| zeros(end)))).collect()
    }
}
// ANCHOR_END: checkpoint

/// Fails if a variable that requires a gradient was used without being an input: its gradient would be lost.
fn refuse_captured<T: Float>(y: &Var<T>, is_end: &dyn Fn(&Var<T>) -> bool) {
    let (mut waiting, mut seen) = (vec![y.clone()], HashSet::new());
    while let Some(x) = waiting.pop() {
        if !x.requires_grad() || is_end(&x) || !seen.insert(x.id()) {
            continue;
        }
        let inputs = x.inputs();
        if inputs.is_empty() {
            let rule = "requires a gradient and is used by the function without being among its inputs";
            fail("checkpoint", format_args!("a variable of shape {:?} {rule}", x.shape()));
        }
        waiting.extend(inputs);
    }
}
