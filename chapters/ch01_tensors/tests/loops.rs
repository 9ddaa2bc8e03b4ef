//! The loops that are compiled for wide vectors, against plain ones in 64 bits, one element after the other: random shapes
//! (empty ones too), steps, directions, alignments and lengths that fill no vector.

use std::process::{Command, Stdio};

use ch01_tensors::level::{Body, Level, at_level};
use ch01_tensors::{Array, Rng, Slice, Tensor, fold};
use proptest::prelude::*;

/// A view of random numbers: every axis a slice, some with steps and some backwards, the axes in a random order.
fn view(lengths: &[usize], rng: &mut Rng) -> Tensor {
    let whole: Vec<usize> = lengths.iter().map(|n| 2 * n + 3).collect();
    let mut x = Tensor::normal(&whole[..], 0.5, 2.0, rng);
    for (axis, &n) in lengths.iter().enumerate() {
        let (step, start) = (1 + rng.below(2), rng.below(3));
        x = x.move_axis(axis as isize, 0);
        x = x.slice(Slice::new(Some(start as isize), Some((start + step * n) as isize), step as isize));
        if rng.below(3) == 0 {
            x = x.flip(0);
        }
        x = x.move_axis(0, axis as isize);
    }
    if rng.below(3) == 0 {
        x = x.contiguous();
    }
    let mut order: Vec<isize> = (0..lengths.len() as isize).collect();
    rng.shuffle(&mut order);
    x.permute(order)
}

/// The elements that a reduction along `axes` combines, for each of its results in order, in 64 bits.
fn groups(x: &Tensor, axes: &[isize]) -> Vec<Vec<f64>> {
    let kept: Vec<isize> = (0..x.ndim() as isize).filter(|axis| !axes.contains(axis)).collect();
    let rows = |axes: &[isize]| axes.iter().map(|&axis| x.dim(axis)).product::<usize>();
    let order: Vec<isize> = kept.iter().chain(axes).copied().collect();
    let flat: Vec<f64> = x.clone().permute(order).iter().map(f64::from).collect();
    let length = rows(axes);
    (0..rows(&kept)).map(|i| flat[i * length..][..length].to_vec()).collect()
}

fn cases() -> impl Strategy<Value = (Vec<usize>, u64)> {
    let short = prop::collection::vec(0usize..8, 0..5);
    let long =
        prop::collection::vec(prop::sample::select(vec![1usize, 2, 3, 10, 17, 64, 65, 131, 300]), 1..3);
    (prop_oneof![short, long], any::<u64>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Tolerance: a sum of `n` numbers in our order is at most `n / 64 + 80` roundings deep, of at most 2^-24 of the sum of
    /// the absolute values each. For these sizes 100 is above that; the variance squares and divides on top.
    #[test]
    fn reductions_equal_the_plain_ones((lengths, seed) in cases()) {
        let mut rng = Rng::new(seed, "reductions");
        let x = view(&lengths, &mut rng);
        let mut axes: Vec<isize> = (0..x.ndim() as isize).collect();
        rng.shuffle(&mut axes);
        axes.truncate(rng.below(x.ndim() + 1));
        let groups = groups(&x, &{ let mut sorted = axes.clone(); sorted.sort_unstable(); sorted });
        let (sum, mean) = (x.sum(&axes[..], false), x.mean(&axes[..], false));
        let var = x.var(&axes[..], false, 0);
        prop_assert_eq!(sum.size(), groups.len());
        let unit = 100.0 * 2f64.powi(-24);
        for (i, group) in groups.iter().enumerate() {
            let n = group.len() as f64;
            let total: f64 = group.iter().sum();
            let absolute: f64 = group.iter().map(|x| x.abs()).sum();
            let got = |a: &Tensor| f64::from(a.iter().nth(i).unwrap());
            prop_assert!((got(&sum) - total).abs() <= unit * absolute, "sum {i} of {x:?} along {axes:?}");
            if group.is_empty() {
                prop_assert!(got(&mean).is_nan() && got(&var).is_nan());
                continue;
            }
            prop_assert!((got(&mean) - total / n).abs() <= unit * absolute / n);
            let squares: f64 = group.iter().map(|x| (x - total / n).powi(2)).sum();
            let largest = group.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            prop_assert!((got(&var) - squares / n).abs() <= unit * largest * largest, "variance {i}");
        }
        if !x.is_empty() {
            let (max, min) = (x.max(&axes[..], true), x.min(&axes[..], true));
            for (i, group) in groups.iter().enumerate() {
                let largest = group.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let smallest = group.iter().copied().fold(f64::INFINITY, f64::min);
                prop_assert_eq!(f64::from(max.iter().nth(i).unwrap()), largest);
                prop_assert_eq!(f64::from(min.iter().nth(i).unwrap()), smallest);
            }
        }
    }

    /// With few different values there are many equals, of which the first counts; NaN counts as the largest.
    #[test]
    fn places_equal_the_plain_ones(length in 1usize..300, rows in 1usize..4, nan in any::<bool>(), seed: u64) {
        let mut rng = Rng::new(seed, "places");
        let x = Tensor::from_fn([rows, length], |_| match rng.below(20) {
            0 if nan => f32::NAN,
            n => (n % 7) as f32,
        });
        let place = |row: usize, better: fn(f32, f32) -> bool| {
            (0..length).fold(0, |best, i| {
                let (x, b) = (x[[row, i]], x[[row, best]]);
                if !b.is_nan() && (x.is_nan() || better(x, b)) { i } else { best }
            }) as i64
        };
        let want = |better: fn(f32, f32) -> bool| (0..rows).map(|row| place(row, better)).collect::<Vec<_>>();
        prop_assert_eq!(x.argmax(1, false).to_vec(), want(|x, y| x > y));
        prop_assert_eq!(x.argmin(1, false).to_vec(), want(|x, y| x < y));
        prop_assert_eq!(x.clone().t().contiguous().argmax(0, false).to_vec(), want(|x, y| x > y));
    }

    /// Broadcast arithmetic gives exactly the float that one operation gives.
    #[test]
    fn broadcast_arithmetic_equals_the_plain_one((lengths, seed) in cases()) {
        let mut rng = Rng::new(seed, "broadcast");
        let x = view(&lengths, &mut rng);
        let other: Vec<usize> = x.shape().iter().map(|&n| if rng.below(2) == 0 { 1 } else { n }).collect();
        let y = Tensor::normal(&other[..], 0.0, 1.0, &mut rng);
        let wide = y.clone().broadcast_to(*x.shape());
        let want: Vec<f32> = x.iter().zip(wide.iter()).map(|(x, y)| x - y).collect();
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&(&x - &y).to_vec()), bits(&want));
        prop_assert_eq!(bits(&(x.copy() - &y).to_vec()), bits(&want));
        let mut own = x.copy();
        own -= &y;
        prop_assert_eq!(bits(&own.to_vec()), bits(&want));
        let doubled: Vec<f32> = x.iter().map(|x| x * 2.5).collect();
        prop_assert_eq!(bits(&(&x * 2.5).to_vec()), bits(&doubled));
    }
}

struct Sum<'a> {
    x: &'a [f32],
    out: &'a mut f32,
}

impl Body for Sum<'_> {
    #[inline(always)]
    fn run(self) {
        *self.out = fold::fold(self.x, 0.0, |x| x, |x, y| x + y);
    }
}

#[test]
fn a_sum_has_the_same_bits_at_every_level_and_alignment() {
    let x = Tensor::normal([700], 0.0, 1.0, &mut Rng::new(0, "levels")).to_vec();
    for (from, length) in (0..20).flat_map(|from| (0..200).chain([256, 640, 679]).map(move |n| (from, n))) {
        let sum = |level, x: &[f32]| {
            let mut out = f32::NAN;
            at_level(level, Sum { x, out: &mut out });
            out.to_bits()
        };
        let part = &x[from..from + length];
        let aligned = part.to_vec();
        for level in Level::all() {
            assert_eq!(sum(level, part), sum(Level::Portable, &aligned), "{length} elements at {level:?}");
        }
        // 27 roundings at most: three per lane, the lanes, the rest.
        let exact: f64 = part.iter().map(|&x| f64::from(x)).sum();
        let absolute: f64 = part.iter().map(|&x| f64::from(x).abs()).sum();
        let got = f64::from(f32::from_bits(sum(Level::detect(), part)));
        assert!((got - exact).abs() <= 27.0 * 2f64.powi(-24) * absolute);
    }
}

#[test]
fn large_reductions_equal_the_plain_ones_and_any_number_of_threads_gives_the_same() {
    for shape in [
        vec![3, 70_001],
        vec![70_001, 3],
        vec![5, 301, 130],
        vec![4, 40, 9, 111],
        vec![200_003],
        vec![90, 1000],
    ] {
        let x = Tensor::normal(&shape[..], 0.1, 1.0, &mut Rng::new(1, "large"));
        for axes in (1..1 << shape.len()).map(|set: usize| -> Vec<isize> {
            (0..shape.len() as isize).filter(|axis| set >> axis & 1 == 1).collect()
        }) {
            let run = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| (x.sum(&axes[..], false), x.var(&axes[..], false, 0)))
            };
            let (sum, var) = run(1);
            assert!((sum.clone(), var.clone()) == run(3), "{shape:?} along {axes:?}");
            let groups = groups(&x, &axes);
            for (got, group) in sum.iter().zip(&groups) {
                let absolute: f64 = group.iter().map(|x| x.abs()).sum();
                let near =
                    (f64::from(got) - group.iter().sum::<f64>()).abs() <= 400.0 * 2f64.powi(-24) * absolute;
                assert!(near, "{shape:?} along {axes:?}");
            }
            let plain: Array<f64> = x.to_f64().var(&axes[..], false, 0);
            for (got, want) in var.iter().zip(plain.iter()) {
                assert!((f64::from(got) - want).abs() <= 1e-4 * want, "variance of {shape:?} along {axes:?}");
            }
        }
    }
}

/// The variable is read once, so each value takes a process of its own, which runs this test alone.
#[test]
fn the_environment_lowers_the_level() {
    const CHILD: &str = "GRADUS_TEST_LEVEL";
    if std::env::var_os(CHILD).is_some() {
        assert_eq!(Level::all().collect::<Vec<_>>(), [Level::Portable]);
        return;
    }
    let passes = |level: &str| {
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child
            .args(["--exact", "the_environment_lowers_the_level"])
            .env(CHILD, "1")
            .env("GRADUS_LEVEL", level);
        child.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts").success()
    };
    assert!(passes("portable"));
    // No level: refused, and not taken for any.
    assert!(!passes("sse9"));
}
