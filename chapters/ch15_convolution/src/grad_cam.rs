//! Grad-CAM: where in the image a network sees what it has decided on (Selvaraju et al. 2017).
//!
//! Let `A`, `[channels, h, w]`, be the maps behind some layer, and `s` the score of a class. To first order, raising map `k` by 1
//! everywhere raises the score by the sum of its derivatives, so their mean `alpha_k = mean over (i, j) of ds/dA[k, i, j]` is the weight of
//! what the map has found in favour of the class. The picture is what speaks for the class, place by place:
//! `relu(sum_k alpha_k A[k, i, j])`.
//!
//! Left out: Grad-CAM++, guided backpropagation.

use std::cell::RefCell;
use std::rc::Rc;

use ch01_tensors::{Tensor, fail};
use ch05_backprop::Layer;
use ch07_modules::{Pass, Sequential, hook};

// ANCHOR: grad_cam
/// What speaks for class `class` in the one image `x`, `[1, channels, h, w]`, at the places of the map behind layer `path`,
/// `[h', w']`. The gradients of the parameters grow by what the backward pass adds.
///
/// The layers work as in training, so there must be no normalisation over the batch and no dropout among them: fold the
/// former ([`fold_batch_norms`](crate::fold_batch_norms)), take out the latter.
///
/// # Panics
/// When there is no layer of that name in a container of the model, or it puts out no map; or no such class.
#[track_caller]
pub fn grad_cam(model: &mut Sequential, path: &str, x: &Tensor, class: usize) -> Tensor {
    let seen = Rc::new(RefCell::new([None, None]));
    let of_hook = Rc::clone(&seen);
    let handle = hook(path, move |pass, array: Tensor| {
        of_hook.borrow_mut()[usize::from(pass == Pass::Backward)] = Some(array.clone());
        array
    });
    let scores = model.forward(x.clone());
    if x.dim(0) != 1 || class >= scores.dim(1) {
        fail("grad_cam", format_args!("class {class} of scores {:?} for one image", scores.shape()));
    }
    _ = model.backward(Tensor::from_fn(*scores.shape(), |i| f32::from(i[1] == class)));
    drop(handle);
    let (maps, grads) = match &mut *seen.borrow_mut() {
        [Some(maps), Some(grads)] if maps.ndim() == 4 => (maps.clone(), grads.clone()),
        _ => fail("grad_cam", format_args!("{path:?} is no layer whose output is a map")),
    };
    let alpha = grads.mean(&[2, 3][..], true);
    let [height, width] = [maps.dim(2), maps.dim(3)];
    (maps * &alpha).sum(1, false).reshape([height, width]).maximum(&Tensor::scalar(0.0))
}
// ANCHOR_END: grad_cam
