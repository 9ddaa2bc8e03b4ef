//! ln(e^x_1 + ... + e^x_n), without leaving the range of floats.
//!
//! In f32, e^89 is already infinite and e^-104 is 0, although the logarithm of the sum is a harmless number close to the
//! largest x. For every m, `ln sum e^x_i = m + ln sum e^(x_i - m)`, since the factor e^m comes out of the sum. With m
//! the largest element, no exponent is above 0 and one of them is 0: the sum lies between 1 and n.
//! PyTorch: `torch.logsumexp` along one row.

use ch01_tensors::Float;

/// The logarithm of the sum of exponentials of a row; -inf for no elements. NaN if an element is.
///
/// The sum is kept in f64, so that a long row in f32 loses nothing.
pub fn log_sum_exp<T: Float>(row: &[T]) -> T {
    let highest = row.iter().fold(T::LOWEST, |m, &x| if x > m || x.is_nan() { x } else { m });
    // Yours: Subtract `highest` before exp and add it after ln. If it is -inf or +inf or NaN, it is
    // the answer: inf - inf would be NaN.
    todo!()
}
