//! All that a trained module has learned, by name (`torch.nn.Module.state_dict`).
//!
//! The names are the paths of the visitor: `encoder.0.weight`. Parameters and buffers belong to the state; random
//! streams do not, they belong to the training run (chapter 14 saves them in its checkpoints).
//!
//! Loading is strict, as PyTorch's default is, and all or nothing: a state that does not fit changes nothing.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use ch01_tensors::{Array, Float, Shape, fail};
use ch05_backprop::{Entry, Module, Visitor};

/// Calls `see` with the name and array of everything that is saved.
fn for_each_saved<T: Float>(module: &mut dyn Module<T>, mut see: impl FnMut(String, &mut Array<T>)) {
    module.visit(&mut Visitor::new(&mut |path, entry| match entry {
        Entry::Param(param) => see(path.to_string(), &mut param.value),
        Entry::Buffer(buffer) => see(path.to_string(), buffer),
        Entry::Stream(_) => {}
    }));
}

/// Every parameter and buffer by name (`module.state_dict()`).
///
/// The arrays share their storage with the module, and whoever writes first copies: later training does not change a
/// state that was taken before. (PyTorch's does change, which is why its tutorials say `copy.deepcopy`.)
///
/// # Panics
/// When two entries of the module have the same name.
#[track_caller]
pub fn state_dict<T: Float>(module: &mut dyn Module<T>) -> BTreeMap<String, Array<T>> {
    let mut state = BTreeMap::new();
    for_each_saved(module, |name, array| {
        if state.contains_key(&name) {
            fail("state_dict", format_args!("two entries are called {name}"));
        }
        state.insert(name, array.clone());
    });
    state
}

/// A state that belongs to another module: everything that does not fit.
#[derive(Clone, Debug, Default, PartialEq, thiserror::Error)]
pub struct StateError {
    /// Names that the module has and the state has not.
    pub missing: Vec<String>,
    /// Names that the state has and the module has not.
    pub unexpected: Vec<String>,
    /// Names with different shapes: the name, the state's shape, the module's.
    pub shapes: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("missing: {}", self.missing.join(", ")));
        }
        if !self.unexpected.is_empty() {
            parts.push(format!("not in the module: {}", self.unexpected.join(", ")));
        }
        let shapes = self.shapes.iter().map(|(name, theirs, ours)| format!("{name} {theirs:?} for {ours:?}"));
        if !self.shapes.is_empty() {
            parts.push(format!("wrong shapes: {}", shapes.collect::<Vec<_>>().join(", ")));
        }
        write!(f, "the state does not fit the module: {}", parts.join("; "))
    }
}

/// Gives every parameter and buffer its value from a state (`module.load_state_dict(state)`, strict).
///
/// The module shares the state's storage until it is trained. Gradients are left alone.
///
/// # Errors
/// When a name is missing or unexpected, or a shape differs; the error lists them all, and nothing has changed.
pub fn load_state_dict<T: Float>(
    module: &mut dyn Module<T>,
    state: &BTreeMap<String, Array<T>>,
) -> Result<(), StateError> {
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for_each_saved(module, |name, array| {
        shapes.insert(name, *array.shape());
    });
    let mut error = StateError::default();
    // Yours: `shapes` has the module's names and shapes. Push what does not fit onto the three lists of
    // `error`: `missing` and `unexpected` names, and `shapes` with (name, the state's shape, the module's shape).
    todo!();
    // Yours: Refuse when anything is on the lists; only then put a clone of each of the state's arrays into
    // the module, by `for_each_saved`.
    todo!()
}
