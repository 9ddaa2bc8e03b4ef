//! Checks exercise e03_max_pool.

#[allow(unused)]
#[path = "../exercises/e03_max_pool.rs"]
mod max_pool;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch15_convolution::Pool2dOptions;

#[test]
fn backward() {
    let cases = [
        ([2, 2, 5, 7], Pool2dOptions { kernel: [2, 3], stride: [2, 3], padding: [0, 0] }),
        ([2, 3, 6, 6], Pool2dOptions { kernel: [3, 3], stride: [1, 2], padding: [1, 1] }),
        ([1, 2, 4, 4], Pool2dOptions::square(2)),
    ];
    for (shape, options) in cases {
        let mut rng = Rng::new(1, "numbers");
        // All different, in a random order.
        let size: usize = shape.iter().product();
        let mut order: Vec<f64> = (0..size).map(|i| i as f64).collect();
        rng.shuffle(&mut order);
        let x = Array::from_slice(&order, shape);
        let (y, places) = max_pool::max_pool2d(&x, options);
        let g = Array::from_fn(*y.shape(), |_| rng.below(9) as f64 + 1.0);

        // The largest numbers are found again by their values: there is only one of each.
        let (mut want, mut last) = (vec![0.0; size], vec![0.0; size]);
        for (y, g) in y.iter().zip(g.iter()) {
            let place = order.iter().position(|&x| x == y).expect("a maximum is a number of the image");
            want[place] += g;
            last[place] = g;
        }
        // The memory that `dx` will get has been used before: the pool hands out the block given back last.
        drop(Array::<f64>::full(shape, 7.0));
        let dx = max_pool::max_pool2d_backward(&g, &places, x.shape(), options);
        let dirty: Vec<f64> = want.iter().map(|x| x + 7.0).collect();
        let mistakes: [(&str, &[f64]); 2] = [
            ("added to what was in the memory before: clear it first", &dirty),
            ("replaced instead of added to: windows overlap", &last),
        ];
        close("gradient of the input", &dx.to_vec(), &want, 1e-12, &mistakes);
    }
}
