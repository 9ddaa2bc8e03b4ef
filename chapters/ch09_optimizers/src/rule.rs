//! From the rule of one number to all numbers of a parameter.
//!
//! An optimizer's formula says what happens to one number. [`apply`] runs it over a parameter in one pass: value,
//! gradient and state are each read once and written once, which is all the memory traffic there has to be. The loop is
//! vectorised (chapter 3), and large parameters are cut into parts that run in parallel. The cuts depend on the size
//! alone and every number is computed by itself, so the result does not depend on the number of threads.

use ch01_tensors::{Array, Float};
use ch03_neurons::simd::{Body, Level, at_level};
use ch05_backprop::Param;

/// Numbers per parallel part.
const PART: usize = 1 << 14;

// ANCHOR: rule
/// What one step does to one number, of which `N` other numbers are remembered. The method must be
/// `#[inline(always)]` and free of branches.
pub trait Rule<T, const N: usize>: Copy + Send + Sync {
    /// The new value and the new state.
    fn at(self, value: T, grad: T, state: [T; N]) -> (T, [T; N]);
}
// ANCHOR_END: rule

struct Loop<'a, T, const N: usize, R> {
    value: &'a mut [T],
    grad: &'a [T],
    state: [&'a mut [T]; N],
    rule: R,
}

impl<T: Float, const N: usize, R: Rule<T, N>> Body for Loop<'_, T, N, R> {
    #[inline(always)]
    fn run(self) {
        let count = self.value.len();
        let (value, grad) = (self.value, &self.grad[..count]);
        // The compiler then knows that no index is outside.
        let state = self.state.map(|array| &mut array[..count]);
        for i in 0..count {
            let old = std::array::from_fn(|k| state[k][i]);
            let (new, state_now) = self.rule.at(value[i], grad[i], old);
            value[i] = new;
            for k in 0..N {
                state[k][i] = without_subnormals(state_now[k]);
            }
        }
    }
}

// ANCHOR: subnormals
/// The number, or 0 if it is subnormal. A running sum whose gradients have become 0 gets smaller by a factor in each step
/// until it has a single bit left, and there it stays: 0.9 times that bit rounds to that bit. Many processors take far longer
/// for such a number than for another, and from then on in every step.
#[inline(always)]
fn without_subnormals<T: Float>(x: T) -> T {
    if x < T::MIN_POSITIVE && x > -T::MIN_POSITIVE { T::ZERO } else { x }
}
// ANCHOR_END: subnormals

/// Runs a rule over a parameter and its state.
///
/// # Panics
/// When gradient or state have another size than the value, or there are not `N` arrays.
pub fn apply<T: Float, const N: usize>(param: &mut Param<T>, state: &mut [Array<T>], rule: impl Rule<T, N>) {
    assert_eq!(state.len(), N, "apply: as many arrays as the rule remembers");
    let grad = param.grad.clone().contiguous();
    let mut arrays = state.iter_mut();
    let state = std::array::from_fn(|_| arrays.next().expect("N of them").data_mut());
    parts(Level::detect(), param.value.data_mut(), grad.data(), state, rule);
}

fn parts<T: Float, const N: usize>(
    level: Level,
    value: &mut [T],
    grad: &[T],
    state: [&mut [T]; N],
    rule: impl Rule<T, N>,
) {
    let count = value.len();
    if count <= PART {
        return at_level(level, Loop { value, grad, state, rule });
    }
    // Half of the parts each, rounded up.
    let half = count.div_ceil(PART).div_ceil(2) * PART;
    let (value, value_rest) = value.split_at_mut(half);
    let (grad, grad_rest) = grad.split_at(half);
    let mut rest = state;
    let first = std::array::from_fn(|k| {
        let (first, tail) = std::mem::take(&mut rest[k]).split_at_mut(half);
        rest[k] = tail;
        first
    });
    rayon::join(
        || parts(level, value, grad, first, rule),
        || parts(level, value_rest, grad_rest, rest, rule),
    );
}
