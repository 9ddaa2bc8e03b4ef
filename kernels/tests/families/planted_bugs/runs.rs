//! What runs a kernel that may hold a planted mistake, and compares: true if the result is right.

use kernels::attention::{AttentionShape, attention_bf16};
use kernels::conv::{ConvShape, conv_backward_weight_bf16};
use kernels::cross_entropy::cross_entropy;
use kernels::elementwise::{add, bias_relu_backward};
use kernels::layer_norm::layer_norm;
use kernels::matmul::{matmul, matmul_bf16, matmul_tf32};
use kernels::reduce::{max, sum};
use kernels::softmax::{softmax, softmax_backward};
use kernels::{Bf16, Device, DeviceBuffer, KernelError};

use crate::numbers;

fn near(got: &DeviceBuffer<f32>, want: &[f32]) -> Result<bool, KernelError> {
    Ok(got.to_vec()?.iter().zip(want).all(|(g, w)| (g - w).abs() <= 1e-4 * (1.0 + w.abs())))
}

pub fn run_add<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let n = if V == 3 { 999 } else { 1000 };
    let (a, b) = (numbers(1, n), numbers(2, n));
    let want: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
    let mut y = device.zeros(n)?;
    add(V, &device.upload(&a)?, &device.upload(&b)?, &mut y)?;
    near(&y, &want)
}

pub fn run_sum<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let x = numbers(1, 1000);
    let got = sum(V, &device.upload(&x)?)?;
    Ok((got - x.iter().sum::<f32>()).abs() < 1e-3)
}

pub fn run_max<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    Ok(max(V, &device.upload(&[-3.0, -1.0, -2.0])?)? == -1.0)
}

fn softmax_oracle(x: &[f32], columns: usize) -> Vec<f32> {
    let row = |row: &[f32]| {
        let s: f32 = row.iter().map(|x| x.exp()).sum();
        row.iter().map(|x| x.exp() / s).collect::<Vec<_>>()
    };
    x.chunks(columns).flat_map(row).collect()
}

pub fn run_softmax<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let x = numbers(1, 5 * 70);
    let mut y = device.zeros(5 * 70)?;
    softmax(V, &device.upload(&x)?, &mut y, [5, 70])?;
    near(&y, &softmax_oracle(&x, 70))
}

pub fn run_softmax_backward<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let (y, dy) = (softmax_oracle(&numbers(1, 5 * 70), 70), numbers(2, 5 * 70));
    let mut want = Vec::new();
    for (y, dy) in y.chunks(70).zip(dy.chunks(70)) {
        let d: f32 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
        want.extend(y.iter().zip(dy).map(|(y, dy)| y * (dy - d)));
    }
    let mut dx = device.zeros(5 * 70)?;
    softmax_backward(V, &device.upload(&dy)?, &device.upload(&y)?, &mut dx, [5, 70])?;
    near(&dx, &want)
}

pub fn run_layer_norm<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let x = numbers(1, 3 * 300);
    let mut want = Vec::new();
    for row in x.chunks(300) {
        let mean = row.iter().sum::<f32>() / 300.0;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 300.0;
        want.extend(row.iter().map(|x| 2.0 * (x - mean) / (variance + 1e-5).sqrt() + 1.0));
    }
    let (weight, bias) = (device.upload(&[2.0; 300])?, device.upload(&[1.0; 300])?);
    let mut y = device.zeros(900)?;
    layer_norm(V, &device.upload(&x)?, &weight, &bias, &mut y, [3, 300], 1e-5)?;
    near(&y, &want)
}

pub fn run_matmul<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let [m, n, k] = [20, 30, 37];
    let (a, b) = (numbers(1, m * k), numbers(2, k * n));
    let dot = |row: usize, column: usize| (0..k).map(|i| a[row * k + i] * b[i * n + column]).sum::<f32>();
    let want: Vec<f32> = (0..m * n).map(|i| dot(i / n, i % n)).collect();
    let mut c = device.zeros(m * n)?;
    matmul(V, &device.upload(&a)?, &device.upload(&b)?, &mut c, [m, n, k])?;
    near(&c, &want)
}

pub fn run_matmul_bf16(device: &Device) -> Result<bool, KernelError> {
    let [m, n, k] = [20, 32, 136];
    let round = |x: Vec<f32>| x.into_iter().map(Bf16::from).collect::<Vec<_>>();
    let (a, b) = (round(numbers(1, m * k)), round(numbers(2, k * n)));
    let exact = |x: Bf16| f32::from(x);
    let dot = |row: usize, column: usize| {
        (0..k).map(|i| exact(a[row * k + i]) * exact(b[i * n + column])).sum::<f32>()
    };
    let want: Vec<f32> = (0..m * n).map(|i| dot(i / n, i % n)).collect();
    let mut c = device.zeros(m * n)?;
    matmul_bf16(3, &device.upload(&a)?, &device.upload(&b)?, &mut c, [m, n, k])?;
    near(&c, &want)
}

/// Both rungs against factors that are rounded on the host.
pub fn run_matmul_tf32(device: &Device) -> Result<bool, KernelError> {
    let [m, n, k] = [20, 32, 136];
    let (a, b) = (numbers(1, m * k), numbers(2, k * n));
    let round = |x: f32| f32::from_bits((x.to_bits() + 0x1000) & !0x1fff);
    let dot = |row: usize, column: usize| {
        (0..k).map(|i| round(a[row * k + i]) * round(b[i * n + column])).sum::<f32>()
    };
    let want: Vec<f32> = (0..m * n).map(|i| dot(i / n, i % n)).collect();
    let (a, b, mut c) = (device.upload(&a)?, device.upload(&b)?, device.zeros(m * n)?);
    matmul_tf32(1, &a, &b, &mut c, [m, n, k])?;
    let first = near(&c, &want)?;
    matmul_tf32(2, &a, &b, &mut c, [m, n, k])?;
    Ok(first && near(&c, &want)?)
}

/// The gradient to the weight, of one pixel in every window: which of its nine elements met how many ones.
pub fn run_conv_bf16(device: &Device) -> Result<bool, KernelError> {
    let shape = ConvShape { batch: 2, inputs: 1, image: [6, 7], outputs: 1, size: 3, stride: 1, padding: 1 };
    let ones = device.upload(&[Bf16::from(1.0); 84])?;
    let mut dweight = device.zeros(9)?;
    conv_backward_weight_bf16(2, &ones, &ones, &mut dweight, &shape)?;
    // All windows, less those whose element lies in the padding: a row of 7, a column of 6.
    let want = [5 * 6, 5 * 7, 5 * 6, 6 * 6, 6 * 7, 6 * 6, 5 * 6, 5 * 7, 5 * 6].map(|n| 2.0 * n as f32);
    near(&dweight, &want)
}

/// A mean of equal values is the value, whatever the weights are; with equal weights it is the plain mean of what a query sees.
pub fn run_attention_bf16(device: &Device) -> Result<bool, KernelError> {
    const LENGTH: usize = 100;
    let halves = |x: Vec<f32>| device.upload(&x.into_iter().map(Bf16::from).collect::<Vec<_>>());
    let (q, k) = (halves(numbers(1, LENGTH * 64))?, halves(numbers(2, LENGTH * 64))?);
    let (zero, one) = (halves(vec![0.0; LENGTH * 64])?, halves(vec![1.0; LENGTH * 64])?);
    let steps = halves((0..LENGTH).flat_map(|s| [if s < 64 { 1.0 } else { 2.0 }; 64]).collect())?;
    let shape = AttentionShape { sets: 1, length: LENGTH, width: 64, causal: true, lengths: None };
    let (mut out, mut means) = (device.zeros(LENGTH * 64)?, device.zeros(LENGTH * 64)?);
    attention_bf16(2, [&q, &k, &one], &mut out, &shape)?;
    attention_bf16(2, [&zero, &k, &steps], &mut means, &shape)?;
    // The weights are in bf16, their sum is not: 2^-8.
    let equal = out.to_vec()?.iter().all(|y| (y - 1.0).abs() < 4e-3);
    let mean = |t: usize| 1.0 + t.saturating_sub(63) as f32 / (t + 1) as f32;
    let right = |(i, y): (usize, &f32)| (y - mean(i / 64)).abs() < 1e-3;
    Ok(equal && means.to_vec()?.iter().enumerate().all(right))
}

pub fn run_bias_relu_backward<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    // 300 rows: three blocks along y.
    let (dy, y) = (numbers(1, 300 * 40), numbers(2, 300 * 40));
    let dbias = |column: usize| {
        (0..300).map(|row| row * 40 + column).map(|i| if y[i] > 0.0 { dy[i] } else { 0.0 }).sum::<f32>()
    };
    let want: Vec<f32> = (0..40).map(dbias).collect();
    let (mut dx, mut got) = (device.zeros(300 * 40)?, device.zeros(40)?);
    bias_relu_backward(V, &device.upload(&dy)?, &device.upload(&y)?, &mut dx, &mut got, [300, 40])?;
    near(&got, &want)
}

pub fn run_cross_entropy<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let logits = numbers(1, 4 * 50);
    let targets = [3, 0, 49, 7];
    let mut want = softmax_oracle(&logits, 50);
    for (row, &target) in want.chunks_mut(50).zip(&targets) {
        row[target as usize] -= 1.0;
        row.iter_mut().for_each(|g| *g *= 0.25);
    }
    let (mut loss, mut grad) = (device.zeros(4)?, device.zeros(200)?);
    cross_entropy(
        V,
        &device.upload(&logits)?,
        &device.upload(&targets)?,
        &mut loss,
        &mut grad,
        [4, 50],
        0.25,
    )?;
    near(&grad, &want)
}
