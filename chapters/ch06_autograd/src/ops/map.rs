//! Functions of one number, applied everywhere: `y = f(x)`, `dL/dx = g f'(x)`.

use ch01_tensors::{Array, Float};
use ch03_neurons::simd::{self, Level, Unary};

use crate::operation::Block;
use crate::{Operation, Var, apply};

// ANCHOR: map
/// A function of one number with its slope. The value is [`Unary::at`].
pub(crate) trait Function<T: Float>: Unary<T> + 'static {
    /// What it is called.
    const NAME: &'static str;

    /// Whether the slope is computed from the input rather than from the output alone.
    const READS_INPUT: bool;

    /// `f'(x)`, for the input `x` and the output `y`.
    fn slope(&self, x: &Var<T>, y: &Var<T>) -> Var<T>;
}

/// A function as an operation.
#[derive(Clone, Copy)]
pub(crate) struct Map<F>(pub F);

impl<T: Float, F: Function<T>> Operation<T> for Map<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        simd::map(x[0].clone(), self.0)
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], y: &Var<T>) -> Var<T> {
        grad * self.0.slope(&x[0], y)
    }

    fn reads_inputs(&self) -> bool {
        F::READS_INPUT
    }

    /// A function without any state is known by its type (names may be given twice); one with a parameter, such as an exponent, is
    /// not.
    fn key(&self) -> Option<String> {
        (size_of::<F>() == 0).then(|| std::any::type_name::<F>().into())
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}
// ANCHOR_END: map

impl<T: Float, F: Function<T>> Block<T> for Map<F> {
    fn run(&self, x: &mut [T], _: &[T]) {
        simd::map_slice(Level::detect(), x, self.0);
    }
}

impl<T: Float> Var<T> {
    /// `f` of every element.
    #[track_caller]
    pub(crate) fn map(&self, f: impl Function<T>) -> Var<T> {
        apply(Map(f), &[self])
    }
}

struct Pairs<'a, T, F> {
    x: &'a mut [T],
    y: &'a [T],
    f: F,
}

impl<T: Float, F: Fn(T, T) -> T> simd::Body for Pairs<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        for (x, &y) in self.x.iter_mut().zip(self.y) {
            *x = (self.f)(*x, y);
        }
    }
}

/// `x = f(x, y)` for two blocks, in the widest vectors. `f` must be a short closure.
pub(crate) fn each_pair<T: Float>(x: &mut [T], y: &[T], f: impl Fn(T, T) -> T) {
    simd::at_level(Level::detect(), Pairs { x, y, f });
}
