//! Operations that arithmetic limits: matrix products, convolution, attention.

use kernels::attention::{self, AttentionShape};
use kernels::conv::{self, ConvShape};
use kernels::{hopper, matmul};

use crate::{Bench, Done, Work};

pub fn run(bench: &Bench) -> Done {
    products(bench)?;
    products_bf16(bench)?;
    convolutions(bench)?;
    convolutions_bf16(bench)?;
    attentions(bench)?;
    attentions_bf16(bench)
}

fn products(bench: &Bench) -> Done {
    let n = bench.size(96, 4096);
    let (shape, size, work) = ([n; 3], format!("{n} cubed"), Work::F32(2 * n * n * n));
    let (a, b, mut c) = (bench.floats(n * n)?, bench.floats(n * n)?, bench.zeros(n * n)?);
    bench.ladder("matmul", matmul::MATMUL, &size, work, |v| matmul::matmul(v, &a, &b, &mut c, shape))?;
    bench.ladder("matmul_nt", matmul::MATMUL_TRANSPOSED, &size, work, |v| {
        matmul::matmul_nt(v, &a, &b, &mut c, shape)
    })?;
    bench.ladder("matmul_tn", matmul::MATMUL_TRANSPOSED, &size, work, |v| {
        matmul::matmul_tn(v, &a, &b, &mut c, shape)
    })?;
    bench.ladder("matmul_tf32", matmul::MATMUL_TF32, &size, Work::Tf32(2 * n * n * n), |v| {
        matmul::matmul_tf32(v, &a, &b, &mut c, shape)
    })
}

fn products_bf16(bench: &Bench) -> Done {
    let n = bench.size(128, 8192);
    let (a, b, mut c) = (bench.halves(n * n)?, bench.halves(n * n)?, bench.zeros(n * n)?);
    bench.ladder(
        "matmul_bf16",
        matmul::MATMUL_BF16,
        &format!("{n} cubed"),
        Work::Bf16(2 * n * n * n),
        |v| matmul::matmul_bf16(v, &a, &b, &mut c, [n; 3]),
    )?;
    let (size, work) = (format!("{n} cubed"), Work::Bf16(2 * n * n * n));
    bench.ladder("matmul_bf16_hopper", hopper::MATMUL_BF16_HOPPER, &size, work, |_| {
        hopper::matmul_bf16_hopper(&a, &b, &mut c, [n; 3])
    })
}

fn shape(bench: &Bench) -> ConvShape {
    let (batch, channels, side) = (bench.size(1, 64), bench.size(8, 128), bench.size(8, 32));
    ConvShape { batch, inputs: channels, image: [side; 2], outputs: channels, size: 3, stride: 1, padding: 1 }
}

fn convolutions(bench: &Bench) -> Done {
    let shape @ ConvShape { batch, inputs: channels, image: [side, _], .. } = shape(bench);
    let (area, weights) = (batch * channels * side * side, channels * channels * 9);
    let work = Work::F32(2 * batch * side * side * weights);
    let size = format!("{batch} x {channels} x {side} x {side}, 3 x 3");
    let (x, w, dy) = (bench.floats(area)?, bench.floats(weights)?, bench.floats(area)?);
    let (mut y, mut dw) = (bench.zeros(area)?, bench.zeros(weights)?);
    bench.ladder("conv", conv::CONV, &size, work, |v| conv::conv(v, &x, &w, &mut y, &shape))?;
    bench.ladder("conv_backward_data", conv::CONV_BACKWARD_DATA, &size, work, |v| {
        conv::conv_backward_data(v, &dy, &w, &mut y, &shape)
    })?;
    bench.ladder("conv_backward_weight", conv::CONV_BACKWARD_WEIGHT, &size, work, |v| {
        conv::conv_backward_weight(v, &dy, &x, &mut dw, &shape)
    })
}

fn convolutions_bf16(bench: &Bench) -> Done {
    let shape @ ConvShape { batch, inputs: channels, image: [side, _], .. } = shape(bench);
    let (area, weights) = (batch * channels * side * side, channels * channels * 9);
    let work = Work::Bf16(2 * batch * side * side * weights);
    let size = format!("{batch} x {channels} x {side} x {side}, 3 x 3");
    let (x, w, dy) = (bench.halves(area)?, bench.halves(weights)?, bench.halves(area)?);
    let (mut y, mut dw) = (bench.zeros(area)?, bench.zeros(weights)?);
    bench
        .ladder("conv_bf16", conv::CONV_BF16, &size, work, |v| conv::conv_bf16(v, &x, &w, &mut y, &shape))?;
    bench.ladder("conv_backward_data_bf16", conv::CONV_BF16, &size, work, |v| {
        conv::conv_backward_data_bf16(v, &dy, &w, &mut y, &shape)
    })?;
    bench.ladder("conv_backward_weight_bf16", conv::CONV_BF16, &size, work, |v| {
        conv::conv_backward_weight_bf16(v, &dy, &x, &mut dw, &shape)
    })
}

fn attentions(bench: &Bench) -> Done {
    let (sets, length, width) = (bench.size(2, 64), bench.size(64, 4096), 64);
    let shape = AttentionShape { sets, length, width, causal: false, lengths: None };
    let n = sets * length * width;
    let (q, k, v) = (bench.floats(n)?, bench.floats(n)?, bench.floats(n)?);
    let (dout, mut out) = (bench.floats(n)?, bench.zeros(n)?);
    let size = format!("{sets} x {length} x {width}");
    // Two products of length x length x width forward, five backward.
    let product = 2 * sets * length * length * width;
    bench.ladder("attention", attention::ATTENTION, &size, Work::F32(2 * product), |version| {
        attention::attention(version, [&q, &k, &v], &mut out, &shape).map(drop)
    })?;
    let lse = attention::attention(2, [&q, &k, &v], &mut out, &shape)?;
    let (mut dq, mut dk, mut dv) = (bench.zeros(n)?, bench.zeros(n)?, bench.zeros(n)?);
    bench.ladder(
        "attention_backward",
        attention::ATTENTION_BACKWARD,
        &size,
        Work::F32(5 * product),
        |version| {
            let to = [&mut dq, &mut dk, &mut dv];
            attention::attention_backward(version, [&q, &k, &v], [&out, &lse, &dout], to, &shape)
        },
    )
}

fn attentions_bf16(bench: &Bench) -> Done {
    for width in attention::WIDTHS_BF16 {
        let (sets, length) = (bench.size(2, 64), bench.size(64, 4096));
        let shape = AttentionShape { sets, length, width, causal: false, lengths: None };
        let n = sets * length * width;
        let (q, k, v) = (bench.halves(n)?, bench.halves(n)?, bench.halves(n)?);
        let mut out = bench.zeros(n)?;
        let (size, work) =
            (format!("{sets} x {length} x {width}"), Work::Bf16(4 * sets * length * length * width));
        bench.ladder("attention_bf16", attention::ATTENTION_BF16, &size, work, |version| {
            attention::attention_bf16(version, [&q, &k, &v], &mut out, &shape).map(drop)
        })?;
    }
    Ok(())
}
