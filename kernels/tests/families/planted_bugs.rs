//! Mistakes planted in the real kernels, one at a time: each must be found, by a detector or by the comparison with the oracle.

use kernels::{Device, KernelError, SOURCES};

use crate::device;

mod runs;

use runs::*;

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
        name: "floats are cut to tf32 instead of rounded",
        file: "matmul_tf32.cu",
        text: ("to_tf32(a_tile[", "__float_as_uint(a_tile["),
        after: "matmul_tf32_v2(",
        run: run_matmul_tf32,
        found: None,
    },
    Bug {
        name: "a lane takes the right factor's row for its column",
        file: "matmul_tf32.cu",
        text: ("inside(b, i + t + j * 4, column0 + g, k, n)", "inside(b, i + g, column0 + t + j * 4, k, n)"),
        after: "matmul_tf32_v1(",
        run: run_matmul_tf32,
        found: None,
    },
    Bug {
        name: "the window of a convolution leaves the image",
        file: "conv_bf16.cu",
        text: ("row < 0 || row >= s.height || ", ""),
        after: "struct Patches",
        run: run_conv_bf16,
        found: Some("out of bounds"),
    },
    Bug {
        name: "the parts of a sum overlap",
        file: "conv_bf16.cu",
        text: ("min(first + each, rounds)", "rounds"),
        after: "conv_backward_weight_bf16_v2(",
        run: run_conv_bf16,
        found: None,
    },
    Bug {
        name: "a query sees the keys behind it",
        file: "attention_bf16.cu",
        text: ("first + KEYS <= all", "true"),
        after: "ahead(",
        run: run_attention_bf16,
        found: None,
    },
    Bug {
        name: "the sum of a row is not rescaled with its values",
        file: "attention_bf16.cu",
        text: ("r.s[i] *= shrink[i];", ""),
        after: "void step(",
        run: run_attention_bf16,
        found: None,
    },
    Bug {
        name: "the buffers of keys and values are not swapped",
        file: "attention_bf16.cu",
        text: ("true>(r, k_tile, k_tile + KEYS * W,", "true>(r, tiles, tiles + KEYS * W,"),
        after: "ahead(",
        run: run_attention_bf16,
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
