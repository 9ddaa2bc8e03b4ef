//! `matmul`: the product in use, for vectors, matrices and batches of matrices.
//!
//! A transpose, a slice or a broadcast is a view with other strides, and the product reads views as they are: the four
//! cases `a b`, `a bᵀ`, `aᵀ b` and `aᵀ bᵀ` are one function, and nothing is copied.

use ch01_tensors::{Array, Float, Shape, broadcast_shape, fail};

use crate::task::{Sizes, multiply};

// ANCHOR: matmul
/// The matrix product of the last two axes (`torch.matmul`): `[.., m, k] x [.., k, n] -> [.., m, n]`. The axes before them
/// are batch axes and broadcast. A vector on the left is a row, one on the right a column, and the result lacks that axis:
/// `[k] x [k, n] -> [n]`, `[m, k] x [k] -> [m]`, `[k] x [k] -> []`. With `k = 0` every sum is empty, and the result 0.
///
/// # Panics
/// For a scalar, or when the inner sizes differ or the batch axes do not broadcast.
#[track_caller]
pub fn matmul<T: Float>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    let product = Product::new("matmul", a, b);
    let mut c = Array::scratch(product.shape);
    product.write(false, &mut c);
    c
}

/// `c += a b`, without a temporary: how gradients of weights are accumulated (`torch.addmm` in place). With `k = 0` there
/// is nothing to add.
///
/// # Panics
/// As [`matmul`], and when `c` does not have the shape of the product.
#[track_caller]
pub fn matmul_add<T: Float>(c: &mut Array<T>, a: &Array<T>, b: &Array<T>) {
    let product = Product::new("matmul_add", a, b);
    if *c.shape() != product.shape {
        let shape = product.shape;
        fail("matmul_add", format_args!("the product has shape {shape:?}, but is added to {:?}", c.shape()));
    }
    product.write(true, c);
}
// ANCHOR_END: matmul

/// The shape of [`matmul`]'s result.
///
/// # Panics
/// As [`matmul`]; `operation` names the caller in the message.
#[track_caller]
pub fn product_shape<T: Float>(operation: &str, a: &Array<T>, b: &Array<T>) -> Shape {
    let (x, y) = (a.shape(), b.shape());
    if x.is_empty() || y.is_empty() {
        fail(operation, format_args!("needs vectors or matrices, not {x:?} x {y:?}"));
    }
    // The inner axis is the last of `a`, and the last but one of `b` or its only one.
    let inner = y.len().saturating_sub(2);
    if x[x.len() - 1] != y[inner] {
        fail(operation, format_args!("inner sizes differ: {x:?} x {y:?}"));
    }
    let leading = |shape: &Shape| Shape::new(&shape[..shape.len().saturating_sub(2)]);
    let Some(batch) = broadcast_shape(&leading(x), &leading(y)) else {
        fail(operation, format_args!("batch axes do not broadcast: {x:?} x {y:?}"));
    };
    let rows = x.len().checked_sub(2).map(|axis| x[axis]);
    let cols = (y.len() > 1).then(|| y[y.len() - 1]);
    batch.iter().copied().chain(rows).chain(cols).collect()
}

/// Two operands that fit, and what their product will look like.
struct Product<T: Float> {
    /// `[batch.., m, k]`, a view.
    a: Array<T>,
    /// `[batch.., k, n]`, a view.
    b: Array<T>,
    sizes: Sizes,
    /// `[batch.., m, n]` without the axes that stand for vectors.
    shape: Shape,
}

impl<T: Float> Product<T> {
    #[track_caller]
    fn new(operation: &str, a: &Array<T>, b: &Array<T>) -> Self {
        let shape = product_shape(operation, a, b);
        let row = if a.ndim() == 1 { a.clone().unsqueeze(0) } else { a.clone() };
        let column = if b.ndim() == 1 { b.clone().unsqueeze(1) } else { b.clone() };
        let [m, k, n] = [row.dim(-2), row.dim(-1), column.dim(-1)];
        let vectors = [a, b].into_iter().filter(|array| array.ndim() == 1).count();
        let batch = Shape::new(&shape[..shape.len() + vectors - 2]);
        let matrices = |rows, cols| batch.with(batch.len(), rows).with(batch.len() + 1, cols);
        Product {
            a: row.broadcast_to(matrices(m, k)),
            b: column.broadcast_to(matrices(k, n)),
            sizes: Sizes { batch, m, k, n },
            shape,
        }
    }

    fn write(&self, add: bool, c: &mut Array<T>) {
        if self.sizes.k > 0 && !c.is_empty() {
            multiply(&self.a, &self.b, self.sizes, add, c.data_mut());
        } else if !add {
            c.data_mut().fill(T::ZERO);
        }
    }
}
