//! The traps of the chapter's page, each shown and cured.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Linear, Role, for_each_param, sgd_step, zero_grad};
use ch11_normalization::{BatchNorm2d, LayerNorm, recalibrate};

fn images(count: usize, seed: u64) -> Tensor {
    Tensor::normal([count, 2, 4, 4], 3.0, 2.0, &mut Rng::new(seed, "images"))
}

fn difference(a: &Tensor, b: &Tensor) -> f32 {
    (a.clone() - b).abs().max(.., false).item()
}

#[test]
fn an_answer_must_not_depend_on_the_neighbours() {
    let mut layer = BatchNorm2d::new(2);
    for seed in 0..100 {
        layer.forward(images(16, seed));
    }
    let (one, others) = (images(1, 200), images(7, 201) * 3.0);
    let together = Array::concat(&[&one, &others], 0);
    let (alone, in_company) = (layer.infer(one.clone()), layer.infer(together.clone()).narrow(0, 0, 1));
    assert_eq!(alone, in_company, "infer: the neighbours do not matter");
    let (alone, in_company) = (layer.forward(one), layer.forward(together).narrow(0, 0, 1));
    assert!(difference(&alone, &in_company) > 0.5, "forward: they do");
}

#[test]
fn running_statistics_need_steps_or_recalibration() {
    let x = images(64, 1);
    let mut layer = BatchNorm2d::new(2);
    for _ in 0..3 {
        layer.forward(x.clone());
    }
    let trained = layer.forward(x.clone());
    // Four steps: 0.9⁴ = 66 % of the statistics are still those of the start.
    assert!(difference(&layer.infer(x.clone()), &trained) > 1.0, "too early");
    let mut slow = BatchNorm2d::new(2);
    for _ in 0..60 {
        slow.forward(x.clone());
    }
    assert!(difference(&slow.infer(x.clone()), &trained) < 0.05, "sixty steps are enough");
    layer.momentum = 1.0;
    layer.forward(x.clone());
    assert!(difference(&layer.infer(x.clone()), &trained) < 0.05, "one pass with a share of 1");
    recalibrate(&mut layer, (0..8usize).map(|part| x.narrow(0, 8 * part, 8)));
    assert!(difference(&layer.infer(x), &trained) < 0.05, "recalibration, in eight parts");
}

#[test]
fn a_bias_in_front_of_batch_norm_gets_no_gradient() {
    let mut rng = Rng::new(0, "init");
    let (mut linear, mut norm) = (Linear::new(3, 4, &mut rng).to_f64(), BatchNorm2d::<f64>::new(4));
    let x = Array::normal([8, 3], 0.0, 1.0, &mut rng);
    norm.forward(linear.forward(x).reshape([8, 4, 1, 1]));
    let grad = norm.backward(Array::normal([8, 4, 1, 1], 0.0, 1.0, &mut rng));
    linear.backward(grad.reshape([8, 4]));
    let largest = |x: &Array<f64>| x.clone().abs().max(.., false).item();
    let bias = &linear.bias.as_ref().expect("a bias").grad;
    assert!(largest(bias) < 1e-12, "the mean takes out what the bias adds");
    assert!(largest(&linear.weight.grad) > 1e-3);
}

#[test]
fn decay_on_gains_holds_the_output_down() {
    // What is wanted is the normalised row itself: gains of 1. Their gradient, of half the squared error, is gain - 1.
    let x = Tensor::normal([64, 8], 1.0, 2.0, &mut Rng::new(0, "rows"));
    let target = LayerNorm::new(8).infer(x.clone());
    let (rate, decay) = (0.1, 0.5);
    let gain_after = |decays: fn(Role) -> bool| {
        let mut layer = LayerNorm::new(8);
        for _ in 0..200 {
            zero_grad(&mut layer);
            let error = layer.forward(x.clone()) - &target;
            layer.backward(error / 64.0);
            for_each_param(&mut layer, |_, param| {
                if decays(param.role) {
                    param.grad += &(param.value.clone() * decay as f32);
                }
            });
            sgd_step(&mut layer, rate);
        }
        layer.weight.value.mean_all()
    };
    // With decay on everything they stop where gain - 1 = -decay gain: at 1 / 1.5.
    let (all, weights) = (gain_after(|_| true), gain_after(|role| role == Role::Weight));
    assert!((all - 1.0 / 1.5).abs() < 0.02, "decayed gains settle at {all}");
    assert!((weights - 1.0).abs() < 1e-5, "gains that do not decay stay at {weights}");
}
