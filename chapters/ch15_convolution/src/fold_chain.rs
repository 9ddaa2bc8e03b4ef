//! Folding all normalisations of a chain.

use ch01_tensors::Float;
use ch07_modules::Sequential;
use ch11_normalization::BatchNorm2d;

use crate::{Conv2d, fold_batch_norm};

// ANCHOR: chain
/// The same network for use: every [`BatchNorm2d`] that directly follows a [`Conv2d`] is folded into it, and so are those in
/// chains within the chain. The layers behind a folded one move up by one number.
///
/// In training the two networks differ: this one has no normalisation to train.
pub fn fold_batch_norms<T: Float>(model: Sequential<T>) -> Sequential<T> {
    let mut folded = Sequential::new();
    let mut layers = model.into_layers().into_iter().peekable();
    while let Some(mut layer) = layers.next() {
        let norm = layers.peek().and_then(|next| next.downcast_ref::<BatchNorm2d<T>>());
        if let (Some(conv), Some(norm)) = (layer.downcast_ref::<Conv2d<T>>(), norm) {
            folded = folded.push(fold_batch_norm(conv, norm));
            layers.next();
        } else if let Some(chain) = layer.downcast_mut::<Sequential<T>>() {
            folded = folded.push(fold_batch_norms(std::mem::take(chain)));
        } else {
            folded = folded.push_boxed(layer);
        }
    }
    folded
}
// ANCHOR_END: chain
