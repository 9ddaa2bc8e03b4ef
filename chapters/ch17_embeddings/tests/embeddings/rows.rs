//! Gradients of the rows used and the steps over them: against dense ones, and against PyTorch.

use ch01_tensors::{Array, Tensor};
use ch05_backprop::{Module, Param, Role, Visitor, assert_close};
use ch09_optimizers::{AdaGrad, Adam, Optimizer, Sgd};
use ch17_embeddings::{Embedding, RowAdaGrad, RowGrad, SparseAdam, sgd_rows, shorten_rows};
use proptest::prelude::*;

use super::golden::{entry, golden};
use super::{random, tokens};

/// A table alone, for the dense optimizers.
struct Table(Param<f64>);

impl Module<f64> for Table {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        visitor.param("weight", &mut self.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The rows are those of the dense gradient, bit for bit, with and without padding; and they are listed once.
    #[test]
    fn rows_are_those_of_the_dense_gradient(count in 1..20usize, size in 1..6usize, n in 0..60usize, padding in 0..25usize, seed in 0..1000u64) {
        let padding = (padding < count).then_some(padding);
        let ids = tokens(&[n], count, seed);
        let grad = random(&[n, size], seed + 1).to_f32();
        let mut layer = Embedding::from_parts(Tensor::zeros([count, size]), padding);
        layer.forward(&ids);
        let rows = layer.backward_rows(grad.clone());
        prop_assert!(layer.weight.grad.iter().all(|g| g == 0.0), "the dense gradient is left alone");
        layer.forward(&ids);
        layer.backward(grad);
        prop_assert!(rows.rows.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(rows.rows.iter().all(|&row| Some(row) != padding && ids.iter().any(|id| id as usize == row)));
        prop_assert_eq!(rows.to_dense(count), layer.weight.grad);
    }

    /// Two gradients added as rows are two gradients added.
    #[test]
    fn rows_add_up(count in 1..20usize, size in 1..4usize, seed in 0..1000u64) {
        let part = |seed: u64| RowGrad::from_tokens(&tokens(&[8], count, seed), &random(&[8, size], seed), None);
        let (a, b) = (part(seed), part(seed + 1));
        let mut both = a.to_dense(count);
        b.add_to(&mut both);
        prop_assert_eq!(a.plus(&b).to_dense(count), both);
    }
}

/// Tokens, and the gradients of their vectors.
fn batch(step: u64) -> (Array<i64>, Array<f64>) {
    (tokens(&[6], 9, step), random(&[6, 4], step + 50))
}

/// Six steps of a dense optimizer from `table`, and what `step` does with the rows.
fn both(
    mut dense: impl Optimizer<f64>,
    mut step: impl FnMut(&mut Array<f64>, &RowGrad<f64>),
) -> [Array<f64>; 2] {
    let table = random(&[9, 4], 7);
    let (mut whole, mut by_rows) = (Table(Param::new(table.clone(), Role::Embedding)), table);
    for t in 0..6 {
        let (ids, grad) = batch(t);
        let rows = RowGrad::from_tokens(&ids, &grad, None);
        whole.0.grad = rows.to_dense(9);
        dense.step(&mut whole, 0.1);
        step(&mut by_rows, &rows);
    }
    [whole.0.value, by_rows]
}

/// The decay is 0, so the dense optimizers subtract exact zeros from the other rows.
#[test]
fn sgd_over_rows_is_the_dense_step() {
    let [dense, rows] = both(Sgd::new(), |table, grad| sgd_rows(table, grad, 0.1));
    assert_eq!(rows, dense);
}

#[test]
fn adagrad_over_rows_is_the_dense_step() {
    let mut state = RowAdaGrad::new(&Array::zeros([9, 4]), 0.5);
    let [dense, rows] = both(AdaGrad::new().initial(0.5), |table, grad| state.step(table, grad, 0.1));
    assert_eq!(rows, dense);
}

/// Lazy Adam is Adam while every row occurs in every step, except for where eps is added: 1e-8 against gradients of order 1,
/// so the steps of 0.1 differ by about 1e-8.
#[test]
fn lazy_adam_is_adam_when_every_row_occurs() {
    let mut table = random(&[5, 3], 1);
    let mut whole = Table(Param::new(table.clone(), Role::Embedding));
    let (mut lazy, mut adam) = (SparseAdam::new(&table), Adam::new());
    for step in 0..5 {
        let grad = random(&[5, 3], step + 10);
        let rows = RowGrad::from_tokens(&Array::arange(0i64, 5, 1), &grad, None);
        whole.0.grad = grad;
        adam.step(&mut whole, 0.1);
        lazy.step(&mut table, &rows, 0.1);
    }
    assert_close("table", &table, &whole.0.value, 1e-6);
}

/// The difference: a row that stops occurring stays where it is, while Adam carries it on for a while.
#[test]
fn lazy_adam_leaves_rows_that_do_not_occur() {
    let table: Array<f64> = Array::zeros([2, 1]);
    let (mut lazy_table, mut whole) = (table.clone(), Table(Param::new(table.clone(), Role::Embedding)));
    let (mut lazy, mut adam) = (SparseAdam::new(&table), Adam::new());
    let mut after_first = [0.0; 2];
    for step in 0..20 {
        // Row 0 occurs in the first step only.
        let ids = if step == 0 { Array::from([0i64, 1]) } else { Array::from([1i64]) };
        let rows = RowGrad::from_tokens(&ids, &Array::ones([ids.size(), 1]), None);
        whole.0.grad = rows.to_dense(2);
        adam.step(&mut whole, 0.1);
        lazy.step(&mut lazy_table, &rows, 0.1);
        if step == 0 {
            after_first = [lazy_table[[0, 0]], whole.0.value[[0, 0]]];
        }
    }
    assert_eq!(lazy_table[[0, 0]], after_first[0], "lazy: stays");
    let moved = after_first[1] - whole.0.value[[0, 0]];
    // Without new gradients m falls by 0.9 and the root of v hardly: many more steps of 0.1 in all.
    assert!(moved > 0.1, "dense Adam went on by {moved}");
}

/// Equal sums in the same order; a mean adds one rounding: 1e-6.
#[test]
fn golden_rows_of_torch() {
    let golden = golden();
    for case in 0..4 {
        let get = |name: &str| entry(&golden, &format!("rows.{case}.{name}"));
        let (ids, grad) = (get("ids").i64().unwrap(), get("grad").f32().unwrap());
        let padding = usize::try_from(get("padding").i64().unwrap().item()).ok();
        let mut rows = RowGrad::from_tokens(&ids, &grad, padding);
        if get("by_freq").i64().unwrap().item() == 1 {
            rows.scale_by_frequency(&ids);
        }
        let want: Vec<usize> = get("rows").i64().unwrap().iter().map(|row| row as usize).collect();
        assert_eq!(rows.rows, want, "case {case}");
        assert_close(&format!("case {case}"), &rows.values, &get("values").f32().unwrap(), 1e-6);
    }
}

/// In f64: 1e-12 leaves room for thousands of roundings.
#[test]
fn golden_steps_of_torch() {
    let golden = golden();
    let run = |name: &str, step: &mut dyn FnMut(&mut Array<f64>, &RowGrad<f64>)| {
        let get = |rest: &str| entry(&golden, &format!("steps.{name}.{rest}"));
        let mut table = get("table").f64().unwrap();
        for t in 0..4 {
            let ids = get(&format!("{t}.ids")).i64().unwrap();
            let grad = get(&format!("{t}.grad")).f64().unwrap();
            step(&mut table, &RowGrad::from_tokens(&ids, &grad, None));
            let after = get(&format!("{t}.after")).f64().unwrap();
            assert_close(&format!("{name}, step {t}"), &table, &after, 1e-12);
        }
    };
    let zeros = Array::zeros([7, 3]);
    run("sgd", &mut |table, grad| sgd_rows(table, grad, 0.1));
    let mut adagrad = RowAdaGrad::new(&zeros, 0.5);
    run("adagrad", &mut |table, grad| adagrad.step(table, grad, 0.1));
    let mut adam = SparseAdam::new(&zeros);
    run("sparse_adam", &mut |table, grad| adam.step(table, grad, 0.1));
}

/// One norm and one product in f32: 1e-6.
#[test]
fn golden_max_norm_of_torch() {
    let golden = golden();
    for case in 0..3 {
        let get = |name: &str| entry(&golden, &format!("max_norm.{case}.{name}"));
        let mut table = get("before").f32().unwrap();
        shorten_rows(&mut table, &get("ids").i64().unwrap(), get("limit").f64().unwrap().item());
        assert_close(&format!("case {case}"), &table, &get("after").f32().unwrap(), 1e-6);
    }
}

#[test]
#[should_panic(expected = "do not fit into a table [3, 2]")]
fn rows_of_another_table_are_refused() {
    let grad = RowGrad::from_tokens(&Array::from([3i64]), &Tensor::ones([1, 2]), None);
    sgd_rows(&mut Tensor::ones([3, 2]), &grad, 0.1);
}
