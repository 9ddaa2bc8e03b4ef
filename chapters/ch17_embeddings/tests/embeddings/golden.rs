//! Values and gradients against PyTorch's and scikit-learn's (made by tests/golden/make_ch17.py).
//!
//! Forward of an embedding copies: it must be equal. Sums have at most a few dozen terms of order 1, each rounded to 2^-24:
//! 1e-5 absolute plus relative leaves room for a hundred roundings. The principal components are computed in f64 by two
//! different algorithms; 1e-8 leaves room for eigenvalues that are a thousand times closer to each other than to 0.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Array, Tensor, npz};
use ch05_backprop::assert_close;
use ch17_embeddings::{Embedding, Pca, masked_mean, masked_mean_backward, nearest};

pub type Golden = BTreeMap<String, NpyArray>;

pub fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch17.npz");
    npz::read(&path).unwrap()
}

pub fn entry<'a>(golden: &'a Golden, name: &str) -> &'a NpyArray {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}"))
}

/// The array with its first axis turned round.
fn flipped(ids: &Array<i64>) -> Array<i64> {
    ids.index_select(0, &Array::arange(ids.dim(0) as i64 - 1, -1, -1))
}

#[test]
fn golden_embedding() {
    let golden = golden();
    for case in 0..5 {
        let get = |name: &str| entry(&golden, &format!("embedding.{case}.{name}"));
        let ids = get("ids").i64().unwrap();
        let padding = usize::try_from(get("padding").i64().unwrap().item()).ok();
        let mut layer = Embedding::from_parts(get("table").f32().unwrap(), padding);
        let y = get("y").f32().unwrap();
        assert_eq!(layer.infer(&ids), y, "case {case}, infer");
        assert_eq!(layer.forward(&ids), y, "case {case}, forward");
        let grad = get("grad").f32().unwrap();
        layer.backward(grad.clone());
        let dtable = get("dtable").f32().unwrap();
        assert_close(&format!("case {case}, gradient"), &layer.weight.grad, &dtable, 1e-5);
        layer.forward(&flipped(&ids));
        layer.backward(grad);
        let twice = get("dtable_twice").f32().unwrap();
        assert_close(&format!("case {case}, gradient of two calls"), &layer.weight.grad, &twice, 1e-5);
    }
}

#[test]
fn golden_masked_mean() {
    let golden = golden();
    for case in 0..4 {
        let get =
            |name: &str| -> Tensor { entry(&golden, &format!("masked_mean.{case}.{name}")).f32().unwrap() };
        let mask = entry(&golden, &format!("masked_mean.{case}.mask")).bool().unwrap();
        assert_close(&format!("case {case}, mean"), &masked_mean(&get("x"), &mask), &get("y"), 1e-5);
        let dx = masked_mean_backward(&get("grad"), &mask);
        assert_close(&format!("case {case}, gradient"), &dx, &get("dx"), 1e-5);
    }
}

#[test]
fn golden_nearest() {
    let golden = golden();
    let (table, queries) =
        (entry(&golden, "nearest.table"), entry(&golden, "nearest.queries").f32().unwrap());
    let (rows, values) = (entry(&golden, "nearest.rows").i64().unwrap(), entry(&golden, "nearest.values"));
    let (table, values) = (table.f32().unwrap(), values.f32().unwrap());
    for (i, query) in queries.data().chunks(queries.dim(1)).enumerate() {
        for (j, (row, cosine)) in nearest(&table, &Tensor::from_slice(query, [6]), 5).into_iter().enumerate()
        {
            assert_eq!(row as i64, rows[[i, j]], "query {i}, place {j}");
            assert!((cosine - values[[i, j]]).abs() < 1e-6, "query {i}, place {j}: {cosine}");
        }
    }
}

#[test]
fn golden_pca() {
    let golden = golden();
    for case in 0..3 {
        let get = |name: &str| entry(&golden, &format!("pca.{case}.{name}")).f64().unwrap();
        let pca = Pca::fit(&get("x"), 3);
        assert_close("mean", &pca.mean, &get("mean"), 1e-12);
        assert_close(&format!("case {case}, variances"), &pca.variances, &get("variances"), 1e-9);
        assert_close(&format!("case {case}, directions"), &pca.directions, &get("directions"), 1e-8);
    }
}
