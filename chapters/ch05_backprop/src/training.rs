//! Learning from labelled examples: the five-step loop, with plain gradient descent.

use ch01_tensors::{Array, Float, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Module, for_each_param, zero_grad};

// ANCHOR: step
/// One step of training a classifier on a batch: `x` is `[batch, ..]`, `labels` is `[batch]` with classes from 0.
/// Returns the mean cross-entropy before the step.
pub fn train_step<T: Float>(
    model: &mut dyn Layer<T>,
    x: Array<T>,
    labels: &Array<i64>,
    learning_rate: f64,
) -> f64 {
    let criterion = CrossEntropy::<T>::default();
    // exercise: step - Five steps: forget the old gradients (`zero_grad`), forward, loss, backward (the loss's
    // gradient, then the model's), and an `sgd_step`. Return the loss as f64.
    zero_grad(model);
    let logits = model.forward(x);
    let loss = criterion.forward(&logits, labels);
    model.backward(criterion.backward(&Array::scalar(T::ONE), &logits, labels));
    sgd_step(model, learning_rate);
    loss.item().to_f64()
    // exercise: end
}

/// Gradient descent: moves every parameter that is not frozen against its gradient (`torch.optim.SGD`).
pub fn sgd_step<T: Float>(model: &mut dyn Module<T>, learning_rate: f64) {
    let rate = T::from_f64(learning_rate);
    for_each_param(model, |_, param| {
        // exercise: descent - value -= rate * grad, but not for a frozen parameter. `zip_assign` changes in place.
        if !param.frozen {
            param.value.zip_assign("sgd_step", &param.grad, |value, grad| value - rate * grad);
        }
        // exercise: end
    });
}
// ANCHOR_END: step

/// One pass over the examples in a random order, in batches; the last may be smaller. `after` is called after each
/// batch with the loss of the batch. Returns the mean loss per example.
///
/// # Panics
/// When `x` and `labels` differ in their first axis, or `batch` is 0.
#[track_caller]
pub fn train_epoch(
    model: &mut dyn Layer,
    (x, labels): (&Tensor, &Array<i64>),
    batch: usize,
    learning_rate: f64,
    rng: &mut Rng,
    mut after: impl FnMut(f64),
) -> f64 {
    assert_eq!(x.dim(0), labels.dim(0), "train_epoch: as many labels as examples");
    assert!(batch > 0, "train_epoch: a batch has at least one example");
    let mut order: Vec<i64> = (0..x.dim(0) as i64).collect();
    rng.shuffle(&mut order);
    let mut total = 0.0;
    for rows in order.chunks(batch) {
        let rows = Array::from_slice(rows, [rows.len()]);
        let loss = train_step(model, x.index_select(0, &rows), &labels.index_select(0, &rows), learning_rate);
        total += loss * rows.size() as f64;
        after(loss);
    }
    total / order.len().max(1) as f64
}

/// The share of examples whose largest logit is their label's, from 0 to 1; NaN without examples.
///
/// # Panics
/// When `x` and `labels` differ in their first axis.
#[track_caller]
pub fn accuracy(model: &dyn Layer, x: &Tensor, labels: &Array<i64>) -> f64 {
    assert_eq!(x.dim(0), labels.dim(0), "accuracy: as many labels as examples");
    let correct: usize =
        predict(model, x).iter().zip(labels.iter()).filter(|(guess, label)| guess == label).count();
    correct as f64 / labels.size() as f64
}

/// The class with the largest logit for each example, computed in batches of a thousand.
pub fn predict(model: &dyn Layer, x: &Tensor) -> Array<i64> {
    let count = x.dim(0);
    let mut classes = Array::scratch([count]);
    for (batch, out) in classes.data_mut().chunks_mut(1000).enumerate() {
        let logits = model.infer(x.narrow(0, batch * 1000, out.len()));
        out.copy_from_slice(logits.argmax(1, false).contiguous().data());
    }
    classes
}
