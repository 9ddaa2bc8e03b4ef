//! How many numbers meet in a unit: fan-in and fan-out (`torch.nn.init._calculate_fan_in_and_fan_out`).
//!
//! An output of a layer is a sum of `fan_in` products, and an input takes part in `fan_out` sums. For Linear,
//! `[out, in]`, they are `in` and `out`. For a convolution, `[out, in, height, width]`, each output is a sum over all
//! input channels and all places of the kernel, so both fans are multiplied by `height * width`.
//!
//! Left out: groups and strides, which PyTorch does not look at either. A depthwise weight `[channels, 1, h, w]` gets
//! the right fan-in, and a fan-out that is `channels` times too large.

use ch01_tensors::fail;

/// Which of the two keeps its variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanMode {
    /// The activations, going forward.
    In,
    /// The gradients, going backward.
    Out,
}

impl FanMode {
    /// The fan of this mode of a weight with this shape.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn of(self, shape: &[usize]) -> usize {
        let (fan_in, fan_out) = fan_in_out(shape);
        if self == FanMode::In { fan_in } else { fan_out }
    }
}

/// Fan-in and fan-out of a weight `[out, in, ..]`.
///
/// # Panics
/// With fewer than two axes: a bias has no fan.
#[track_caller]
pub fn fan_in_out(shape: &[usize]) -> (usize, usize) {
    if shape.len() < 2 {
        fail("fan_in_out", format_args!("a weight has at least two axes, [out, in, ..], not {shape:?}"));
    }
    // Yours: How many products are summed into one output, and in how many outputs does one input take part?
    // A kernel is `shape[2..]`; it is empty for Linear.
    todo!()
}
