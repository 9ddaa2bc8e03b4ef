//! The matrix product on the tape.

use ch01_tensors::{Array, Float};

use crate::{Operation, Var, apply, matmul_gradient};

// ANCHOR: matmul
struct Matmul;

impl<T: Float> Operation<T> for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn key(&self) -> Option<String> {
        Some("matmul".into())
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        ch02_matmul::matmul(&x[0], &x[1])
    }

    fn backward(&self, which: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        matmul_gradient(which, grad, &x[0], &x[1])
    }
}
// ANCHOR_END: matmul

impl<T: Float> Var<T> {
    /// The matrix product of the last two axes; axes before them are batch axes and broadcast. A vector on the left is a row,
    /// one on the right a column, and the result lacks that axis (`torch.matmul`).
    ///
    /// # Panics
    /// For a scalar, or when the inner sizes differ or the batch axes do not broadcast.
    #[track_caller]
    pub fn matmul(&self, other: &Var<T>) -> Var<T> {
        let shape = ch02_matmul::product_shape("matmul", &self.value(), &other.value());
        let row = if self.shape().len() == 1 { self.reshape([1, self.dim(0)]) } else { self.clone() };
        let column = if other.shape().len() == 1 { other.reshape([other.dim(0), 1]) } else { other.clone() };
        if row.shape().len() > 2 && column.shape().len() == 2 {
            // One product for the whole batch: faster, and its gradient too.
            let (k, n) = (column.dim(0), column.dim(1));
            let rows: usize = row.shape()[..row.shape().len() - 1].iter().product();
            let product = apply(Matmul, &[&row.reshape([rows, k]), &column]);
            debug_assert_eq!(product.shape(), ch01_tensors::Shape::from([rows, n]));
            return product.reshape(shape);
        }
        apply(Matmul, &[&row, &column]).reshape(shape)
    }
}
