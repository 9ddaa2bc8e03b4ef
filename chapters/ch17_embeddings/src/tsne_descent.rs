//! The descent of t-SNE: early exaggeration, momentum, and a gain for each number (van der Maaten and Hinton 2008, with the
//! constants of scikit-learn).

use ch01_tensors::Array;

use crate::{Pca, affinities, tsne, tsne_backward};

/// How a t-SNE picture is made.
#[derive(Clone, Debug)]
pub struct TsneOptions {
    /// About how many neighbours a point has.
    pub perplexity: f64,
    /// Steps in all.
    pub steps: usize,
    /// By how much attraction is enlarged at first.
    pub exaggeration: f64,
    /// For how many steps.
    pub exaggerated_steps: usize,
}

impl Default for TsneOptions {
    /// Perplexity 30, 1000 steps, the first 250 of them with twelve times the attraction.
    fn default() -> Self {
        TsneOptions { perplexity: 30.0, steps: 1000, exaggeration: 12.0, exaggerated_steps: 250 }
    }
}

/// A t-SNE picture.
pub struct Tsne {
    /// The places of the points, `[n, 2]`.
    pub places: Array<f64>,
    /// The divergence at the end.
    pub divergence: f64,
}

impl Tsne {
    // ANCHOR: fit
    /// The picture of points `x`, `[n, size]`. It begins with the first two principal components, made small: nothing is random.
    ///
    /// # Panics
    /// When `x` has another shape or fewer than two columns, or the perplexity is not from 1 to below `n`.
    #[track_caller]
    pub fn fit(x: &Array<f64>, options: &TsneOptions) -> Self {
        let p = affinities(x, options.perplexity);
        let exaggerated = &p * options.exaggeration;
        let pca = Pca::fit(x, 2);
        let mut y = &pca.project(x) * (1e-4 / pca.variances[[0]].sqrt().max(f64::MIN_POSITIVE));
        let (mut velocity, mut gains) = (y.zeros_like(), y.ones_like());
        let rate = (x.dim(0) as f64 / options.exaggeration / 4.0).max(50.0);
        for step in 0..options.steps {
            let early = step < options.exaggerated_steps;
            let grad = tsne_backward(if early { &exaggerated } else { &p }, &y);
            let momentum = if early { 0.5 } else { 0.8 };
            let all = y.data_mut().iter_mut().zip(velocity.data_mut()).zip(gains.data_mut());
            for (((y, v), gain), &g) in all.zip(grad.data()) {
                // Where the gradient still points the way that was gone, take larger steps.
                *gain = if *v * g < 0.0 { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
                *v = momentum * *v - rate * *gain * g;
                *y += *v;
            }
        }
        Tsne { divergence: tsne(&p, &y), places: y }
    }
    // ANCHOR_END: fit
}
