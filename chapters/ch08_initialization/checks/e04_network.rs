//! Checks exercise e04_network.

#[allow(unused)]
#[path = "../exercises/e04_network.rs"]
mod network;

use ch00_start::check::close;
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Module, Param, Role, Visitor};
use network::init_gpt_where;

/// Two weights of a block, one of which ends its residual branch.
struct Block {
    inner: Param,
    last: Param,
}

impl Module for Block {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.param("inner", &mut self.inner);
        visitor.param("last", &mut self.last);
    }
}

/// Standard deviations in units of 0.02, and how many weights were scaled.
fn stds(layers: usize) -> ([f64; 2], usize) {
    let param = || Param::new(Tensor::full([300, 300], 9.0), Role::Weight);
    let mut block = Block { inner: param(), last: param() };
    let count = init_gpt_where(&mut block, layers, 0.02, |path| path == "last", &mut Rng::new(0, "init"));
    let std = |param: &Param| param.value.to_f64().map(|x| x * x).mean_all().sqrt() / 0.02;
    ([std(&block.inner), std(&block.last)], count)
}

#[test]
fn the_ends_of_branches_are_smaller() {
    // 90,000 numbers determine a standard deviation to 0.24 %; 2 % is allowed.
    let ([inner, last], count) = stds(8);
    close("weight inside a branch", &[inner], &[1.0], 0.02, &[("the scale of the ends was used", &[0.25])]);
    let mistakes: [(&str, &[f64]); 5] = [
        ("not scaled at all", &[1.0]),
        ("1 / (2 layers): the root is missing", &[1.0 / 16.0]),
        ("1 / sqrt(layers): a layer has two branches, attention and feed-forward", &[1.0 / f64::sqrt(8.0)]),
        ("made larger instead of smaller", &[4.0]),
        ("`std` was left out", &[12.5]),
    ];
    close("weight at the end of a branch, 8 layers", &[last], &[0.25], 0.005, &mistakes);
    let ([_, last], _) = stds(2);
    close("weight at the end of a branch, 2 layers", &[last], &[0.5], 0.01, &[]);
    assert_eq!(count, 1, "how many weights end a branch");
}
