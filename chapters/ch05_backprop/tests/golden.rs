//! Values and gradients against PyTorch's (made by tests/golden/make_ch05.py).
//!
//! Both sides compute in f32, in different orders. Sums here have at most a few dozen terms of order 1, each rounded to
//! 2^-24: 1e-5 absolute plus relative leaves room for a hundred roundings.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{
    ActivationLayer, Layer, Linear, Mlp, PRelu, Residual, assert_close, assert_golden, for_each_param,
    train_step,
};

type Golden = BTreeMap<String, NpyArray>;

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch05.npz");
    npz::read(&path).unwrap()
}

fn tensor(golden: &Golden, name: &str) -> Tensor {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f32().unwrap()
}

/// Compares output and all gradients with PyTorch's.
fn check(golden: &Golden, case: &str, mut layer: impl Layer) {
    let get = |name: &str| tensor(golden, &format!("{case}.{name}"));
    assert_golden(case, &mut layer, 1e-5, get);
    assert_close(&format!("{case}, infer"), &layer.infer(get("x")), &get("y"), 1e-5);
}

fn rng() -> Rng {
    Rng::new(0, "replaced by PyTorch's weights")
}

#[test]
fn golden_linear() {
    let golden = golden();
    for (i, [inputs, outputs]) in [[3, 4], [7, 5], [6, 2], [5, 8]].into_iter().enumerate() {
        check(&golden, &format!("linear.{i}"), Linear::new(inputs, outputs, &mut rng()));
        let mut layer = Linear::new(inputs, outputs, &mut rng());
        layer.bias = None;
        check(&golden, &format!("linear_no_bias.{i}"), layer);
    }
}

#[test]
fn golden_activation_layer() {
    let golden = golden();
    let kinds = [
        ("relu", Activation::Relu),
        ("leaky_relu", Activation::LeakyRelu { slope: 0.1 }),
        ("elu", Activation::Elu { alpha: 1.0 }),
        ("gelu", Activation::Gelu),
        ("silu", Activation::Silu),
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
    ];
    for (name, kind) in kinds {
        check(&golden, &format!("activation.{name}"), ActivationLayer::new(kind));
    }
}

#[test]
fn golden_p_relu() {
    let golden = golden();
    for (i, count) in [1, 6, 3].into_iter().enumerate() {
        check(&golden, &format!("prelu.{i}"), PRelu::new(count));
    }
}

#[test]
fn golden_residual() {
    check(&golden(), "residual.0", Residual::new(Linear::new(6, 6, &mut rng())));
}

#[test]
fn golden_mlp() {
    check(&golden(), "mlp.0", Mlp::new(&[5, 9, 7, 3], Activation::Relu, &mut rng()));
}

#[test]
fn three_steps_of_training_equal_pytorch() {
    let golden = golden();
    let mut model = Mlp::new(&[4, 6, 3], Activation::Tanh, &mut rng());
    for_each_param(&mut model, |path, param| {
        param.value = tensor(&golden, &format!("training.before.{path}"))
    });
    let x = tensor(&golden, "training.x");
    let labels: Array<i64> = golden["training.labels"].i64().unwrap();
    let losses: Array<f64> = golden["training.losses"].f64().unwrap();
    for expected in losses.iter() {
        let loss = train_step(&mut model, x.clone(), &labels, 0.5);
        assert!((loss - expected).abs() < 1e-5, "loss {loss}, PyTorch's {expected}");
    }
    for_each_param(&mut model, |path, param| {
        let expected = tensor(&golden, &format!("training.after.{path}"));
        assert_close(&format!("{path} after three steps"), &param.value, &expected, 1e-5);
    });
}
