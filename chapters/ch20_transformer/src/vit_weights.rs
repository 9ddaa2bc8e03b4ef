//! torchvision's vision Transformers (`vit_b_16().state_dict()` saved as safetensors).
//!
//! Every parameter of ours is one array of the file. Two lie there with more axes: the patch embedding is a convolution's kernel,
//! `[size, channels, patch, patch]`, whose numbers lie in the order in which a patch's do; the places have an axis for the batch.

use std::path::Path;

use ch01_tensors::Rng;
use ch07_modules::{AnyTensor, safetensors};

use crate::published::fill;
use crate::{LoadError, VisionTransformer, VitConfig};

// ANCHOR: names
/// What torchvision calls the parameter that is called `ours` here.
pub fn torchvision_name(ours: &str) -> String {
    const NAMES: [(&str, &str); 14] = [
        ("patch_embedding.weight", "conv_proj.weight"),
        ("patch_embedding.bias", "conv_proj.bias"),
        ("positions.weight", "encoder.pos_embedding"),
        ("norm.weight", "encoder.ln.weight"),
        ("norm.bias", "encoder.ln.bias"),
        ("head.weight", "heads.head.weight"),
        ("head.bias", "heads.head.bias"),
        ("attention.qkv.weight", "self_attention.in_proj_weight"),
        ("attention.qkv.bias", "self_attention.in_proj_bias"),
        ("attention.output.", "self_attention.out_proj."),
        ("mlp.fc1.", "mlp.0."),
        ("mlp.fc2.", "mlp.3."),
        ("norm1.", "ln_1."),
        ("norm2.", "ln_2."),
    ];
    let (layer, part) = match ours.strip_prefix("blocks.").and_then(|rest| rest.split_once('.')) {
        Some((number, part)) => (format!("encoder.layers.encoder_layer_{number}."), part),
        None => (String::new(), ours),
    };
    match NAMES.iter().find_map(|(ours, theirs)| Some((theirs, part.strip_prefix(ours)?))) {
        Some((theirs, rest)) => format!("{layer}{theirs}{rest}"),
        None => format!("{layer}{part}"),
    }
}
// ANCHOR_END: names

/// Loads a model of these sizes from a file of torchvision's weights. The stream of its dropout begins with `seed`.
///
/// # Errors
/// When the file cannot be read or is damaged, or the weights do not fit: then all names are listed that are missing, too
/// much, or of another shape.
///
/// # Panics
/// When the sizes do not fit together.
pub fn load_vit(
    path: impl AsRef<Path>,
    config: &VitConfig,
    seed: u64,
) -> Result<VisionTransformer, LoadError> {
    let path = path.as_ref();
    let mut model = VisionTransformer::new(config, &mut Rng::new(seed, "published"));
    let (tensors, _) = safetensors::read_any(path)?;
    let flat = |(name, tensor): (String, AnyTensor)| match tensor {
        AnyTensor::F32(array) if name == "conv_proj.weight" && array.ndim() == 4 => {
            let rows = array.dim(0);
            let columns = array.size() / rows.max(1);
            (name, AnyTensor::F32(array.reshape([rows, columns])))
        }
        AnyTensor::F32(array)
            if name == "encoder.pos_embedding" && array.ndim() == 3 && array.dim(0) == 1 =>
        {
            (name, AnyTensor::F32(array.squeeze(0)))
        }
        other => (name, other),
    };
    let tensors = tensors.into_iter().map(flat).collect();
    let named = |ours: &str| (torchvision_name(ours), false);
    fill(&mut model, tensors, named, |_| false)
        .map_err(|names| LoadError::Names { path: path.to_owned(), names })?;
    Ok(model)
}
