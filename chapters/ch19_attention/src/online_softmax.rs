//! Online softmax (Milakov, Gimelshein 2018): the weighted mean of values under softmax, for scores that come in runs and
//! are forgotten at once. What flash attention does for blocks of queries, for one query and in plain loops.
//!
//! With `m` the largest score so far, `l = Σ_j e^(s_j - m)` and `a = Σ_j e^(s_j - m) v_j`: a run with larger scores makes
//! `m` larger, and what was summed relative to the old one is made relative to the new one by the factor
//! `e^(m_old - m_new)`, which is the same for all terms.

use ch01_tensors::Float;

// ANCHOR: online
/// What one query remembers of the keys it has seen: as many numbers as a value has, and two.
pub struct OnlineSoftmax<T> {
    /// The largest score so far; -inf before the first.
    pub largest: T,
    /// The sum of the exponentials, relative to the largest score.
    pub sum: T,
    /// The sum of the values with these exponentials as weights.
    pub values: Vec<T>,
}

impl<T: Float> OnlineSoftmax<T> {
    /// Before the first key, for values of `size` numbers.
    pub fn new(size: usize) -> Self {
        OnlineSoftmax { largest: T::LOWEST, sum: T::ZERO, values: vec![T::ZERO; size] }
    }

    /// Looks at a run of keys: their scores, and their values one behind the other.
    pub fn see(&mut self, scores: &[T], values: &[T]) {
        let size = self.values.len();
        // exercise: see - Find the largest score of the old `self.largest` and of the run. Bring `self.sum` and every
        // element of `self.values` from the old largest to the new: times e^(old - new). Then add for each key its
        // exponential e^(score - new) to the sum, and that times its value, `values[j * size..][..size]`, to the values.
        let largest = scores.iter().fold(self.largest, |largest, &s| Float::max(largest, s));
        if largest == T::LOWEST {
            return; // no key that may be seen
        }
        let factor = (self.largest - largest).exp();
        self.largest = largest;
        self.sum *= factor;
        for a in &mut self.values {
            *a *= factor;
        }
        for (j, &score) in scores.iter().enumerate() {
            let weight = (score - largest).exp();
            self.sum += weight;
            for (a, &v) in self.values.iter_mut().zip(&values[j * size..]) {
                *a += weight * v;
            }
        }
        // exercise: end
    }

    /// The mean of the values, and the logarithm of the sum of all `e^score`.
    pub fn finish(&self) -> (Vec<T>, T) {
        // exercise: finish - Divide the values by the sum. The sum is relative to the largest score: the logarithm of the
        // whole sum is `largest + ln(sum)`.
        let mean = self.values.iter().map(|&a| a / self.sum).collect();
        (mean, self.largest + self.sum.ln())
        // exercise: end
    }
}
// ANCHOR_END: online
