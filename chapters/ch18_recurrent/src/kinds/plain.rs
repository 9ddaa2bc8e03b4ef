//! The plain step, `h' = f(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`, with `f` tanh or ReLU.
//!
//! Back: with `g = dL/dh'`, the gradient before the activation is `g (1 - h'²)`, or `g [h' > 0]`.

use ch01_tensors::Float;
use ch03_neurons::simd::{Body, Level, at_level, update_with};

use crate::kind::{Back, Kind, LANES, Step, Tanh, load, store};

/// The activation of a plain recurrent network (PyTorch's `nonlinearity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonlinearity {
    /// The default.
    Tanh,
    /// max(x, 0).
    Relu,
}

impl Kind for Nonlinearity {
    const GATES: usize = 1;
    const CELL: bool = false;
    const APART: bool = false;

    fn step<T: Float>(self, level: Level, step: Step<'_, T>) {
        at_level(level, Forward(self, step));
    }

    fn back<T: Float>(self, level: Level, back: Back<'_, T>) {
        at_level(level, Backward(self, back));
    }
}

struct Forward<'a, T>(Nonlinearity, Step<'a, T>);
struct Backward<'a, T>(Nonlinearity, Back<'a, T>);

impl<T: Float> Body for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Forward(nonlinearity, step) = self;
        for (h, gates) in step.h.chunks_mut(step.hidden).zip(step.gates.chunks(step.hidden)) {
            h.copy_from_slice(gates);
            match nonlinearity {
                Nonlinearity::Tanh => update_with(h, step.bias, Tanh),
                Nonlinearity::Relu => update_with(h, step.bias, |x: T, bias| {
                    let x = x + bias;
                    if x > T::ZERO { x } else { T::ZERO }
                }),
            }
        }
    }
}

impl<T: Float> Body for Backward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Backward(nonlinearity, back) = self;
        let size = back.hidden;
        for r in 0..back.h.len() / size {
            let (h, dh) = (&back.h[r * size..][..size], &back.dh[r * size..][..size]);
            let dy = &back.dy[r * back.stride..][..size];
            let gates = &mut back.gates[r * size..][..size];
            for at in (0..size).step_by(LANES) {
                let (h, dh, dy) = (load(h, at), load(dh, at), load(dy, at));
                let mut out = [T::ZERO; LANES];
                for i in 0..LANES {
                    let g = dh[i] + dy[i];
                    out[i] = match nonlinearity {
                        Nonlinearity::Tanh => g * (T::ONE - h[i] * h[i]),
                        Nonlinearity::Relu if h[i] > T::ZERO => g,
                        Nonlinearity::Relu => T::ZERO,
                    };
                }
                store(&out, gates, at);
            }
        }
    }
}
