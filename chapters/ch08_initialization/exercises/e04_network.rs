//! First weights for a whole network, by its visitor and the roles of its parameters.
//!
//! Gains and shifts of normalisations keep their 1 and 0, and activations their slopes: those are right already.

use ch01_tensors::{Float, Rng};
use ch05_backprop::{Module, Role, for_each_param};
use ch08_initialization::{FanMode, Gain, constant, kaiming_normal, normal};

/// For networks of convolutions or linear layers with ReLU: He's normal weights, so that activations keep their mean
/// square going forward; biases 0. Embeddings get the standard normal distribution, PyTorch's default.
pub fn init_he<T: Float>(module: &mut dyn Module<T>, rng: &mut Rng) {
    for_each_param(module, |_, param| match param.role {
        Role::Weight => kaiming_normal(&mut param.value, FanMode::In, Gain::Relu, rng),
        Role::Bias => constant(&mut param.value, 0.0),
        Role::Embedding => normal(&mut param.value, 0.0, 1.0, rng),
        Role::Norm | Role::Activation => {}
    });
}

/// For transformers, as GPT-2 does (Radford et al. 2019): weights and embeddings normal with standard deviation `std`
/// (GPT-2: 0.02, for 768 features), biases 0, and the weights that end a residual branch smaller by
/// `1 / sqrt(2 layers)`. Returns how many weights it took for those, by their names (see [`ends_residual_branch`]): two
/// per layer.
pub fn init_gpt<T: Float>(module: &mut dyn Module<T>, layers: usize, std: f64, rng: &mut Rng) -> usize {
    init_gpt_where(module, layers, std, ends_residual_branch, rng)
}

/// [`init_gpt`] with another rule for which weights end a residual branch, given their paths.
pub fn init_gpt_where<T: Float>(
    module: &mut dyn Module<T>,
    layers: usize,
    std: f64,
    ends_branch: impl Fn(&str) -> bool,
    rng: &mut Rng,
) -> usize {
    let mut ends = 0;
    for_each_param(module, |path, param| match param.role {
        Role::Weight => {
            // Yours: Normal with mean 0 and standard deviation `std`, but for a weight whose path
            // `ends_branch` accepts (`path.to_string()` is its text) smaller by 1 / sqrt(2 layers), so that the sum of
            // all branches keeps its size. Count those in `ends`.
            todo!()
        }
        Role::Embedding => normal(&mut param.value, 0.0, std, rng),
        Role::Bias => constant(&mut param.value, 0.0),
        Role::Norm | Role::Activation => {}
    });
    ends
}

/// Whether a weight ends a residual branch, by the usual names of such projections: the layer is called `c_proj`
/// (GPT-2), `out_proj` or `linear2` (PyTorch), `o_proj` or `down_proj` (Llama), `wo`, `fc2` or `output` (BERT's are
/// `output.dense`).
pub fn ends_residual_branch(path: &str) -> bool {
    const LAYERS: [&str; 8] = ["c_proj", "out_proj", "linear2", "o_proj", "down_proj", "wo", "fc2", "output"];
    let mut names = path.rsplit('.').skip(1).skip_while(|&name| name == "dense");
    names.next().is_some_and(|layer| LAYERS.contains(&layer))
}
