//! The normal distribution without its tails (`torch.nn.init.trunc_normal_`).
//!
//! What falls outside `[low, high]` is drawn again. Cut at two standard deviations, as is usual, nothing is ever larger
//! than that, and the standard deviation of what remains is 0.880 of the one asked for.
//!
//! `low` and `high` are values, as in PyTorch, whose defaults -2 and 2 cut nothing when `std` is 0.02.

use ch01_tensors::{Array, Float, Rng, fail};
use ch03_neurons::math::erf;

use ch08_initialization::normal::fill;

/// Numbers drawn from the normal distribution, given that they lie in `[low, high]`.
///
/// # Panics
/// When `low` is not below `high`, or `std` is not positive.
#[track_caller]
pub fn trunc_normal<T: Float>(array: &mut Array<T>, mean: f64, std: f64, low: f64, high: f64, rng: &mut Rng) {
    if !(low < high && std > 0.0 && std.is_finite() && mean.is_finite()) {
        fail(
            "trunc_normal",
            format_args!("no normal numbers of mean {mean} and std {std} between {low} and {high}"),
        );
    }
    let (a, b) = ((low - mean) / std, (high - mean) / std);
    let below = |z: f64| 0.5 * (1.0 + erf(z / f64::sqrt(2.0)));
    if below(b) - below(a) > 0.25 {
        fill(array, || {
            loop {
                let z = rng.normal();
                if (a..=b).contains(&z) {
                    return mean + std * z;
                }
            }
        });
        return;
    }
    // Normal numbers would almost never fall there: draw even ones, and accept each in proportion to its density.
    // Beyond 40 standard deviations from the densest place nothing is ever accepted.
    let densest = 0f64.clamp(a, b);
    let (a, b) = (a.max(densest - 40.0), b.min(densest + 40.0));
    fill(array, || {
        loop {
            let z = a + (b - a) * rng.uniform();
            if rng.uniform() < ((densest * densest - z * z) / 2.0).exp() {
                return mean + std * z;
            }
        }
    });
}
