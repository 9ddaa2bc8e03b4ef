//! Gradient checks of the decoder side.

use ch01_tensors::Rng;
use ch03_neurons::Activation;
use ch05_backprop::gradcheck;
use ch20_transformer::{FeedForward, SwiGlu};

use super::random;

#[test]
fn gradcheck_feed_forward_with_other_activations() {
    // The draw keeps ReLU's inputs away from its kink: seed 5, smallest distance above the step of the check.
    for kind in [Activation::Relu, Activation::GeluTanh] {
        let layer = FeedForward::new(3, 5, &mut Rng::new(5, "weights")).with_activation(kind);
        gradcheck(&mut layer.to_f64(), &random(&[2, 4, 3], 5));
    }
}

#[test]
fn gradcheck_swi_glu() {
    let mut layer = SwiGlu::new(3, 5, &mut Rng::new(0, "weights")).to_f64();
    gradcheck(&mut layer, &random(&[2, 4, 3], 0));
}
