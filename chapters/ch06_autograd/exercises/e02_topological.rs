//! The order of a backward pass: every variable before those it was made from.
//!
//! A variable's gradient is the sum of what all its users send back, so it must not be passed on before the last of them
//! has been heard. Depth first, a variable is finished after everything it was made from; the finished ones, read
//! backwards, are in the order we want. Without recursion, since a graph may be deeper than a thread's stack.

use std::collections::HashSet;

use ch01_tensors::Float;
use ch06_autograd::Var;

/// All variables that `output` was computed from and that require a gradient, `output` first, and each one before its
/// [`inputs`](Var::inputs). Each stands there once.
pub fn topological_order<T: Float>(output: &Var<T>) -> Vec<Var<T>> {
    // Yours: Visit depth first, starting at `output`, and each variable once (`id()` tells them apart). A
    // variable goes to the end of the list when all its inputs have gone there; at last, turn the list around. Pass over
    // inputs that do not require a gradient. A stack of pairs (variable, inputs still to visit) does without recursion.
    todo!()
}
