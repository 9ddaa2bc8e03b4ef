//! The numbers an array can hold: [`Element`] for any, [`Num`] for arithmetic, [`Float`] for real maths.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

/// Which type of number an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    /// 32-bit IEEE float, the type networks train in.
    F32,
    /// 64-bit IEEE float, the type gradients are checked in.
    F64,
    /// 32-bit signed integer.
    I32,
    /// 64-bit signed integer, used for labels and indices.
    I64,
    /// A byte, used for images.
    U8,
    /// Truth value, used for masks.
    Bool,
}

/// Anything an [`Array`](crate::Array) can hold.
///
/// # Safety
/// Storage is recycled between types, and every byte of it has been written. A type may only implement this trait
/// if it has no padding and, unless `ANY_BITS` is false, if every pattern of bits is a valid value.
pub unsafe trait Element:
    Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + 'static
{
    /// The type's tag.
    const DTYPE: DType;
    /// Whether every pattern of bits is a valid value (not so for `bool`).
    const ANY_BITS: bool = true;
}

/// Elements with arithmetic: all but `bool`.
pub trait Num:
    Element
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + MulAssign
{
    /// 0, the neutral element of addition.
    const ZERO: Self;
    /// 1, the neutral element of multiplication.
    const ONE: Self;
    /// The smallest value, the neutral element of `max` (-inf for floats).
    const LOWEST: Self;
    /// The largest value, the neutral element of `min` (+inf for floats).
    const HIGHEST: Self;
    /// The nearest value of this type; integers truncate toward zero and saturate.
    fn from_f64(value: f64) -> Self;
    /// The value as f64; `i64` beyond 2^53 rounds.
    fn to_f64(self) -> f64;
    /// Whether this is an integer type.
    const INTEGER: bool;
    /// The nearest value of this type to an integer, exact if the type has it.
    fn from_i64(value: i64) -> Self;
    /// The value as an integer; floats truncate toward zero and saturate.
    fn to_i64(self) -> i64;
}

/// Real numbers: `f32` and `f64`. Functions that work in both are written once, and tested in f64.
pub trait Float: Num + Neg<Output = Self> {
    /// The distance from 1 to the next number.
    const EPSILON: Self;
    /// The smallest positive number with all its bits. Below come the subnormal ones.
    const MIN_POSITIVE: Self;
    /// e^x.
    fn exp(self) -> Self;
    /// e^x - 1, exact near 0.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x), exact near 0.
    fn ln_1p(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// x^y.
    fn powf(self, y: Self) -> Self;
    /// x^n.
    fn powi(self, n: i32) -> Self;
    /// Sine, in radians.
    fn sin(self) -> Self;
    /// Cosine, in radians.
    fn cos(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Largest integer not above x.
    fn floor(self) -> Self;
    /// Nearest integer, ties to even (as numpy rounds).
    fn round(self) -> Self;
    /// The larger of two; a NaN operand is dropped. For numpy's NaN rule use [`Array::max`](crate::Array::max).
    fn max(self, other: Self) -> Self;
    /// The smaller of two; a NaN operand is dropped.
    fn min(self, other: Self) -> Self;
    /// Whether x is NaN.
    fn is_nan(self) -> bool;
    /// Whether x is neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

/// Whether `x` is not a number: the only value that differs from itself. Works for every type of element.
#[expect(clippy::eq_op, reason = "that is the definition")]
pub(crate) fn is_nan<T: Element>(x: T) -> bool {
    x != x
}

macro_rules! element {
    ($type:ty, $dtype:ident) => {
        // SAFETY: a primitive number has no padding, and every pattern of bits is a value.
        unsafe impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
    };
}

element!(f32, F32);
element!(f64, F64);
element!(i32, I32);
element!(i64, I64);
element!(u8, U8);

// SAFETY: no padding; ANY_BITS is false, so recycled storage is cleared before use.
unsafe impl Element for bool {
    const DTYPE: DType = DType::Bool;
    const ANY_BITS: bool = false;
}

macro_rules! num {
    ($type:ty, $lowest:expr, $highest:expr) => {
        impl Num for $type {
            const ZERO: Self = 0 as $type;
            const ONE: Self = 1 as $type;
            const LOWEST: Self = $lowest;
            const HIGHEST: Self = $highest;
            fn from_f64(value: f64) -> Self {
                value as $type
            }
            fn to_f64(self) -> f64 {
                self as f64
            }
            const INTEGER: bool = !matches!(Self::DTYPE, DType::F32 | DType::F64);
            fn from_i64(value: i64) -> Self {
                // For floats the bounds are those of i64 itself: casts saturate.
                value.clamp($lowest as i64, $highest as i64) as $type
            }
            fn to_i64(self) -> i64 {
                self as i64
            }
        }
    };
}

num!(f32, f32::NEG_INFINITY, f32::INFINITY);
num!(f64, f64::NEG_INFINITY, f64::INFINITY);
num!(i32, i32::MIN, i32::MAX);
num!(i64, i64::MIN, i64::MAX);
num!(u8, u8::MIN, u8::MAX);

macro_rules! float {
    ($type:ident) => {
        impl Float for $type {
            const EPSILON: Self = $type::EPSILON;
            const MIN_POSITIVE: Self = $type::MIN_POSITIVE;
            float!($type: exp exp_m1 ln ln_1p sqrt abs sin cos tanh floor);
            fn powf(self, y: Self) -> Self {
                $type::powf(self, y)
            }
            fn powi(self, n: i32) -> Self {
                $type::powi(self, n)
            }
            fn round(self) -> Self {
                $type::round_ties_even(self)
            }
            fn max(self, other: Self) -> Self {
                $type::max(self, other)
            }
            fn min(self, other: Self) -> Self {
                $type::min(self, other)
            }
            fn is_nan(self) -> bool {
                $type::is_nan(self)
            }
            fn is_finite(self) -> bool {
                $type::is_finite(self)
            }
        }
    };
    ($type:ident: $($function:ident)*) => {
        $(fn $function(self) -> Self {
            $type::$function(self)
        })*
    };
}

float!(f32);
float!(f64);
