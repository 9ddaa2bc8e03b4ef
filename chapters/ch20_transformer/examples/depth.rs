//! Depth, pre-LN against post-LN: `cargo run --release -p ch20_transformer --example depth`.
//!
//! Untrained blocks with Xavier's first weights (as in Xiong et al. 2020) on random vectors. Two questions. How long is the gradient
//! of each block's last matrix, for a random gradient at the top of 24 blocks? And how much does the output change if every
//! matrix is changed a little, by random numbers of a hundredth of its own size, as a first step of Adam would (Liu et al. 2020)?

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Layer, Module, Param, Role, for_each_param};
use ch08_initialization::xavier_normal;
use ch11_normalization::LayerNorm;
use ch19_attention::Mask;
use ch20_transformer::{Block, PostNormBlock};

const SIZE: usize = 64;
const BLOCKS: usize = 24;
const DEPTHS: [usize; 7] = [1, 2, 4, 8, 12, 18, 24];
const SEEDS: u64 = 5;

/// Blocks of one kind; pre-LN ones with a norm behind the last.
#[expect(clippy::large_enum_variant, reason = "there is but one of them")]
enum Stack {
    Pre(Vec<Block>, LayerNorm),
    Post(Vec<PostNormBlock>),
}

impl Stack {
    fn new(pre: bool, blocks: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed, "weights");
        let mut stack = if pre {
            let blocks = (0..blocks).map(|_| Block::new(SIZE, 4, 4 * SIZE, 0.0, &mut rng));
            Stack::Pre(blocks.collect(), LayerNorm::new(SIZE))
        } else {
            let block = |_| PostNormBlock::new(SIZE, 4, 4 * SIZE, 0.0, 1e-5, &mut rng);
            Stack::Post((0..blocks).map(block).collect())
        };
        stack.change(|param| match param.role {
            Role::Weight => xavier_normal(&mut param.value, 1.0, &mut rng),
            Role::Bias => param.value.fill(0.0),
            _ => {}
        });
        stack
    }

    fn change(&mut self, mut change: impl FnMut(&mut Param)) {
        let mut each = |block: &mut dyn Module| for_each_param(block, |_, param| change(param));
        match self {
            Stack::Pre(blocks, _) => blocks.iter_mut().for_each(|block| each(block)),
            Stack::Post(blocks) => blocks.iter_mut().for_each(|block| each(block)),
        }
    }

    fn infer(&self, x: Tensor) -> Tensor {
        match self {
            Stack::Pre(blocks, norm) => {
                Layer::infer(norm, blocks.iter().fold(x, |x, block| block.infer(x, &Mask::NONE)))
            }
            Stack::Post(blocks) => blocks.iter().fold(x, |x, block| block.infer(x, &Mask::NONE)),
        }
    }

    /// The norm of the gradient of each block's second feed-forward matrix, from the lowest to the highest.
    fn gradients(&mut self, x: Tensor, grad: Tensor) -> Vec<f64> {
        match self {
            Stack::Pre(blocks, last) => {
                let y = blocks.iter_mut().fold(x, |x, block| block.forward(x, &Mask::NONE));
                Layer::forward(last, y);
                let grad = Layer::backward(last, grad);
                blocks.iter_mut().rev().fold(grad, |grad, block| block.backward(grad));
                blocks.iter().map(|block| norm(&block.mlp.fc2.weight.grad)).collect()
            }
            Stack::Post(blocks) => {
                blocks.iter_mut().fold(x, |x, block| block.forward(x, &Mask::NONE));
                blocks.iter_mut().rev().fold(grad, |grad, block| block.backward(grad));
                blocks.iter().map(|block| norm(&block.mlp.fc2.weight.grad)).collect()
            }
        }
    }
}

fn norm(x: &Tensor) -> f64 {
    x.iter().map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

fn random(seed: u64, name: &str) -> Tensor {
    Tensor::normal([4, 32, SIZE], 0.0, 1.0, &mut Rng::new(seed, name))
}

/// How much the output changes, relative to its size, if each weight is changed by a hundredth of its matrix's deviation.
fn amplification(pre: bool, blocks: usize, seed: u64) -> f64 {
    let mut stack = Stack::new(pre, blocks, seed);
    let before = stack.infer(random(seed, "x"));
    let mut rng = Rng::new(seed, "change");
    stack.change(|param| {
        if param.role == Role::Weight {
            let deviation = norm(&param.value) / (param.value.size() as f64).sqrt();
            param.value += &Tensor::normal(*param.value.shape(), 0.0, 0.01 * deviation, &mut rng);
        }
    });
    norm(&(stack.infer(random(seed, "x")) - &before)) / norm(&before)
}

fn mean(run: impl Fn(u64) -> f64) -> f64 {
    (0..SEEDS).map(run).sum::<f64>() / SEEDS as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch20_depth");
    record.seed(0).number("blocks", BLOCKS as f64).number("seeds", SEEDS as f64);
    let depths = DEPTHS.map(|depth| depth as f64);
    let mut series = Vec::new();
    for (key, name, pre) in [("pre", "pre-LN", true), ("post", "post-LN", false)] {
        let gradients: Vec<Vec<f64>> = (0..SEEDS)
            .map(|seed| Stack::new(pre, BLOCKS, seed).gradients(random(seed, "x"), random(seed, "grad")))
            .collect();
        let at = |block: usize| mean(|seed| gradients[seed as usize][block]);
        let changes = DEPTHS.map(|depth| mean(|seed| amplification(pre, depth, seed)));
        println!("{name}: gradient of the lowest block {:.1}, of the highest {:.1}", at(0), at(BLOCKS - 1));
        println!("{name}: change of the output {changes:.4?} at depths {DEPTHS:?}");
        record
            .number(&format!("{key}_lowest"), at(0))
            .number(&format!("{key}_highest"), at(BLOCKS - 1))
            .number(&format!("{key}_change_one"), changes[0])
            .number(&format!("{key}_change_all"), changes[DEPTHS.len() - 1]);
        series.push(Series::of_pairs(name, &depths, &changes).marked());
    }
    let path = record.figure_path("ch20_depth");
    let title = "A small change of every weight";
    figure::lines(&path, title, "blocks", "relative change of the output", &series)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
