//! Weights in the form in which a fast way reads them, kept from one use of a layer to the next.
//!
//! With many images it costs little to bring the weights into that form each time. With a single one it takes as long as the
//! rest. So a layer in use, which sees the same weights again and again, keeps what was made of them.
//!
//! How does it know that they are the same? It holds on to the array that it made the form of. Arrays share their memory until
//! one of them is changed, and then that one gets memory of its own (chapter 1): as long as the layer's weights begin at the
//! same address as the array kept here, nobody has written to them. Parts of an array may begin there too, hence the shapes.

use std::sync::{Mutex, PoisonError};

use ch01_tensors::Tensor;
use ch02_matmul::Kernel;

use crate::problem::Problem;
use crate::{direct, winograd};

/// A way to convolve that has a form of its own for the weights.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Way {
    /// Kernels at the 36 points.
    Winograd,
    /// Panels of output channels.
    Direct,
}

impl Way {
    /// The weights as this way reads them.
    pub fn form(self, problem: &Problem, weight: &Tensor) -> Tensor {
        match self {
            Way::Winograd => winograd::points(problem, weight),
            Way::Direct => direct::panels(problem, weight),
        }
    }
}

/// The form that was used last, if any.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<Entry>>);

struct Entry {
    weight: Tensor,
    way: Way,
    kernel: Kernel,
    form: Tensor,
}

impl Kept {
    // ANCHOR: form
    /// The weights as this way reads them: made now, unless they are there.
    pub fn form(&self, way: Way, problem: &Problem, weight: &Tensor) -> Tensor {
        if !weight.is_contiguous() {
            return way.form(problem, weight);
        }
        let mut entry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |kept: &Tensor| kept.shape() == weight.shape() && kept.data().as_ptr() == weight.data().as_ptr();
        let kernel = Kernel::in_use();
        match &*entry {
            Some(kept) if kept.way == way && kept.kernel == kernel && same(&kept.weight) => kept.form.clone(),
            _ => {
                let form = way.form(problem, weight);
                *entry = Some(Entry { weight: weight.clone(), way, kernel, form: form.clone() });
                form
            }
        }
    }
    // ANCHOR_END: form

    /// Whether there is a form of these weights.
    #[cfg(test)]
    fn has(&self, weight: &Tensor) -> bool {
        let entry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entry.as_ref().is_some_and(|kept| kept.weight.data().as_ptr() == weight.data().as_ptr())
    }

    /// Gives the memory back. In training the weights change anyway, and in place, if nobody else holds them.
    pub fn forget(&mut self) {
        *self.0.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Conv2dOptions;

    #[test]
    fn changed_weights_are_noticed() {
        let options = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
        let mut weight = Tensor::ones([2, 3, 3, 3]);
        let problem = Problem::new("test", Tensor::ones([1, 3, 8, 8]).shape(), weight.shape(), options);
        let mut kept = Kept::default();
        let first = kept.form(Way::Winograd, &problem, &weight);
        assert!(kept.has(&weight));
        // In place, as an optimizer does it; the kept form holds the old weights, so that they get new memory.
        weight *= 2.0;
        assert!(!kept.has(&weight));
        let second = kept.form(Way::Winograd, &problem, &weight);
        assert!(kept.has(&weight) && second == first.clone() * 2.0);
        // Others with the same numbers, at another place.
        assert!(!kept.has(&weight.copy()));
        let again = kept.form(Way::Winograd, &problem, &weight);
        assert_eq!(again.data().as_ptr(), second.data().as_ptr(), "made once");
        // A part of them, which begins where they do.
        let part = weight.narrow(0, 0, 1);
        let of_part = Problem::new("test", Tensor::ones([1, 3, 8, 8]).shape(), part.shape(), options);
        let form = kept.form(Way::Winograd, &of_part, &part);
        assert!(form == Way::Winograd.form(&of_part, &part) && form.size() < second.size());
        kept.forget();
        assert!(!kept.has(&weight));
    }
}
