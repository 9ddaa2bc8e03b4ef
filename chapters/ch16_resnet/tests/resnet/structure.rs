//! Names, shapes and numbers of parameters.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch07_modules::{count_parameters, state_dict};
use ch16_resnet::{Kind, ResNet, ResNetConfig};

#[test]
fn networks_have_as_many_parameters_as_torchvisions() {
    // `sum(p.numel() for p in torchvision.models.resnet18().parameters())` and so on, version 0.29.
    let networks = [
        (ResNetConfig::resnet18(), 11_689_512),
        (ResNetConfig::resnet34(), 21_797_672),
        (ResNetConfig::resnet50(), 25_557_032),
    ];
    for (config, want) in networks {
        assert_eq!(count_parameters(&mut ResNet::new(&config, &mut Rng::new(0, "init"))), want, "{config:?}");
    }
    // The network of the benchmark.
    let config = ResNetConfig::resnet18().cifar(10);
    assert_eq!(count_parameters(&mut ResNet::new(&config, &mut Rng::new(0, "init"))), 11_173_962);
}

#[test]
fn every_kind_turns_images_into_logits_and_back() {
    for kind in [Kind::Basic, Kind::Bottleneck, Kind::PreActivation, Kind::Plain] {
        for config in [
            ResNetConfig { width: 4, ..ResNetConfig::new(kind, &[1, 2]) }.cifar(5),
            ResNetConfig { width: 4, classes: 5, drop_path: 0.3, ..ResNetConfig::new(kind, &[1, 1, 1]) },
        ] {
            let mut model = ResNet::new(&config, &mut Rng::new(1, "init"));
            let x = Tensor::normal([3, 3, 32, 32], 0.0, 1.0, &mut Rng::new(2, "x"));
            let y = model.forward(x.clone());
            assert_eq!(*y.shape(), [3, 5], "{config:?}");
            assert_eq!(model.backward(y).shape(), x.shape(), "{config:?}");
            assert_eq!(*model.infer(x).shape(), [3, 5]);
        }
    }
}

#[test]
fn names_are_torchvisions() {
    let config = ResNetConfig { width: 2, ..ResNetConfig::resnet18() };
    let state = state_dict(&mut ResNet::new(&config, &mut Rng::new(0, "init")));
    for name in [
        "conv1.weight",
        "bn1.running_mean",
        "layer1.0.conv1.weight",
        "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.bias",
        "layer4.1.bn2.running_var",
        "fc.weight",
        "fc.bias",
    ] {
        assert!(state.contains_key(name), "{name} is missing: {:?}", state.keys());
    }
}
