//! Every way to multiply against the definition in f64: rungs, layouts, batches, vectors, empty sizes; and what the
//! product promises besides its values: shapes in messages, no dependence on threads, no writes to shared storage.

mod common;

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::{blocked, dot, loop_order, matmul, matmul_add, matvec, naive};
use common::{LAYOUTS, assert_product, oracle, view};
use proptest::prelude::*;

type Rung<T> = fn(&[T], &[T], &mut [T], [usize; 3]);

fn rungs<T: ch01_tensors::Float>() -> [(&'static str, Rung<T>); 3] {
    [("naive", naive), ("loop_order", loop_order), ("blocked", blocked)]
}

#[test]
fn every_rung_adds_the_product() {
    // Sizes below, at and above a tile of 128.
    let mut rng = Rng::new(1, "rungs");
    for [m, k, n] in [[1, 1, 1], [3, 5, 2], [1, 128, 129], [7, 127, 130], [129, 300, 3], [0, 3, 4], [4, 0, 5]]
    {
        let a = Tensor::uniform([m, k], -1.0, 1.0, &mut rng);
        let b = Tensor::uniform([k, n], -1.0, 1.0, &mut rng);
        for (name, rung) in rungs::<f32>() {
            let mut c = Tensor::zeros([m, n]);
            rung(a.data(), b.data(), c.data_mut(), [m, k, n]);
            assert_product(name, &c, &a, &b);
            let once = c.copy();
            rung(a.data(), b.data(), c.data_mut(), [m, k, n]);
            // The sum goes on from the first result, so it rounds otherwise than doubling: k roundings of numbers up to 2k.
            for (twice, once) in c.iter().zip(once.iter()) {
                let bound = (2 * k * k) as f32 * f32::EPSILON;
                assert!((twice - 2.0 * once).abs() <= bound, "{name} does not add: {once} then {twice}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "blocked: b has 6 elements, but shape [2, 4]")]
fn a_rung_refuses_a_wrong_length() {
    blocked(&[0.0; 6], &[0.0; 6], &mut [0.0; 12], [3, 2, 4]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn fast_matmul_against_plain(
        batch in prop::collection::vec(1usize..4, 0..3),
        stretch in prop::array::uniform2(0u8..8),
        sizes in prop::array::uniform3(0usize..20),
        layouts in prop::array::uniform2(0..LAYOUTS),
        seed in any::<u64>(),
    ) {
        let [m, k, n] = sizes;
        let mut rng = Rng::new(seed, "matmul");
        // Each operand has all batch axes, or some of them with length 1, or none.
        let operand = |stretch: u8, matrix: [usize; 2]| -> Vec<usize> {
            let axes = batch.iter().enumerate().map(|(i, &n)| if stretch >> i & 1 == 1 { 1 } else { n });
            let axes: Vec<usize> = if stretch & 4 == 4 { Vec::new() } else { axes.collect() };
            axes.into_iter().chain(matrix).collect()
        };
        let a: Array<f64> = view(&operand(stretch[0], [m, k]), layouts[0], &mut rng);
        let b = view(&operand(stretch[1], [k, n]), layouts[1], &mut rng);
        let c = matmul(&a, &b);
        assert_product("f64", &c, &a, &b);
        // The conversion to f32 makes contiguous copies: give the views back their strides by converting twice.
        let (a32, b32) = (a.clone().to_f32(), b.clone().t().to_f32().t());
        assert_product("f32", &matmul(&a32, &b32), &a32, &b32);

        let mut sum = Array::ones(*c.shape());
        matmul_add(&mut sum, &a, &b);
        prop_assert!(sum.iter().zip(c.iter()).all(|(sum, c)| (sum - (1.0 + c)).abs() <= 1e-14 * (k + 2) as f64));
    }

    #[test]
    fn rungs_agree_with_the_definition(
        sizes in prop::array::uniform3(1usize..40),
        layouts in prop::array::uniform2(0..LAYOUTS),
        seed in any::<u64>(),
    ) {
        let [m, k, n] = sizes;
        let mut rng = Rng::new(seed, "rungs");
        let (a, b) = (view(&[m, k], layouts[0], &mut rng), view(&[k, n], layouts[1], &mut rng));
        for (name, rung) in rungs::<f64>() {
            let mut c = Array::zeros([m, n]);
            rung(a.clone().contiguous().data(), b.clone().contiguous().data(), c.data_mut(), sizes);
            assert_product(name, &c, &a, &b);
        }
    }

    #[test]
    fn property_matmul_is_linear(sizes in prop::array::uniform3(1usize..30), s in -2.0..2.0, seed in any::<u64>()) {
        let [m, k, n] = sizes;
        let mut rng = Rng::new(seed, "linear");
        let mut random = |shape| Array::<f64>::uniform(shape, -1.0, 1.0, &mut rng);
        let (a, b, other, right) = (random([m, k]), random([m, k]), random([k, n]), random([k, n]));
        // Sums of up to 30 products of numbers below 6 in f64: far below 1e-12.
        near(&matmul(&(&a * s + &b), &other), &(matmul(&a, &other) * s + matmul(&b, &other)), 1e-12);
        near(&matmul(&a, &(&other * s + &right)), &(matmul(&a, &other) * s + matmul(&a, &right)), 1e-12);
    }

    #[test]
    fn property_matmul_is_associative_and_transposes(sizes in prop::array::uniform4(1usize..25), seed in any::<u64>()) {
        let [m, k, n, q] = sizes;
        let mut rng = Rng::new(seed, "associative");
        let mut random = |shape| Array::<f64>::uniform(shape, -1.0, 1.0, &mut rng);
        let (a, b, c) = (random([m, k]), random([k, n]), random([n, q]));
        // Elements are at most 25 * 25 and are sums of 625 terms: their error is below 625 * 625 * 1e-16.
        near(&matmul(&matmul(&a, &b), &c), &matmul(&a, &matmul(&b, &c)), 1e-10);
        near(&matmul(&a, &b).t(), &matmul(&b.clone().t(), &a.clone().t()), 1e-13);
        near(&matmul(&a, &Array::eye(k)), &a, 0.0);
    }

    #[test]
    fn property_matmul_has_its_transpose_as_adjoint(m in 1usize..40, k in 1usize..40, seed in any::<u64>()) {
        let mut rng = Rng::new(seed, "adjoint");
        let a = Array::<f64>::uniform([m, k], -1.0, 1.0, &mut rng);
        let (x, y) = (Array::uniform([k], -1.0, 1.0, &mut rng), Array::uniform([m], -1.0, 1.0, &mut rng));
        let difference = dot(&matvec(&a, &x), &y) - dot(&x, &matvec(&a.t(), &y));
        // 1600 products of numbers below 1.
        prop_assert!(difference.abs() <= 1600.0 * f64::EPSILON * 40.0);
    }
}

#[track_caller]
fn near(x: &Array<f64>, y: &Array<f64>, tolerance: f64) {
    assert_eq!(x.shape(), y.shape());
    for (i, (x, y)) in x.iter().zip(y.iter()).enumerate() {
        assert!((x - y).abs() <= tolerance, "element {i}: {x} and {y}");
    }
}

#[test]
fn large_products_in_all_four_transpose_cases() {
    // Large enough to be cut into tasks, with sides that no power of two divides. Bits 0 of the layouts: transposed.
    let mut rng = Rng::new(2, "large");
    // The last has an inner axis so long that it is cut.
    let sizes =
        [[201, 163, 170], [3, 700, 1501], [1501, 700, 3], [1, 1300, 2100], [2100, 1300, 1], [19, 21_001, 23]];
    for [m, k, n] in sizes {
        for layouts in [[0, 0], [0, 1], [1, 0], [1, 1], [2, 5]] {
            let a: Array<f64> = view(&[m, k], layouts[0], &mut rng);
            let b = view(&[k, n], layouts[1], &mut rng);
            assert_product("f64", &matmul(&a, &b), &a, &b);
            let mut twice = matmul(&a, &b);
            matmul_add(&mut twice, &a, &b);
            // One more rounding of numbers up to k.
            near(&twice, &(matmul(&a, &b) * 2.0), 4.0 * (k * k) as f64 * f64::EPSILON);
        }
    }
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let mut rng = Rng::new(3, "threads");
    let mut random = |shape: &[usize]| Tensor::uniform(shape, -1.0, 1.0, &mut rng);
    let cases = [
        (random(&[301, 257]), random(&[257, 310])),
        (random(&[2, 900]), random(&[900, 8100])),
        (random(&[1, 2000]), random(&[2000, 3001])),
        (random(&[3001, 2000]), random(&[2000])),
        (random(&[100, 33, 65]), random(&[100, 65, 47])),
        (random(&[3000, 4, 30]), random(&[3000, 30, 40])),
        (random(&[200, 11, 64]), random(&[64, 100])),
        (random(&[20, 30_000]), random(&[30_000, 20])),
    ];
    for (a, b) in &cases {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| matmul(a, b).to_vec())
        };
        let one = on(1);
        for threads in [2, 3, 7] {
            assert!(on(threads) == one, "{:?} x {:?} on {threads} threads", a.shape(), b.shape());
        }
    }
}

#[test]
fn vectors_are_rows_on_the_left_and_columns_on_the_right() {
    let a = Array::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let (x, y) = (Array::from([1.0, 0.0, -1.0]), Array::from([2.0, 1.0]));
    assert_eq!(matmul(&a, &x), Array::from([-2.0, -2.0]));
    assert_eq!(matvec(&a, &x), Array::from([-2.0, -2.0]));
    assert_eq!(matmul(&y, &a), Array::from([6.0, 9.0, 12.0]));
    assert_eq!(matvec(&a.clone().t(), &y), Array::from([6.0, 9.0, 12.0]));
    assert_eq!(matmul(&x, &x), Array::scalar(2.0));
    assert_eq!(dot(&x, &x.clone().flip(0)), -2.0);
    // Batches of matrices with one vector, on either side.
    let batch = a.clone().unsqueeze(0).broadcast_to([5, 2, 3]);
    assert_eq!(matvec(&batch, &x), Array::full([5, 2], -2.0));
    assert_eq!(*matmul(&y, &batch).shape(), [5, 3]);
    let mut sum = Array::from([1.0, 1.0]);
    matmul_add(&mut sum, &a, &x);
    assert_eq!(sum, Array::from([-1.0, -1.0]));
}

#[test]
fn matrix_vector_in_every_layout() {
    let mut rng = Rng::new(4, "matvec");
    for [m, k] in [[1, 1], [5, 17], [33, 64], [70, 3]] {
        for layout in 0..LAYOUTS {
            let a: Array<f64> = view(&[m, k], layout, &mut rng);
            for flip in [false, true] {
                let x = Array::uniform([k], -1.0, 1.0, &mut rng);
                let x = if flip { x.flip(0) } else { x };
                let column = x.clone().unsqueeze(1);
                assert_product("a x", &matvec(&a, &x).unsqueeze(1), &a, &column);
                let row = x.clone().unsqueeze(0);
                assert_product("x aᵀ", &matmul(&x, &a.clone().t()).unsqueeze(0), &row, &a.clone().t());
            }
        }
    }
}

#[test]
fn empty_sizes() {
    let zeros = |shape: &[usize]| Array::<f64>::zeros(shape);
    assert_eq!(matmul(&zeros(&[2, 0]), &zeros(&[0, 3])), Array::zeros([2, 3]));
    assert_eq!(*matmul(&zeros(&[0, 4]), &zeros(&[4, 3])).shape(), [0, 3]);
    assert_eq!(*matmul(&zeros(&[0, 2, 4]), &zeros(&[4, 3])).shape(), [0, 2, 3]);
    assert_eq!(*matmul(&zeros(&[5, 2, 4]), &zeros(&[5, 4, 0])).shape(), [5, 2, 0]);
    assert_eq!(dot(&zeros(&[0]), &zeros(&[0])), 0.0);
    let mut c = Array::full([2, 3], 7.0);
    matmul_add(&mut c, &zeros(&[2, 0]), &zeros(&[0, 3]));
    assert_eq!(c, Array::full([2, 3], 7.0));
}

#[test]
fn not_a_number_is_not_lost() {
    // 0 * NaN is NaN: neither a zero in the other operand nor an old NaN in the memory of the result may change that.
    let a = Array::from([[0.0, 1.0], [0.0, 0.0]]);
    let b = Array::from([[f64::NAN, 2.0], [3.0, 4.0]]);
    let c = matmul(&a, &b);
    assert!(c[[0, 0]].is_nan() && c[[1, 0]].is_nan());
    assert_eq!((c[[0, 1]], c[[1, 1]]), (4.0, 0.0));
    drop(Array::full([2, 2], f64::NAN));
    assert_eq!(matmul(&a, &a), Array::zeros([2, 2]));
}

#[test]
fn adding_writes_to_no_shared_storage() {
    let a = Array::from([[1.0, 1.0], [0.0, 1.0]]);
    let mut c = a.clone();
    matmul_add(&mut c, &a, &a);
    assert_eq!(a, Array::from([[1.0, 1.0], [0.0, 1.0]]));
    assert_eq!(c, Array::from([[2.0, 3.0], [0.0, 2.0]]));
    // A view that is not contiguous is added to as well.
    let mut t = a.clone().t();
    matmul_add(&mut t, &a, &a);
    assert_eq!(t, Array::from([[2.0, 2.0], [1.0, 2.0]]));
    assert_eq!(oracle(&a, &a), matmul(&a, &a));
}

#[track_caller]
fn message(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    *std::panic::catch_unwind(f).expect_err("a panic").downcast::<String>().expect("a text")
}

#[test]
fn messages_name_operation_shapes_and_rule() {
    let zeros = |shape: &[usize]| Tensor::zeros(shape);
    for (a, b, rule) in [
        (&[32, 784][..], &[256, 10][..], "inner sizes differ: [32, 784] x [256, 10]"),
        (&[3], &[4, 2], "inner sizes differ: [3] x [4, 2]"),
        (&[2, 3, 4], &[5, 4, 2], "batch axes do not broadcast: [2, 3, 4] x [5, 4, 2]"),
        (&[], &[4, 2], "needs vectors or matrices, not [] x [4, 2]"),
    ] {
        assert_eq!(message(|| drop(matmul(&zeros(a), &zeros(b)))), format!("matmul: {rule}"));
    }
    assert_eq!(
        message(|| matmul_add(&mut zeros(&[2, 2]), &zeros(&[2, 3]), &zeros(&[3, 4]))),
        "matmul_add: the product has shape [2, 4], but is added to [2, 2]"
    );
    assert_eq!(
        message(|| drop(matvec(&zeros(&[2, 3]), &zeros(&[2])))),
        "matvec: inner sizes differ: [2, 3] x [2]"
    );
    assert_eq!(
        message(|| drop(matvec(&zeros(&[2, 3]), &zeros(&[3, 1])))),
        "matvec: needs a matrix and a vector, not [2, 3] x [3, 1]"
    );
    assert_eq!(
        message(|| _ = dot(&zeros(&[2]), &zeros(&[3]))),
        "dot: needs two vectors of one length, not [2] and [3]"
    );
    let _layer = ch01_tensors::context::enter("mlp");
    assert!(message(|| drop(matmul(&zeros(&[1, 2]), &zeros(&[3, 4])))).starts_with("mlp: matmul: inner"));
}
