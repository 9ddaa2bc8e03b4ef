//! The traps of the page, each shown: what goes wrong, and what to do.

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::{dot, matmul, matmul_backward};

#[test]
fn a_square_weight_hides_a_missing_transpose() {
    let mut rng = Rng::new(8, "traps");
    let mut random = |shape| Array::<f64>::uniform(shape, -1.0, 1.0, &mut rng);
    let (x, square, weight) = (random([2, 4]), random([4, 4]), random([3, 4]));
    let wrong = matmul(&x, &square);
    assert_eq!(wrong.shape(), matmul(&x, &square.clone().t()).shape());
    assert!(wrong != matmul(&x, &square.t()));
    // With three different sizes only the right one has a result.
    assert!(std::panic::catch_unwind(|| matmul(&x, &weight)).is_err());
    assert_eq!(*matmul(&x, &weight.t()).shape(), [2, 3]);
}

#[test]
fn the_star_multiplies_element_by_element() {
    let a = Array::from([[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(&a * &a, Array::from([[1.0, 4.0], [9.0, 16.0]]));
    assert_eq!(matmul(&a, &a), Array::from([[7.0, 10.0], [15.0, 22.0]]));
}

#[test]
fn vectors_give_a_number_and_columns_times_rows_a_matrix() {
    let (x, y) = (Array::from([1.0, 2.0]), Array::from([3.0, 4.0]));
    assert_eq!(dot(&x, &y), 11.0);
    assert_eq!(matmul(&x.unsqueeze(1), &y.unsqueeze(0)), Array::from([[3.0, 4.0], [6.0, 8.0]]));
}

#[test]
fn a_shared_operand_gets_the_sum_over_the_batch() {
    let a = Tensor::ones([8, 2, 3]);
    let weight = Tensor::ones([3, 5]);
    let grad = Tensor::ones([8, 2, 5]);
    // A product by hand keeps the batch axis, and a mean over it is too small by the size of the batch.
    let by_hand = matmul(&a.clone().t(), &grad);
    assert_eq!(*by_hand.shape(), [8, 3, 5]);
    let (_, right) = matmul_backward(&grad, &a, &weight);
    assert_eq!(right, Tensor::full([3, 5], 16.0));
    assert_eq!(by_hand.mean(0, false), Tensor::full([3, 5], 2.0));
}

#[test]
fn sums_in_another_order_round_otherwise() {
    let x = Tensor::from([1.0e8, 1.0, -1.0e8, 1.0]);
    let one_by_one = x.iter().fold(0.0, |sum, x| sum + x);
    let pairs = (x[[0]] + x[[2]]) + (x[[1]] + x[[3]]);
    assert_eq!((one_by_one, pairs), (1.0, 2.0));
}
