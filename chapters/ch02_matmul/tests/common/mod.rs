//! What the tests of this chapter share: an oracle, arrays in every layout, and an error bound.
#![allow(dead_code, reason = "each test uses a part")]

use ch01_tensors::{Array, Float, Rng, Shape, broadcast_shape};

/// The product by its definition, in f64, for operands with at least two axes.
pub fn oracle<T: Float>(a: &Array<T>, b: &Array<T>) -> Array<f64> {
    let [m, k, n] = [a.dim(-2), a.dim(-1), b.dim(-1)];
    assert_eq!(k, b.dim(-2));
    let leading = |x: &Array<T>| Shape::new(&x.shape()[..x.ndim() - 2]);
    let batch = broadcast_shape(&leading(a), &leading(b)).expect("batch axes that broadcast");
    let full = |rows, cols| batch.with(batch.len(), rows).with(batch.len() + 1, cols);
    let a = a.to_f64().broadcast_to(full(m, k)).to_vec();
    let b = b.to_f64().broadcast_to(full(k, n)).to_vec();
    let mut c = Vec::new();
    for item in 0..batch.size() {
        for i in 0..m {
            for j in 0..n {
                c.push((0..k).map(|p| a[(item * m + i) * k + p] * b[(item * k + p) * n + j]).sum());
            }
        }
    }
    Array::from_slice(&c, full(m, n))
}

/// Layouts that [`view`] knows: any of these five bits.
pub const LAYOUTS: u8 = 32;

/// Random numbers of [-1, 1) of this shape, at least two axes, as a view. Bit 0 of `layout`: stored transposed; bits 1
/// and 2: flipped along the last axis or the one before; bits 3 and 4: broadcast along them.
pub fn view<T: Float>(shape: &[usize], layout: u8, rng: &mut Rng) -> Array<T> {
    let bit = |n: u8| layout >> n & 1 == 1;
    let mut base = Shape::new(shape);
    let last = shape.len() - 1;
    for (n, axis) in [(3, last), (4, last - 1)] {
        if bit(n) && base[axis] > 0 {
            base[axis] = 1;
        }
    }
    let mut array = if bit(0) {
        base.swap(last, last - 1);
        Array::uniform(base, -1.0, 1.0, rng).t()
    } else {
        Array::uniform(base, -1.0, 1.0, rng)
    };
    array = array.broadcast_to(shape);
    for (n, axis) in [(1, -1), (2, -2)] {
        if bit(n) {
            array = array.flip(axis);
        }
    }
    array
}

/// Checks a product against the oracle. A sum of k products is off by at most `k u sum |a| |b|` (Higham 2002, section
/// 3.1), whatever the order of the sum, `u` being half of `EPSILON`; twice that and a little more is allowed.
#[track_caller]
pub fn assert_product<T: Float>(what: &str, c: &Array<T>, a: &Array<T>, b: &Array<T>) {
    let want = oracle(a, b);
    let sizes = oracle(&a.clone().abs(), &b.clone().abs());
    assert_eq!(c.shape(), want.shape(), "{what}");
    let unit = (a.dim(-1) + 2) as f64 * T::EPSILON.to_f64();
    for (i, ((got, want), size)) in c.iter().zip(want.iter()).zip(sizes.iter()).enumerate() {
        let error = (got.to_f64() - want).abs();
        assert!(error <= unit * size, "{what}: element {i} of {:?}: {got} for {want}", c.shape());
    }
}
