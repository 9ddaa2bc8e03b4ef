//! What the tests share: random arrays, masks, comparisons.

use ch01_tensors::{Array, Rng, Tensor};
use ch19_attention::{AttentionOptions, Mask};

/// Standard normal numbers.
pub fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// Padding masks for three sequences of `time` tokens: a short one, a full one, and one with gaps (and, where `empty`,
/// one without any real token instead of the full one).
pub fn padding(time: usize, empty: bool) -> Array<bool> {
    Array::from_fn([3, time], |at| match at[0] {
        0 => at[1] < time.div_ceil(2),
        1 => !empty,
        _ => at[1] % 3 != 1,
    })
}

/// No mask, causal, padding, both.
pub fn masks(padding: &Array<bool>) -> [Mask<'_>; 4] {
    let both = Mask { causal: true, padding: Some(padding) };
    [Mask::NONE, Mask::CAUSAL, Mask::padding(padding), both]
}

/// Options of all kinds, for `heads` heads; `bias` and `slopes` are used by some of them.
pub fn all_options<'a>(
    real: &'a Array<bool>,
    bias: &'a Array<f64>,
    slopes: &'a Array<f64>,
) -> Vec<AttentionOptions<'a, f64>> {
    let mut all: Vec<AttentionOptions<'a, f64>> = masks(real).map(AttentionOptions::from).into();
    let none = AttentionOptions::from(Mask::NONE);
    let causal = AttentionOptions::from(Mask::CAUSAL);
    let padded = AttentionOptions::from(Mask { causal: true, padding: Some(real) });
    all.extend([
        AttentionOptions { offset: 2, ..causal },
        AttentionOptions { window: Some(3), ..none },
        AttentionOptions { window: Some(2), offset: 1, ..padded },
        AttentionOptions { bias: Some(bias), ..none },
        AttentionOptions { bias: Some(bias), slopes: Some(slopes), scale: Some(0.3), ..padded },
        AttentionOptions { slopes: Some(slopes), ..none },
        AttentionOptions { slopes: Some(slopes), offset: 3, window: Some(4), ..causal },
    ]);
    all
}

/// Off by rounding in f64 alone: sums of a few dozen terms of order 1 in two orders.
#[track_caller]
pub fn assert_near(what: &str, a: &Array<f64>, b: &Array<f64>) {
    assert_eq!(a.shape(), b.shape(), "{what}: shapes");
    for (i, (a, b)) in a.iter().zip(b.iter()).enumerate() {
        assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{what}, element {i}: {a} and {b}");
    }
}

/// Both are off by rounding alone: sums of at most a few hundred terms, computed in f32 with errors near 1e-6 of the
/// largest term; 2e-5 of the largest result leaves room for a few dozen roundings.
#[track_caller]
pub fn assert_close(what: &str, fast: &Tensor, plain: &Array<f64>) {
    assert_eq!(fast.shape(), plain.shape(), "{what}: shapes");
    let scale = plain.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
    for (i, (a, b)) in fast.iter().zip(plain.iter()).enumerate() {
        assert!((f64::from(a) - b).abs() <= 2e-5 * scale, "{what}, element {i}: fast {a}, plain {b}");
    }
}
