//! Laws of the decoder side, and f32 against f64.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, for_each_param};
use ch20_transformer::SwiGlu;

use super::{assert_close, assert_same_gradients};

/// Linear in the values: twice the weights of `up_proj` give twice the output, and so do those of `down_proj`.
#[test]
fn property_swi_glu_is_linear_in_values_and_works_on_each_token_alone() {
    let layer = SwiGlu::new(6, 9, &mut Rng::new(0, "weights")).to_f64();
    let x: Array<f64> = Array::normal([2, 3, 6], 0.0, 1.0, &mut Rng::new(1, "input"));
    let y = layer.infer(x.clone());
    for name in ["up_proj.weight", "down_proj.weight"] {
        let mut twice = layer.to_f64();
        for_each_param(&mut twice, |path, param| {
            if path.to_string() == name {
                param.value = param.value.clone() * 2.0;
            }
        });
        assert_eq!(twice.infer(x.clone()).to_vec(), (y.clone() * 2.0).to_vec(), "{name}");
    }
    let one = layer.infer(x.slice((1.., 2..)).contiguous());
    let whole = y.slice((1.., 2..)).contiguous();
    // Sums may be taken in another order for another number of rows.
    one.iter().zip(whole.iter()).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{a} alone, {b} together"));
}

#[test]
fn fast_swi_glu_against_plain() {
    let mut fast = SwiGlu::new(24, 64, &mut Rng::new(0, "weights"));
    let mut plain = fast.to_f64();
    let x = Tensor::normal([4, 9, 24], 0.0, 1.0, &mut Rng::new(1, "input"));
    assert_close("forward", &fast.forward(x.clone()), &plain.forward(x.to_f64()));
    assert_close("backward", &fast.backward(x.clone()), &plain.backward(x.to_f64()));
    assert_same_gradients(&mut fast, &mut plain);
}
