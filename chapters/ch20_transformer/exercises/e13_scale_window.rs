//! One scale for all series: a window with mean 0 and deviation 1 (Kim et al. 2022 call it reversible instance normalisation).
//!
//! Shapes: windows `[series, time]`, their means and deviations `[series, 1]`.
//!
//! A series of temperatures around 300 and one of currents around 0.01 cannot share weights as they are. So the mean of each
//! window is taken off, and it is divided by its deviation; a forecast is scaled back by the same two numbers. They come from
//! the window alone, which is known when a forecast is made, and are taken as given: nothing is trained, so there is no gradient.
//!
//! Left out: the learned gain and shift of the paper.

use ch01_tensors::{Array, Float, fail};

/// Every window, `[series, time]`, with mean 0 and deviation 1; and mean and deviation, `[series, 1]`, to scale forecasts
/// back: `forecast * deviation + mean`. A constant window becomes zeros.
///
/// # Panics
/// When the windows have another shape.
#[track_caller]
pub fn scale_window<T: Float>(x: &Array<T>) -> (Array<T>, Array<T>, Array<T>) {
    if x.ndim() != 2 {
        fail("scale_window", format_args!("{:?} is not [series, time]", x.shape()));
    }
    // Yours: The mean of each series, `[series, 1]`; the root of its variance plus 1e-5; and the windows less the
    // first, divided by the second.
    todo!()
}
