//! Asking for gradients: added to the leaves ([`Var::backward`]), or returned as variables ([`grad`]).

use ch01_tensors::{Array, Float, Shape, fail};

use crate::{Var, mode, propagate};

/// What becomes of the tape in a backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tape {
    /// It is let go of step by step, and the memory with it. A second pass is refused.
    Release,
    /// It stays, for another pass (`retain_graph=True`).
    Retain,
    /// It stays, and the pass itself is recorded, so that the gradients can be differentiated (`create_graph=True`).
    Create,
}

impl<T: Float> Var<T> {
    /// Adds the gradient of this scalar to every leaf it was computed from, and releases the tape (`loss.backward()`).
    ///
    /// # Panics
    /// When the value is not a single number, when nothing before it requires a gradient, and as [`Var::pull`].
    #[track_caller]
    pub fn backward(&self) {
        self.backward_with(one("backward", self), Tape::Release);
    }

    /// The same for a value of any shape, weighted by `seed = dL/dself` (`y.backward(gradient=seed)`).
    ///
    /// # Panics
    /// As [`Var::backward`], and when the seed has another shape.
    #[track_caller]
    pub fn backward_with(&self, seed: Array<T>, tape: Tape) {
        check_seed("backward", self, seed.shape());
        if !self.requires_grad() {
            let why = "it was detached, computed under no_grad, or made of constants only";
            fail(
                "backward",
                format_args!("the value does not depend on anything that requires a gradient: {why}"),
            );
        }
        let is_target = |x: &Var<T>| x.requires_grad() && x.is_leaf();
        for (leaf, gradient) in passes(self, Var::constant(seed), tape, &is_target) {
            leaf.add_grad(gradient.value());
        }
    }
}

/// The gradients of a scalar with respect to some variables, leaves or not (`torch.autograd.grad`). They are zero for what
/// the output does not depend on. Nothing is added to the leaves.
///
/// # Panics
/// When the output is not a single number, when a variable does not require a gradient, and as [`Var::pull`].
#[track_caller]
pub fn grad<T: Float>(output: &Var<T>, with_respect_to: &[&Var<T>], tape: Tape) -> Vec<Var<T>> {
    grad_with(output, Var::constant(one("grad", output)), with_respect_to, tape)
}

/// [`grad`] for an output of any shape, weighted by `seed`.
#[track_caller]
pub(crate) fn grad_with<T: Float>(
    output: &Var<T>,
    seed: Var<T>,
    with_respect_to: &[&Var<T>],
    tape: Tape,
) -> Vec<Var<T>> {
    check_seed("grad", output, &seed.shape());
    if let Some(i) = with_respect_to.iter().position(|x| !x.requires_grad()) {
        fail("grad", format_args!("variable {i} does not require a gradient: make it with Var::variable"));
    }
    let is_target = |x: &Var<T>| with_respect_to.iter().any(|y| y.id() == x.id());
    let found = if output.requires_grad() { passes(output, seed, tape, &is_target) } else { Vec::new() };
    let of = |x: &Var<T>| found.iter().find(|(y, _)| y.id() == x.id()).map(|(_, gradient)| gradient.clone());
    with_respect_to.iter().map(|x| of(x).unwrap_or_else(|| Var::constant(Array::zeros(x.shape())))).collect()
}

/// A backward pass, recorded only if it is to be differentiated.
fn passes<T: Float>(
    output: &Var<T>,
    seed: Var<T>,
    tape: Tape,
    is_target: &dyn Fn(&Var<T>) -> bool,
) -> Vec<(Var<T>, Var<T>)> {
    match tape {
        Tape::Create => mode::enable_grad(|| propagate(output, seed, tape, is_target)),
        _ => mode::no_grad(|| propagate(output, seed, tape, is_target)),
    }
}

/// `dL/dL = 1`.
#[track_caller]
fn one<T: Float>(operation: &str, output: &Var<T>) -> Array<T> {
    let shape = output.shape();
    if shape.size() != 1 {
        fail(operation, format_args!("a gradient is that of one number, but the output has shape {shape:?}"));
    }
    Array::ones(shape)
}

#[track_caller]
fn check_seed<T: Float>(operation: &str, output: &Var<T>, seed: &Shape) {
    if output.shape() != *seed {
        let shape = output.shape();
        fail(operation, format_args!("a gradient of shape {seed:?} for an output of shape {shape:?}"));
    }
}
