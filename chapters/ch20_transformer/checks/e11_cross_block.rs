//! Checks exercise e11_cross_block.

#[allow(unused)]
#[path = "../exercises/e11_cross_block.rs"]
mod cross_block;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::{Layer, for_each_param};
use ch19_attention::Mask;
use cross_block::CrossBlock;

fn block() -> CrossBlock<f64> {
    let mut block = CrossBlock::new(4, 2, 6, 0.0, &mut Rng::new(0, "check")).to_f64();
    let mut rng = Rng::new(1, "check");
    for_each_param(&mut block, |_, param| {
        param.value = Array::normal(*param.value.shape(), 0.0, 0.7, &mut rng)
    });
    block
}

fn normal(shape: [usize; 3], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "check"))
}

fn real() -> Array<bool> {
    Array::from([[true, true, false], [true, false, false]])
}

fn plain(
    block: &CrossBlock<f64>,
    x: &Array<f64>,
    memory: &Array<f64>,
    causal: bool,
    real: Option<&Array<bool>>,
) -> Array<f64> {
    let mask = Mask { causal, padding: None };
    let a = block.attention.infer(block.norm1.infer(x.clone()), &mask) + x;
    let c = block.cross.infer(block.norm2.infer(a.clone()), memory.clone(), real) + &a;
    block.mlp.infer(block.norm3.infer(c.clone())) + &c
}

#[test]
fn forward() {
    let (mut block, x, memory, real) = (block(), normal([2, 4, 4], 2), normal([2, 3, 4], 3), real());
    let mistakes: [(&str, &[f64]); 2] = [
        (
            "attention among the output's tokens sees what comes later",
            &plain(&block, &x, &memory, false, Some(&real)).to_vec(),
        ),
        ("attention to the memory sees its padding", &plain(&block, &x, &memory, true, None).to_vec()),
    ];
    let want = plain(&block, &x, &memory, true, Some(&real)).to_vec();
    close("forward", &block.forward(x, memory, Some(&real)).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward() {
    let (mut block, x, memory, real) = (block(), normal([2, 4, 4], 2), normal([2, 3, 4], 3), real());
    let g = normal([2, 4, 4], 4);
    // Forward by the parts, so that a mistake there does not show here.
    let run = |block: &mut CrossBlock<f64>| {
        let branch = block.attention.forward(block.norm1.forward(x.clone()), &Mask::CAUSAL);
        let a = block.dropout1.forward(branch) + &x;
        let branch = block.cross.forward(block.norm2.forward(a.clone()), memory.clone(), Some(&real));
        let c = block.dropout2.forward(branch) + &a;
        let branch = block.mlp.forward(block.norm3.forward(c.clone()));
        block.dropout3.forward(branch) + &c
    };
    run(&mut block);
    let past = {
        let c = block.norm3.backward(block.mlp.backward(block.dropout3.backward(g.clone()))) + &g;
        let a = block.norm2.backward(block.cross.backward(block.dropout2.backward(c)).0);
        let branch = block.attention.backward(block.dropout1.backward(a.clone()));
        (block.norm1.backward(branch) + &a).to_vec()
    };
    let by_steps = |of_memory: bool| {
        let loss = |changed: &Array<f64>| {
            let (x, memory) = if of_memory { (&x, changed) } else { (changed, &memory) };
            (plain(&block, x, memory, true, Some(&real)) * &g).sum_all()
        };
        ch03_neurons::numerical_gradient(loss, if of_memory { &memory } else { &x }).to_vec()
    };
    let (want_x, want_memory) = (by_steps(false), by_steps(true));
    run(&mut block);
    let (dx, dmemory) = block.backward(g);
    let mistakes: [(&str, &[f64]); 1] = [("the path past the attention to the memory is missing", &past)];
    close("input gradient", &dx.to_vec(), &want_x, 1e-6, &mistakes);
    close("gradient of the memory", &dmemory.to_vec(), &want_memory, 1e-6, &[]);
}
