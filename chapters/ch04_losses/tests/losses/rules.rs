//! What is refused, in which words; and the rules at the edges.

use ch01_tensors::{Array, Tensor};
use ch04_losses::*;

/// The message of the panic that `f` ends in.
fn message(f: impl FnOnce() -> Tensor + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(f).expect_err("must be refused");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let (x, y) = (Tensor::zeros([4]), Tensor::zeros([4, 1]));
    let both = "prediction [4] and target [4, 1] differ in shape";
    let r = Reduction::Mean;
    assert_eq!(message(|| mse(&x, &y, r)), format!("mse: {both}"));
    assert_eq!(message(|| mae(&x, &y, r)), format!("mae: {both}"));
    assert_eq!(message(|| huber(&x, &y, 1.0, r)), format!("huber: {both}"));
    assert_eq!(message(|| BceWithLogits::default().forward(&x, &y)), format!("bce_with_logits: {both}"));
    assert_eq!(message(|| Focal::default().forward(&x, &y)), format!("focal: {both}"));
    assert_eq!(message(|| KlDiv::default().forward(&x, &y)), format!("kl_div: {both}"));
    assert_eq!(
        message(|| mse_backward(&Tensor::zeros([4]), &x, &x, r)),
        "loss backward: a gradient of shape [4] for a loss reduced by Mean: a scalar"
    );
    assert_eq!(
        message(|| mse_backward(&Tensor::scalar(1.0), &x, &x, Reduction::None)),
        "loss backward: a gradient of shape [] for terms of shape [4]"
    );
    assert_eq!(message(|| huber(&x, &x, 0.0, r)), "huber: the corner must be above 0, not 0");
    assert_eq!(message(|| smooth_l1(&x, &x, -1.0, r)), "smooth_l1: the corner must be above 0, not -1");
    assert_eq!(message(|| smooth_l1(&x, &y, 1.0, r)), format!("smooth_l1: {both}"));
}

#[test]
fn cross_entropy_names_label_row_and_shapes() {
    let ce = CrossEntropy::default;
    let z = Tensor::zeros([2, 3]);
    assert_eq!(
        message(|| ce().forward(&z, &Array::<i64>::from([0, 3]))),
        "cross_entropy: label 3 of row 1 is not one of the 3 classes, 0 first"
    );
    assert_eq!(
        message(|| ce().forward(&z, &Array::<i64>::from([-1, 0]))),
        "cross_entropy: label -1 of row 0 is not one of the 3 classes, 0 first"
    );
    assert_eq!(
        message(|| ce().forward(&z, &Array::<i64>::from([0]))),
        "cross_entropy: labels have the shape of the scores without axis 1: scores [2, 3] and target [1]"
    );
    assert_eq!(
        message(|| ce().forward(&z, &Tensor::from([0.0, 1.0]))),
        "cross_entropy: probabilities have the shape of the scores; class numbers are integers, such as i64: \
         scores [2, 3] and target [2]"
    );
    assert_eq!(
        message(|| ce().forward(&Tensor::zeros([3]), &Array::<i64>::from([0]))),
        "cross_entropy: scores are [batch, classes, ..], not [3]"
    );
    let weighted = CrossEntropy { weight: Some(Tensor::zeros([2])), ..Default::default() };
    assert_eq!(
        message(|| weighted.forward(&z, &Array::<i64>::from([0, 1]))),
        "cross_entropy: weight [2] is not one per class: [3]"
    );
}

#[test]
fn labels_of_pairs_and_ranks_are_named() {
    let a = Tensor::zeros([2, 3]);
    let y = Array::<i64>::from([1, 2]);
    assert_eq!(
        message(|| Contrastive::default().forward(&a, &a, &y)),
        "contrastive: label 2 of pair 1 is neither 1 nor 0"
    );
    assert_eq!(
        message(|| CosineEmbedding::default().forward(&a, &a, &y)),
        "cosine_embedding: label 2 of pair 1 is neither 1 nor -1"
    );
    assert_eq!(
        message(|| Coral::default().forward(&a, &Array::<i64>::from([0, 4]))),
        "coral: label 4 of row 1 is not a rank from 0 to 3"
    );
    assert_eq!(
        message(|| Triplet::default().forward(&a, &a, &Tensor::zeros([3]))),
        "triplet: three arrays of vectors [.., features] of one shape are needed: anchor [2, 3], positive [2, 3], \
         negative [3]"
    );
}

#[test]
fn a_batch_without_a_label_has_no_mean_and_no_gradient() {
    // As in PyTorch: 0 / 0 for the mean, 0 for the sum, and a gradient of 0.
    let (z, y) = (Tensor::from([[1.0, 2.0], [3.0, 4.0]]), Array::<i64>::full([2], -100));
    let ce = CrossEntropy::default();
    assert!(ce.forward(&z, &y).item().is_nan());
    assert_eq!(ce.backward(&Array::scalar(1.0), &z, &y), z.zeros_like());
    let sum = CrossEntropy { reduction: Reduction::Sum, ..ce };
    assert_eq!(sum.forward(&z, &y).item(), 0.0);
    // And no rows at all.
    let (none, no_labels) = (Tensor::zeros([0, 2]), Array::<i64>::zeros([0]));
    assert!(CrossEntropy::default().forward(&none, &no_labels).item().is_nan());
    assert_eq!(*CrossEntropy::default().backward(&Array::scalar(1.0), &none, &no_labels).shape(), [0, 2]);
}

#[test]
fn a_uniform_prediction_costs_the_logarithm_of_the_number_of_classes() {
    let ce = CrossEntropy::default();
    let loss = ce.forward(&Tensor::zeros([2, 10]), &Array::<i64>::from([3, 7]));
    assert!((loss.item() - 10f32.ln()).abs() < 1e-6); // one rounding of each of three operations near 2.3
    assert_eq!(ce.forward(&Tensor::zeros([2, 10]), &Array::<u8>::from([3, 7])), loss);
}

#[test]
fn kinks_have_slope_zero_and_nan_is_not_hidden() {
    let (x, one) = (Tensor::from([1.0, f32::NAN]), Tensor::ones([2]));
    let g = mae_backward(&one, &x, &Tensor::from([1.0, 0.0]), Reduction::None);
    assert!(g[[0]] == 0.0 && g[[1]].is_nan());
    let g = huber_backward(&one, &x, &Tensor::from([1.0, 0.0]), 1.0, Reduction::None);
    assert!(g[[0]] == 0.0 && g[[1]].is_nan());
    let z = Tensor::from([[0.0, f32::NAN]]);
    assert!(CrossEntropy::default().forward(&z, &Array::<i64>::from([0])).item().is_nan());
    let bce = BceWithLogits { reduction: Reduction::None, ..Default::default() };
    assert!(bce.forward(&x, &one)[[1]].is_nan());
}

#[test]
fn hinges_do_not_hide_nan() {
    let (a, b) = (Tensor::from([[1.0, f32::NAN]]), Tensor::from([[1.0, 2.0]]));
    assert!(Contrastive::default().forward(&a, &b, &Array::<i64>::from([0])).item().is_nan());
    assert!(CosineEmbedding::default().forward(&a, &b, &Array::<i64>::from([-1])).item().is_nan());
    assert!(Triplet::default().forward(&a, &b, &b).item().is_nan());
}

#[test]
fn focal_is_finite_for_tiny_probabilities() {
    // sigma(-95) is below the smallest normal number of 32 bits: its inverse is infinite there.
    let (x, y) = (Tensor::from([-95.0, 95.0, -95.0, 95.0]), Tensor::from([0.0, 1.0, 1.0, 0.0]));
    let one = Tensor::ones([4]);
    let gradient = |gamma| {
        let focal = Focal { alpha: None, gamma, reduction: Reduction::None };
        focal.backward(&one, &x, &y)
    };
    let bce = BceWithLogits { reduction: Reduction::None, ..Default::default() };
    assert_eq!(gradient(0.0), bce.backward(&one, &x, &y));
    // Right answers count nothing, wrong ones as much as in BCE: their q is 1.
    for gamma in [0.01, 0.5, 2.0] {
        let g = gradient(gamma);
        for (g, want) in g.iter().zip([0.0, 0.0, -1.0, 1.0]) {
            assert!((g - want).abs() < 1e-5, "gamma {gamma}: {g}, not {want}"); // a few roundings of numbers near 1
        }
    }
}

#[test]
fn a_log_probability_of_minus_infinity_costs_nothing() {
    let kl = KlDiv { log_target: true, reduction: Reduction::None };
    let terms = kl.forward(&Tensor::from([-1.0, -2.0]), &Tensor::from([f32::NEG_INFINITY, 0.0]));
    assert_eq!(terms, Tensor::from([0.0, 2.0]));
}

#[test]
fn ranks_are_whole_numbers() {
    let z = Tensor::zeros([1, 3]);
    for rank in [0.5, f32::NAN, -0.5] {
        let want = format!("coral: label {rank} of row 0 is not a rank from 0 to 3");
        assert_eq!(message(|| Coral::default().forward(&z, &Tensor::from([rank]))), want);
    }
    assert!(Coral::default().forward(&z, &Tensor::from([3.0])).item() > 0.0);
}
