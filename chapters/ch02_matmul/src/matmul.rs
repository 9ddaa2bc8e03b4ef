//! `matmul`: the product in use, for matrices and for batches of them.

use ch01_tensors::{Array, Float, Shape, broadcast_shape, fail};
use rayon::prelude::*;

use crate::fallback::{Strided, gemm};

/// The matrix product of the last two axes; axes before them are batch axes and broadcast (`torch.matmul` for two or
/// more axes): `[.., m, k] x [.., k, n] -> [.., m, n]`. Operands may be views: a transpose is free.
///
/// # Panics
/// With fewer than two axes, or when the inner sizes differ or the batch axes do not broadcast.
#[track_caller]
pub fn matmul<T: Float>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    let mut c = Array::scratch(product_shape(a, b));
    multiply(a, b, T::ZERO, &mut c);
    c
}

/// `c += a b`, without a temporary: how gradients of weights are accumulated.
///
/// # Panics
/// As [`matmul`], and when `c` does not have the shape of the product.
#[track_caller]
pub fn matmul_add<T: Float>(c: &mut Array<T>, a: &Array<T>, b: &Array<T>) {
    let shape = product_shape(a, b);
    if *c.shape() != shape {
        fail("matmul_add", format_args!("the product has shape {shape:?}, the sum {:?}", c.shape()));
    }
    multiply(a, b, T::ONE, c);
}

#[track_caller]
fn product_shape<T: Float>(a: &Array<T>, b: &Array<T>) -> Shape {
    let (x, y) = (a.shape(), b.shape());
    if x.len() < 2 || y.len() < 2 {
        fail("matmul", format_args!("needs matrices, not {x:?} x {y:?}"));
    }
    if x[x.len() - 1] != y[y.len() - 2] {
        fail("matmul", format_args!("inner sizes differ: {x:?} x {y:?}"));
    }
    let (batch_x, batch_y) = (Shape::new(&x[..x.len() - 2]), Shape::new(&y[..y.len() - 2]));
    let Some(batch) = broadcast_shape(&batch_x, &batch_y) else {
        fail("matmul", format_args!("batch axes do not broadcast: {x:?} x {y:?}"));
    };
    batch.with(batch.len(), x[x.len() - 2]).with(batch.len() + 1, y[y.len() - 1])
}

/// Rows of the result per parallel task: fixed, so that results do not depend on the number of threads.
const ROWS: usize = 64;
/// Below this many multiplications, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 20;

/// `c = a b + beta c`, shapes already checked.
fn multiply<T: Float>(a: &Array<T>, b: &Array<T>, beta: T, c: &mut Array<T>) {
    let batch = Shape::new(&c.shape()[..c.ndim() - 2]);
    let [m, n, k] = [c.dim(-2), c.dim(-1), a.dim(-1)];
    if c.is_empty() {
        return;
    }
    // Batch axes broadcast like any others; then each product is found by its number in row-major order.
    let a = a.clone().broadcast_to(batch.with(batch.len(), m).with(batch.len() + 1, k));
    let b = b.clone().broadcast_to(batch.with(batch.len(), k).with(batch.len() + 1, n));
    let product = |number: usize, first_row: usize, c: &mut [T]| {
        let at = |array: &Array<T>| {
            let mut rest = number;
            let mut place = array.offset() as isize;
            for axis in (0..batch.len()).rev() {
                place += (rest % batch[axis]) as isize * array.strides()[axis];
                rest /= batch[axis];
            }
            place
        };
        let [axes_a, axes_b] = [&a, &b].map(|x| [x.strides()[batch.len()], x.strides()[batch.len() + 1]]);
        let start_a = at(&a) + first_row as isize * axes_a[0];
        // An empty inner axis leaves nothing to point at.
        let pointer = |x: &Array<T>, place: isize| {
            if k == 0 { x.storage().as_ptr() } else { &raw const x.storage()[place as usize] }
        };
        // SAFETY: shapes were checked, so every element of the products lies inside the arrays' storage; `c` is ours.
        unsafe {
            gemm(
                [c.len() / n, k, n],
                Strided { first: pointer(&a, start_a), row: axes_a[0], col: axes_a[1] },
                Strided { first: pointer(&b, at(&b)), row: axes_b[0], col: axes_b[1] },
                beta,
                Strided { first: c.as_mut_ptr(), row: n as isize, col: 1 },
            );
        }
    };
    let parallel = batch.size() * m * n * k >= PARALLEL_MIN;
    let c = c.data_mut();
    if parallel {
        // Each task is a block of rows of one product.
        let blocks = c.par_chunks_mut(m * n).enumerate();
        blocks.for_each(|(number, c)| {
            c.par_chunks_mut(ROWS * n).enumerate().for_each(|(block, c)| product(number, block * ROWS, c));
        });
    } else {
        c.chunks_mut(m * n).enumerate().for_each(|(number, c)| product(number, 0, c));
    }
}
