//! Reductions that take more than one pass: variance, standard deviation, log-sum-exp; and running sums.

use crate::fold::fold;
use crate::level::{Body, Level, at_level};
use crate::walk::{CHUNK, each_line};
use crate::{Array, Axes, Float, Num, axis_index, log_sum_exp};

impl<T: Float> Array<T> {
    /// The variance along `axes`: the sum of squared distances from the mean, divided by `n - ddof`.
    /// `ddof` 0 is the mean square (`np.var`, and what the norm layers use), 1 the unbiased estimate
    /// (`torch.var`'s default). NaN for no elements.
    ///
    /// Two passes, the mean first. The one-pass formula, mean of squares minus square of the mean, subtracts two large
    /// numbers that nearly cancel: in f32 the variance of 10000, 10001, 10002 comes out wrong (Chan et al. 1983).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn var(&self, axes: impl Axes + Copy, keepdim: bool, ddof: usize) -> Self {
        // Elements per result; of an empty array any number would do, 0 gives 0 / 0, which is NaN.
        let mask = axes.mask("var", self.ndim());
        let n: usize = (0..self.ndim()).filter(|&axis| mask[axis]).map(|axis| self.shape[axis]).product();
        let divisor = T::from_f64(n.saturating_sub(ddof) as f64);
        if (1..=CHUNK).contains(&n) {
            // The second pass over a row finds it in the cache.
            let (rows, shape) = self.rows("var", axes, keepdim);
            let (mut result, level) = (Array::scratch(shape), Level::detect());
            each_line(rows.data(), n, result.data_mut(), 1, |row, out| {
                at_level(level, Variance { row, divisor, out: &mut out[0] });
            });
            return result;
        }
        let mean = self.mean(axes, true);
        let squares = (self - &mean).map(|d| d * d).reduce("var", axes, keepdim, T::ZERO, |x, y| x + y);
        squares / divisor
    }

    /// The standard deviation along `axes`: the square root of [`var`](Array::var) (`np.std`).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn std(&self, axes: impl Axes + Copy, keepdim: bool, ddof: usize) -> Self {
        self.var(axes, keepdim, ddof).sqrt()
    }

    /// `ln(sum(exp(x)))` along `axes`, without overflow: `m + ln(sum(exp(x - m)))` with m the largest
    /// (`torch.logsumexp`). -inf for no elements.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn logsumexp(&self, axes: impl Axes, keepdim: bool) -> Self {
        let (rows, shape) = self.rows("logsumexp", axes, keepdim);
        let mut result = Array::full(shape, T::LOWEST);
        if !rows.is_empty() {
            each_line(rows.data(), rows.dim(-1), result.data_mut(), 1, |row, out| out[0] = log_sum_exp(row));
        }
        result
    }
}

impl<T: Num> Array<T> {
    /// Running sums along an axis: element i is the sum of the elements up to and with i (`np.cumsum`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn cumsum(&self, axis: isize) -> Self {
        let axis = axis_index("cumsum", axis, self.ndim()) as isize;
        let lines = self.clone().move_axis(axis, -1).contiguous();
        let mut result = Array::scratch(lines.shape);
        let length = lines.dim(-1);
        each_line(lines.data(), length, result.data_mut(), length, |line, out| {
            let mut total = T::ZERO;
            for (out, &x) in out.iter_mut().zip(line) {
                total += x;
                *out = total;
            }
        });
        result.move_axis(-1, axis)
    }

    /// The sum along `axes`, added up in a wider type: 200 + 100 overflows a byte, so
    /// `bytes.sum_as::<i64>(.., false)` (`np.sum(dtype=...)`, which numpy does by itself for small integers).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum_as<U: Num>(&self, axes: impl Axes, keepdim: bool) -> Array<U> {
        self.cast::<U>().sum(axes, keepdim)
    }
}

/// The sum of the squared distances of a row's elements from their mean, over `divisor`.
struct Variance<'a, T> {
    row: &'a [T],
    divisor: T,
    out: &'a mut T,
}

impl<T: Float> Body for Variance<'_, T> {
    #[inline(always)]
    fn run(self) {
        let mean = fold(self.row, T::ZERO, |x| x, |x, y| x + y) / T::from_f64(self.row.len() as f64);
        *self.out = fold(self.row, T::ZERO, move |x| (x - mean) * (x - mean), |x, y| x + y) / self.divisor;
    }
}
