//! The traps of the chapter's page: each is shown as it happens, and then its cure.

use std::panic::catch_unwind;

use ch01_tensors::{Array, Tensor};

#[test]
fn aliasing_a_view_is_never_written_through() {
    // In numpy, `row = image[0]; row += 1` changes the image. Here it changes the row alone.
    let image = Tensor::zeros([2, 3]);
    let mut flipped = image.clone().flip(0);
    assert!(image.shares_storage(&flipped), "a view copies nothing");
    flipped += 1.0;
    assert!(!image.shares_storage(&flipped), "writing made a copy");
    assert_eq!(image.to_vec(), [0.0; 6]);
    assert_eq!(flipped.to_vec(), [1.0; 6]);
}

#[test]
fn aliasing_the_price_is_a_copy_that_nobody_asked_for() {
    let mut weight = Tensor::zeros([1000]);
    let at = |a: &Tensor| a.data().as_ptr();
    let before = at(&weight);
    weight += 1.0;
    assert_eq!(at(&weight), before, "one owner: in place");
    let kept = weight.clone();
    weight += 1.0;
    assert_ne!(at(&weight), before, "two owners: the write had to copy");
    drop(kept);
    let now = at(&weight);
    weight += 1.0;
    assert_eq!(at(&weight), now, "one owner again");
}

#[test]
fn a_small_view_keeps_a_large_storage() {
    let big = Tensor::zeros([1000, 1000]);
    let corner = big.slice((..2, ..2));
    drop(big);
    assert_eq!(corner.storage().len(), 1_000_000, "four elements, four megabytes");
    assert_eq!(corner.copy().storage().len(), 4, "the copy holds what it needs");
}

#[test]
fn row_against_column_a_perfect_prediction_has_an_error() {
    let labels = Tensor::from([1.0, 2.0, 3.0]);
    let predictions = Tensor::from([[1.0], [2.0], [3.0]]);
    let differences = &predictions - &labels;
    assert_eq!(*differences.shape(), [3, 3], "every prediction against every label");
    let mean_square = (&differences * &differences).mean_all();
    assert_eq!(mean_square, 12.0 / 9.0); // 0 three times, 1 four times, 4 twice
    // The cure: say which axis you mean.
    let differences = predictions.squeeze(1) - &labels;
    assert_eq!((&differences * &differences).mean_all(), 0.0);
}

#[test]
#[should_panic(expected = "does not broadcast to [3] in place")]
fn row_against_column_in_place_is_refused() {
    let mut labels = Tensor::from([1.0, 2.0, 3.0]);
    labels -= &Tensor::from([[1.0], [2.0], [3.0]]);
}

#[test]
fn reshape_is_not_transpose() {
    let a = Array::from([[1, 2, 3], [4, 5, 6]]);
    assert_eq!(a.clone().reshape([3, 2]), Array::from([[1, 2], [3, 4], [5, 6]]));
    assert_eq!(a.t(), Array::from([[1, 4], [2, 5], [3, 6]]));
}

#[test]
fn integer_overflow_of_bytes() {
    let pixels = Array::from([200u8, 100]);
    if cfg!(debug_assertions) {
        assert!(catch_unwind(|| Array::from([200u8]) + Array::from([100u8])).is_err(), "debug builds notice");
    }
    // The cure: leave the bytes before calculating.
    assert_eq!(pixels.cast::<f32>().sum_all(), 300.0);
    assert_eq!(pixels.sum_as::<i64>(.., false).item(), 300);
}

#[test]
fn integer_overflow_of_casts_saturates() {
    let cast = Array::from([-1.0, 1.9, 300.0, f64::NAN]).cast::<u8>();
    assert_eq!(cast.to_vec(), [0, 1, 255, 0], "not 255, 2, 44");
    // From integer to integer nothing is lost that fits; f64 holds 53 bits.
    let odd = Array::from([(1i64 << 53) + 1]);
    assert_eq!(odd.cast::<i64>(), odd);
    assert_eq!(odd.cast::<f64>().cast::<i64>().to_vec(), [1i64 << 53]);
    assert_eq!(Array::from([1i64 << 40]).cast::<i32>().to_vec(), [i32::MAX]);
}

#[test]
fn mean_of_nothing_is_nan_and_spreads() {
    let none = Tensor::zeros([0, 3]);
    assert!(none.mean_all().is_nan());
    assert!(none.mean(0, false).iter().all(f32::is_nan));
    assert!((Tensor::ones([3]) + none.mean(0, false)).sum_all().is_nan(), "one NaN is enough for all");
    // A sum of nothing is 0, but there is no largest of nothing: that is a mistake in the program.
    assert_eq!(none.sum_all(), 0.0);
    let message = catch_unwind(|| Tensor::zeros([0, 3]).max(0, false)).unwrap_err();
    let message = message.downcast_ref::<String>().expect("a text");
    assert!(message.contains("max: of no elements is not defined: shape [0, 3]"), "{message}");
    // The cure: ask first.
    assert!(none.is_empty());
}

#[test]
fn mean_square_minus_squared_mean_is_not_the_variance() {
    let x = Tensor::from([10000.0, 10001.0, 10002.0]);
    let one_pass = (&x * &x).mean_all() - x.mean_all() * x.mean_all();
    assert!((one_pass - 2.0 / 3.0).abs() > 0.5, "{one_pass}: near 10^8, neighbouring f32 are 8 apart");
    assert!((x.var(.., false, 0).item() - 2.0 / 3.0).abs() < 1e-6);
}

#[test]
fn a_float_step_of_arange_may_hit_the_end() {
    // numpy.arange(1, 1.3, 0.1) has the same four elements: 0.1 is not a tenth, and 0.3 / 0.1 rounds up to 4.
    assert_eq!(Array::arange(1.0, 1.3, 0.1).size(), 4);
    // The cure: count in integers, or say how many.
    assert_eq!(Array::linspace(1.0, 1.2, 3).size(), 3);
    // Both ends are exact, whatever the rounding between: 1e16 + (1 - 1e16) is 0.
    assert_eq!(Array::linspace(1e16, 1.0, 3).to_vec(), [1e16, 5e15, 1.0]);
}

#[test]
fn float_max_and_array_max_treat_nan_differently() {
    let x = Array::from([1.0, f64::NAN, 2.0]);
    assert!(x.max(.., false).item().is_nan(), "as numpy: a NaN is not lost");
    assert_eq!(x.iter().fold(f64::NEG_INFINITY, f64::max), 2.0, "the method of f64 drops it");
}

#[test]
fn arange_counts_integers_exactly() {
    // In f64, 2^60 and 2^60 + 3 are the same number.
    let big = 1i64 << 60;
    assert_eq!(Array::arange(big, big + 3, 1), Array::from([big, big + 1, big + 2]));
    assert_eq!(Array::arange(5, -2, -3), Array::from([5, 2, -1]));
    assert_eq!(Array::arange(0, 7, 3), Array::from([0, 3, 6]));
    assert_eq!(Array::arange(0, 6, 3), Array::from([0, 3]));
    assert!(Array::arange(3, 0, 1).is_empty() && Array::arange(0, 0, -1).is_empty());
    assert_eq!(Array::arange(i64::MIN, i64::MAX, i64::MAX), Array::from([i64::MIN, -1, i64::MAX - 1]));
}
