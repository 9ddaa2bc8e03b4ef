//! Our side of `tests/interop/run torchvision`: reads the weights of torchvision's networks from a folder, computes the
//! logits of the images that lie beside them, compares them with torchvision's, and writes the weights back.

use std::path::Path;

use ch01_tensors::Rng;
use ch05_backprop::Layer;
use ch07_modules::safetensors;
use ch16_resnet::*;

/// What the logits may differ by, absolute plus relative.
const TOLERANCE: f64 = 1e-4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    let rng = &mut Rng::new(0, "init");
    let networks: [(&str, Box<dyn Layer>); 3] = [
        ("resnet18", Box::new(ResNet::new(&ResNetConfig::resnet18(), rng))),
        ("resnet50", Box::new(ResNet::new(&ResNetConfig::resnet50(), rng))),
        ("efficientnet_b0", Box::new(EfficientNet::new(&EfficientNetConfig::b0(), rng))),
    ];
    let (cases, _) = safetensors::read(folder.join("cases.safetensors"))?;
    for (name, mut model) in networks {
        read_torchvision(&mut *model, folder.join(format!("{name}.safetensors")))?;
        let logits = model.infer(cases["images"].clone());
        let theirs = &cases[name];
        let off = logits.iter().zip(theirs.iter()).map(|(a, b)| f64::from((a - b).abs() / (1.0 + b.abs())));
        let off = off.fold(0.0, f64::max);
        let largest = theirs.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        println!("{name}: logits {:?} up to {largest:.3}, off by at most {off:.1e}", logits.shape());
        if logits.shape() != theirs.shape() || off.is_nan() || off > TOLERANCE {
            return Err(format!("{name}: that is more than {TOLERANCE:.0e}").into());
        }
        write_torchvision(&mut *model, folder.join(format!("{name}.ours.safetensors")))?;
    }
    Ok(())
}
