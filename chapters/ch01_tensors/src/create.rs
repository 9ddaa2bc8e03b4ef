//! Making arrays (numpy's and PyTorch's creation functions).

use rayon::prelude::*;

use crate::storage::Storage;
use crate::walk::{CHUNK, PARALLEL_MIN};
use crate::{Array, Element, Float, Num, Rng, Shape, contiguous_strides, fail};

impl<T: Element> Array<T> {
    /// An array whose contents are valid but arbitrary, to be overwritten (`np.empty`).
    pub fn scratch(shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        Array {
            storage: Storage::scratch(shape.size()),
            shape,
            strides: contiguous_strides(&shape),
            offset: 0,
        }
    }

    /// Every element `value` (`np.full`).
    pub fn full(shape: impl Into<Shape>, value: T) -> Self {
        let mut array = Self::scratch(shape);
        array.fill(value);
        array
    }

    /// Makes every element `value` (`ndarray.fill`), on several threads if there are many.
    pub fn fill(&mut self, value: T) {
        if self.is_shared() || !self.is_contiguous() {
            *self = Self::scratch(self.shape);
        }
        let data = self.data_mut();
        if data.len() < PARALLEL_MIN {
            data.fill(value);
        } else {
            data.par_chunks_mut(CHUNK).for_each(|part| part.fill(value));
        }
    }

    /// A zero-dimensional array (`np.array(value)`).
    pub fn scalar(value: T) -> Self {
        Self::full([], value)
    }

    /// The elements in row-major order, given a shape (`np.array(...).reshape(shape)`).
    ///
    /// # Panics
    /// When the count differs from the size of the shape.
    #[track_caller]
    pub fn from_slice(elements: &[T], shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if elements.len() != shape.size() {
            fail(
                "from_slice",
                format_args!("{} elements do not fill shape {shape:?} of {}", elements.len(), shape.size()),
            );
        }
        let mut array = Self::scratch(shape);
        array.data_mut().copy_from_slice(elements);
        array
    }

    /// Element `[i, j, …]` is `value([i, j, …])`, called in row-major order (`np.fromfunction`).
    pub fn from_fn(shape: impl Into<Shape>, mut value: impl FnMut(&[usize]) -> T) -> Self {
        let mut array = Self::scratch(shape);
        let shape = array.shape;
        let mut index = Shape::filled(0, shape.len());
        for element in array.data_mut() {
            *element = value(&index);
            // Count on, as an odometer does: from the last axis, carrying when an axis is full.
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        array
    }
}

impl<T: Num> Array<T> {
    /// Every element 0.
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Self::full(shape, T::ZERO)
    }

    /// Every element 1.
    pub fn ones(shape: impl Into<Shape>) -> Self {
        Self::full(shape, T::ONE)
    }

    /// Zeros in the shape of another array (`np.zeros_like`).
    pub fn zeros_like(&self) -> Self {
        Self::zeros(self.shape)
    }

    /// Ones in the shape of another array (`np.ones_like`).
    pub fn ones_like(&self) -> Self {
        Self::ones(self.shape)
    }

    /// `start`, `start + step`, … below `stop` (above it for a negative step), as `np.arange`.
    ///
    /// # Panics
    /// When the step is 0.
    #[track_caller]
    pub fn arange(start: T, stop: T, step: T) -> Self {
        let (from, to, by) = (start.to_f64(), stop.to_f64(), step.to_f64());
        if by == 0.0 || by.is_nan() {
            fail("arange", format_args!("the step must not be {step}"));
        }
        if T::INTEGER {
            // Not through f64, which rounds beyond 2^53.
            let [from, to, by] = [start, stop, step].map(|x| i128::from(x.to_i64()));
            let count = ((to - from + by - by.signum()) / by).max(0) as usize;
            return Self::from_fn([count], |i| T::from_i64((from + i[0] as i128 * by) as i64));
        }
        let count = ((to - from) / by).ceil().max(0.0) as usize;
        Self::from_fn([count], |i| T::from_f64(from + i[0] as f64 * by))
    }

    /// The `n` x `n` identity matrix.
    pub fn eye(n: usize) -> Self {
        Self::from_fn([n, n], |i| if i[0] == i[1] { T::ONE } else { T::ZERO })
    }
}

impl<T: Float> Array<T> {
    /// `count` evenly spaced numbers from `start` to `stop`, both included (`np.linspace`).
    pub fn linspace(start: T, stop: T, count: usize) -> Self {
        let (from, to) = (start.to_f64(), stop.to_f64());
        let gaps = count.saturating_sub(1).max(1) as f64;
        let at = |i| T::from_f64(from + (to - from) * (i as f64 / gaps));
        // The last one is `stop` itself, which `from + (to - from)` may miss.
        Self::from_fn([count], |i| if i[0] > 0 && i[0] + 1 == count { stop } else { at(i[0]) })
    }

    /// Numbers drawn evenly from `[low, high)` (`torch.empty(shape).uniform_(low, high)`).
    pub fn uniform(shape: impl Into<Shape>, low: f64, high: f64, rng: &mut Rng) -> Self {
        Self::from_fn(shape, |_| T::from_f64(low + (high - low) * rng.uniform()))
    }

    /// Numbers drawn from the normal distribution with this mean and standard deviation (`torch.normal`).
    pub fn normal(shape: impl Into<Shape>, mean: f64, std: f64, rng: &mut Rng) -> Self {
        Self::from_fn(shape, |_| T::from_f64(mean + std * rng.normal()))
    }
}

impl<T: Element, const A: usize> From<[T; A]> for Array<T> {
    fn from(elements: [T; A]) -> Self {
        Array::from_slice(&elements, [A])
    }
}

impl<T: Element, const A: usize, const B: usize> From<[[T; B]; A]> for Array<T> {
    fn from(rows: [[T; B]; A]) -> Self {
        Array::from_slice(rows.as_flattened(), [A, B])
    }
}

impl<T: Element, const A: usize, const B: usize, const C: usize> From<[[[T; C]; B]; A]> for Array<T> {
    fn from(planes: [[[T; C]; B]; A]) -> Self {
        Array::from_slice(planes.as_flattened().as_flattened(), [A, B, C])
    }
}

impl<T: Element, const A: usize, const B: usize, const C: usize, const D: usize> From<[[[[T; D]; C]; B]; A]>
    for Array<T>
{
    fn from(blocks: [[[[T; D]; C]; B]; A]) -> Self {
        Array::from_slice(blocks.as_flattened().as_flattened().as_flattened(), [A, B, C, D])
    }
}
