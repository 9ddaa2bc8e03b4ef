//! The 32-bit exp, exp_m1, tanh, erf, ln_1p, sigmoid and GELU against 64-bit references: error bounds in units in the last
//! place over a sweep of all floats, special values, and the same bits at every vector width.

use ch03_neurons::erf::{erf_f32, erf_f64};
use ch03_neurons::exp::{exp_f32, exp_low_f32, exp_m1_f32, exp_within_f32};
use ch03_neurons::simd::{self, Body, Level, at_level, map_slice};
use ch03_neurons::{ln_1p_f32, math, sigmoid_at, tanh_f32};
use proptest::prelude::*;

/// Every `STRIDE`-th float from 0 to inf and from -0 to -inf: a prime, so that all low bits occur.
const STRIDE: usize = 499;

fn sweep() -> impl Iterator<Item = f32> {
    let half = |sign: u32| (0..=0x7f80_0000u32).step_by(STRIDE).map(move |bits| f32::from_bits(bits | sign));
    half(0).chain(half(0x8000_0000))
}

/// The error of `got` in units in the last place of the exact value's float; below 2^-126 these are all 2^-149.
fn ulps(got: f32, exact: f64) -> f64 {
    if exact.abs() >= 340282356779733661637539395458142568448.0 {
        // Rounds to infinity.
        return if got == f32::INFINITY.copysign(exact as f32) { 0.0 } else { f64::INFINITY };
    }
    let exponent = (exact.abs().max(f64::from(f32::MIN_POSITIVE)).to_bits() >> 52) as i32 - 1023;
    (f64::from(got) - exact).abs() / 2f64.powi(exponent - 23)
}

#[track_caller]
fn assert_ulps(
    name: &str,
    inputs: impl Iterator<Item = f32>,
    fast: impl Fn(f32) -> f32,
    exact: impl Fn(f64) -> f64,
    bound: f64,
) {
    let mut worst = (0.0, 0.0f32);
    let mut count = 0;
    for x in inputs {
        let error = ulps(fast(x), exact(f64::from(x)));
        assert!(!error.is_nan(), "{name}({x:e}) is {}", fast(x));
        if error > worst.0 {
            worst = (error, x);
        }
        count += 1;
    }
    println!("{name}: at most {:.4} ulp over {count} floats, at {:e}", worst.0, worst.1);
    assert!(count > 1_000_000);
    assert!(worst.0 <= bound, "{name}({:e}): {} ulp, more than {bound}", worst.1, worst.0);
}

#[test]
fn exp_is_within_its_bound() {
    assert_ulps("exp", sweep(), exp_f32, f64::exp, 1.1);
}

#[test]
fn shorter_ways_to_exp_give_the_same_bits() {
    for x in sweep().filter(|x| *x <= 43.0).chain([-103.9, -104.0, -87.4, 43.0]) {
        assert_eq!(exp_low_f32(x).to_bits(), exp_f32(x).to_bits(), "{x:e}");
    }
    for x in sweep().filter(|x| (-87.0..=88.0).contains(x)) {
        assert_eq!(exp_within_f32(x).to_bits(), exp_f32(x).to_bits(), "{x:e}");
    }
    assert!(exp_low_f32(f32::NAN).is_nan() && exp_within_f32(-f32::NAN).is_nan());
}

#[test]
fn exp_m1_is_within_its_bound() {
    assert_ulps("exp_m1", sweep(), exp_m1_f32, f64::exp_m1, 2.0);
}

/// Not 2: exp_m1, which is off by up to 1.8, is divided by itself plus 2, and the sum and the quotient round as well.
#[test]
fn tanh_is_within_its_bound() {
    assert_ulps("tanh", sweep(), tanh_f32, f64::tanh, 3.0);
}

#[test]
fn erf_is_within_its_bound() {
    assert_ulps("erf", sweep(), erf_f32, erf_f64, 2.0);
}

/// Not 2: exp is off by up to 1.1, and the sum and the quotient round as well. Below 2^-126, where the quotient of a rounded
/// number is rounded again, all is counted in units of 2^-149.
#[test]
fn sigmoid_is_within_its_bound() {
    let exact = |x: f64| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) };
    assert_ulps("sigmoid", sweep(), sigmoid_at, exact, 2.5);
}

/// For negative x, `1 + erf` cancels: so the error is bounded by that of x, not by that of the result.
#[test]
fn gelu_is_within_its_bound() {
    let inputs: Vec<f32> = sweep().filter(|x| x.is_finite()).collect();
    let x = ch01_tensors::Tensor::from_slice(&inputs, [inputs.len()]);
    let (y, dy) = (ch03_neurons::gelu(x.clone()), ch03_neurons::gelu_backward(x.ones_like(), &x));
    let mut worst = [0.0f64; 2];
    for ((x, y), slope) in inputs.iter().zip(y.iter()).zip(dy.iter()) {
        let x = f64::from(*x);
        let cdf = 0.5 * (1.0 + erf_f64(x * std::f64::consts::FRAC_1_SQRT_2));
        let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        // Subnormal results are multiples of 2^-149.
        let unit = x.abs() * 2f64.powi(-23) + 2f64.powi(-149);
        worst[0] = worst[0].max((f64::from(y) - x * cdf).abs() / unit);
        worst[1] = worst[1].max((f64::from(slope) - cdf - x * density).abs() * 2f64.powi(23));
    }
    println!("gelu: at most {worst:?} ulp of x, and of 1 for the slope");
    assert!(worst[0] <= 1.5 && worst[1] <= 2.0, "{worst:?}");
}

#[test]
fn ln_1p_is_within_its_bound() {
    assert_ulps("ln_1p", sweep().filter(|u| (0.0..=1.0).contains(u)), ln_1p_f32, f64::ln_1p, 2.5);
}

#[test]
fn special_values() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    assert_eq!([-inf, -104.0, -0.0, 0.0, 88.8, inf].map(exp_f32), [0.0, 0.0, 1.0, 1.0, inf, inf]);
    // The largest finite result, and the smallest, which is subnormal.
    assert!(exp_f32(88.722_83).is_finite() && exp_f32(88.722_84) == inf);
    assert_eq!(exp_f32(-103.972_08).to_bits(), 1);
    assert_eq!([-inf, inf].map(exp_m1_f32), [-1.0, inf]);
    assert_eq!([-inf, inf, 10.0].map(tanh_f32), [-1.0, 1.0, 1.0]);
    assert_eq!([-inf, inf, 4.0].map(erf_f32), [-1.0, 1.0, 1.0]);
    assert_eq!(ln_1p_f32(0.0), 0.0);
    for odd in [tanh_f32, erf_f32, exp_m1_f32] {
        assert_eq!(odd(-0.0).to_bits(), (-0.0f32).to_bits());
    }
    // Subnormals are kept, not flushed: tanh x = x there.
    let tiny = f32::from_bits(77);
    assert_eq!([tanh_f32(tiny), tanh_f32(-tiny)], [tiny, -tiny]);
    for f in [exp_f32, exp_m1_f32, tanh_f32, erf_f32, ln_1p_f32] {
        assert!(f(nan).is_nan() && f(-nan).is_nan());
    }
}

/// GELU and its slope for one number, as [`simd::Unary`]: too long for a closure.
#[derive(Clone, Copy)]
struct Gelu;
#[derive(Clone, Copy)]
struct GeluSlope;

impl simd::Unary<f32> for Gelu {
    #[inline(always)]
    fn at(self, x: f32) -> f32 {
        math::gelu(x, |_| unreachable!("the plain one is for 64 bits"))
    }
}

impl simd::Unary<f32> for GeluSlope {
    #[inline(always)]
    fn at(self, x: f32) -> f32 {
        math::gelu_slope(x, |_| unreachable!("the plain one is for 64 bits"))
    }
}

#[test]
fn special_values_of_sigmoid_and_gelu() {
    use simd::Unary;
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    assert_eq!([-inf, -104.0, -0.0, 0.0, 104.0, inf].map(sigmoid_at::<f32>), [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]);
    // The smallest result, which is subnormal: e^x itself.
    assert_eq!(sigmoid_at(-103.972_08f32).to_bits(), 1);
    assert_eq!([7.0, 1e30, f32::MAX, inf].map(|x| Gelu.at(x)), [7.0, 1e30, f32::MAX, inf]);
    assert_eq!([-7.0, -1e30, -f32::MAX].map(|x| Gelu.at(x)), [0.0; 3]);
    // -inf times 0, as by the plain formula and in PyTorch.
    assert!(Gelu.at(-inf).is_nan());
    assert_eq!([0.0f32, -0.0].map(|x| Gelu.at(x).to_bits()), [0.0f32, -0.0].map(f32::to_bits));
    assert_eq!([-inf, -7.0, 7.0, inf].map(|x| GeluSlope.at(x)), [0.0, 0.0, 1.0, 1.0]);
    // A small number is halved, a subnormal one too.
    let tiny = f32::from_bits(78);
    assert_eq!([Gelu.at(tiny), Gelu.at(-tiny)], [tiny / 2.0, -tiny / 2.0]);
    let functions: [fn(f32) -> f32; 3] = [sigmoid_at::<f32>, |x| Gelu.at(x), |x| GeluSlope.at(x)];
    for f in functions {
        assert!(f(nan).is_nan() && f(-nan).is_nan());
    }
}

#[test]
fn the_same_bits_at_every_vector_width() {
    type Function = (&'static str, fn(f32) -> f32);
    let inputs: Vec<f32> = sweep().step_by(7).chain([f32::NAN, f32::INFINITY, f32::NEG_INFINITY]).collect();
    let functions: [Function; 8] = [
        ("exp", exp_f32),
        ("exp_m1", exp_m1_f32),
        ("tanh", tanh_f32),
        ("erf", erf_f32),
        ("sigmoid", sigmoid_at::<f32>),
        ("gelu", |x| simd::Unary::at(Gelu, x)),
        ("slope of gelu", |x| simd::Unary::at(GeluSlope, x)),
        ("ln_1p", ln_1p_f32),
    ];
    for (name, scalar) in functions {
        let at = |level| {
            let mut x = inputs.clone();
            match name {
                "exp" => map_slice(level, &mut x, exp_f32),
                "exp_m1" => map_slice(level, &mut x, exp_m1_f32),
                "tanh" => map_slice(level, &mut x, tanh_f32),
                "erf" => map_slice(level, &mut x, erf_f32),
                "sigmoid" => map_slice(level, &mut x, sigmoid_at::<f32>),
                "gelu" => map_slice(level, &mut x, Gelu),
                "slope of gelu" => map_slice(level, &mut x, GeluSlope),
                _ => map_slice(level, &mut x, ln_1p_f32),
            }
            x
        };
        for level in Level::all() {
            for ((&x, got), want) in inputs.iter().zip(at(level)).zip(inputs.iter().map(|&x| scalar(x))) {
                let same = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan());
                assert!(same, "{name}({x:e}) at {level:?}: {got:e}, one at a time {want:e}");
            }
        }
    }
    assert!(Level::all().count() >= 1);
}

/// Several threads, parts that end within a piece, and memory of its own for what is shared; in place if it is not.
#[test]
fn large_arrays_equal_small_ones() {
    let mut rng = ch01_tensors::Rng::new(5, "large");
    let mut draw = |shape: [usize; 2]| ch01_tensors::Tensor::normal(shape, 0.0, 3.0, &mut rng);
    for columns in [1usize, 7, 333, 5000] {
        let rows = 100_003usize.div_ceil(columns);
        let (x, g) = (draw([rows, columns]), draw([rows, columns]));
        let (x_kept, g_kept) = (x.copy(), g.copy());
        let results = |x: &ch01_tensors::Tensor, g: &ch01_tensors::Tensor| {
            let y = ch03_neurons::softmax(x.clone(), -1);
            let dx = ch03_neurons::softmax_backward(g.clone(), &y, -1);
            let [z, slope] = [ch03_neurons::gelu(x.clone()), ch03_neurons::gelu_backward(g.clone(), x)];
            let log = ch03_neurons::log_softmax(x.clone(), -1);
            let dlog = ch03_neurons::log_softmax_backward(g.clone(), &log, -1);
            [z, slope, y, dx, log, dlog]
        };
        let large = results(&x, &g);
        assert!(x == x_kept && g == g_kept, "shared arrays are left alone");
        assert!(large[0] == ch03_neurons::gelu(x.copy()) && large[2] == ch03_neurons::softmax(x.copy(), -1));
        assert!(large[1] == ch03_neurons::gelu_backward(g.copy(), &x), "in place as with memory of its own");
        for row in [0, 1, rows / 2, rows - 1] {
            let row_of = |a: &ch01_tensors::Tensor| a.slice(row..row + 1).contiguous();
            for (large, small) in large.iter().zip(results(&row_of(&x), &row_of(&g))) {
                assert!(row_of(large) == small, "row {row} of {columns}");
            }
        }
    }
}

#[test]
fn the_slice_functions_do_what_they_say() {
    type Pair = (fn(&mut [f32]), fn(f32) -> f32);
    let x: Vec<f32> = (-40..40).map(|i| i as f32 / 7.0).collect();
    let functions: [Pair; 3] =
        [(math::exp_slice, exp_f32), (math::tanh_slice, tanh_f32), (math::erf_slice, erf_f32)];
    for (slice, scalar) in functions {
        let mut y = x.clone();
        slice(&mut y);
        assert!(x.iter().zip(&y).all(|(&x, &y)| scalar(x) == y));
    }
}

/// The row functions at one level: sum of squares, product sum, largest, sum of exponentials, and what updates write.
struct RowFunctions<'a> {
    x: &'a [f32],
    y: &'a [f32],
    numbers: &'a mut [f32; 4],
    updated: &'a mut [f32],
}

impl Body for RowFunctions<'_> {
    #[inline(always)]
    fn run(self) {
        let largest = simd::max(self.x);
        *self.numbers = [
            simd::sum(self.x, |x| x * x),
            simd::dot(self.x, self.y),
            largest,
            simd::sum_of(self.x, math::ExpLess(largest)),
        ];
        simd::update(self.updated, math::ExpLess(largest));
        simd::update_with(self.updated, self.y, |a, b| a - b);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any length, from any alignment, at every level: within `length / 64 + 40` roundings of 2^-24 of the sum of absolute
    /// values, and the same bits at every level. Updates leave their neighbours alone.
    #[test]
    fn row_functions_equal_the_plain_ones(length in 0usize..400, from in 0usize..17, seed: u64) {
        let mut rng = ch01_tensors::Rng::new(seed, "rows");
        let mut draw = || (0..length + 40).map(|_| rng.normal() as f32).collect::<Vec<f32>>();
        let (x, y) = (draw(), draw());
        let (x_row, y_row) = (&x[from..from + length], &y[3..3 + length]);
        let run = |level| {
            let (mut numbers, mut updated) = ([0.0; 4], x.clone());
            let row = &mut updated[from..from + length];
            at_level(level, RowFunctions { x: x_row, y: y_row, numbers: &mut numbers, updated: row });
            (numbers, updated)
        };
        let (numbers, updated) = run(Level::detect());
        for level in Level::all() {
            prop_assert_eq!(&run(level), &(numbers, updated.clone()), "{:?}", level);
        }
        let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let (wx, wy) = (wide(x_row), wide(y_row));
        let largest = wx.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let products: Vec<f64> = wx.iter().zip(&wy).map(|(x, y)| x * y).collect();
        let squares: f64 = wx.iter().map(|x| x * x).sum();
        let exponentials: f64 = wx.iter().map(|x| (x - largest).exp()).sum();
        let near = |got: f32, want: f64, size: f64| (f64::from(got) - want).abs() <= 50.0 * 2f64.powi(-24) * size;
        prop_assert!(near(numbers[0], squares, squares));
        prop_assert!(near(numbers[1], products.iter().sum(), products.iter().map(|p| p.abs()).sum()));
        prop_assert!(length == 0 && numbers[2] == f32::NEG_INFINITY || f64::from(numbers[2]) == largest);
        prop_assert!(near(numbers[3], exponentials, exponentials));
        for (i, (&old, &new)) in x.iter().zip(&updated).enumerate() {
            let at = i.wrapping_sub(from);
            let want = if at < length { exp_f32(old - numbers[2]) - y[3 + at] } else { old };
            prop_assert_eq!(new.to_bits(), want.to_bits(), "element {}", i);
        }
    }
}
