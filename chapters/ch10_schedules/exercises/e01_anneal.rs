//! Ways from one number to another: straight, and along half a cosine wave.

/// On the straight line from `from` at share 0 to `to` at share 1.
pub fn linear(from: f64, to: f64, share: f64) -> f64 {
    // Yours: A weighted mean of the two ends.
    todo!()
}

/// On half a cosine wave from `from` at share 0 to `to` at share 1: flat at both ends, steepest in the middle.
pub fn cosine(from: f64, to: f64, share: f64) -> f64 {
    // Yours: The cosine of `π share` falls from 1 to -1. Shift and scale it, so that it falls from 1 to 0:
    // that is the weight of `from`.
    todo!()
}
