//! The step of an LSTM: the gates `i`, `f`, `g`, `o` lie in this order, as in PyTorch.
//!
//! `c' = f c + i g`, `h' = o tanh c'`. Back, with `dh` and `dc` the gradients of `h'` and `c'`:
//!
//! - through the output, `dc += dh o (1 - tanh² c')` and `do = dh tanh c'`;
//! - `di = dc g`, `df = dc c`, `dg = dc i`, and `dc f` reaches the cell before;
//! - each gate's gradient times the slope of its activation: `i (1 - i)`, `f (1 - f)`, `1 - g²`, `o (1 - o)`.

use ch01_tensors::Float;
use ch03_neurons::math;
use ch03_neurons::simd::{Body, Level, at_level, update_with};

use crate::kind::{Back, Kind, LANES, Sigmoid, Step, Tanh, load, store};

/// The arithmetic of an LSTM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongShort;

impl Kind for LongShort {
    const GATES: usize = 4;
    const CELL: bool = true;
    const APART: bool = false;

    fn step<T: Float>(self, level: Level, step: Step<'_, T>) {
        at_level(level, Forward(step));
    }

    fn back<T: Float>(self, level: Level, back: Back<'_, T>) {
        at_level(level, Backward(back));
    }
}

struct Forward<'a, T>(Step<'a, T>);
struct Backward<'a, T>(Back<'a, T>);

// ANCHOR: forward
impl<T: Float> Body for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let step = self.0;
        let size = step.hidden;
        for r in 0..step.h.len() / size {
            let gates = &mut step.gates[4 * r * size..][..4 * size];
            update_with(&mut gates[..2 * size], &step.bias[..2 * size], Sigmoid);
            update_with(&mut gates[2 * size..3 * size], &step.bias[2 * size..3 * size], Tanh);
            update_with(&mut gates[3 * size..], &step.bias[3 * size..], Sigmoid);
            let before = &step.c_before[r * size..][..size];
            let (c, h) = (&mut step.c[r * size..][..size], &mut step.h[r * size..][..size]);
            for at in (0..size).step_by(LANES) {
                let [i, f, g, o] = [0, 1, 2, 3].map(|gate| load(&gates[gate * size..][..size], at));
                let (mut cell, mut out) = (load(before, at), [T::ZERO; LANES]);
                for k in 0..LANES {
                    cell[k] = f[k] * cell[k] + i[k] * g[k];
                    out[k] = o[k] * math::tanh(cell[k]);
                }
                store(&cell, c, at);
                store(&out, h, at);
            }
        }
    }
}
// ANCHOR_END: forward

// ANCHOR: backward
impl<T: Float> Body for Backward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let back = self.0;
        let size = back.hidden;
        for r in 0..back.h.len() / size {
            let gates = &mut back.gates[4 * r * size..][..4 * size];
            let (c, before) = (&back.c[r * size..][..size], &back.c_before[r * size..][..size]);
            let (dh, dc) = (&back.dh[r * size..][..size], &mut back.dc[r * size..][..size]);
            let dy = &back.dy[r * back.stride..][..size];
            for at in (0..size).step_by(LANES) {
                let [mut i, mut f, mut g, mut o] =
                    [0, 1, 2, 3].map(|gate| load(&gates[gate * size..][..size], at));
                let (c, before, dh, dy, mut carried) =
                    (load(c, at), load(before, at), load(dh, at), load(dy, at), load(dc, at));
                for k in 0..LANES {
                    let (dh, tanh) = (dh[k] + dy[k], math::tanh(c[k]));
                    let d = carried[k] + dh * o[k] * (T::ONE - tanh * tanh);
                    carried[k] = d * f[k];
                    let (input, new) = (i[k], g[k]);
                    i[k] = d * new * input * (T::ONE - input);
                    f[k] = d * before[k] * f[k] * (T::ONE - f[k]);
                    g[k] = d * input * (T::ONE - new * new);
                    o[k] = dh * tanh * o[k] * (T::ONE - o[k]);
                }
                for (gate, d) in [i, f, g, o].iter().enumerate() {
                    store(d, &mut gates[gate * size..][..size], at);
                }
                store(&carried, dc, at);
            }
        }
    }
}
// ANCHOR_END: backward
