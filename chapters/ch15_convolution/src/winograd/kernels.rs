//! Kernels of three by three to their values at the 36 points, and gradients at the points back to gradients of kernels.

use super::POINTS;
use super::lanes::{Lanes, Work};
use super::transforms;

/// Numbers of a kernel.
const TAPS: usize = 9;

/// Where the kernels of a pass lie in the weights: that from input channel `i` to output channel `o` begins at
/// `o * output + i * input`.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub output: usize,
    pub input: usize,
    /// Whether both axes of the kernel are turned round.
    pub flipped: bool,
    pub inputs: usize,
}

/// The kernels of `outputs` channels from `first` on at the 36 points: a matrix `[outputs, inputs]` for each.
pub(super) struct Kernels<'a> {
    pub weight: &'a [f32],
    pub places: Places,
    pub first: usize,
    pub outputs: usize,
    pub to: &'a mut [f32],
}

impl Work for Kernels<'_> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let Kernels { weight, places, first, outputs, to } = self;
        let inputs = places.inputs;
        let plane = outputs * inputs;
        assert!(to.len() >= POINTS * plane);
        // Kernels side by side: lanes are input channels.
        let mut staged = [[0.0; 16]; TAPS];
        for output in 0..outputs {
            for input in (0..inputs).step_by(V::LANES) {
                let count = V::LANES.min(inputs - input);
                for lane in 0..count {
                    let at = (first + output) * places.output + (input + lane) * places.input;
                    let kernel: &[f32; TAPS] = weight[at..at + TAPS].try_into().expect("a slice of as many");
                    for tap in 0..TAPS {
                        staged[tap][lane] = kernel[if places.flipped { TAPS - 1 - tap } else { tap }];
                    }
                }
                // SAFETY: a staged row has as many numbers as the longest vector; the matrices are inside `to`.
                unsafe {
                    let mut columns = [[V::splat(0.0); 3]; 6];
                    for v in 0..3 {
                        let mut w = [V::splat(0.0); 3];
                        for u in 0..3 {
                            w[u] = V::load(staged[3 * u + v].as_ptr());
                        }
                        let column = transforms::kernel(w);
                        for i in 0..6 {
                            columns[i][v] = column[i];
                        }
                    }
                    let to = to.as_mut_ptr().add(output * inputs + input);
                    for i in 0..6 {
                        let row = transforms::kernel(columns[i]);
                        for j in 0..6 {
                            let to = to.add((6 * i + j) * plane);
                            if count == V::LANES { row[j].store(to) } else { row[j].store_part(to, count) }
                        }
                    }
                }
            }
        }
    }
}

/// The gradients of some output channels' kernels, `[outputs, inputs, 3, 3]`, from what groups of images give at the points.
pub(super) struct KernelGradients<'a> {
    /// For each group, `group` numbers apart, a matrix `[outputs, inputs]` for each point, `plane` numbers apart.
    pub sums: &'a [f32],
    pub group: usize,
    pub plane: usize,
    pub inputs: usize,
    /// The first output channel, in those matrices.
    pub first: usize,
    pub to: &'a mut [f32],
}

impl Work for KernelGradients<'_> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let KernelGradients { sums, group, plane, inputs, first, to } = self;
        let groups = sums.len() / group;
        let outputs = to.len() / (inputs * TAPS);
        assert!(group >= POINTS * plane && plane >= (first + outputs) * inputs);
        let mut staged = [[0.0; 16]; TAPS];
        for (output, to) in to.chunks_mut(inputs * TAPS).enumerate() {
            for input in (0..inputs).step_by(V::LANES) {
                let count = V::LANES.min(inputs - input);
                let at = (first + output) * inputs + input;
                // SAFETY: the last number read, of the last group and point, is inside `sums`; a staged row has as many numbers
                // as the longest vector.
                unsafe {
                    let mut rows = [[V::splat(0.0); 6]; 3];
                    for j in 0..6 {
                        let mut u = [V::splat(0.0); 6];
                        for i in 0..6 {
                            for number in 0..groups {
                                let from = sums.as_ptr().add(number * group + (6 * i + j) * plane + at);
                                let part =
                                    if count == V::LANES { V::load(from) } else { V::load_part(from, count) };
                                u[i] = if number == 0 { part } else { u[i].plus(part) };
                            }
                        }
                        let column = transforms::kernel_gradient(u);
                        for r in 0..3 {
                            rows[r][j] = column[r];
                        }
                    }
                    for r in 0..3 {
                        let row = transforms::kernel_gradient(rows[r]);
                        for v in 0..3 {
                            row[v].store(staged[3 * r + v].as_mut_ptr());
                        }
                    }
                }
                for (lane, kernel) in to[input * TAPS..].chunks_exact_mut(TAPS).take(count).enumerate() {
                    for tap in 0..TAPS {
                        kernel[tap] = staged[tap][lane];
                    }
                }
            }
        }
    }
}
