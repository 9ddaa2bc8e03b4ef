//! The one rule about shapes that most losses share.

use ch01_tensors::{Array, Element, fail};

/// Refuses a prediction and a target of different shapes. Broadcasting them would hide a mistake: `[n]` against
/// `[n, 1]` would silently compare every prediction with every target.
///
/// # Panics
/// When the shapes differ, naming `operation` and both.
#[track_caller]
pub fn same_shape<T: Element, U: Element>(operation: &str, x: &Array<T>, y: &Array<U>) {
    if x.shape() != y.shape() {
        fail(
            operation,
            format_args!("prediction {:?} and target {:?} differ in shape", x.shape(), y.shape()),
        );
    }
}
