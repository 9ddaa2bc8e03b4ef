//! Checks exercise e03_matmul_backward against the chain rule in plain loops.
#[allow(unused)]
#[path = "../exercises/e03_matmul_backward.rs"]
mod matmul_backward;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch02_matmul::matmul;
use matmul_backward::gradients;

/// Every product `a[i, p] b[p, j]` hands `g[i, j]` times one factor to the other. Three axes each; a batch axis of
/// length 1 is shared.
fn plain(g: &Array<f64>, a: &Array<f64>, b: &Array<f64>) -> (Array<f64>, Array<f64>) {
    let (mut da, mut db) = (a.zeros_like(), b.zeros_like());
    for item in 0..g.dim(0) {
        let (of_a, of_b) = (item % a.dim(0), item % b.dim(0));
        for i in 0..g.dim(1) {
            for p in 0..a.dim(2) {
                for j in 0..g.dim(2) {
                    da[[of_a, i, p]] += g[[item, i, j]] * b[[of_b, p, j]];
                    db[[of_b, p, j]] += g[[item, i, j]] * a[[of_a, i, p]];
                }
            }
        }
    }
    (da, db)
}

fn random(shape: &[usize], name: &str) -> Array<f64> {
    Array::uniform(shape, -1.0, 1.0, &mut Rng::new(7, name))
}

fn values(x: &Array<f64>) -> Vec<f64> {
    x.to_vec()
}

#[test]
fn square_matrices() {
    // Square, so that every mixed-up product has a shape that fits.
    let [g, a, b] = ["g", "a", "b"].map(|name| random(&[1, 3, 3], name));
    let t = |x: &Array<f64>| x.clone().t();
    let (want_a, want_b) = plain(&g, &a, &b);
    let (da, db) = gradients(&g, &a, &b);
    close(
        "gradient of a",
        &values(&da),
        &values(&want_a),
        1e-12,
        &[
            ("g b instead of g bᵀ", &values(&matmul(&g, &b))),
            ("bᵀ g instead of g bᵀ: the factors keep their sides", &values(&matmul(&t(&b), &g))),
            ("b g instead of g bᵀ", &values(&matmul(&b, &g))),
            ("this is the gradient of b: the two are returned in the wrong order", &values(&want_b)),
            ("transposed: it must have the shape of a", &values(&t(&want_a))),
        ],
    );
    close(
        "gradient of b",
        &values(&db),
        &values(&want_b),
        1e-12,
        &[
            ("a g instead of aᵀ g", &values(&matmul(&a, &g))),
            ("g aᵀ instead of aᵀ g: the factors keep their sides", &values(&matmul(&g, &t(&a)))),
            ("g a instead of aᵀ g", &values(&matmul(&g, &a))),
            ("transposed: it must have the shape of b", &values(&t(&want_b))),
        ],
    );
}

#[test]
fn rectangles_and_batches() {
    for (batch_a, batch_b) in [(1, 1), (4, 4), (1, 4), (4, 1)] {
        let batch = batch_a.max(batch_b);
        let [g, a, b] = [("g", [batch, 2, 5]), ("a", [batch_a, 2, 3]), ("b", [batch_b, 3, 5])]
            .map(|(n, s)| random(&s, n));
        let (want_a, want_b) = plain(&g, &a, &b);
        let (da, db) = gradients(&g, &a, &b);
        let every_a = matmul(&g, &b.clone().t());
        let every_b = matmul(&a.clone().t(), &g);
        for (what, got, want, every) in [("a", da, want_a, every_a), ("b", db, want_b, every_b)] {
            let first = every.to_vec()[..want.size()].to_vec();
            let mean = values(&every.mean(0, true));
            close(
                &format!("gradient of {what} in [{batch_a}, 2, 3] x [{batch_b}, 3, 5]"),
                &values(&got),
                &values(&want),
                1e-12,
                &[
                    ("not summed over the batch that shares it", &values(&every)),
                    ("averaged over the batch instead of summed", &mean),
                    ("only the first product of the batch is counted", &first),
                ],
            );
            assert_eq!(got.shape(), want.shape(), "shape of the gradient of {what}");
        }
    }
}
