//! Checks exercise e02_scale_channels.

#[allow(unused)]
#[path = "../exercises/e02_scale_channels.rs"]
mod scale_channels;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use scale_channels::scale_channels_backward;

#[test]
fn both_gradients() {
    for (seed, shape) in [[2, 3, 2, 4], [1, 2, 5, 7], [3, 1, 1, 1]].into_iter().enumerate() {
        let mut rng = Rng::new(seed as u64, "check");
        let [x, g] = [(); 2].map(|()| Array::<f64>::normal(shape, 0.0, 1.0, &mut rng));
        let s = Array::<f64>::normal([shape[0], shape[1], 1, 1], 0.0, 1.0, &mut rng);
        let (dx, ds) = scale_channels_backward(g.clone(), &x, &s);
        let plane = (shape[2] * shape[3]) as f64;
        let sum = (&g * &x).sum(&[2, 3][..], true);
        let mistakes: [(&str, &[f64]); 3] = [
            ("the mean over the plane instead of the sum", &(&sum / plane).to_vec()),
            ("the sum of g instead of g x", &g.sum(&[2, 3][..], true).to_vec()),
            ("multiplied by the factor as well", &(&sum * &s).to_vec()),
        ];
        close("gradient of the factors", &ds.to_vec(), &sum.to_vec(), 1e-12, &mistakes);
        let mistakes: [(&str, &[f64]); 2] =
            [("g itself, without its factor", &g.to_vec()), ("g x instead of g s", &(&g * &x).to_vec())];
        close("gradient of the channels", &dx.to_vec(), &(&g * &s).to_vec(), 1e-12, &mistakes);
    }
}
