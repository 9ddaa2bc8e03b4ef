//! Reverse mode: gradients travel from the output to the inputs, and add where ways meet.
//!
//! For `x` with users `u_1, u_2, …`: `dL/dx = Σ_i J_iᵀ dL/du_i`, with `J_i = ∂u_i/∂x`. In topological order, every term of
//! the sum has arrived when it is `x`'s turn (Linnainmaa 1970; Speelpenning 1980).

use std::collections::{HashMap, HashSet};

use ch01_tensors::Float;
use ch06_autograd::{Tape, Var, topological_order};

/// Carries `seed = dL/doutput` back to the variables that `is_target` picks; returns them with their gradients. What no
/// target depends on, or what leads to none, is not computed.
pub fn propagate<T: Float>(
    output: &Var<T>,
    seed: Var<T>,
    tape: Tape,
    is_target: &dyn Fn(&Var<T>) -> bool,
) -> Vec<(Var<T>, Var<T>)> {
    let order = topological_order(output);
    // From the inputs up: which variables depend on a target, and so pass a gradient on.
    let mut needed = HashSet::new();
    for x in order.iter().rev() {
        let leads_on = x.inputs().iter().any(|input| needed.contains(&input.id()));
        // What a released variable depended on is forgotten: `pull` will refuse it.
        if is_target(x) || leads_on || x.is_released() {
            needed.insert(x.id());
        }
    }

    let mut found = Vec::new();
    let mut gradients = HashMap::from([(output.id(), seed)]);
    for x in order {
        // Nothing arrives where nothing is needed.
        let Some(gradient) = gradients.remove(&x.id()) else { continue };
        let gradient = x.hooked(gradient);
        if is_target(&x) {
            found.push((x.clone(), gradient.clone()));
        }
        let inputs = x.inputs();
        let wanted: Vec<bool> = inputs.iter().map(|input| needed.contains(&input.id())).collect();
        if x.is_leaf() || (is_target(&x) && !wanted.contains(&true)) {
            continue;
        }
        // Yours: `x.pull(&gradient, &wanted, tape)` gives one gradient, or None, for each of `inputs`. Keep
        // in `gradients`, under the `id()` of the input, the sum of those that have arrived.
        todo!()
    }
    found
}
