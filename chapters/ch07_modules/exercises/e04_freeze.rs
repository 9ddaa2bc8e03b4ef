//! Which parameters are trained, and how many there are.
//!
//! A frozen parameter keeps its place in the network: gradients flow through its layer to those before it, and its own
//! gradient is still computed, but optimizers leave it alone. Fine-tuning freezes all but the last layers.

use ch01_tensors::Float;
use ch05_backprop::{Module, for_each_param};

/// Sets `frozen` where `which` says so; counts the parameters (arrays, not numbers) that it names.
fn set_frozen<T: Float>(
    module: &mut dyn Module<T>,
    frozen: bool,
    mut which: impl FnMut(&str) -> bool,
) -> usize {
    let mut count = 0;
    // Yours: For each parameter whose path, as a text, `which` accepts: set its field `frozen`, and count it.
    // Leave the others as they are.
    todo!();
    count
}

/// Stops training the parameters whose path `which` accepts (`p.requires_grad = False`). Returns how many arrays that
/// were: 0 says that the names are others than you thought.
///
/// Buffers are no parameters: the running statistics of a frozen BatchNorm go on changing in `forward` (chapter 11).
///
/// ```
/// # use ch01_tensors::Rng;
/// # use ch05_backprop::Linear;
/// # use ch07_modules::{Sequential, count_parameters, count_trainable, freeze};
/// let rng = &mut Rng::new(0, "init");
/// let mut model = Sequential::new().push(Linear::new(4, 3, rng)).push(Linear::new(3, 2, rng));
/// assert_eq!(freeze(&mut model, |path| path.starts_with("0.")), 2);
/// assert_eq!((count_parameters(&mut model), count_trainable(&mut model)), (23, 8));
/// ```
pub fn freeze<T: Float>(module: &mut dyn Module<T>, which: impl FnMut(&str) -> bool) -> usize {
    set_frozen(module, true, which)
}

/// Trains the parameters whose path `which` accepts again. Returns how many arrays that were.
pub fn unfreeze<T: Float>(module: &mut dyn Module<T>, which: impl FnMut(&str) -> bool) -> usize {
    set_frozen(module, false, which)
}

/// How many numbers the module learns: the elements of all its parameters, frozen ones too, buffers not.
pub fn count_parameters<T: Float>(module: &mut dyn Module<T>) -> usize {
    let mut count = 0;
    // Yours: The elements of each parameter's value.
    todo!();
    count
}

/// How many of them are not frozen.
pub fn count_trainable<T: Float>(module: &mut dyn Module<T>) -> usize {
    let mut count = 0;
    for_each_param(module, |_, param| count += if param.frozen { 0 } else { param.value.size() });
    count
}
