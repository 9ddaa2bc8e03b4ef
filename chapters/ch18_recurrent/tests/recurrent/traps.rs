//! The traps of the chapter, each shown to be one, and shapes that do not fit.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, for_each_param, sgd_step, zero_grad};
use ch09_optimizers::clip_grad_norm;
use ch18_recurrent::{Gru, Lstm, Nonlinearity, RecurrentConfig, Rnn, State};

use crate::support::random;

fn gru() -> Gru {
    Gru::new(&RecurrentConfig::new(2, 4), &mut Rng::new(0, "weights"))
}

/// The last step of a padded output is padding: all short sequences look the same there. Without lengths it is worse, since
/// the network has gone on reading zeros. The last state with lengths is the one meant.
#[test]
fn the_last_step_of_a_padded_batch_is_not_the_last_state() {
    let (net, lengths) = (gru(), [5, 2]);
    let mut x: Tensor = random(&[2, 5, 2], 0);
    (2..5).for_each(|t| x.assign_slice((1, t), &Tensor::zeros([2])));
    let (y, last) = net.infer_with(&x, None, Some(&lengths));
    let last_step = y.slice((.., -1)).contiguous();
    let alone = net.infer(x.narrow(0, 1, 1).narrow(1, 0, 2).contiguous()).slice((0, -1)).contiguous();
    assert_eq!(last_step.slice(1).contiguous(), Tensor::zeros([4]), "padding");
    assert_eq!(last.hidden.slice((0, 1)).contiguous(), alone, "the state at the true end");
    let without = net.infer(x).slice((1, -1)).contiguous();
    assert_ne!(without, alone, "without lengths the padding is read too");
}

/// A plain network whose recurrent weights are a little too large: over 200 steps the gradient explodes. One step of training
/// along it makes the weights so negative that no unit is ever active again; clipped to a length of 1 it does no harm.
#[test]
fn without_clipping_one_step_destroys_the_weights() {
    let x = Tensor::full([4, 200, 1], 0.1);
    // After one step: the length of the gradient before it was clipped, and the largest output.
    let after_a_step = |limit: f64| {
        let mut net = Rnn::new(Nonlinearity::Relu, &RecurrentConfig::new(1, 8), &mut Rng::new(1, "weights"));
        for_each_param(&mut net, |path, param| {
            if path.to_string().starts_with("weight_hh") {
                param.value = Tensor::eye(8) * 1.1;
            }
        });
        let y = net.forward(x.clone());
        zero_grad(&mut net);
        let mut grad = y.zeros_like();
        grad.assign_slice((.., -1), &Tensor::ones([4, 8]));
        net.backward(grad);
        let norm = clip_grad_norm(&mut net, limit);
        sgd_step(&mut net, 0.01);
        (norm, net.infer(x.clone()).iter().fold(0.0f32, f32::max))
    };
    let (norm, largest) = after_a_step(f64::INFINITY);
    // 1.1 to the 200th is 2e8.
    assert!(norm > 1e6, "the norm is {norm}");
    assert_eq!(largest, 0.0, "no unit is left");
    let (norm, largest) = after_a_step(1.0);
    assert!(norm > 1e6 && largest > 1.0, "clipped from {norm}: the largest output is {largest}");
}

/// The reverse direction makes even the first output depend on the last input.
#[test]
fn both_directions_see_the_future() {
    for (bidirectional, sees) in [(false, false), (true, true)] {
        let config = RecurrentConfig { bidirectional, ..RecurrentConfig::new(2, 3) };
        let net = Lstm::new(&config, &mut Rng::new(0, "weights"));
        let x: Tensor = random(&[1, 6, 2], 0);
        let mut other = x.copy();
        other.assign_slice((0, 5), &Tensor::zeros([2]));
        let first = |x: Tensor| net.infer(x).slice((0, 0)).contiguous();
        assert_eq!(first(x) != first(other), sees);
    }
}

#[test]
fn the_forget_bias_is_set_once() {
    let mut net = Lstm::new(&RecurrentConfig::new(2, 3), &mut Rng::new(0, "weights"));
    net.set_forget_bias(1.0);
    let mut sum = Tensor::zeros([12]);
    for_each_param(&mut net, |path, param| {
        if path.to_string().starts_with("bias") {
            sum += &param.value;
        }
    });
    assert_eq!(sum.narrow(0, 3, 3).contiguous(), Tensor::ones([3]));
    assert!(sum.narrow(0, 0, 3).iter().all(|bias| bias != 1.0));
}

#[test]
#[should_panic(expected = "Recurrent: an input of shape [2, 5, 3] is not [.., .., 2]")]
fn the_input_must_have_its_size() {
    gru().infer(Tensor::zeros([2, 5, 3]));
}

#[test]
#[should_panic(expected = "Packing: lengths [5, 6] for 2 sequences of at most 5 steps")]
fn a_length_must_not_exceed_the_time() {
    gru().infer_with(&Tensor::zeros([2, 5, 2]), None, Some(&[5, 6]));
}

#[test]
#[should_panic(expected = "need h of [1, 2, 4]")]
fn a_state_must_fit() {
    let state = State { hidden: Array::zeros([1, 3, 4]), cell: None };
    gru().infer_with(&Tensor::zeros([2, 5, 2]), Some(&state), None);
}

#[test]
#[should_panic(expected = "Recurrent::backward: no forward call to go back through")]
fn backward_needs_a_forward_call() {
    gru().backward(Tensor::zeros([2, 5, 4]));
}

#[test]
#[should_panic(expected = "a size is 0, or more than 16 layers")]
fn at_most_sixteen_layers() {
    let config = RecurrentConfig { layers: 17, ..RecurrentConfig::new(2, 3) };
    Lstm::new(&config, &mut Rng::new(0, "weights"));
}
