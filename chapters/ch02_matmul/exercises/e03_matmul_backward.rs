//! The gradients of a product.
//!
//! With `c[i, j] = sum_p a[i, p] b[p, j]` and `g = dL/dc`, the chain rule sums over every `c` that an element is part of:
//!
//! - `dL/da[i, p] = sum_j g[i, j] b[p, j]`, that is `g bᵀ`: row `i` of `a` is only in row `i` of `c`;
//! - `dL/db[p, j] = sum_i a[i, p] g[i, j]`, that is `aᵀ g`.
//!
//! Where an operand was broadcast over batch axes, it is part of every product along them, so its gradient is the sum.

use ch01_tensors::{Array, Float, Shape, Strides, fail};
use ch02_matmul::{matmul, product_shape};

/// `(dL/da, dL/db)` for `c = matmul(a, b)` and `grad = dL/dc`, in the shapes of `a` and `b`.
///
/// # Panics
/// As [`matmul`], and when `grad` does not have the shape of the product.
#[track_caller]
pub fn matmul_backward<T: Float>(grad: &Array<T>, a: &Array<T>, b: &Array<T>) -> (Array<T>, Array<T>) {
    let (g, x, y) = as_matrices(grad, a, b);
    let (dx, dy) = gradients(&g, &x, &y);
    (dx.reshape(a.shape()), dy.reshape(b.shape()))
}

/// The gradients for `a` of `[.., m, k]`, `b` of `[.., k, n]` and `g` of `[.., m, n]`, batch axes broadcast.
pub(crate) fn gradients<T: Float>(g: &Array<T>, a: &Array<T>, b: &Array<T>) -> (Array<T>, Array<T>) {
    // Yours: Return g bᵀ and aᵀ g. `x.clone().t()` transposes the last two axes for free, and
    // `sum_to(x, shape)` sums over the axes along which `shape` was broadcast.
    todo!()
}

/// Sums over the axes that broadcasting added to `shape` or stretched.
fn sum_to<T: Float>(x: Array<T>, shape: &Shape) -> Array<T> {
    let new_axes = x.ndim() - shape.len();
    let summed = |&axis: &usize| axis < new_axes || shape[axis - new_axes] != x.shape()[axis];
    let axes: Strides = (0..x.ndim()).filter(summed).map(|axis| axis as isize).collect();
    if axes.is_empty() { x } else { x.sum(&axes[..], true).reshape(shape) }
}

/// Vectors as matrices, and a batch that meets a single `b` as one matrix with all the rows.
#[track_caller]
fn as_matrices<T: Float>(grad: &Array<T>, a: &Array<T>, b: &Array<T>) -> (Array<T>, Array<T>, Array<T>) {
    let shape = product_shape("matmul_backward", a, b);
    if *grad.shape() != shape {
        fail(
            "matmul_backward",
            format_args!("the product has shape {shape:?}, but its gradient {:?}", grad.shape()),
        );
    }
    let (mut g, mut x, mut y) = (grad.clone(), a.clone(), b.clone());
    if b.ndim() == 1 {
        (g, y) = (g.unsqueeze(-1), y.unsqueeze(-1));
    }
    if a.ndim() == 1 {
        (g, x) = (g.unsqueeze(-2), x.unsqueeze(-2));
    }
    if y.ndim() == 2 {
        let rows = Shape::new(&x.shape()[..x.ndim() - 1]).size();
        (g, x) = (g.reshape([rows, y.dim(1)]), x.reshape([rows, y.dim(0)]));
    }
    (g, x, y)
}
