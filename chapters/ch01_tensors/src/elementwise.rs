//! Elementwise maths: one function applied everywhere, with broadcasting for two arrays.
//!
//! The methods that take `self` work in place when nobody shares the storage; those ending in `_to` make a new array
//! and may change the type of the elements.

use rayon::prelude::*;

use crate::element::is_nan;
use crate::elementwise_loops::{Join, Map, Update, Zip};
use crate::level::{Level, at_level};
use crate::walk::{CHUNK, PARALLEL_MIN, Walk};
use crate::{Array, Element, Float, Num, Shape, broadcast_shape, broadcast_strides, fail};

impl<T: Element> Array<T> {
    /// `f` of every element.
    pub fn map(mut self, f: impl Fn(T) -> T + Sync) -> Self {
        if !self.is_contiguous() || self.storage.unique().is_none() {
            return self.map_to(f);
        }
        self.map_assign(f);
        self
    }

    /// Replaces every element by `f` of it; copies first if the storage is shared.
    pub fn map_assign(&mut self, f: impl Fn(T) -> T + Sync) {
        let level = Level::detect();
        let apply = |x: &mut [T]| at_level(level, Update { x, f: &f });
        let data = self.data_mut();
        if data.len() < PARALLEL_MIN { apply(data) } else { data.par_chunks_mut(CHUNK).for_each(apply) }
    }

    /// `f` of every element, as a new array of any type.
    pub fn map_to<U: Element>(&self, f: impl Fn(T) -> U + Sync) -> Array<U> {
        let mut result = Array::scratch(self.shape);
        let source = self.storage.as_slice();
        let level = Level::detect();
        let walk = Walk::new(self.shape, [self.strides], [self.offset]);
        walk.rows(result.data_mut(), |out, rows| at_level(level, Map { out, x: source, rows, f: &f }));
        result
    }

    // ANCHOR: zip
    /// `f` of every pair of elements, broadcast together; `operation` names the caller in error messages.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn zip(mut self, operation: &str, other: &Self, f: impl Fn(T, T) -> T + Sync) -> Self {
        let fits = common_shape(operation, &self.shape, &other.shape) == self.shape;
        if !fits || !self.is_contiguous() || self.storage.unique().is_none() {
            return self.zip_to(operation, other, f);
        }
        self.zip_assign(operation, other, f);
        self
    }
    // ANCHOR_END: zip

    /// Replaces every element by `f` of it and of the element of `other` at the same place; copies first if the
    /// storage is shared.
    ///
    /// # Panics
    /// When `other` does not broadcast to this array's shape.
    #[track_caller]
    pub fn zip_assign<U: Element>(
        &mut self,
        operation: &str,
        other: &Array<U>,
        f: impl Fn(T, U) -> T + Sync,
    ) {
        let shape = self.shape;
        if broadcast_shape(&shape, &other.shape) != Some(shape) {
            fail(operation, format_args!("{:?} does not broadcast to {shape:?} in place", other.shape));
        }
        let strides = broadcast_strides(&other.shape, &other.strides, &shape);
        let (y, level) = (other.storage.as_slice(), Level::detect());
        let walk = Walk::new(shape, [strides], [other.offset]);
        walk.rows(self.data_mut(), |out, rows| at_level(level, Join { out, y, rows, f: &f }));
    }

    /// `f` of every pair of elements of two arrays, broadcast together, as a new array of any type.
    ///
    /// # Panics
    /// When the shapes do not broadcast; `operation` names the caller in the message.
    #[track_caller]
    pub fn zip_to<U: Element, V: Element>(
        &self,
        operation: &str,
        other: &Array<U>,
        f: impl Fn(T, U) -> V + Sync,
    ) -> Array<V> {
        let shape = common_shape(operation, &self.shape, &other.shape);
        let mut result = Array::scratch(shape);
        let strides = (
            broadcast_strides(&self.shape, &self.strides, &shape),
            broadcast_strides(&other.shape, &other.strides, &shape),
        );
        let (x, y) = (self.storage.as_slice(), other.storage.as_slice());
        let walk = Walk::new(shape, [strides.0, strides.1], [self.offset, other.offset]);
        let level = Level::detect();
        walk.rows(result.data_mut(), |out, rows| at_level(level, Zip { out, x, y, rows, f: &f }));
        result
    }
}

/// The shape of the result of two operands.
#[track_caller]
pub(crate) fn common_shape(operation: &str, a: &Shape, b: &Shape) -> Shape {
    // No closure here: it would hide the caller's place.
    match broadcast_shape(a, b) {
        Some(shape) => shape,
        None => fail(operation, format_args!("shapes do not broadcast: {a:?} and {b:?}")),
    }
}

impl<T: Num> Array<T> {
    /// The larger of each pair (`np.maximum`); NaN wins.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(self, other: &Self) -> Self {
        self.zip("maximum", other, |x, y| if x > y || is_nan(x) { x } else { y })
    }

    /// The smaller of each pair (`np.minimum`); NaN wins.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(self, other: &Self) -> Self {
        self.zip("minimum", other, |x, y| if x < y || is_nan(x) { x } else { y })
    }

    /// Every element brought into `low..=high` (`np.clip`); NaN stays.
    pub fn clamp(self, low: T, high: T) -> Self {
        self.map(|x| {
            if x < low {
                low
            } else if x > high {
                high
            } else {
                x
            }
        })
    }

    /// The elements converted to another type (`a.astype`): floats to integers truncate toward zero; what does not
    /// fit becomes the nearest value that does (numpy wraps around), NaN becomes 0.
    pub fn cast<U: Num>(&self) -> Array<U> {
        if T::INTEGER && U::INTEGER {
            // Not through f64, which rounds beyond 2^53.
            return self.map_to(|x| U::from_i64(x.to_i64()));
        }
        self.map_to(|x| U::from_f64(x.to_f64()))
    }
}

macro_rules! functions {
    ($($name:ident: $what:literal),* $(,)?) => {
        $(#[doc = $what]
        pub fn $name(self) -> Self {
            self.map(T::$name)
        })*
    };
}

impl<T: Float> Array<T> {
    functions! {
        exp: "e^x of every element.",
        exp_m1: "e^x - 1 of every element, exact near 0.",
        ln: "Natural logarithm of every element.",
        ln_1p: "ln(1 + x) of every element, exact near 0.",
        sqrt: "Square root of every element.",
        abs: "Absolute value of every element.",
        sin: "Sine of every element.",
        cos: "Cosine of every element.",
        tanh: "Hyperbolic tangent of every element.",
        floor: "Largest integer not above every element.",
        round: "Nearest integer to every element, ties to even.",
    }

    /// x^y of every element.
    pub fn powf(self, y: T) -> Self {
        self.map(|x| x.powf(y))
    }

    /// x^n of every element.
    pub fn powi(self, n: i32) -> Self {
        self.map(|x| x.powi(n))
    }
}
