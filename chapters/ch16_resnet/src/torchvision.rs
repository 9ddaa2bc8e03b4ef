//! Weights from torchvision and for it: files in the safetensors format under torchvision's names, and its preprocessing.
//!
//! `safetensors.torch.save_file(model.state_dict(), path)` writes what [`read_torchvision`] reads, and
//! `model.load_state_dict(safetensors.torch.load_file(path))` reads what [`write_torchvision`] writes. One thing differs: each
//! of PyTorch's normalisations counts its batches (`num_batches_tracked`), which ours do not; the count is passed over, and
//! written as 0. (It is used only with `momentum=None`.)

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::{Array, Tensor};
use ch05_backprop::Module;
use ch07_modules::safetensors::{FileError, read_any, write_any};
use ch07_modules::{AnyTensor, StateError, load_state_dict, state_dict};
use ch13_data::Statistics;
use ch13_data::transforms::{centre_crop, normalise, resize};

/// What PyTorch's normalisations count.
const COUNT: &str = "num_batches_tracked";

/// Why weights could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An array is of another type than our weights.
    #[error("{name} holds {found}, and weights are F32")]
    Type {
        /// The array's name.
        name: String,
        /// Its type.
        found: String,
    },
    /// The names or shapes are those of another network.
    #[error(transparent)]
    State(#[from] StateError),
}

// ANCHOR: read
/// Gives a network the weights and running statistics of a file with torchvision's names.
///
/// # Errors
/// When the file cannot be read, or holds the weights of another network: then nothing has changed.
pub fn read_torchvision(module: &mut dyn Module, path: impl AsRef<Path>) -> Result<(), WeightsError> {
    let mut state = BTreeMap::new();
    for (name, tensor) in read_any(path)?.0 {
        match tensor {
            _ if name.ends_with(COUNT) => {}
            AnyTensor::F32(tensor) => drop(state.insert(name, tensor)),
            other => return Err(WeightsError::Type { name, found: other.dtype().into() }),
        }
    }
    Ok(load_state_dict(module, &state)?)
}
// ANCHOR_END: read

/// Writes the weights and running statistics of a network so that torchvision's network of the same shape reads them.
///
/// # Errors
/// When the file cannot be written.
pub fn write_torchvision(module: &mut dyn Module, path: impl AsRef<Path>) -> Result<(), WeightsError> {
    let mut tensors: BTreeMap<String, AnyTensor> = BTreeMap::new();
    for (name, tensor) in state_dict(module) {
        if let Some(norm) = name.strip_suffix("running_mean") {
            tensors.insert(format!("{norm}{COUNT}"), Array::<i64>::from_slice(&[0], []).into());
        }
        tensors.insert(name, tensor.into());
    }
    Ok(write_any(path, &tensors, &BTreeMap::new())?)
}

// ANCHOR: prepare
/// An image of any size as torchvision's networks for ImageNet were trained to see it (`transforms._presets.ImageClassification`):
/// the shorter side resized to `resize_to` pixels (256 as a rule), the middle `size` x `size` of it (224), and each channel
/// less its mean, over its deviation, both those of ImageNet.
///
/// `image` is `[3, h, w]` of numbers from 0 to 1. torchvision rounds them to bytes after resizing, ours stay as they are:
/// that moves a pixel by less than 1/255.
///
/// # Panics
/// When the image is not of this shape, or empty.
#[track_caller]
pub fn prepare_imagenet(image: &Tensor, resize_to: usize, size: usize) -> Tensor {
    let [height, width] = [image.dim(1), image.dim(2)];
    // The longer side is rounded down, as there.
    let longer = |longer: usize, shorter: usize| resize_to * longer / shorter.max(1);
    let to =
        if height <= width { [resize_to, longer(width, height)] } else { [longer(height, width), resize_to] };
    normalise(&centre_crop(&resize(image, to, true), [size; 2]), &imagenet_statistics())
}
// ANCHOR_END: prepare

/// Mean and deviation of ImageNet's channels, as torchvision has them.
pub fn imagenet_statistics() -> Statistics {
    Statistics { mean: vec![0.485, 0.456, 0.406], std: vec![0.229, 0.224, 0.225] }
}
