//! What differs between the recurrent networks: the arithmetic of one step, after the matrix products.
//!
//! A step has some rows of a batch, each with `GATES` times `hidden` numbers: what the input and the state before gave. The
//! step makes gates and a new state of them in one pass; its way back turns gates into gradients in their place. Loops run
//! over sixteen numbers at a time, so that they become vector code at any [`Level`].

use ch01_tensors::Float;
use ch01_tensors::fold::{padded, unpadded};
use ch03_neurons::simd::{Binary, Level};
use ch03_neurons::{math, sigmoid_at};

/// A recurrent network's arithmetic.
pub trait Kind: Copy + Send + Sync + 'static {
    /// The gates of a step, each with `hidden` numbers.
    const GATES: usize;
    /// Whether the state has cells besides `h`.
    const CELL: bool;
    /// Whether what the state gave is kept apart from what the input gave, instead of being added to it.
    const APART: bool;

    /// One step.
    fn step<T: Float>(self, level: Level, step: Step<'_, T>);

    /// The way back through one step.
    fn back<T: Float>(self, level: Level, back: Back<'_, T>);
}

/// One step of some rows. Slices that a kind does not use are empty.
pub struct Step<'a, T> {
    /// The size of `h`.
    pub hidden: usize,
    /// `[rows, GATES * hidden]`: `x W_ihᵀ`, plus `h W_hhᵀ` unless that is apart; becomes the gates.
    pub gates: &'a mut [T],
    /// The same shape: `h W_hhᵀ`, if it is apart.
    pub apart: &'a mut [T],
    /// `[GATES * hidden]`, to be added to `gates`.
    pub bias: &'a [T],
    /// The same, to be added to `apart`.
    pub bias_apart: &'a [T],
    /// The state before, `[rows, hidden]`.
    pub h_before: &'a [T],
    /// Its cells.
    pub c_before: &'a [T],
    /// The new state, to be written.
    pub h: &'a mut [T],
    /// Its cells.
    pub c: &'a mut [T],
}

/// The way back through one step of some rows.
pub struct Back<'a, T> {
    /// The size of `h`.
    pub hidden: usize,
    /// The gates; become their gradients before the activation.
    pub gates: &'a mut [T],
    /// What the state gave, if it is apart; becomes its gradient.
    pub apart: &'a mut [T],
    /// The state before.
    pub h_before: &'a [T],
    /// Its cells.
    pub c_before: &'a [T],
    /// The state that the step made.
    pub h: &'a [T],
    /// Its cells.
    pub c: &'a [T],
    /// The gradient of `h` as an output: row `r` begins at `r * stride`.
    pub dy: &'a [T],
    /// See `dy`.
    pub stride: usize,
    /// The gradient of `h` from the step after it; becomes what reaches `h_before` without passing `W_hh`, if there is such
    /// a way, and is left as it is otherwise.
    pub dh: &'a mut [T],
    /// The gradient of `c`; becomes that of `c_before`.
    pub dc: &'a mut [T],
}

/// Numbers that a loop works on together.
pub(crate) const LANES: usize = 16;

/// Up to sixteen numbers from `at` on; what is missing is 0.
#[inline(always)]
pub(crate) fn load<T: Float>(x: &[T], at: usize) -> [T; LANES] {
    match x[at..].first_chunk::<LANES>() {
        Some(lanes) => *lanes,
        None => padded(&x[at..], T::ZERO),
    }
}

/// Writes up to sixteen numbers from `at` on: as many as there is room for.
#[inline(always)]
pub(crate) fn store<T: Float>(lanes: &[T; LANES], x: &mut [T], at: usize) {
    match x[at..].first_chunk_mut::<LANES>() {
        Some(room) => *room = *lanes,
        None => unpadded(lanes, &mut x[at..]),
    }
}

/// `σ(x + bias)`.
#[derive(Clone, Copy)]
pub(crate) struct Sigmoid;
/// `tanh(x + bias)`.
#[derive(Clone, Copy)]
pub(crate) struct Tanh;

impl<T: Float> Binary<T> for Sigmoid {
    #[inline(always)]
    fn at(self, x: T, bias: T) -> T {
        sigmoid_at(x + bias)
    }
}

impl<T: Float> Binary<T> for Tanh {
    #[inline(always)]
    fn at(self, x: T, bias: T) -> T {
        math::tanh(x + bias)
    }
}
