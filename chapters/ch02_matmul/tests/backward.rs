//! `matmul_backward`: gradient check, adjointness, batches against a loop over the batch.

mod common;

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::{matmul, matmul_backward};
use common::{LAYOUTS, view};
use proptest::prelude::*;

/// The gradient of `f` by central differences. The product is linear in each operand, so they are exact up to rounding.
/// (Chapter 3 does this for functions that are not.)
fn numerical_gradient(f: impl Fn(&Array<f64>) -> f64, x: &Array<f64>) -> Array<f64> {
    let h = 1e-2;
    let mut gradient = Array::zeros(*x.shape());
    for i in 0..x.size() {
        let at = |step: f64| {
            let mut nudged = x.copy();
            nudged.data_mut()[i] += step;
            f(&nudged)
        };
        gradient.data_mut()[i] = (at(h) - at(-h)) / (2.0 * h);
    }
    gradient
}

#[track_caller]
fn assert_gradient(what: &str, analytic: &Array<f64>, numeric: &Array<f64>) {
    assert_eq!(analytic.shape(), numeric.shape(), "gradient of {what}");
    for (i, (a, n)) in analytic.iter().zip(numeric.iter()).enumerate() {
        let close = (a - n).abs() <= 1e-6 * a.abs().max(n.abs()) + 1e-8;
        assert!(close, "gradient of {what}, element {i}: {a} by formula, {n} by finite differences");
    }
}

const SHAPES: [(&[usize], &[usize]); 12] = [
    (&[3, 4], &[4, 2]),
    (&[1, 1], &[1, 1]),
    (&[2, 3, 4], &[2, 4, 3]),
    (&[2, 3, 4], &[4, 3]),
    (&[3, 4], &[2, 4, 3]),
    (&[2, 1, 3, 4], &[3, 4, 2]),
    (&[1, 3, 4], &[5, 4, 2]),
    (&[4], &[4]),
    (&[4], &[4, 3]),
    (&[3, 4], &[4]),
    (&[4], &[2, 4, 3]),
    (&[2, 3, 4], &[4]),
];

#[test]
fn gradcheck_matmul() {
    let mut rng = Rng::new(5, "gradcheck");
    for (shape_a, shape_b) in SHAPES {
        let mut random = |shape: &[usize]| Array::<f64>::uniform(shape, -1.0, 1.0, &mut rng);
        let (a, b) = (random(shape_a), random(shape_b));
        let weights = random(matmul(&a, &b).shape());
        let (da, db) = matmul_backward(&weights, &a, &b);
        let loss = |a: &Array<f64>, b: &Array<f64>| (matmul(a, b) * &weights).sum_all();
        assert_gradient(
            &format!("a in {shape_a:?} x {shape_b:?}"),
            &da,
            &numerical_gradient(|a| loss(a, &b), &a),
        );
        assert_gradient(
            &format!("b in {shape_a:?} x {shape_b:?}"),
            &db,
            &numerical_gradient(|b| loss(&a, b), &b),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    /// `<g, da b + a db> = <da', da> + <db', db>` for any directions da, db: backward is the adjoint of the derivative.
    #[test]
    fn property_matmul_backward_is_the_adjoint(
        case in 0..SHAPES.len(),
        layouts in prop::array::uniform2(0..LAYOUTS),
        seed in any::<u64>(),
    ) {
        let mut rng = Rng::new(seed, "adjoint");
        let (shape_a, shape_b) = SHAPES[case];
        let mut any_view = |shape: &[usize], layout: u8| -> Array<f64> { match shape.len() {
            1 => Array::uniform(shape, -1.0, 1.0, &mut rng),
            _ => view(shape, layout, &mut rng),
        } };
        let (a, b) = (any_view(shape_a, layouts[0]), any_view(shape_b, layouts[1]));
        let (step_a, step_b) = (any_view(shape_a, layouts[1]), any_view(shape_b, layouts[0]));
        let g = Array::uniform(*matmul(&a, &b).shape(), -1.0, 1.0, &mut rng);
        let (da, db) = matmul_backward(&g, &a, &b);
        let forward = ((matmul(&step_a, &b) + matmul(&a, &step_b)) * &g).sum_all();
        let backward = (da * &step_a).sum_all() + (db * &step_b).sum_all();
        // At most 80 products of numbers below 8.
        prop_assert!((forward - backward).abs() < 1e-11, "{forward} and {backward}");
    }

    #[test]
    fn fast_matmul_backward_against_plain(
        batch in 1usize..5,
        sizes in prop::array::uniform3(1usize..30),
        shared in 0..3,
        seed in any::<u64>(),
    ) {
        let [m, k, n] = sizes;
        let mut rng = Rng::new(seed, "backward");
        let mut random = |shape: &[usize]| Tensor::uniform(shape, -1.0, 1.0, &mut rng);
        let a = if shared == 1 { random(&[m, k]) } else { random(&[batch, m, k]) };
        let b = if shared == 2 { random(&[k, n]) } else { random(&[batch, k, n]) };
        let g = random(matmul(&a, &b).shape());
        let (da, db) = matmul_backward(&g, &a, &b);
        let (plain_a, plain_b) = plain_backward(&g.to_f64(), &a.to_f64(), &b.to_f64());
        // Each element is a sum of at most 5 * 30 products of numbers below 1; an f32 sum of 150 terms is off by at
        // most 150 * 150 * 2^-24 in the worst case.
        for (what, got, want) in [("a", da, plain_a), ("b", db, plain_b)] {
            prop_assert_eq!(got.shape(), want.shape());
            let off = got.iter().zip(want.iter()).map(|(x, y)| (f64::from(x) - y).abs()).fold(0.0, f64::max);
            prop_assert!(off <= 1.4e-3, "gradient of {}: off by {}", what, off);
        }
    }
}

/// The gradients by the chain rule itself: every product `a[i, p] b[p, j]` gives `g[i, j]` times the one to the other.
fn plain_backward(g: &Array<f64>, a: &Array<f64>, b: &Array<f64>) -> (Array<f64>, Array<f64>) {
    let batched = |x: &Array<f64>| if x.ndim() == 2 { x.clone().unsqueeze(0) } else { x.clone() };
    let (g, x, y) = (batched(g), batched(a), batched(b));
    let [items, m, n] = [g.dim(0), g.dim(1), g.dim(2)];
    let (mut dx, mut dy) = (x.zeros_like(), y.zeros_like());
    for item in 0..items {
        let (of_x, of_y) = (item % x.dim(0), item % y.dim(0));
        for i in 0..m {
            for p in 0..x.dim(2) {
                for j in 0..n {
                    dx[[of_x, i, p]] += g[[item, i, j]] * y[[of_y, p, j]];
                    dy[[of_y, p, j]] += g[[item, i, j]] * x[[of_x, i, p]];
                }
            }
        }
    }
    (dx.reshape(a.shape()), dy.reshape(b.shape()))
}

#[test]
fn empty_sizes_have_empty_or_zero_gradients() {
    let zeros = |shape: &[usize]| Array::<f64>::zeros(shape);
    let (da, db) = matmul_backward(&zeros(&[2, 3]), &zeros(&[2, 0]), &zeros(&[0, 3]));
    assert_eq!((*da.shape() == [2, 0], *db.shape() == [0, 3]), (true, true));
    let (da, db) = matmul_backward(&zeros(&[0, 3]), &zeros(&[0, 4]), &Array::ones([4, 3]));
    assert_eq!((*da.shape() == [0, 4], db), (true, zeros(&[4, 3])));
}

#[test]
#[should_panic(expected = "matmul_backward: the product has shape [2, 4], but its gradient [2, 5]")]
fn a_gradient_of_another_shape_is_refused() {
    let zeros = |shape: &[usize]| Tensor::zeros(shape);
    matmul_backward(&zeros(&[2, 5]), &zeros(&[2, 3]), &zeros(&[3, 4]));
}
