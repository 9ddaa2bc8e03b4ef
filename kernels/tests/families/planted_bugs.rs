//! Mistakes planted in the real kernels, one at a time: each must be found, by a detector or by the comparison with the oracle.

use kernels::cross_entropy::cross_entropy;
use kernels::elementwise::{add, bias_relu_backward};
use kernels::layer_norm::layer_norm;
use kernels::matmul::{matmul, matmul_bf16};
use kernels::reduce::{max, sum};
use kernels::softmax::{softmax, softmax_backward};
use kernels::{Bf16, Device, DeviceBuffer, KernelError, SOURCES};

use crate::{device, numbers};

/// What runs the kernel and compares: true if the result is right.
type Run = fn(&Device) -> Result<bool, KernelError>;

struct Bug {
    name: &'static str,
    file: &'static str,
    /// This text, which must occur in the file, becomes that.
    text: (&'static str, &'static str),
    /// Only the first occurrence behind this text is changed.
    after: &'static str,
    run: Run,
    /// A part of the message that names the mistake, or none if the result must be wrong.
    found: Option<&'static str>,
}

const BUGS: &[Bug] = &[
    Bug {
        name: "off by one at the tail",
        file: "elementwise.cu",
        text: ("if (i < n)", "if (i <= n)"),
        after: "add_v1",
        run: run_add::<1>,
        found: Some("reads a[1000], but a has 1000 elements"),
    },
    Bug {
        name: "the tail is forgotten",
        file: "elementwise.cu",
        text: ("if (tail < n)", "if (false)"),
        after: "add_v3",
        run: run_add::<3>,
        found: None,
    },
    Bug {
        name: "a stride in blocks instead of threads",
        file: "elementwise.cu",
        text: ("stride = gridDim.x * blockDim.x", "stride = gridDim.x"),
        after: "add_v2",
        run: run_add::<2>,
        found: Some("race"),
    },
    Bug {
        name: "missing barrier in the tree",
        file: "reduce.cu",
        text: ("        __syncthreads();\n    }", "    }"),
        after: "sequential(",
        run: run_sum::<2>,
        found: Some("race"),
    },
    Bug {
        name: "the tree ends a step too early",
        file: "reduce.cu",
        text: ("s > 0", "s > 1"),
        after: "sequential(",
        run: run_sum::<2>,
        found: None,
    },
    Bug {
        name: "a maximum that begins at 0",
        file: "reduce.cu",
        text: ("return -INFINITY;", "return 0.0f;"),
        after: "struct Max",
        run: run_max::<3>,
        found: None,
    },
    Bug {
        name: "mask of half a warp",
        file: "softmax.cu",
        text: ("0xffffffff", "0x0000ffff"),
        after: "warp_sum",
        run: run_softmax_backward::<3>,
        found: Some("absent lane"),
    },
    Bug {
        name: "swapped stride",
        file: "softmax.cu",
        text: ("x + row * columns", "x + row * rows"),
        after: "softmax_v4",
        run: run_softmax::<4>,
        found: None,
    },
    Bug {
        name: "the sum is not rescaled when the maximum grows",
        file: "softmax.cu",
        text: ("a.s * expf(a.m - m)", "a.s"),
        after: "Online join",
        run: run_softmax::<4>,
        found: None,
    },
    Bug {
        name: "scratch is used again without a barrier",
        file: "layer_norm.cu",
        text: ("    __syncthreads();\n    if (lane == 0)", "    if (lane == 0)"),
        after: "block_sum",
        run: run_layer_norm::<2>,
        found: Some("race"),
    },
    Bug {
        name: "a thread leaves before the barrier",
        file: "matmul.cu",
        text: ("    float sum = 0.0f;", "    if (row >= m || column >= n) return;\n    float sum = 0.0f;"),
        after: "matmul_v2",
        run: run_matmul::<2>,
        found: Some("left the kernel"),
    },
    Bug {
        name: "the next tile is loaded too early",
        file: "matmul.cu",
        text: (
            "        for (int i = 0; i < TILE; i++) sum += a_tile[y][i] * b_tile[i][x];\n        __syncthreads();",
            "        for (int i = 0; i < TILE; i++) sum += a_tile[y][i] * b_tile[i][x];",
        ),
        after: "matmul_v2",
        run: run_matmul::<2>,
        found: Some("race"),
    },
    Bug {
        name: "wrong index: the transposed element",
        file: "matmul.cu",
        text: ("a_tile[y][i] * b_tile[i][x]", "a_tile[y][i] * b_tile[x][i]"),
        after: "matmul_v2",
        run: run_matmul::<2>,
        found: None,
    },
    Bug {
        name: "the buffers are not swapped",
        file: "matmul.cu",
        text: ("buffer ^= 1", "buffer ^= 0"),
        after: "matmul_v5",
        run: run_matmul::<5>,
        found: Some("race"),
    },
    Bug {
        name: "a vector load of a row that is not aligned",
        file: "matmul.cu",
        text: ("columns % 4 == 0 && column < columns", "column + 3 < columns"),
        after: "load4",
        run: run_matmul::<4>,
        found: Some("misaligned"),
    },
    Bug {
        name: "a tile is used before its copy has arrived",
        file: "matmul_bf16.cu",
        text: ("wait_copies<STAGES - 2>();", ""),
        after: "matmul_bf16_v3(",
        run: run_matmul_bf16,
        found: Some("which nothing has written"),
    },
    Bug {
        name: "a barrier is missing behind the copies",
        file: "matmul_bf16.cu",
        text: ("wait_copies<STAGES - 2>();\n        __syncthreads();", "wait_copies<STAGES - 2>();"),
        after: "matmul_bf16_v3(",
        run: run_matmul_bf16,
        found: Some("which nothing has written"),
    },
    Bug {
        name: "written by one swizzle and read by another",
        file: "matmul_bf16.cu",
        text: ("&b_tile[buffer][place_b(", "&b_tile[buffer][place_a("),
        after: "matmul_bf16_v3(",
        run: run_matmul_bf16,
        found: None,
    },
    Bug {
        name: "a sum over blocks without an atomic",
        file: "elementwise.cu",
        text: ("atomicAdd(&dbias[column], sum);", "dbias[column] += sum;"),
        after: "bias_relu_backward_v2",
        run: run_bias_relu_backward::<2>,
        found: Some("no order of blocks"),
    },
    Bug {
        name: "an index beyond a shared row",
        file: "elementwise.cu",
        text: ("line < 8", "line <= 8"),
        after: "bias_relu_backward_v2",
        run: run_bias_relu_backward::<2>,
        found: Some("index 8 of an extent of 8 of sums"),
    },
    Bug {
        name: "the gradient lacks its scale at the target",
        file: "cross_entropy.cu",
        text: ("c == target ? scale : 0.0f", "c == target ? 1.0f : 0.0f"),
        after: "cross_entropy_v2",
        run: run_cross_entropy::<2>,
        found: None,
    },
];

/// The file with its headers pasted in and the mistake planted.
fn with_bug(bug: &Bug) -> String {
    let source = |file: &str| SOURCES.iter().find(|(name, _)| *name == file).expect("a kernel file").1;
    let mut whole = source(bug.file).to_owned();
    for (header, text) in SOURCES.iter().filter(|(name, _)| name.ends_with(".cuh")) {
        whole = whole.replace(&format!("#include \"{header}\""), &text.replace("#pragma once", ""));
    }
    let start = whole.find(bug.after).unwrap_or_else(|| panic!("{}: {:?} is gone", bug.name, bug.after));
    let (head, tail) = whole.split_at(start);
    assert!(tail.contains(bug.text.0), "{}: {:?} is gone", bug.name, bug.text.0);
    format!("{head}{}", tail.replacen(bug.text.0, bug.text.1, 1))
}

/// What went otherwise than it should, if anything.
fn missed(bug: &Bug, plain: &Device) -> Option<String> {
    let device = Device::simulator().unwrap();
    let outcome = |device| (bug.run)(device).map_err(|error| error.to_string());
    if outcome(plain) != Ok(true) {
        return Some(format!("wrong without the bug: {:?}", outcome(plain)));
    }
    if let Err(error) = device.load(bug.file, &with_bug(bug)) {
        return Some(error.to_string());
    }
    match (outcome(&device), bug.found) {
        (Ok(false), None) => None,
        (Err(error), Some(text)) if error.contains(text) => None,
        (found, None) => Some(format!("should have given a wrong result, gave {found:?}")),
        (found, Some(text)) => Some(format!("should have been reported as {text:?}, gave {found:?}")),
    }
}

#[test]
fn every_planted_bug_is_found() {
    if device().is_none() {
        return;
    }
    // The mistakes are for the detectors, so they run on the simulator whatever else there is.
    let plain = Device::simulator().unwrap();
    let missed: Vec<String> = std::thread::scope(|scope| {
        let halves = BUGS.chunks(BUGS.len().div_ceil(2)).map(|half| {
            let plain = &plain;
            scope.spawn(move || {
                half.iter()
                    .filter_map(|bug| Some(format!("{}: {}", bug.name, missed(bug, plain)?)))
                    .collect::<Vec<_>>()
            })
        });
        halves.collect::<Vec<_>>().into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

fn near(got: &DeviceBuffer<f32>, want: &[f32]) -> Result<bool, KernelError> {
    Ok(got.to_vec()?.iter().zip(want).all(|(g, w)| (g - w).abs() <= 1e-4 * (1.0 + w.abs())))
}

fn run_add<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let n = if V == 3 { 999 } else { 1000 };
    let (a, b) = (numbers(1, n), numbers(2, n));
    let want: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
    let mut y = device.zeros(n)?;
    add(V, &device.upload(&a)?, &device.upload(&b)?, &mut y)?;
    near(&y, &want)
}

fn run_sum<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let x = numbers(1, 1000);
    let got = sum(V, &device.upload(&x)?)?;
    Ok((got - x.iter().sum::<f32>()).abs() < 1e-3)
}

fn run_max<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    Ok(max(V, &device.upload(&[-3.0, -1.0, -2.0])?)? == -1.0)
}

fn softmax_oracle(x: &[f32], columns: usize) -> Vec<f32> {
    let row = |row: &[f32]| {
        let s: f32 = row.iter().map(|x| x.exp()).sum();
        row.iter().map(|x| x.exp() / s).collect::<Vec<_>>()
    };
    x.chunks(columns).flat_map(row).collect()
}

fn run_softmax<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let x = numbers(1, 5 * 70);
    let mut y = device.zeros(5 * 70)?;
    softmax(V, &device.upload(&x)?, &mut y, [5, 70])?;
    near(&y, &softmax_oracle(&x, 70))
}

fn run_softmax_backward<const V: usize>(device: &Device) -> Result<bool, KernelError> {
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

fn run_layer_norm<const V: usize>(device: &Device) -> Result<bool, KernelError> {
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

fn run_matmul<const V: usize>(device: &Device) -> Result<bool, KernelError> {
    let [m, n, k] = [20, 30, 37];
    let (a, b) = (numbers(1, m * k), numbers(2, k * n));
    let dot = |row: usize, column: usize| (0..k).map(|i| a[row * k + i] * b[i * n + column]).sum::<f32>();
    let want: Vec<f32> = (0..m * n).map(|i| dot(i / n, i % n)).collect();
    let mut c = device.zeros(m * n)?;
    matmul(V, &device.upload(&a)?, &device.upload(&b)?, &mut c, [m, n, k])?;
    near(&c, &want)
}

fn run_matmul_bf16(device: &Device) -> Result<bool, KernelError> {
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

fn run_bias_relu_backward<const V: usize>(device: &Device) -> Result<bool, KernelError> {
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

fn run_cross_entropy<const V: usize>(device: &Device) -> Result<bool, KernelError> {
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
