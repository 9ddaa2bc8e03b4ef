//! The tied head (Press and Wolf 2017; GPT-2): the table that makes vectors of tokens also makes scores of vectors,
//! `z[n, v] = Σ_i x[n, i] E[v, i]`, that is `z = x Eᵀ`. A token scores high where the vector points its way.
//!
//! Shapes: `x` is `[.., size]` with all axes but the last as one, `n`; the table `E` is `[vocabulary, size]`, the logits
//! are `[n, vocabulary]`. There is no bias.
//!
//! With `g = dL/dz`: `dL/dx = g E`, and `dL/dE = gᵀ x`. The table is used twice, at the bottom of the model and here, so its
//! gradient is the sum of what comes from both uses: here it is added, and the embedding adds its own.

use ch01_tensors::{Array, Float, fail};
use ch02_matmul::{matmul, matmul_add};
use ch05_backprop::Param;

// ANCHOR: tied
/// The score of every token for every vector: `[.., size]` and a table `[vocabulary, size]` to `[n, vocabulary]`.
///
/// # Panics
/// When the sizes differ.
#[track_caller]
pub fn tied_logits<T: Float>(hidden: &Array<T>, table: &Array<T>) -> Array<T> {
    let x = rows("tied_logits", hidden, table);
    // exercise: forward - x Eᵀ: `x` is [n, size], `table` is [vocabulary, size]. `matmul(&a, &b)` multiplies, and
    // `table.clone().t()` transposes for free.
    matmul(&x, &table.clone().t())
    // exercise: end
}

/// The gradient of the vectors, in their shape, for that of the logits, `[n, vocabulary]`; adds to the gradient of the
/// table.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn tied_logits_backward<T: Float>(grad: &Array<T>, hidden: &Array<T>, table: &mut Param<T>) -> Array<T> {
    let x = rows("tied_logits_backward", hidden, &table.value);
    if *grad.shape() != [x.dim(0), table.value.dim(0)] {
        let rule = format_args!("a gradient of {:?} for vectors {:?}", grad.shape(), hidden.shape());
        fail("tied_logits_backward", rule);
    }
    // exercise: backward - `matmul_add(&mut table.grad, &a, &b)` adds a b to what is there already: add gᵀ x. Then the
    // gradient of x is g E, reshaped to the shape of `hidden`.
    matmul_add(&mut table.grad, &grad.clone().t(), &x);
    matmul(grad, &table.value).reshape(*hidden.shape())
    // exercise: end
}
// ANCHOR_END: tied

/// All axes but the last as one.
#[track_caller]
fn rows<T: Float>(operation: &str, hidden: &Array<T>, table: &Array<T>) -> Array<T> {
    if hidden.ndim() == 0 || table.ndim() != 2 || hidden.dim(-1) != table.dim(1) {
        let rule = format_args!("vectors {:?} for a table {:?}", hidden.shape(), table.shape());
        fail(operation, rule);
    }
    let size = table.dim(1);
    let count = hidden.shape()[..hidden.ndim() - 1].iter().product::<usize>();
    hidden.clone().reshape([count, size])
}
