//! Checks exercise e02_blocked: the values at the edges, and that `b` is used tile by tile.
#[allow(unused)]
#[path = "../exercises/e02_blocked.rs"]
mod blocked;
mod placed;

use std::collections::BTreeSet;

use blocked::{TILE, blocked};
use ch00_start::check::close;
use placed::{Placed, multiplications};

/// The product of the first `k_used` columns and rows, with zeros in the columns from `n_used` on.
fn part(a: &[f64], b: &[f64], [m, k, n]: [usize; 3], from: usize, k_used: usize, n_used: usize) -> Vec<f64> {
    let element = |i: usize, j: usize| (from..k_used).map(|p| a[i * k + p] * b[p * n + j]).sum::<f64>();
    (0..m * n).map(|at| if at % n < n_used { element(at / n, at % n) } else { 0.0 }).collect()
}

#[test]
fn it_adds_the_product_for_every_size() {
    let t = TILE;
    for [m, k, n] in
        [[2, t, t], [2, 2 * t, t], [3, t + 1, t], [3, t, t + 2], [2, 2 * t + 3, t + 1], [2, 3, 5], [1, 1, 1]]
    {
        // Small whole numbers: every sum is exact, in whatever order.
        let a: Vec<f64> = (0..m * k).map(|i| (i % 7) as f64 - 2.0).collect();
        let b: Vec<f64> = (0..k * n).map(|i| (i % 11) as f64 - 4.0).collect();
        let whole = |size: usize| size / t * t;
        let sizes = [m, k, n];
        let skipped = "the last tile is skipped when it is not full";
        let mut got = vec![0.0; m * n];
        blocked(&a, &b, &mut got, sizes);
        let want = part(&a, &b, sizes, 0, k, n);
        close(
            &format!("[{m}, {k}] x [{k}, {n}] with tiles of {t}"),
            &got,
            &want,
            0.0,
            &[
                (skipped, &part(&a, &b, sizes, 0, whole(k), whole(n))),
                (skipped, &part(&a, &b, sizes, 0, whole(k), n)),
                (skipped, &part(&a, &b, sizes, 0, k, whole(n))),
                (
                    "each tile starts c anew: only the last range of p is left of the sum",
                    &part(&a, &b, sizes, (k - 1) / t * t, k, n),
                ),
            ],
        );
    }
    // Only now, so that a mistake between tiles gets its own name.
    let mut got = vec![1.0, 2.0];
    blocked(&[3.0], &[5.0, 7.0], &mut got, [1, 1, 2]);
    close(
        "c, after a product was added",
        &got,
        &[16.0, 23.0],
        0.0,
        &[("what was in c is lost", &[15.0, 21.0])],
    );
}

#[test]
fn b_is_used_tile_by_tile() {
    let [m, k, n] = [4, 2 * TILE, 2 * TILE];
    let (a, b) = (Placed::matrix(m * k), Placed::matrix(k * n));
    let places = multiplications(|| blocked(&a, &b, &mut Placed::matrix(m * n), [m, k, n]));
    assert_eq!(places.len(), m * k * n, "the number of multiplications");
    let tile = TILE * TILE;
    let read: BTreeSet<usize> = places[..m * tile].iter().map(|&(_, place)| place).collect();
    assert!(
        read.len() <= tile,
        "b is not used tile by tile: the first {} multiplications read {} of its elements, and a tile has {tile}",
        m * tile,
        read.len()
    );
}
