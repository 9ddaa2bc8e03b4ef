//! Our 32-bit exp, tanh and erf: how exact over all floats (every 31st), and how fast against the standard library.
//!
//! Speed: ours and scalar loops alternate, the ratio of each pair is taken, and the median of 21 is recorded with the
//! smallest and largest. Each time is the shortest of 60 calls, so that other programs do not count.

use std::hint::black_box;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::{Rng, Tensor};
use ch03_neurons::erf::{erf_f32, erf_f64};
use ch03_neurons::exp::{exp_f32, exp_m1_f32};
use ch03_neurons::simd::Level;
use ch03_neurons::{gelu, ln_1p_f32, math, sigmoid_at, softmax, tanh_f32};

/// A function on slices of ours, and the scalar one it stands against.
type Pair = (&'static str, fn(&mut [f32]), fn(f32) -> f32);
/// A function of ours, and what it should be.
type Function = (&'static str, fn(f32) -> f32, fn(f64) -> f64);

fn ulps(got: f32, exact: f64) -> f64 {
    if exact.abs() >= 2f64.powi(128) {
        return if got.is_infinite() { 0.0 } else { f64::INFINITY };
    }
    let exponent = (exact.abs().max(f64::from(f32::MIN_POSITIVE)).to_bits() >> 52) as i32 - 1023;
    (f64::from(got) - exact).abs() / 2f64.powi(exponent - 23)
}

/// Sigmoid in 64 bits.
fn sigmoid_f64(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

/// How many times faster `ours` is: median, smallest, largest of 21 pairs.
fn speedup(mut ours: impl FnMut(), mut scalar: impl FnMut()) -> [f64; 3] {
    let time = |f: &mut dyn FnMut()| {
        let once = |_| {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64()
        };
        (0..60).map(once).fold(f64::INFINITY, f64::min)
    };
    let mut ratios: Vec<f64> = (0..21)
        .map(|_| {
            let fast = time(&mut ours);
            time(&mut scalar) / fast
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    [ratios[10], ratios[0], ratios[20]]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_vector_math");
    let all: [Function; 6] = [
        ("exp", exp_f32, f64::exp),
        ("exp_m1", exp_m1_f32, f64::exp_m1),
        ("tanh", tanh_f32, f64::tanh),
        ("erf", erf_f32, erf_f64),
        ("ln_1p", ln_1p_f32, f64::ln_1p),
        ("sigmoid", sigmoid_at, sigmoid_f64),
    ];
    for (name, fast, exact) in all {
        let mut worst = 0.0f64;
        for bits in (0..=u32::MAX).step_by(31) {
            let x = f32::from_bits(bits);
            if !x.is_nan() && (name != "ln_1p" || (0.0..=1.0).contains(&x)) {
                worst = worst.max(ulps(fast(x), exact(f64::from(x))));
            }
        }
        record.number(&format!("{name}_ulp"), worst);
    }

    // The largest error in each of 200 pieces of an interval.
    let mut series = Vec::new();
    for (name, fast, exact) in [all[0], all[2], all[3]] {
        let piece = |p: i32| -> (f64, f64) {
            let at = |i: i32| ((f64::from(p) + f64::from(i) / 4001.0) * 0.05 - 5.0) as f32;
            let worst = (0..4000).map(|i| ulps(fast(at(i)), exact(f64::from(at(i))))).fold(0.0, f64::max);
            (f64::from(p) * 0.05 - 4.975, worst)
        };
        series.push(Series::new(name, (0..200).map(piece).collect()));
    }
    let path = record.figure_path("ch03_vector_math");
    lines(&path, "Largest error of the 32-bit functions", "x", "units in the last place", &series)?;

    let x = Tensor::normal([32, 128], 0.0, 3.0, &mut Rng::new(0, "speed"));
    let (mut a, mut b) = (x.to_vec(), x.to_vec());
    let scalar: [Pair; 3] = [
        ("exp", math::exp_slice, f32::exp),
        ("tanh", math::tanh_slice, f32::tanh),
        ("erf", math::erf_slice, |x| erf_f64(f64::from(x)) as f32),
    ];
    let mut speeds = Vec::new();
    for (name, fast, slow) in scalar {
        let ratio = speedup(
            || {
                a.copy_from_slice(x.data());
                fast(black_box(&mut a));
            },
            || {
                b.copy_from_slice(x.data());
                black_box(&mut b).iter_mut().for_each(|y| *y = slow(*y));
            },
        );
        speeds.push((name, ratio));
    }
    let plain = |x: f32| x * 0.5 * (1.0 + erf_f64(f64::from(x) * std::f64::consts::FRAC_1_SQRT_2) as f32);
    let ours = || drop(black_box(gelu(black_box(x.copy()))));
    speeds.push(("gelu", speedup(ours, || drop(black_box(black_box(x.copy()).map(plain))))));
    let rows = |mut y: Tensor| {
        for row in y.data_mut().chunks_mut(128) {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.iter_mut().for_each(|x| *x = (*x - largest).exp());
            let sum: f32 = row.iter().sum();
            row.iter_mut().for_each(|x| *x /= sum);
        }
        y
    };
    let ours = || drop(black_box(softmax(black_box(x.copy()), -1)));
    speeds.push(("softmax", speedup(ours, || drop(black_box(rows(black_box(x.copy())))))));
    for (name, [median, low, high]) in speeds {
        record.number(&format!("{name}_speedup"), median);
        record.number(&format!("{name}_speedup_low"), low);
        record.number(&format!("{name}_speedup_high"), high);
    }
    record.text("level", format!("{:?}", Level::detect()));
    Ok(record.finish()?)
}
