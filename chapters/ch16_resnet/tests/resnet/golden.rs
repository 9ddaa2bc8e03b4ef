//! Values and gradients against PyTorch's and torchvision's (made by tests/golden/make_ch16.py).
//!
//! Both sides compute in f32, in different orders. In a block sums have at most some hundred terms of order 1, but
//! normalisations divide by deviations that may be small: 5e-5. Through a whole network such errors pass up to nine
//! normalisations, over a few numbers each: 5e-4.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Rng, Tensor, npz};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, assert_close, assert_golden, for_each_param};
use ch16_resnet::*;

type Golden = BTreeMap<String, NpyArray>;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name)
}

fn golden() -> Golden {
    npz::read(file("ch16.npz")).unwrap()
}

fn tensor(golden: &Golden, name: &str) -> Tensor {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f32().unwrap()
}

/// Compares output and all gradients with PyTorch's. The file has the parameters in a row, in the order of the visitor.
fn check(case: &str, layer: &mut impl Layer, tolerance: f64) {
    let golden = golden();
    let (mut places, mut end) = (BTreeMap::new(), 0);
    for_each_param(layer, |path, param| {
        places.insert(path.to_string(), (end, *param.value.shape()));
        end += param.value.size();
    });
    assert_eq!(tensor(&golden, &format!("{case}.p")).size(), end, "{case}: as many parameters as PyTorch's");
    assert_golden(case, layer, tolerance, |name| match name.split_once('.') {
        None => tensor(&golden, &format!("{case}.{name}")),
        Some((kind, path)) => {
            let (start, shape) = places[path];
            tensor(&golden, &format!("{case}.{kind}")).narrow(0, start, shape.size()).reshape(shape)
        }
    });
}

fn rng() -> Rng {
    Rng::new(0, "init")
}

#[test]
fn golden_basic_block() {
    check("basic_block.same", &mut BasicBlock::new(4, 4, 1, &mut rng()), 5e-5);
    check("basic_block.wider", &mut BasicBlock::new(3, 6, 2, &mut rng()), 5e-5);
}

#[test]
fn golden_bottleneck() {
    check("bottleneck.same", &mut Bottleneck::new(8, 2, 1, &mut rng()), 5e-5);
    check("bottleneck.wider", &mut Bottleneck::new(3, 2, 2, &mut rng()), 5e-5);
}

#[test]
fn golden_pre_activation() {
    check("pre_activation.same", &mut PreActivation::new(4, 4, 1, &mut rng()), 5e-5);
    check("pre_activation.wider", &mut PreActivation::new(3, 5, 2, &mut rng()), 5e-5);
}

#[test]
fn golden_squeeze_excite() {
    check("squeeze_excite.relu", &mut SqueezeExcite::new(6, 2, Activation::Relu, &mut rng()), 5e-5);
    check("squeeze_excite.silu", &mut SqueezeExcite::new(5, 3, Activation::Silu, &mut rng()), 5e-5);
}

#[test]
fn golden_mb_conv() {
    let cases = [("same", 2, 3, 1, 4), ("first", 1, 5, 1, 6), ("half", 3, 5, 2, 5)];
    for (case, expand, kernel, stride, outputs) in cases {
        let config = MbConvConfig { inputs: 4, outputs, kernel, stride, expand, drop_path: 0.0 };
        check(&format!("mb_conv.{case}"), &mut MbConv::new(&config, &mut rng()), 5e-5);
    }
}

#[test]
fn golden_res_net() {
    let config = |kind, width| ResNetConfig { width, classes: 5, ..ResNetConfig::new(kind, &[1, 1]) };
    check("res_net.basic", &mut ResNet::new(&config(Kind::Basic, 3), &mut rng()), 5e-4);
    check("res_net.bottleneck", &mut ResNet::new(&config(Kind::Bottleneck, 1), &mut rng()), 5e-4);
}

#[test]
fn golden_res_net9() {
    check("res_net9.small", &mut ResNet9::new(1, 10, 1, &mut rng()), 5e-4);
}

#[test]
fn golden_fast_net() {
    check("fast_net.small", &mut FastNet::build([2, 3, 2], 3, 10, &mut rng()), 5e-4);
}

#[test]
fn golden_efficient_net() {
    let config = EfficientNetConfig {
        stem: 8,
        stages: vec![[1, 3, 1, 8, 1], [2, 3, 2, 8, 2]],
        last: 16,
        classes: 5,
        dropout: 0.0,
        drop_path: 0.0,
    };
    check("efficient_net.small", &mut EfficientNet::new(&config, &mut rng()), 5e-4);
}

#[test]
fn torchvisions_weights_give_torchvisions_logits() {
    let golden = golden();
    for (name, kind, width) in [("basic", Kind::Basic, 2), ("bottleneck", Kind::Bottleneck, 1)] {
        let config = ResNetConfig { width, classes: 7, ..ResNetConfig::new(kind, &[1; 4]) };
        let mut model = ResNet::new(&config, &mut rng());
        read_torchvision(&mut model, file(&format!("ch16_{name}.safetensors"))).unwrap();
        let logits = model.infer(tensor(&golden, &format!("{name}.x")));
        assert_close(name, &logits, &tensor(&golden, &format!("{name}.logits")), 1e-4);

        // And back: what we write is, byte for byte, of the same names and values.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ours.safetensors");
        write_torchvision(&mut model, &path).unwrap();
        let read = |path: &Path| ch07_modules::safetensors::read_any(path).unwrap().0;
        let (ours, theirs) = (read(&path), read(&file(&format!("ch16_{name}.safetensors"))));
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
        for (name, tensor) in &ours {
            assert!(name.ends_with("num_batches_tracked") || *tensor == theirs[name], "{name}");
        }
    }
}

#[test]
fn weights_of_another_network_are_refused() {
    let config = ResNetConfig { width: 2, classes: 8, ..ResNetConfig::new(Kind::Basic, &[1; 4]) };
    let mut model = ResNet::new(&config, &mut rng());
    let before = ch07_modules::state_dict(&mut model);
    let error = read_torchvision(&mut model, file("ch16_basic.safetensors")).unwrap_err();
    assert!(error.to_string().contains("fc.weight [7, 16] for [8, 16]"), "{error}");
    assert!(ch07_modules::state_dict(&mut model) == before);
    assert!(matches!(read_torchvision(&mut model, "nowhere").unwrap_err(), WeightsError::File(_)));
}

#[test]
fn images_are_prepared_as_torchvision_does() {
    let golden = golden();
    for i in 0..3 {
        let options = golden[&format!("prepare.{i}.options")].i64().unwrap().to_vec();
        let x = tensor(&golden, &format!("prepare.{i}.x"));
        let y = prepare_imagenet(&x, options[0] as usize, options[1] as usize);
        // Sums of some ten numbers from 0 to 1, divided by about 0.2.
        assert_close("prepared", &y, &tensor(&golden, &format!("prepare.{i}.y")), 1e-5);
    }
}

#[test]
fn whitening_is_numpys() {
    let golden = golden();
    let images = tensor(&golden, "whitening.images");
    let (values, _) = symmetric_eigen(&patch_covariance(&images, 2));
    let want = golden["whitening.values"].f64().unwrap();
    for (ours, theirs) in values.iter().zip(want.iter()) {
        assert!((ours - theirs).abs() < 1e-6 * theirs.abs(), "{ours} {theirs}");
    }
    let ours = whitening_weight(&images, 2, 5e-4);
    let theirs = golden["whitening.kernels"].f64().unwrap();
    assert_close("kernels", &ours.narrow(0, 0, 12).contiguous(), &theirs, 1e-4);
    assert_close("their negatives", &ours.narrow(0, 12, 12).contiguous(), &(-theirs), 1e-4);
}
