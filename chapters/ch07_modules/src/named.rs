//! Everything in a network by name, and first values by name and role.

use ch01_tensors::{Array, Float};
use ch05_backprop::{Entry, Module, Role, Visitor, for_each_param};

// ANCHOR: named
/// The parameters in the order of the visitor, each with its path (`module.named_parameters()`). The arrays share their
/// storage with the module until one of the two is written.
pub fn named_parameters<T: Float>(module: &mut dyn Module<T>) -> Vec<(String, Array<T>)> {
    let mut found = Vec::new();
    for_each_param(module, |path, param| found.push((path.to_string(), param.value.clone())));
    found
}

/// The buffers, such as running statistics, each with its path (`module.named_buffers()`).
pub fn named_buffers<T: Float>(module: &mut dyn Module<T>) -> Vec<(String, Array<T>)> {
    let mut found = Vec::new();
    module.visit(&mut Visitor::new(&mut |path, entry| {
        if let Entry::Buffer(buffer) = entry {
            found.push((path.to_string(), buffer.clone()));
        }
    }));
    found
}

/// Hands every parameter's path, role and value to `init`, which may change the value (`module.apply(init)`). Gradients and
/// what is frozen stay as they are. Chapter 8 says which values are good.
///
/// ```
/// # use ch01_tensors::{Rng, Tensor};
/// # use ch05_backprop::{Linear, Role};
/// # use ch07_modules::{init_with, named_parameters};
/// let mut model = Linear::new(4, 3, &mut Rng::new(0, "init"));
/// init_with(&mut model, |path, role, value| {
///     if role == Role::Bias {
///         value.fill(0.5);
///     }
/// });
/// assert_eq!(named_parameters(&mut model)[1], ("bias".to_owned(), Tensor::full([3], 0.5)));
/// ```
///
/// # Panics
/// When `init` leaves another shape.
#[track_caller]
pub fn init_with<T: Float>(module: &mut dyn Module<T>, mut init: impl FnMut(&str, Role, &mut Array<T>)) {
    for_each_param(module, |path, param| {
        let shape = *param.value.shape();
        init(&path.to_string(), param.role, &mut param.value);
        let now = param.value.shape();
        assert!(*now == shape, "init_with: {path} had shape {shape:?}, and now {now:?}");
    });
}
// ANCHOR_END: named
