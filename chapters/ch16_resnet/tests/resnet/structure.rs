//! Names, shapes and numbers of parameters.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch07_modules::{count_parameters, state_dict};
use ch16_resnet::{Bottleneck, EfficientNet, EfficientNetConfig, Kind, ResNet, ResNetConfig};

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
    // The two deepest are not built: they are ResNet-50 with more of the same blocks.
    let fifty = ResNetConfig::resnet50().blocks;
    for (config, want) in [(ResNetConfig::resnet101(), 44_549_160), (ResNetConfig::resnet152(), 60_192_808)] {
        let mut count = 25_557_032;
        for stage in (0..4).filter(|&stage| config.blocks[stage] > fifty[stage]) {
            let width = config.width << stage;
            let mut block = Bottleneck::<f32>::new(4 * width, width, 1, &mut Rng::new(0, "init"));
            count += (config.blocks[stage] - fifty[stage]) * count_parameters(&mut block);
        }
        assert_eq!(count, want, "{config:?}");
    }
    let mut efficient = EfficientNet::new(&EfficientNetConfig::b0(), &mut Rng::new(0, "init"));
    assert_eq!(count_parameters(&mut efficient), 5_288_548);
    // The network of the benchmark.
    let config = ResNetConfig::resnet18().cifar(10);
    assert_eq!(count_parameters(&mut ResNet::new(&config, &mut Rng::new(0, "init"))), 11_173_962);
}

#[test]
fn a_networks_name_counts_its_layers() {
    // The first convolution, two or three in each block, and the linear layer.
    let layers = |config: ResNetConfig| {
        let per_block = if config.kind == Kind::Bottleneck { 3 } else { 2 };
        2 + per_block * config.blocks.iter().sum::<usize>()
    };
    let networks = [
        ResNetConfig::resnet18(),
        ResNetConfig::resnet34(),
        ResNetConfig::resnet50(),
        ResNetConfig::resnet101(),
        ResNetConfig::resnet152(),
        ResNetConfig::small(Kind::Plain, 56),
        ResNetConfig::small(Kind::Basic, 110),
    ];
    assert_eq!(networks.map(layers), [18, 34, 50, 101, 152, 56, 110]);
}

#[test]
fn squeeze_and_excite_is_in_every_kind_of_block() {
    for kind in [Kind::Basic, Kind::Bottleneck, Kind::PreActivation] {
        // A reduction by more than there are channels leaves one number.
        let config =
            ResNetConfig { width: 4, squeeze: Some(16), ..ResNetConfig::new(kind, &[1, 1]) }.cifar(3);
        let state = state_dict(&mut ResNet::new(&config, &mut Rng::new(0, "init")));
        let channels = if kind == Kind::Bottleneck { 32 } else { 8 };
        let squeezed = if kind == Kind::Bottleneck { 2 } else { 1 };
        assert_eq!(*state["layer2.0.last.0.fc1.weight"].shape(), [squeezed, channels, 1, 1], "{kind:?}");
    }
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
