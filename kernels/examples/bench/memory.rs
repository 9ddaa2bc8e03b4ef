//! Operations that memory limits: their work is the bytes that must move.

use kernels::elementwise::*;
use kernels::layer_norm::*;
use kernels::optimizer::{self, AdamW};
use kernels::pool::{self, PoolShape};
use kernels::softmax::{SOFTMAX, SOFTMAX_BACKWARD, softmax, softmax_backward};
use kernels::{Bf16, batch_norm, cross_entropy, dropout, embedding, lstm, reduce, transpose};

use crate::{Bench, Done, Work};

pub fn run(bench: &Bench) -> Done {
    elements(bench)?;
    biases(bench)?;
    rows(bench)?;
    norms(bench)?;
    pools(bench)?;
    tables(bench)?;
    steps(bench)?;
    moves(bench)
}

/// Bytes of so many arrays of n floats.
fn floats(arrays: usize, n: usize) -> Work {
    Work::Bytes(4 * arrays * n)
}

fn elements(bench: &Bench) -> Done {
    let n = bench.size(10_000, 1 << 26);
    let size = format!("{n}");
    let (a, b, mut y) = (bench.floats(n)?, bench.floats(n)?, bench.zeros(n)?);
    bench.ladder("add", ADD, &size, floats(3, n), |v| add(v, &a, &b, &mut y))?;
    bench.ladder("gelu", GELU, &size, floats(2, n), |v| gelu(v, &a, &mut y))?;
    bench
        .ladder("gelu_backward", GELU_BACKWARD, &size, floats(3, n), |v| gelu_backward(v, &b, &a, &mut y))?;
    bench.ladder("dropout", dropout::DROPOUT, &size, floats(2, n), |v| {
        dropout::dropout(v, &a, &mut y, 0.1, 7)
    })?;
    bench.ladder("sum", reduce::REDUCE, &size, floats(1, n), |v| reduce::sum(v, &a).map(drop))?;
    bench.ladder("max", reduce::REDUCE, &size, floats(1, n), |v| reduce::max(v, &a).map(drop))
}

fn biases(bench: &Bench) -> Done {
    let shape @ [rows, columns] = [bench.size(64, 8192), bench.size(96, 4096)];
    let (n, size) = (rows * columns, format!("{rows} x {columns}"));
    let (x, b, dy) = (bench.floats(n)?, bench.floats(columns)?, bench.floats(n)?);
    let (mut y, mut dx, mut db) = (bench.zeros(n)?, bench.zeros(n)?, bench.zeros(columns)?);
    bench.ladder("bias", BIAS, &size, floats(2, n), |v| bias(v, &x, &b, &mut y, shape))?;
    bench.ladder("bias_backward", BIAS_BACKWARD, &size, floats(1, n), |v| {
        bias_backward(v, &dy, &mut db, shape)
    })?;
    bench.ladder("bias_relu", BIAS_RELU, &size, floats(2, n), |v| bias_relu(v, &x, &b, &mut y, shape))?;
    bench.ladder("bias_relu_backward", BIAS_RELU_BACKWARD, &size, floats(3, n), |v| {
        bias_relu_backward(v, &dy, &y, &mut dx, &mut db, shape)
    })
}

fn rows(bench: &Bench) -> Done {
    let shape @ [rows, columns] = [bench.size(32, 32768), bench.size(200, 1024)];
    let (n, size) = (rows * columns, format!("{rows} x {columns}"));
    let (x, dy, mut y, mut dx) = (bench.floats(n)?, bench.floats(n)?, bench.zeros(n)?, bench.zeros(n)?);
    bench.ladder("softmax", SOFTMAX, &size, floats(2, n), |v| softmax(v, &x, &mut y, shape))?;
    bench.ladder("softmax_backward", SOFTMAX_BACKWARD, &size, floats(3, n), |v| {
        softmax_backward(v, &dy, &y, &mut dx, shape)
    })?;
    let targets = bench.device.upload(&(0..rows).map(|row| (row % columns) as i32).collect::<Vec<_>>())?;
    let mut loss = bench.zeros(rows)?;
    bench.ladder("cross_entropy", cross_entropy::CROSS_ENTROPY, &size, floats(2, n), |v| {
        cross_entropy::cross_entropy(v, &x, &targets, &mut loss, &mut dx, shape, 1.0)
    })
}

fn norms(bench: &Bench) -> Done {
    let shape @ [rows, columns] = [bench.size(32, 32768), bench.size(200, 1024)];
    let (n, size) = (rows * columns, format!("{rows} x {columns}"));
    let (x, dy, w, b) = (bench.floats(n)?, bench.floats(n)?, bench.floats(columns)?, bench.floats(columns)?);
    let (mut y, mut dx) = (bench.zeros(n)?, bench.zeros(n)?);
    let (mut dw, mut db) = (bench.zeros(columns)?, bench.zeros(columns)?);
    let kept = layer_norm(1, &x, &w, &b, &mut y, shape, 1e-5)?;
    bench.ladder("layer_norm", LAYER_NORM, &size, floats(2, n), |v| {
        layer_norm(v, &x, &w, &b, &mut y, shape, 1e-5).map(drop)
    })?;
    bench.ladder("layer_norm_backward_input", LAYER_NORM_BACKWARD_INPUT, &size, floats(3, n), |v| {
        layer_norm_backward_input(v, &dy, &x, &w, &kept, &mut dx, shape)
    })?;
    bench.ladder("layer_norm_backward_weight", LAYER_NORM_BACKWARD_WEIGHT, &size, floats(2, n), |v| {
        layer_norm_backward_weight(v, &dy, &x, &kept, &mut dw, &mut db, shape)
    })?;
    let shape @ [batch, channels, area] = [bench.size(4, 256), bench.size(8, 128), bench.size(64, 1024)];
    let (n, size) = (batch * channels * area, format!("{batch} x {channels} x {area}"));
    let (x, dy, w, b) =
        (bench.floats(n)?, bench.floats(n)?, bench.floats(channels)?, bench.floats(channels)?);
    let (mut y, mut dx) = (bench.zeros(n)?, bench.zeros(n)?);
    let (mut dw, mut db) = (bench.zeros(channels)?, bench.zeros(channels)?);
    let kept = batch_norm::batch_norm(1, &x, &w, &b, &mut y, shape, 1e-5)?;
    bench.ladder("batch_norm", batch_norm::BATCH_NORM, &size, floats(2, n), |v| {
        batch_norm::batch_norm(v, &x, &w, &b, &mut y, shape, 1e-5).map(drop)
    })?;
    bench.ladder("batch_norm_backward", batch_norm::BATCH_NORM_BACKWARD, &size, floats(3, n), |v| {
        batch_norm::batch_norm_backward(v, &dy, &x, &w, &kept, [&mut dx, &mut dw, &mut db], shape)
    })
}

fn pools(bench: &Bench) -> Done {
    let image = [bench.size(16, 64); 2];
    let shape = PoolShape { planes: bench.size(8, 16384), image, size: 2, stride: 2 };
    let (inside, outside) = (shape.planes * image[0] * image[1], shape.planes * image[0] * image[1] / 4);
    let size = format!("{} x {} x {}, 2 x 2", shape.planes, image[0], image[1]);
    let (x, dy) = (bench.floats(inside)?, bench.floats(outside)?);
    let (mut y, mut places, mut dx) = (bench.zeros(outside)?, bench.zeros(outside)?, bench.zeros(inside)?);
    let moved = Work::Bytes(4 * (inside + 2 * outside));
    let less = Work::Bytes(4 * (inside + outside));
    pool::max_pool(1, &x, &mut y, &mut places, &shape)?;
    bench.ladder("max_pool", pool::MAX_POOL, &size, moved, |v| {
        pool::max_pool(v, &x, &mut y, &mut places, &shape)
    })?;
    bench.ladder("max_pool_backward", pool::MAX_POOL_BACKWARD, &size, moved, |v| {
        pool::max_pool_backward(v, &dy, &places, &mut dx, &shape)
    })?;
    bench.ladder("avg_pool", pool::AVG_POOL, &size, less, |v| pool::avg_pool(v, &x, &mut y, &shape))?;
    bench.ladder("avg_pool_backward", pool::AVG_POOL_BACKWARD, &size, less, |v| {
        pool::avg_pool_backward(v, &dy, &mut dx, &shape)
    })
}

/// Word tables, with the copy of the word numbers to the device; and the step of an LSTM.
fn tables(bench: &Bench) -> Done {
    let shape @ [words, width] = [bench.size(50, 32000), bench.size(48, 512)];
    let count = bench.size(100, 32768);
    let ids: Vec<i32> = (0..count).map(|i| ((i * 7919) % words) as i32).collect();
    let (table, dy) = (bench.floats(words * width)?, bench.floats(count * width)?);
    let (mut y, mut dtable) = (bench.zeros(count * width)?, bench.zeros(words * width)?);
    let (work, size) = (floats(2, count * width), format!("{count} of {words} x {width}"));
    bench.ladder("embedding", embedding::EMBEDDING, &size, work, |v| {
        embedding::embedding(v, &table, &ids, &mut y, shape)
    })?;
    bench.ladder("embedding_backward", embedding::EMBEDDING_BACKWARD, &size, work, |v| {
        embedding::embedding_backward(v, &dy, &ids, &mut dtable, shape)
    })?;
    let shape @ [batch, hidden] = [bench.size(8, 4096), bench.size(40, 1024)];
    let (n, size) = (batch * hidden, format!("{batch} x {hidden}"));
    let (gates, c_old, dh, dc) = (bench.floats(4 * n)?, bench.floats(n)?, bench.floats(n)?, bench.floats(n)?);
    let (mut active, mut c, mut h) = (bench.zeros(4 * n)?, bench.zeros(n)?, bench.zeros(n)?);
    let (mut dgates, mut dc_old) = (bench.zeros(4 * n)?, bench.zeros(n)?);
    bench.ladder("lstm_step", lstm::LSTM_STEP, &size, floats(11, n), |v| {
        lstm::lstm_step(v, &gates, &c_old, [&mut active, &mut c, &mut h], shape)
    })?;
    let kept = lstm::LstmKept { active: &active, c_old: &c_old, c: &c };
    bench.ladder("lstm_step_backward", lstm::LSTM_STEP_BACKWARD, &size, floats(13, n), |v| {
        lstm::lstm_step_backward(v, &dh, &dc, &kept, [&mut dgates, &mut dc_old], shape)
    })
}

fn steps(bench: &Bench) -> Done {
    let n = bench.size(10_000, 1 << 26);
    let size = format!("{n}");
    let (g, mut p) = (bench.floats(n)?, bench.floats(n)?);
    let (mut m, mut v2) = (bench.zeros(n)?, bench.zeros(n)?);
    bench.ladder("sgd", optimizer::SGD, &size, floats(5, n), |v| {
        optimizer::sgd(v, &mut p, &g, &mut m, [0.1, 0.9, 0.0])
    })?;
    let settings = AdamW { rate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.01 };
    bench.ladder("adamw", optimizer::ADAMW, &size, floats(7, n), |v| {
        optimizer::adamw(v, &settings, 1, 1.0, &mut p, &g, [&mut m, &mut v2])
    })?;
    bench.ladder("square_sum", optimizer::SQUARE_SUM, &size, floats(1, n), |v| {
        optimizer::square_sum(v, &g).map(drop)
    })?;
    bench.ladder("clip", optimizer::CLIP, &size, floats(3, n), |v| optimizer::clip(v, &mut p, 1.0))
}

fn moves(bench: &Bench) -> Done {
    let shape = [bench.size(100, 8192); 2];
    let (n, size) = (shape[0] * shape[1], format!("{} x {}", shape[0], shape[1]));
    let (x, mut y, mut half) = (bench.floats(n)?, bench.zeros(n)?, bench.zeros::<Bf16>(n)?);
    bench.ladder("transpose", transpose::TRANSPOSE, &size, floats(2, n), |v| {
        transpose::transpose(v, &x, &mut y, shape)
    })?;
    bench.ladder("to_bf16", transpose::TO_BF16, &size, Work::Bytes(6 * n), |v| {
        transpose::to_bf16(v, &x, &mut half)
    })?;
    bench.ladder("from_bf16", transpose::FROM_BF16, &size, Work::Bytes(6 * n), |v| {
        transpose::from_bf16(v, &half, &mut y)
    })
}
