//! Checks exercise e01_loop_order: the values, and the order in which memory is read.
#[allow(unused)]
#[path = "../exercises/e01_loop_order.rs"]
mod loop_order;
mod placed;

use ch00_start::check::close;
use loop_order::loop_order;
use placed::{Placed, multiplications};

/// `c + sum over p of a[i, p] b[p, j]`, or what a mistake makes of it.
fn expected(c: &[f64], [m, k, n]: [usize; 3], element: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
    let sums = (0..m * n).map(|at| c[at] + (0..k).map(|p| element(at / n, p, at % n)).sum::<f64>());
    sums.collect()
}

#[test]
fn it_adds_the_product() {
    for [m, k, n] in [[2, 2, 2], [2, 3, 4], [4, 5, 3], [1, 7, 6]] {
        let a: Vec<f64> = (0..m * k).map(|i| (i % 7) as f64 - 2.5).collect();
        let b: Vec<f64> = (0..k * n).map(|i| (i % 5) as f64 + 0.25 * i as f64).collect();
        let before: Vec<f64> = (0..m * n).map(|i| 100.0 + i as f64).collect();
        let zero = vec![0.0; m * n];

        let sizes = [m, k, n];
        let want = expected(&before, sizes, |i, p, j| a[i * k + p] * b[p * n + j]);
        let fresh = expected(&zero, sizes, |i, p, j| a[i * k + p] * b[p * n + j]);
        let last =
            expected(&zero, sizes, |i, p, j| if p + 1 == k { a[i * k + p] * b[p * n + j] } else { 0.0 });
        let wrong_row = expected(&before, sizes, |i, p, j| a[i * k + p] * b.get(i * n + j).unwrap_or(&0.0));
        let mut got = before.clone();
        loop_order(&a, &b, &mut got, sizes);
        close(
            &format!("c, after [{m}, {k}] x [{k}, {n}] was added"),
            &got,
            &want,
            1e-12,
            &[
                ("c is overwritten: only the last p is left of the sum", &last),
                ("the product is right, but what was in c is lost", &fresh),
                ("row i of b is used where row p is meant", &wrong_row),
            ],
        );
    }
}

#[test]
fn the_innermost_loop_runs_along_the_rows() {
    let [m, k, n] = [5, 6, 8];
    let (a, b) = (Placed::matrix(m * k), Placed::matrix(k * n));
    let places = multiplications(|| loop_order(&a, &b, &mut Placed::matrix(m * n), [m, k, n]));
    assert_eq!(places.len(), m * k * n, "the number of multiplications");
    // Of n multiplications, n - 1 must move by one in `b`.
    let moves = |step: usize| places.windows(2).filter(|w| w[1].1 == w[0].1 + step).count();
    let pairs = places.len() - 1;
    assert!(
        moves(n) <= pairs / 2,
        "the innermost loop walks down a column of b, {n} elements at a step: it must run over j"
    );
    assert!(moves(0) <= pairs / 2, "the innermost loop stays at one element of b: it must run over j");
    assert!(
        moves(1) >= m * k * (n - 1),
        "the innermost loop must move by one element in b; it does so {} times of {pairs}",
        moves(1)
    );
}
