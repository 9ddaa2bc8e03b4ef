//! Functions with a kink, and the steps that are their slopes.
//!
//! A step has slope 0 wherever it has one: it is a constant for the tape. It must be an operation all the same, for in a
//! recorded program the input is another one next time, and the step with it.

use ch01_tensors::{Array, Float};
use ch03_neurons::simd::{self, Level, Unary};

use super::map::{Function, each_pair};
use crate::operation::{Block, no_derivative};
use crate::{Operation, Var, apply};

// ANCHOR: relu
/// `relu'(x) = [x > 0]`, 0 at 0 as in PyTorch.
#[derive(Clone, Copy)]
struct Relu;

impl<T: Float> Unary<T> for Relu {
    #[inline(always)]
    fn at(self, x: T) -> T {
        if x < T::ZERO { T::ZERO } else { x }
    }
}

impl<T: Float> Function<T> for Relu {
    const NAME: &'static str = "relu";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        x.is_positive()
    }
}
// ANCHOR_END: relu

/// `|x|' = sign(x)`, 0 at 0.
#[derive(Clone, Copy)]
struct Abs;

impl<T: Float> Unary<T> for Abs {
    #[inline(always)]
    fn at(self, x: T) -> T {
        if x < T::ZERO { -x } else { x }
    }
}

impl<T: Float> Function<T> for Abs {
    const NAME: &'static str = "abs";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        x.is_positive() - (-x).is_positive()
    }
}

/// 1 where `x > 0`, else 0.
struct IsPositive;

impl<T: Float> Operation<T> for IsPositive {
    fn name(&self) -> &'static str {
        "is_positive"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        simd::map(x[0].clone(), |x| if x > T::ZERO { T::ONE } else { T::ZERO })
    }

    fn is_differentiable(&self) -> bool {
        false
    }

    fn backward(&self, _: usize, _: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        no_derivative("is_positive")
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}

impl<T: Float> Block<T> for IsPositive {
    fn run(&self, x: &mut [T], _: &[T]) {
        simd::map_slice(Level::detect(), x, |x| if x > T::ZERO { T::ONE } else { T::ZERO });
    }
}

/// 1 where two arrays of one shape agree, else 0.
struct IsEqual;

impl<T: Float> Operation<T> for IsEqual {
    fn name(&self) -> &'static str {
        "is_equal"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].zip_to("is_equal", &x[1], |x, y| if x == y { T::ONE } else { T::ZERO })
    }

    fn is_differentiable(&self) -> bool {
        false
    }

    fn backward(&self, _: usize, _: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        no_derivative("is_equal")
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}

impl<T: Float> Block<T> for IsEqual {
    fn run(&self, x: &mut [T], y: &[T]) {
        each_pair(x, y, |x, y| if x == y { T::ONE } else { T::ZERO });
    }
}

impl<T: Float> Var<T> {
    /// `max(0, x)` of every element.
    #[track_caller]
    pub fn relu(&self) -> Var<T> {
        self.map(Relu)
    }

    /// The size of every element.
    #[track_caller]
    pub fn abs(&self) -> Var<T> {
        self.map(Abs)
    }

    /// 1 where the element is above 0, else 0; a constant for the tape.
    #[track_caller]
    pub fn is_positive(&self) -> Var<T> {
        apply(IsPositive, &[self])
    }

    /// 1 where the elements are equal, else 0, broadcast; a constant for the tape.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn is_equal(&self, other: &Var<T>) -> Var<T> {
        let (x, y) = self.broadcast_with("is_equal", other);
        apply(IsEqual, &[&x, &y])
    }
}
