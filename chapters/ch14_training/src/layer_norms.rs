//! How long the gradient of each parameter is.

use ch05_backprop::{Module, for_each_param};
use ch09_optimizers::sum_of_squares;

/// The names of a model's parameters.
pub fn layer_names(model: &mut dyn Module) -> Vec<String> {
    let mut names = Vec::new();
    for_each_param(model, |path, _| names.push(path.to_string()));
    names
}

/// Adds the norm of each parameter's gradient to its sum, which is made if there are none yet.
pub fn add_layer_norms(model: &mut dyn Module, sums: &mut Vec<f64>) {
    let mut place = 0;
    for_each_param(model, |_, param| {
        if place == sums.len() {
            sums.push(0.0);
        }
        sums[place] += sum_of_squares(&param.grad).sqrt();
        place += 1;
    });
}
