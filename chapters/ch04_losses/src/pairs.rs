//! Pairs of vectors that belong together or not: what the losses of embeddings share.

use ch01_tensors::{Array, Float, Num, fail};
use ch04_losses::same_shape;

/// Checks two arrays of vectors `[.., features]` and their labels `[..]`; tells for each pair whether it belongs
/// together, `[.., 1]`. `together` and `apart` are the two labels allowed.
///
/// # Panics
/// When the shapes do not fit, or a label is another number.
#[track_caller]
pub(crate) fn pairs<T: Float, L: Num>(
    operation: &str,
    a: &Array<T>,
    b: &Array<T>,
    labels: &Array<L>,
    together: f64,
    apart: f64,
) -> Array<bool> {
    vectors(operation, a, b);
    let pairs = a.shape().without(a.ndim() - 1);
    if *labels.shape() != pairs {
        fail(
            operation,
            format_args!("labels {:?} are not one per pair {pairs:?} of {:?}", labels.shape(), a.shape()),
        );
    }
    for (row, label) in labels.iter().enumerate() {
        if label.to_f64() != together && label.to_f64() != apart {
            fail(operation, format_args!("label {label} of pair {row} is neither {together} nor {apart}"));
        }
    }
    labels.map_to(|label| label.to_f64() == together).unsqueeze(-1)
}

/// `max(0, x)`. NaN stays; `Float::max` would turn it into 0, a loss that looks perfect.
pub(crate) fn hinge<T: Float>(x: T) -> T {
    if x < T::ZERO { T::ZERO } else { x }
}

/// Refuses arrays of different shapes, and scalars, which are not vectors.
#[track_caller]
pub(crate) fn vectors<T: Float>(operation: &str, a: &Array<T>, b: &Array<T>) {
    same_shape(operation, a, b);
    if a.ndim() == 0 {
        fail(operation, format_args!("vectors are [.., features], not a scalar"));
    }
}
