//! `+ - * /` and the sign, with broadcasting.
//!
//! Operands of different shapes are broadcast first, by an operation of its own; so the four below see two arrays of one
//! shape, and their rules are those of school: `(x + y)' = x' + y'`, `(x y)' = x' y + x y'`, `(x / y)' = x'/y - x y'/y²`.

use std::ops;

use ch01_tensors::{Array, Float};
use ch03_neurons::simd::{self, Level};

use super::map::each_pair;
use crate::operation::Block;
use crate::{Operation, Var, apply};

// ANCHOR: add
struct Add;

impl<T: Float> Operation<T> for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn key(&self) -> Option<String> {
        Some("add".into())
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        &x[0] + &x[1]
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        grad.clone()
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}
// ANCHOR_END: add

struct Sub;

impl<T: Float> Operation<T> for Sub {
    fn name(&self) -> &'static str {
        "subtract"
    }

    fn key(&self) -> Option<String> {
        Some("sub".into())
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        &x[0] - &x[1]
    }

    fn backward(&self, which: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        if which == 0 { grad.clone() } else { -grad }
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}

// ANCHOR: mul
struct Mul;

impl<T: Float> Operation<T> for Mul {
    fn name(&self) -> &'static str {
        "multiply"
    }

    fn key(&self) -> Option<String> {
        Some("mul".into())
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        &x[0] * &x[1]
    }

    fn backward(&self, which: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        grad * &x[1 - which]
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}
// ANCHOR_END: mul

struct Div;

impl<T: Float> Operation<T> for Div {
    fn name(&self) -> &'static str {
        "divide"
    }

    fn key(&self) -> Option<String> {
        Some("div".into())
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        &x[0] / &x[1]
    }

    fn backward(&self, which: usize, grad: &Var<T>, x: &[Var<T>], y: &Var<T>) -> Var<T> {
        let by_numerator = grad / &x[1];
        if which == 0 { by_numerator } else { -(by_numerator * y) }
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}

struct Neg;

impl<T: Float> Operation<T> for Neg {
    fn name(&self) -> &'static str {
        "negate"
    }

    fn key(&self) -> Option<String> {
        Some("neg".into())
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        -&x[0]
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        -grad
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn block(&self) -> Option<&dyn Block<T>> {
        Some(self)
    }
}

impl<T: Float> Block<T> for Add {
    fn run(&self, x: &mut [T], y: &[T]) {
        each_pair(x, y, |x, y| x + y);
    }
}

impl<T: Float> Block<T> for Sub {
    fn run(&self, x: &mut [T], y: &[T]) {
        each_pair(x, y, |x, y| x - y);
    }
}

impl<T: Float> Block<T> for Mul {
    fn run(&self, x: &mut [T], y: &[T]) {
        each_pair(x, y, |x, y| x * y);
    }
}

impl<T: Float> Block<T> for Div {
    fn run(&self, x: &mut [T], y: &[T]) {
        each_pair(x, y, |x, y| x / y);
    }
}

impl<T: Float> Block<T> for Neg {
    fn run(&self, x: &mut [T], _: &[T]) {
        simd::map_slice(Level::detect(), x, |x: T| -x);
    }
}

/// Between variables, and between a variable and a number; owned or borrowed is the same, since a handle is copied.
macro_rules! operator {
    ($Trait:ident $method:ident) => {
        impl<T: Float> ops::$Trait<&Var<T>> for &Var<T> {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, other: &Var<T>) -> Var<T> {
                let (x, y) = self.broadcast_with(Operation::<T>::name(&$Trait), other);
                apply($Trait, &[&x, &y])
            }
        }

        impl<T: Float> ops::$Trait for Var<T> {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, other: Var<T>) -> Var<T> {
                ops::$Trait::$method(&self, &other)
            }
        }

        impl<T: Float> ops::$Trait<&Var<T>> for Var<T> {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, other: &Var<T>) -> Var<T> {
                ops::$Trait::$method(&self, other)
            }
        }

        impl<T: Float> ops::$Trait<Var<T>> for &Var<T> {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, other: Var<T>) -> Var<T> {
                ops::$Trait::$method(self, &other)
            }
        }

        impl<T: Float> ops::$Trait<f64> for &Var<T> {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, number: f64) -> Var<T> {
                ops::$Trait::$method(self, &Var::scalar(number))
            }
        }

        impl<T: Float> ops::$Trait<f64> for Var<T> {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, number: f64) -> Var<T> {
                ops::$Trait::$method(&self, &Var::scalar(number))
            }
        }

        impl<T: Float> ops::$Trait<&Var<T>> for f64 {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, other: &Var<T>) -> Var<T> {
                ops::$Trait::$method(&Var::scalar(self), other)
            }
        }

        impl<T: Float> ops::$Trait<Var<T>> for f64 {
            type Output = Var<T>;
            #[track_caller]
            fn $method(self, other: Var<T>) -> Var<T> {
                ops::$Trait::$method(&Var::scalar(self), &other)
            }
        }
    };
}

operator!(Add add);
operator!(Sub sub);
operator!(Mul mul);
operator!(Div div);

impl<T: Float> ops::Neg for &Var<T> {
    type Output = Var<T>;
    #[track_caller]
    fn neg(self) -> Var<T> {
        apply(Neg, &[self])
    }
}

impl<T: Float> ops::Neg for Var<T> {
    type Output = Var<T>;
    #[track_caller]
    fn neg(self) -> Var<T> {
        apply(Neg, &[&self])
    }
}
