//! Gradients at depth, pre-LN against post-LN: `cargo run --release -p ch20_transformer --example depth`.
//!
//! 24 untrained blocks with Xavier's first weights (as in Xiong et al. 2020) on random vectors, and a random gradient at the top.
//! How long is the gradient of each block's last matrix?

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Layer, Module, Role, for_each_param};
use ch08_initialization::xavier_normal;
use ch11_normalization::LayerNorm;
use ch19_attention::Mask;
use ch20_transformer::{Block, PostNormBlock};

const SIZE: usize = 64;
const BLOCKS: usize = 24;
const SEEDS: u64 = 5;

fn begin(module: &mut dyn Module, rng: &mut Rng) {
    for_each_param(module, |_, param| match param.role {
        Role::Weight => xavier_normal(&mut param.value, 1.0, rng),
        Role::Bias => param.value.fill(0.0),
        _ => {}
    });
}

fn norm(x: &Tensor) -> f64 {
    x.iter().map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

/// The norm of the gradient of each block's second feed-forward matrix, from the lowest block to the highest.
fn gradients(pre: bool, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed, "depth");
    let mut x = Tensor::normal([4, 32, SIZE], 0.0, 1.0, &mut rng);
    let grad = Tensor::normal([4, 32, SIZE], 0.0, 1.0, &mut rng);
    if pre {
        let mut blocks: Vec<Block> =
            (0..BLOCKS).map(|_| Block::new(SIZE, 4, 4 * SIZE, 0.0, &mut rng)).collect();
        for block in &mut blocks {
            begin(block, &mut rng);
            x = block.forward(x, &Mask::NONE);
        }
        let mut last = LayerNorm::new(SIZE);
        last.forward(x);
        let mut grad = last.backward(grad);
        for block in blocks.iter_mut().rev() {
            grad = block.backward(grad);
        }
        blocks.iter().map(|block| norm(&block.mlp.fc2.weight.grad)).collect()
    } else {
        let mut blocks: Vec<PostNormBlock> =
            (0..BLOCKS).map(|_| PostNormBlock::new(SIZE, 4, 4 * SIZE, 0.0, 1e-5, &mut rng)).collect();
        for block in &mut blocks {
            begin(block, &mut rng);
            x = block.forward(x, &Mask::NONE);
        }
        let mut grad = grad;
        for block in blocks.iter_mut().rev() {
            grad = block.backward(grad);
        }
        blocks.iter().map(|block| norm(&block.mlp.fc2.weight.grad)).collect()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch20_depth");
    record.seed(0).number("blocks", BLOCKS as f64).number("seeds", SEEDS as f64);
    let places: Vec<f64> = (1..=BLOCKS).map(|block| block as f64).collect();
    let mut series = Vec::new();
    for (key, name, pre) in [("pre", "pre-LN", true), ("post", "post-LN", false)] {
        let runs: Vec<Vec<f64>> = (0..SEEDS).map(|seed| gradients(pre, seed)).collect();
        let mean: Vec<f64> =
            (0..BLOCKS).map(|block| runs.iter().map(|run| run[block]).sum::<f64>() / SEEDS as f64).collect();
        println!("{name}: lowest {:.3}, highest {:.3}", mean[0], mean[BLOCKS - 1]);
        record
            .number(&format!("{key}_lowest"), mean[0])
            .number(&format!("{key}_highest"), mean[BLOCKS - 1])
            .number(&format!("{key}_ratio"), mean[BLOCKS - 1] / mean[0]);
        series.push(Series::of_pairs(name, &places, &mean).marked());
    }
    let path = record.figure_path("ch20_depth");
    figure::lines_log_y(&path, "Gradients before training", "block", "norm of the gradient", &series)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
