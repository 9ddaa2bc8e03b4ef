//! Folding a batch normalisation into the convolution before it (`torch.nn.utils.fuse_conv_bn_eval`).
//!
//! In use, a normalisation of channel `o` is `gamma (z - mean) / sqrt(var + eps) + beta` with fixed numbers: a factor `f = gamma /
//! sqrt(var + eps)` and a term. The convolution before it is linear in its kernel, so the factor can be moved into the kernel, and the
//! term into the bias: `weight' = f weight`, `bias' = f (bias - mean) + beta`. The layer is gone, and its pass over memory with it.
//!
//! Only in use: in training the mean and the variance are those of the batch, which depend on the kernel.

use ch01_tensors::{Array, Float, fail};
use ch11_normalization::BatchNorm2d;
use ch15_convolution::Conv2d;

/// A convolution with a bias that computes what `conv` and then `norm` compute in use.
///
/// # Panics
/// When `norm` has another number of channels than `conv` puts out.
#[track_caller]
pub fn fold_batch_norm<T: Float>(conv: &Conv2d<T>, norm: &BatchNorm2d<T>) -> Conv2d<T> {
    let (outputs, channels) = (conv.weight.value.dim(0), norm.running_mean.size());
    if outputs != channels {
        fail("fold_batch_norm", format_args!("{outputs} channels and a normalisation of {channels}"));
    }
    let zeros = || Array::zeros([outputs]);
    let bias = conv.bias.as_ref().map_or_else(zeros, |bias| bias.value.clone());
    let (weight, bias): (Array<T>, Array<T>) = {
        // Yours: `norm.weight.value` (gamma), `norm.bias.value` (beta), `norm.running_mean`, `norm.running_var` and `bias` have
        // shape [out], the kernel `conv.weight.value` is [out, in, kh, kw]. This block is (kernel, bias) of the folded
        // convolution. The factor has to be reshaped to [out, 1, 1, 1] to reach the kernels; `norm.eps` is an f64:
        // `T::from_f64(norm.eps)`.
        todo!()
    };
    Conv2d::from_parts(weight, Some(bias), conv.options)
}
