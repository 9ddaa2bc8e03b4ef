//! Every way to multiply that this processor has, for f32, against the definition in f64: sizes with odd tails and sizes
//! beyond every block, strides of every kind, results inside larger memory, and numbers that are not finite.

mod common;

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::{Kernel, Window, WindowMut, gemm_into, matmul, matmul_add, naive, with_kernel};
use common::{LAYOUTS, assert_product, view};
use proptest::prelude::*;

/// Runs `test` with each kernel.
fn each_kernel(mut test: impl FnMut(Kernel)) {
    Kernel::available().for_each(|kernel| with_kernel(kernel, || test(kernel)));
}

/// As [`view`], or a part of a larger matrix, whose rows lie further apart than they are long.
fn padded_view(shape: [usize; 2], layout: u8, padded: bool, rng: &mut Rng) -> Tensor {
    if !padded {
        return view(&shape, layout, rng);
    }
    let whole: Tensor = view(&[shape[0] + 3, shape[1] + 5], layout & 7, rng);
    whole.slice((1..shape[0] as isize + 1, 2..shape[1] as isize + 2))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() })]

    #[test]
    fn fast_matmul_f32_against_plain(
        m in 1usize..60,
        k in 1usize..90,
        n in 1usize..90,
        layouts in prop::array::uniform2(0..LAYOUTS),
        padded in prop::array::uniform2(any::<bool>()),
        seed in any::<u64>(),
    ) {
        let mut rng = Rng::new(seed, "kernels");
        let a = padded_view([m, k], layouts[0], padded[0], &mut rng);
        let b = padded_view([k, n], layouts[1], padded[1], &mut rng);
        each_kernel(|kernel| {
            let c = matmul(&a, &b);
            assert_product(&format!("{kernel:?}"), &c, &a, &b);
            let mut sum = Array::full(*c.shape(), 0.5f32);
            matmul_add(&mut sum, &a, &b);
            // The sum is below k + 1, and is rounded once more; the products may be summed in another order when added.
            let bound = (k + 1) as f32 * (k + 2) as f32 * f32::EPSILON;
            for (sum, c) in sum.iter().zip(c.iter()) {
                assert!((sum - (0.5 + c)).abs() <= bound, "{kernel:?}: {sum} after adding {c}");
            }
        });
    }

    #[test]
    fn nothing_is_written_beside_the_result(
        m in 1usize..40,
        k in 1usize..30,
        n in 1usize..70,
        gap in 0usize..4,
        transposed in prop::array::uniform2(any::<bool>()),
        add in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut rng = Rng::new(seed, "beside");
        let [a, b] = [[m, k], [k, n]].map(|shape| Tensor::uniform(shape, -1.0, 1.0, &mut rng));
        let stored = |x: &Tensor, t: bool| if t { x.clone().t().contiguous() } else { x.clone() };
        let (a_stored, b_stored) = (stored(&a, transposed[0]), stored(&b, transposed[1]));
        fn window(x: &Tensor, t: bool) -> Window<'_, f32> {
            let window = Window::new(x.data(), [x.dim(0), x.dim(1)], [x.dim(1), 1]);
            if t { window.t() } else { window }
        }
        each_kernel(|kernel| {
            // A canary before, between the rows and behind.
            const CANARY: f32 = 123.0;
            let row = n + gap;
            let mut memory = vec![CANARY; 7 + m * row + 9];
            let old = if add { CANARY } else { 0.0 };
            let mut c = WindowMut::new(&mut memory[7..], [m, n], row);
            gemm_into(window(&a_stored, transposed[0]), window(&b_stored, transposed[1]), add, &mut c);
            for (at, &x) in memory.iter().enumerate() {
                let (i, j) = (at.wrapping_sub(7) / row, at.wrapping_sub(7) % row);
                if at < 7 || i >= m || j >= n {
                    assert_eq!(x, CANARY, "{kernel:?}: element {at}");
                } else {
                    let want: f64 = (0..k).map(|p| f64::from(a[[i, p]]) * f64::from(b[[p, j]])).sum();
                    // Sums of numbers up to 123 + k, rounded k + 1 times.
                    let bound = (k + 1) as f64 * (k + 123) as f64 * f64::from(f32::EPSILON);
                    assert!((f64::from(x - old) - want).abs() <= bound, "{kernel:?}: [{i}, {j}]: {x} for {want}");
                }
            }
        });
    }

    #[test]
    fn what_is_not_finite_goes_where_it_goes_by_definition(
        m in 1usize..35,
        k in 1usize..25,
        n in 1usize..70,
        place in any::<prop::sample::Index>(),
        on_the_left in any::<bool>(),
        value in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
        transposed in prop::array::uniform2(any::<bool>()),
        seed in any::<u64>(),
    ) {
        // Small whole numbers, many of them 0: all sums are exact, and 0 times infinity is there.
        let mut rng = Rng::new(seed, "not finite");
        let whole = |shape: [usize; 2], rng: &mut Rng| {
            let values: Vec<f32> = Tensor::uniform(shape, -2.0, 2.0, rng).iter().map(|x| x.trunc()).collect();
            Tensor::from_slice(&values, shape)
        };
        let (mut a, mut b) = (whole([m, k], &mut rng), whole([k, n], &mut rng));
        let spoiled = if on_the_left { &mut a } else { &mut b };
        let size = spoiled.size();
        spoiled.data_mut()[place.index(size)] = value;
        let mut want = Tensor::zeros([m, n]);
        naive(a.data(), b.data(), want.data_mut(), [m, k, n]);
        let stored = |x: Tensor, t: bool| if t { x.t().contiguous().t() } else { x };
        let (a, b) = (stored(a, transposed[0]), stored(b, transposed[1]));
        each_kernel(|kernel| {
            let c = matmul(&a, &b);
            for (i, (got, want)) in c.iter().zip(want.iter()).enumerate() {
                assert!(got == want || got.is_nan() && want.is_nan(), "{kernel:?}, element {i}: {got} for {want}");
            }
        });
    }
}

#[test]
fn sizes_beyond_every_block() {
    // Below and above the longest blocks of each kernel, with AVX-512 262 rows, 320 of p and 2560 columns, with AVX2 480, 480
    // and 1280; and many parts of one axis with little of the others.
    let mut rng = Rng::new(5, "blocks");
    for [m, k, n] in [
        [577, 331, 45],
        [14, 700, 97],
        [31, 40, 1301],
        [721, 9, 33],
        [3, 2000, 5],
        [129, 511, 161],
        // Several blocks of columns, whose panels take the room of those before; with several of p, and of rows.
        [5, 323, 2603],
        [265, 4, 2579],
    ] {
        for layouts in [[0, 0], [0, 1], [1, 0], [1, 1], [2, 5], [6, 16]] {
            let (a, b): (Tensor, Tensor) =
                (view(&[m, k], layouts[0], &mut rng), view(&[k, n], layouts[1], &mut rng));
            each_kernel(|kernel| {
                let c = matmul(&a, &b);
                assert_product(&format!("{kernel:?}"), &c, &a, &b);
                let mut twice = c.copy();
                matmul_add(&mut twice, &a, &b);
                for (twice, once) in twice.iter().zip(c.iter()) {
                    // Sums that go on from the first result, up to 2k, rounded k times.
                    let bound = (2 * k * k) as f32 * f32::EPSILON;
                    assert!((twice - 2.0 * once).abs() <= bound, "{kernel:?}: {once}, then {twice}");
                }
            });
        }
    }
}

#[test]
fn rows_a_power_of_two_apart_are_copied_and_right() {
    // Rows of 1024 floats fall into the same set of the cache; with eight panels and more such rows are copied first.
    let mut rng = Rng::new(6, "power of two");
    let whole = Tensor::uniform([40, 1024], -1.0, 1.0, &mut rng);
    let a = whole.slice((.., 3..303));
    let b = Tensor::uniform([300, 290], -1.0, 1.0, &mut rng);
    each_kernel(|kernel| {
        assert_product(&format!("{kernel:?}"), &matmul(&a, &b), &a, &b);
        let (at, bt) = (a.clone().t(), b.clone().t());
        assert_product(&format!("{kernel:?}, transposed"), &matmul(&bt, &at), &bt, &at);
    });
}

#[test]
fn each_kernel_gives_the_same_bits_on_any_number_of_threads() {
    let mut rng = Rng::new(7, "threads");
    let mut random = |shape: &[usize]| Tensor::uniform(shape, -1.0, 1.0, &mut rng);
    let cases = [
        (random(&[400, 300]), random(&[300, 500])),
        (random(&[100, 33, 65]), random(&[100, 65, 47])),
        (random(&[20, 30_000]), random(&[30_000, 20])),
    ];
    each_kernel(|kernel| {
        for (a, b) in &cases {
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| with_kernel(kernel, || matmul(a, b).to_vec()))
            };
            let one = on(1);
            for threads in [2, 5] {
                assert!(on(threads) == one, "{kernel:?}: {:?} x {:?} on {threads}", a.shape(), b.shape());
            }
        }
    });
}

#[test]
fn the_choice_ends_with_its_scope() {
    let before = Kernel::in_use();
    with_kernel(Kernel::Scalar, || {
        assert_eq!(Kernel::in_use(), Kernel::Scalar);
        with_kernel(Kernel::Matrixmultiply, || assert_eq!(Kernel::in_use(), Kernel::Matrixmultiply));
        assert_eq!(Kernel::in_use(), Kernel::Scalar);
    });
    assert_eq!(Kernel::in_use(), before);
    let panic = std::panic::catch_unwind(|| with_kernel(Kernel::Scalar, || panic!("on purpose")));
    assert!(panic.is_err() && Kernel::in_use() == before);
}
