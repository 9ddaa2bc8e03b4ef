//! Checks exercise e08_post_norm_block.

#[allow(unused)]
#[path = "../exercises/e08_post_norm_block.rs"]
mod post_norm_block;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::{Layer, for_each_param};
use ch19_attention::Mask;
use post_norm_block::PostNormBlock;

fn block() -> PostNormBlock<f64> {
    let mut block = PostNormBlock::new(4, 2, 6, 0.0, 1e-5, &mut Rng::new(0, "check")).to_f64();
    let mut rng = Rng::new(1, "check");
    for_each_param(&mut block, |_, param| {
        param.value = Array::normal(*param.value.shape(), 0.0, 0.7, &mut rng)
    });
    block
}

fn input() -> Array<f64> {
    Array::normal([2, 3, 4], 0.0, 1.0, &mut Rng::new(2, "check"))
}

fn plain(block: &PostNormBlock<f64>, x: &Array<f64>) -> Array<f64> {
    let middle = block.norm1.infer(block.attention.infer(x.clone(), &Mask::NONE) + x);
    block.norm2.infer(block.mlp.infer(middle.clone()) + &middle)
}

#[test]
fn forward() {
    let (mut block, x) = (block(), input());
    let pre = {
        let middle = block.attention.infer(block.norm1.infer(x.clone()), &Mask::NONE) + &x;
        block.mlp.infer(block.norm2.infer(middle.clone())) + &middle
    };
    let branches = {
        let middle = block.norm1.infer(block.attention.infer(x.clone(), &Mask::NONE)) + &x;
        block.norm2.infer(block.mlp.infer(middle.clone())) + &middle
    };
    let mistakes: [(&str, &[f64]); 2] = [
        ("this is pre-LN: the norm stands on the input of the branch, not on the sum", &pre.to_vec()),
        ("the norm is on the branch alone, and the input is added behind it", &branches.to_vec()),
    ];
    let want = plain(&block, &x).to_vec();
    close("forward", &block.forward(x, &Mask::NONE).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward() {
    let (mut block, x) = (block(), input());
    let g = Array::<f64>::normal([2, 3, 4], 0.0, 1.0, &mut Rng::new(3, "check"));
    let want = ch03_neurons::numerical_gradient(|x| (plain(&block, x) * &g).sum_all(), &x);
    // The two plausible ways to go wrong, from the parts themselves.
    let mut wrong = |around: bool| {
        let middle = block.norm1.forward(block.attention.forward(x.clone(), &Mask::NONE) + &x);
        block.norm2.forward(block.mlp.forward(middle.clone()) + &middle);
        let mut grad = block.mlp.backward(block.norm2.backward(g.clone()));
        if around {
            grad += &g;
        }
        let past = grad.clone();
        let mut grad = block.attention.backward(block.norm1.backward(grad));
        if around {
            grad += &past;
        }
        grad.to_vec()
    };
    let (around, chain) = (wrong(true), wrong(false));
    let mistakes: [(&str, &[f64]); 2] = [
        ("the path past each branch goes around the norm too: it begins behind the norm", &around),
        ("only the way through the branches: the one past them is missing", &chain),
    ];
    // Forward by the parts, so that a mistake there does not show here: the dropouts keep masks of their own.
    let branch = block.attention.forward(x.clone(), &Mask::NONE);
    let middle = block.norm1.forward(block.dropout1.forward(branch) + &x);
    let branch = block.mlp.forward(middle.clone());
    block.norm2.forward(block.dropout2.forward(branch) + &middle);
    close("input gradient", &block.backward(g).to_vec(), &want.to_vec(), 1e-6, &mistakes);
}
