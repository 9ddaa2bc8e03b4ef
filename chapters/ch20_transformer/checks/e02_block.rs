//! Checks exercise e02_block.

#[allow(unused)]
#[path = "../exercises/e02_block.rs"]
mod block;

use block::Block;
use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch03_neurons::numerical_gradient;
use ch05_backprop::Layer;
use ch19_attention::Mask;

fn random(seed: u64) -> Array<f64> {
    Array::normal([2, 3, 4], 0.0, 1.0, &mut Rng::new(seed, "check"))
}

/// Without dropout, and with gains and shifts that a norm in the wrong place would show.
fn block() -> Block<f64> {
    let mut block = Block::new(4, 2, 6, 0.0, &mut Rng::new(0, "check")).to_f64();
    let mut rng = Rng::new(1, "check");
    for norm in [&mut block.norm1, &mut block.norm2] {
        norm.weight.value = Array::uniform([4], 0.5, 1.5, &mut rng);
        norm.bias.value = Array::uniform([4], -0.5, 0.5, &mut rng);
    }
    block
}

fn attention(block: &Block<f64>, x: Array<f64>) -> Array<f64> {
    block.attention.infer(block.norm1.infer(x), &Mask::CAUSAL)
}

fn mlp(block: &Block<f64>, x: Array<f64>) -> Array<f64> {
    block.mlp.infer(block.norm2.infer(x))
}

fn plain(block: &Block<f64>, x: &Array<f64>) -> Array<f64> {
    let middle = attention(block, x.clone()) + x;
    mlp(block, middle.clone()) + &middle
}

#[test]
fn forward() {
    let (mut block, x) = (block(), random(2));
    let chain = mlp(&block, attention(&block, x.clone())).to_vec();
    let post = {
        let middle = block.norm1.infer(block.attention.infer(x.clone(), &Mask::CAUSAL) + &x);
        block.norm2.infer(block.mlp.infer(middle.clone()) + &middle).to_vec()
    };
    let past = (mlp(&block, attention(&block, x.clone()) + &x) + &x).to_vec();
    let mistakes: [(&str, &[f64]); 3] = [
        ("the inputs are not added to the branches: nothing is residual", &chain),
        ("the norms stand behind the sums (post-LN), not before the branches", &post),
        ("the second branch is added to the block's input instead of the middle", &past),
    ];
    let want = plain(&block, &x).to_vec();
    close("forward", &block.forward(x, &Mask::CAUSAL).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward() {
    let (mut block, x, g) = (block(), random(3), random(4));
    let gradient = |f: &dyn Fn(&Array<f64>) -> Array<f64>, at: &Array<f64>, g: &Array<f64>| {
        numerical_gradient(|x| (f(x) * g).sum_all(), at)
    };
    let middle = attention(&block, x.clone()) + &x;
    let back_mlp = gradient(&|m| mlp(&block, m.clone()), &middle, &g);
    let back_attention = |g: &Array<f64>| gradient(&|x| attention(&block, x.clone()), &x, g);
    let whole = &back_mlp + &g;
    let want = back_attention(&whole) + &whole;
    let branches = back_attention(&back_mlp);
    let first = back_attention(&whole) + &g;
    let mistakes: [(&str, &[f64]); 3] = [
        ("the gradient goes through the branches alone, not past them", &branches.to_vec()),
        ("past the first branch goes the gradient of the middle, not that of the output", &first.to_vec()),
        ("the first branch was left out", &whole.to_vec()),
    ];
    block.forward(x.clone(), &Mask::CAUSAL);
    close("backward", &block.backward(g).to_vec(), &want.to_vec(), 1e-8, &mistakes);
}
