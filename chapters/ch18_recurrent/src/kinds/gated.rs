//! The step of a GRU in PyTorch's form: the gates `r`, `z`, `n` lie in this order, and the reset gate multiplies what the
//! state gave after the matrix product, so that must be kept apart.
//!
//! With `a = x W_ihᵀ + b_ih` and `u = h W_hhᵀ + b_hh`, each in three parts: `r = σ(a_r + u_r)`, `z = σ(a_z + u_z)`,
//! `n = tanh(a_n + r u_n)`, `h' = (1 - z) n + z h`. Back, with `g = dL/dh'`:
//!
//! - `da_n = g (1 - z)(1 - n²)`, `du_n = da_n r`;
//! - `da_r = du_r = da_n u_n r (1 - r)`, `da_z = du_z = g (h - n) z (1 - z)`;
//! - `g z` reaches `h` directly, the rest through `W_hh`.

use ch01_tensors::Float;
use ch03_neurons::simd::{Body, Level, at_level};
use ch03_neurons::{math, sigmoid_at};

use crate::kind::{Back, Kind, LANES, Step, load, store};

/// The arithmetic of a GRU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gated;

impl Kind for Gated {
    const GATES: usize = 3;
    const CELL: bool = false;
    const APART: bool = true;

    fn step<T: Float>(self, level: Level, step: Step<'_, T>) {
        at_level(level, Forward(step));
    }

    fn back<T: Float>(self, level: Level, back: Back<'_, T>) {
        at_level(level, Backward(back));
    }
}

struct Forward<'a, T>(Step<'a, T>);
struct Backward<'a, T>(Back<'a, T>);

/// The three parts of `[3 * size]`, from `at` on.
#[inline(always)]
fn thirds<T: Float>(x: &[T], size: usize, at: usize) -> [[T; LANES]; 3] {
    [load(&x[..size], at), load(&x[size..2 * size], at), load(&x[2 * size..], at)]
}

#[inline(always)]
fn store_thirds<T: Float>(parts: &[[T; LANES]; 3], x: &mut [T], size: usize, at: usize) {
    for part in 0..3 {
        store(&parts[part], &mut x[part * size..][..size], at);
    }
}

impl<T: Float> Body for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let step = self.0;
        let size = step.hidden;
        for row in 0..step.h.len() / size {
            let gates = &mut step.gates[3 * row * size..][..3 * size];
            let apart = &mut step.apart[3 * row * size..][..3 * size];
            let before = &step.h_before[row * size..][..size];
            let h = &mut step.h[row * size..][..size];
            for at in (0..size).step_by(LANES) {
                let [mut r, mut z, mut n] = thirds(gates, size, at);
                let [ur, uz, mut un] = thirds(apart, size, at);
                let ([ar, az, an], [br, bz, bn]) =
                    (thirds(step.bias, size, at), thirds(step.bias_apart, size, at));
                let mut h_new = load(before, at);
                for k in 0..LANES {
                    r[k] = sigmoid_at(r[k] + ar[k] + (ur[k] + br[k]));
                    z[k] = sigmoid_at(z[k] + az[k] + (uz[k] + bz[k]));
                    un[k] += bn[k];
                    n[k] = math::tanh(n[k] + an[k] + r[k] * un[k]);
                    h_new[k] = (T::ONE - z[k]) * n[k] + z[k] * h_new[k];
                }
                store_thirds(&[r, z, n], gates, size, at);
                store(&un, &mut apart[2 * size..], at);
                store(&h_new, h, at);
            }
        }
    }
}

impl<T: Float> Body for Backward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let back = self.0;
        let size = back.hidden;
        for row in 0..back.h.len() / size {
            let gates = &mut back.gates[3 * row * size..][..3 * size];
            let apart = &mut back.apart[3 * row * size..][..3 * size];
            let before = &back.h_before[row * size..][..size];
            let dh = &mut back.dh[row * size..][..size];
            let dy = &back.dy[row * back.stride..][..size];
            for at in (0..size).step_by(LANES) {
                let [mut r, mut z, mut n] = thirds(gates, size, at);
                let mut u = load(&apart[2 * size..], at);
                let (before, dy, mut direct) = (load(before, at), load(dy, at), load(dh, at));
                for k in 0..LANES {
                    let g = direct[k] + dy[k];
                    direct[k] = g * z[k];
                    let dz = g * (before[k] - n[k]) * z[k] * (T::ONE - z[k]);
                    let dn = g * (T::ONE - z[k]) * (T::ONE - n[k] * n[k]);
                    let dr = dn * u[k] * r[k] * (T::ONE - r[k]);
                    u[k] = dn * r[k];
                    (r[k], z[k], n[k]) = (dr, dz, dn);
                }
                store_thirds(&[r, z, n], gates, size, at);
                store_thirds(&[r, z, u], apart, size, at);
                store(&direct, dh, at);
            }
        }
    }
}
