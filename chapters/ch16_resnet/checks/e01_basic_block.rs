//! Checks exercise e01_basic_block.

#[allow(unused)]
#[path = "../exercises/e01_basic_block.rs"]
mod basic_block;

use basic_block::BasicBlock;
use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::{Layer, gradcheck};
use ch07_modules::Sequential;
use ch11_normalization::BatchNorm2d;
use ch16_resnet::{convolution, shortcut};

/// The branch alone, made of parts with the same weights, and the shortcut.
fn parts(stride: usize) -> [Sequential<f64>; 2] {
    let (outputs, rng) = (if stride == 1 { 2 } else { 3 }, &mut Rng::new(0, "init"));
    let branch = Sequential::new()
        .push(convolution(2, outputs, 3, stride, rng))
        .push(BatchNorm2d::new(outputs))
        .push(ch15_convolution::Relu::new())
        .push(convolution(outputs, outputs, 3, 1, rng))
        .push(BatchNorm2d::new(outputs));
    [branch, shortcut(2, outputs, stride, rng)]
}

#[test]
fn forward_and_backward() {
    for stride in [1, 2] {
        let x = Array::<f64>::normal([2, 2, 4, 4], 0.0, 1.0, &mut Rng::new(1, "x"));
        let mut block = BasicBlock::new(2, if stride == 1 { 2 } else { 3 }, stride, &mut Rng::new(0, "init"));
        let [mut branch, mut shortcut] = parts(stride);
        let (f, s) = (branch.forward(x.clone()), shortcut.forward(x.clone()));
        let relu = |x: Array<f64>| x.map(|x| x.max(0.0));
        let (sum, y) = (&f + &s, block.forward(x));
        let early = relu(f.clone()) + &s;
        let mistakes: [(&str, &[f64]); 3] = [
            ("ReLU stands before the sum instead of behind it", &early.to_vec()),
            ("the shortcut is missing", &relu(f).to_vec()),
            ("ReLU is missing", &sum.to_vec()),
        ];
        close("output", &y.to_vec(), &relu(sum.clone()).to_vec(), 1e-12, &mistakes);

        let c = Array::<f64>::normal(*y.shape(), 0.0, 1.0, &mut Rng::new(2, "c"));
        let g = ch03_neurons::relu_backward(c.clone(), &sum);
        let dx = block.backward(c.clone());
        let (by_branch, by_shortcut) = (branch.backward(g.clone()), shortcut.backward(g));
        // The same without the ReLU.
        let [mut branch, mut shortcut] = parts(stride);
        let x = Array::<f64>::normal([2, 2, 4, 4], 0.0, 1.0, &mut Rng::new(1, "x"));
        drop((branch.forward(x.clone()), shortcut.forward(x)));
        let straight = branch.backward(c.clone()) + &shortcut.backward(c);
        let mistakes: [(&str, &[f64]); 3] = [
            ("the gradient that comes by the shortcut is missing", &by_branch.to_vec()),
            ("the gradient of the ReLU behind the sum is missing", &straight.to_vec()),
            ("the gradient that comes through the branch is missing", &by_shortcut.to_vec()),
        ];
        close("input gradient", &dx.to_vec(), &(by_branch + &by_shortcut).to_vec(), 1e-12, &mistakes);
    }
}

#[test]
fn the_gradient_is_the_derivative() {
    // No number near a kink: gains are small and shifts large, so that channels are on or off as a whole.
    let mut block = BasicBlock::<f64>::new(2, 2, 1, &mut Rng::new(3, "init")).plain();
    for (norm, shifts) in [(0, [1.0, -1.0]), (1, [1.0, 2.0])] {
        let norm = if norm == 0 { &mut block.bn1 } else { &mut block.bn2 };
        norm.weight.value.fill(0.1);
        norm.bias.value = Array::from_slice(&shifts, [2]);
    }
    gradcheck(&mut block, &Array::normal([2, 2, 3, 3], 0.0, 1.0, &mut Rng::new(4, "x")));
}
