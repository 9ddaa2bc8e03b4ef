//! GELU: `x Φ(x)`, with Φ the distribution function of the standard normal (Hendrycks and Gimpel 2016;
//! `torch.nn.functional.gelu`).
//!
//! `Φ(x) = (1 + erf(x/√2)) / 2`, and `Φ'(x) = φ(x) = e^(-x²/2) / √(2π)`, so the slope is `Φ(x) + x φ(x)`.
//!
//! In 32 bits faster formulas for the same are used (`normal.rs`); these here are what they are tested against.
//!
//! The older form replaces Φ by `(1 + tanh u) / 2`, `u = √(2/π) (x + 0.044715 x³)`. As `(1 + tanh u) / 2 = σ(2u)`, it is
//! `x σ(2u)`, which keeps its digits for negative x. Its slope is `s + x s (1 - s) 2u'` with `s = σ(2u)`.

use ch01_tensors::{Array, Float};
use ch03_neurons::{math, sigmoid_at, simd};

// ANCHOR: gelu
/// `x Φ(x)` of every element (PyTorch's default).
pub fn gelu<T: Float>(x: Array<T>) -> Array<T> {
    simd::map(x, Gelu)
}

/// `dL/dx = g (Φ(x) + x φ(x))`, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn gelu_backward<T: Float>(grad: Array<T>, x: &Array<T>) -> Array<T> {
    simd::zip("gelu_backward", grad, x, GeluBackward)
}

/// Φ(x).
#[inline(always)]
fn normal_cdf<T: Float>(x: T) -> T {
    // exercise: cdf - Φ(x) = (1 + erf(x/√2)) / 2. `math::erf` is erf; `T::from_f64` makes a constant.
    T::from_f64(0.5) * (T::ONE + math::erf(x * T::from_f64(std::f64::consts::FRAC_1_SQRT_2)))
    // exercise: end
}

#[inline(always)]
fn gelu_at<T: Float>(x: T) -> T {
    // exercise: forward - x Φ(x).
    x * normal_cdf(x)
    // exercise: end
}

#[inline(always)]
fn gelu_slope<T: Float>(x: T) -> T {
    // exercise: slope - The derivative of x Φ(x): the product rule, with Φ' = φ, φ(x) = e^(-x²/2) / √(2π).
    let density = math::exp(x * x * T::from_f64(-0.5)) * T::from_f64(FRAC_1_SQRT_TAU);
    normal_cdf(x) + x * density
    // exercise: end
}
// ANCHOR_END: gelu

/// The forward pass as a [`simd::Unary`]: too long for a closure.
#[derive(Clone, Copy)]
struct Gelu;
/// The backward pass.
#[derive(Clone, Copy)]
struct GeluBackward;

impl<T: Float> simd::Unary<T> for Gelu {
    #[inline(always)]
    fn at(self, x: T) -> T {
        math::gelu(x, gelu_at)
    }
}

impl<T: Float> simd::Binary<T> for GeluBackward {
    #[inline(always)]
    fn at(self, g: T, x: T) -> T {
        g * math::gelu_slope(x, gelu_slope)
    }
}

/// 1 / √(2π).
const FRAC_1_SQRT_TAU: f64 = 0.398_942_280_401_432_7;
/// √(2/π).
const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
/// The coefficient of x³ in the tanh form.
const CUBIC: f64 = 0.044715;

// ANCHOR: gelu_tanh
/// `x σ(2u)`, `u = √(2/π) (x + 0.044715 x³)`: GELU by tanh (PyTorch's `approximate='tanh'`).
pub fn gelu_tanh<T: Float>(x: Array<T>) -> Array<T> {
    simd::map(x, |x| x * sigmoid_at(twice_u(x)))
}

/// `dL/dx = g (s + x s (1 - s) 2u')`, `s = σ(2u)`, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn gelu_tanh_backward<T: Float>(grad: Array<T>, x: &Array<T>) -> Array<T> {
    let [a, b] = [2.0 * SQRT_2_OVER_PI, 6.0 * SQRT_2_OVER_PI * CUBIC].map(T::from_f64);
    simd::zip("gelu_tanh_backward", grad, x, move |g, x| {
        let s = sigmoid_at(twice_u(x));
        let slope = a + b * x * x;
        // Where s is 0 or 1 the second term is 0, even if the cubic has overflowed.
        let bend = s * (T::ONE - s);
        g * (s + if bend > T::ZERO { x * bend * slope } else { T::ZERO })
    })
}

/// 2u: `2 √(2/π) (x + 0.044715 x³)`.
#[inline(always)]
fn twice_u<T: Float>(x: T) -> T {
    T::from_f64(2.0 * SQRT_2_OVER_PI) * (x + T::from_f64(CUBIC) * x * x * x)
}
// ANCHOR_END: gelu_tanh
