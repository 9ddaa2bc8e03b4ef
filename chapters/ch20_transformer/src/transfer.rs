//! What one model has learned, given to another that shares a part with it, by name.

use std::collections::BTreeMap;

use ch01_tensors::{Array, Float};
use ch05_backprop::{Entry, Module, Visitor};
use ch07_modules::StateError;

// ANCHOR: transfer
/// Gives every parameter and buffer of `module` whose name begins with `prefix` its value from `state`: the `bert.` of a
/// trained [`MaskedLm`](crate::MaskedLm) to a [`BertClassifier`](crate::BertClassifier). Everything else, in the module and
/// in the state, is left alone (`load_state_dict(state, strict=False)`, but strict within the prefix).
///
/// # Errors
/// When a name with this prefix is missing in either, or a shape differs; the error lists them all, and nothing has changed.
pub fn load_part<T: Float>(
    module: &mut dyn Module<T>,
    state: &BTreeMap<String, Array<T>>,
    prefix: &str,
) -> Result<(), StateError> {
    let mut error = StateError::default();
    let mut names = Vec::new();
    for_each_saved(module, prefix, &mut |name, array| {
        match state.get(&name) {
            None => error.missing.push(name.clone()),
            Some(other) if other.shape() != array.shape() => {
                error.shapes.push((name.clone(), other.shape().to_vec(), array.shape().to_vec()));
            }
            Some(_) => {}
        }
        names.push(name);
    });
    let unexpected = state.keys().filter(|name| name.starts_with(prefix) && !names.contains(name));
    error.unexpected.extend(unexpected.cloned());
    if error != StateError::default() {
        return Err(error);
    }
    for_each_saved(module, prefix, &mut |name, array| *array = state[&name].clone());
    Ok(())
}
// ANCHOR_END: transfer

/// Calls `see` with the name and array of everything that is saved under a prefix.
fn for_each_saved<T: Float>(
    module: &mut dyn Module<T>,
    prefix: &str,
    see: &mut dyn FnMut(String, &mut Array<T>),
) {
    module.visit(&mut Visitor::new(&mut |path, entry| {
        let name = path.to_string();
        match entry {
            _ if !name.starts_with(prefix) => {}
            Entry::Param(param) => see(name, &mut param.value),
            Entry::Buffer(buffer) => see(name, buffer),
            Entry::Stream(_) => {}
        }
    }));
}
