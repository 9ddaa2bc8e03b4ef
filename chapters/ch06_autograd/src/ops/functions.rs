//! The smooth functions, each with its slope.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use ch01_tensors::Float;
use ch03_neurons::simd::Unary;
use ch03_neurons::{math, sigmoid_at};

use super::map::Function;
use crate::Var;

// ANCHOR: exp
/// `(e^x)' = e^x = y`.
#[derive(Clone, Copy)]
struct Exp;

impl<T: Float> Unary<T> for Exp {
    #[inline(always)]
    fn at(self, x: T) -> T {
        math::exp(x)
    }
}

impl<T: Float> Function<T> for Exp {
    const NAME: &'static str = "exp";
    const READS_INPUT: bool = false;
    fn slope(&self, _: &Var<T>, y: &Var<T>) -> Var<T> {
        y.clone()
    }
}
// ANCHOR_END: exp

/// `(ln x)' = 1/x`.
#[derive(Clone, Copy)]
struct Ln;

impl<T: Float> Unary<T> for Ln {
    #[inline(always)]
    fn at(self, x: T) -> T {
        x.ln()
    }
}

impl<T: Float> Function<T> for Ln {
    const NAME: &'static str = "ln";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        1.0 / x
    }
}

/// `(√x)' = 1/(2√x) = 1/(2y)`.
#[derive(Clone, Copy)]
struct Sqrt;

impl<T: Float> Unary<T> for Sqrt {
    #[inline(always)]
    fn at(self, x: T) -> T {
        x.sqrt()
    }
}

impl<T: Float> Function<T> for Sqrt {
    const NAME: &'static str = "sqrt";
    const READS_INPUT: bool = false;
    fn slope(&self, _: &Var<T>, y: &Var<T>) -> Var<T> {
        0.5 / y
    }
}

/// `(x^p)' = p x^(p-1)`.
#[derive(Clone, Copy)]
struct Pow(f64);

impl<T: Float> Unary<T> for Pow {
    #[inline(always)]
    fn at(self, x: T) -> T {
        let whole = self.0 as i32;
        if f64::from(whole) == self.0 { x.powi(whole) } else { x.powf(T::from_f64(self.0)) }
    }
}

impl<T: Float> Function<T> for Pow {
    const NAME: &'static str = "pow";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        // Not 0 x^(-1), which is NaN at 0.
        if self.0 == 0.0 { x.zeros_like() } else { x.pow(self.0 - 1.0) * self.0 }
    }
}

/// `tanh' = 1 - tanh² = 1 - y²`.
#[derive(Clone, Copy)]
struct Tanh;

impl<T: Float> Unary<T> for Tanh {
    #[inline(always)]
    fn at(self, x: T) -> T {
        math::tanh(x)
    }
}

impl<T: Float> Function<T> for Tanh {
    const NAME: &'static str = "tanh";
    const READS_INPUT: bool = false;
    fn slope(&self, _: &Var<T>, y: &Var<T>) -> Var<T> {
        1.0 - y * y
    }
}

/// `σ' = σ (1 - σ) = y (1 - y)`.
#[derive(Clone, Copy)]
struct Sigmoid;

impl<T: Float> Unary<T> for Sigmoid {
    #[inline(always)]
    fn at(self, x: T) -> T {
        sigmoid_at(x)
    }
}

impl<T: Float> Function<T> for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const READS_INPUT: bool = false;
    fn slope(&self, _: &Var<T>, y: &Var<T>) -> Var<T> {
        y * (1.0 - y)
    }
}

/// `erf' = 2/√π e^(-x²)`.
#[derive(Clone, Copy)]
struct Erf;

impl<T: Float> Unary<T> for Erf {
    #[inline(always)]
    fn at(self, x: T) -> T {
        math::erf(x)
    }
}

impl<T: Float> Function<T> for Erf {
    const NAME: &'static str = "erf";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        (-(x * x)).exp() * (2.0 / PI.sqrt())
    }
}

/// `(x Φ(x))' = Φ(x) + x φ(x)`, with `Φ(x) = (1 + erf(x/√2)) / 2` and `φ(x) = e^(-x²/2) / √(2π)`.
#[derive(Clone, Copy)]
struct Gelu;

impl<T: Float> Unary<T> for Gelu {
    #[inline(always)]
    fn at(self, x: T) -> T {
        x * T::from_f64(0.5) * (T::ONE + math::erf(x * T::from_f64(FRAC_1_SQRT_2)))
    }
}

impl<T: Float> Function<T> for Gelu {
    const NAME: &'static str = "gelu";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        let cdf = 0.5 * (1.0 + (x * FRAC_1_SQRT_2).erf());
        let density = (-0.5 * (x * x)).exp() * (0.5 / PI).sqrt();
        cdf + x * density
    }
}

/// `sin' = cos`.
#[derive(Clone, Copy)]
struct Sin;

impl<T: Float> Unary<T> for Sin {
    #[inline(always)]
    fn at(self, x: T) -> T {
        x.sin()
    }
}

impl<T: Float> Function<T> for Sin {
    const NAME: &'static str = "sin";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        x.cos()
    }
}

/// `cos' = -sin`.
#[derive(Clone, Copy)]
struct Cos;

impl<T: Float> Unary<T> for Cos {
    #[inline(always)]
    fn at(self, x: T) -> T {
        x.cos()
    }
}

impl<T: Float> Function<T> for Cos {
    const NAME: &'static str = "cos";
    const READS_INPUT: bool = true;
    fn slope(&self, x: &Var<T>, _: &Var<T>) -> Var<T> {
        -x.sin()
    }
}

/// In the names of `torch`'s functions.
impl<T: Float> Var<T> {
    /// e^x of every element.
    #[track_caller]
    pub fn exp(&self) -> Var<T> {
        self.map(Exp)
    }

    /// Natural logarithm of every element (`torch.log`).
    #[track_caller]
    pub fn ln(&self) -> Var<T> {
        self.map(Ln)
    }

    /// Square root of every element.
    #[track_caller]
    pub fn sqrt(&self) -> Var<T> {
        self.map(Sqrt)
    }

    /// x^p of every element, for a constant p.
    #[track_caller]
    pub fn pow(&self, p: f64) -> Var<T> {
        self.map(Pow(p))
    }

    /// Hyperbolic tangent of every element.
    #[track_caller]
    pub fn tanh(&self) -> Var<T> {
        self.map(Tanh)
    }

    /// `1 / (1 + e^-x)` of every element.
    #[track_caller]
    pub fn sigmoid(&self) -> Var<T> {
        self.map(Sigmoid)
    }

    /// The error function of every element.
    #[track_caller]
    pub fn erf(&self) -> Var<T> {
        self.map(Erf)
    }

    /// `x Φ(x)` of every element (`torch.nn.functional.gelu`).
    #[track_caller]
    pub fn gelu(&self) -> Var<T> {
        self.map(Gelu)
    }

    /// Sine of every element.
    #[track_caller]
    pub fn sin(&self) -> Var<T> {
        self.map(Sin)
    }

    /// Cosine of every element.
    #[track_caller]
    pub fn cos(&self) -> Var<T> {
        self.map(Cos)
    }
}
