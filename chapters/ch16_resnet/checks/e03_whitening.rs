//! Checks exercise e03_whitening.

#[allow(unused)]
#[path = "../exercises/e03_whitening.rs"]
mod whitening;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng, Tensor};
use ch16_resnet::symmetric_eigen;
use whitening::{patch_covariance, whitening_weight};

fn images() -> Tensor {
    let noise = Tensor::normal([5, 2, 7, 6], 0.3, 1.0, &mut Rng::new(0, "images"));
    &noise.narrow(3, 0, 5) + &noise.narrow(3, 1, 5)
}

/// By the definition, number by number.
fn sums(images: &Tensor, size: usize) -> (Array<f64>, f64) {
    let (rows, columns) = (images.dim(2) - size + 1, images.dim(3) - size + 1);
    let d = images.dim(1) * size * size;
    let at = |n: usize, tap: usize, i: usize, j: usize| {
        let (c, u, v) = (tap / (size * size), tap / size % size, tap % size);
        f64::from(images[[n, c, i + u, j + v]])
    };
    let sum = Array::from_fn([d, d], |tap| {
        let places = (0..images.dim(0) * rows * columns)
            .map(|p| (p / (rows * columns), p / columns % rows, p % columns));
        places.map(|(n, i, j)| at(n, tap[0], i, j) * at(n, tap[1], i, j)).sum()
    });
    (sum, (images.dim(0) * rows * columns) as f64)
}

#[test]
fn covariance() {
    for size in [1, 2, 3] {
        let images = images();
        let (sum, count) = sums(&images, size);
        let want = &sum / count;
        let per_image = &sum / images.dim(0) as f64;
        let mistakes: [(&str, &[f64]); 2] = [
            ("the sum over the patches instead of the mean", &sum.to_vec()),
            ("divided by the images instead of the patches", &per_image.to_vec()),
        ];
        close("covariance", &patch_covariance(&images, size).to_vec(), &want.to_vec(), 1e-6, &mistakes);
    }
}

#[test]
fn kernels() {
    let images = images();
    let (sum, count) = sums(&images, 2);
    let (values, vectors) = symmetric_eigen(&(sum / count));
    let d = values.len();
    let make = |kernel: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        (0..2 * d * d)
            .map(|at| (at / d, at % d))
            .map(|(i, j)| if i < d { kernel(i, j) } else { -kernel(i - d, j) })
            .collect()
    };
    let root = |i: usize| (values[i] + 0.01).sqrt();
    let want = make(&|i, j| vectors[[i, j]] / root(i));
    let no_root = make(&|i, j| vectors[[i, j]] / (values[i] + 0.01));
    let columns = make(&|i, j| vectors[[j, i]] / root(i));
    let times = make(&|i, j| vectors[[i, j]] * root(i));
    let positive: Vec<f64> =
        want.iter().enumerate().map(|(at, x)| if at < d * d { *x } else { -x }).collect();
    let mistakes: [(&str, &[f64]); 4] = [
        ("divided by the eigenvalue instead of its root", &no_root),
        ("the columns of the matrix of eigenvectors were taken", &columns),
        ("multiplied by the root instead of divided", &times),
        ("the second half has the same sign as the first", &positive),
    ];
    let got: Vec<f64> = whitening_weight(&images, 2, 0.01).to_vec().into_iter().map(f64::from).collect();
    close("kernels", &got, &want, 1e-4, &mistakes);
}
