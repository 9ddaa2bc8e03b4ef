//! Parallel: several layers on the same input, and their outputs made into one (an Inception block: Szegedy et al. 2015).
//!
//! `y = join(f_1(x), …, f_n(x))`, where the join adds, multiplies or concatenates (see [`Join`]). The input is used `n`
//! times, so `n` gradients come back, and they add: `dL/dx = Σ J_iᵀ g_i`, with `g_i` the part of the gradient that belongs to
//! branch `i`.
//!
//! The branches run one after the other, the last one backwards first. `Residual` is a Parallel of two branches, the layer and
//! nothing. Left out: branches on other inputs, for which there is `Graph`.

use ch01_tensors::{Array, Float, context, fail};
use ch05_backprop::{Layer, Module, Visitor};

use ch07_modules::{Join, JoinKept, observed};

/// Layers side by side; they are called "0", "1", … in paths.
///
/// ```
/// # use ch01_tensors::{Rng, Tensor};
/// # use ch05_backprop::{Layer, Linear};
/// # use ch07_modules::{Join, Parallel};
/// let rng = &mut Rng::new(0, "init");
/// let model = Parallel::new(Join::Concat(-1)).push(Linear::new(4, 3, rng)).push(Linear::new(4, 5, rng));
/// assert_eq!(*model.infer(Tensor::zeros([2, 4])).shape(), [2, 8]);
/// ```
pub struct Parallel<T: Float = f32> {
    branches: Vec<Box<dyn Layer<T>>>,
    join: Join,
    kept: Vec<JoinKept<T>>,
}

impl<T: Float> Parallel<T> {
    /// Branches that meet in this way; none yet.
    pub fn new(join: Join) -> Self {
        Parallel { branches: Vec::new(), join, kept: Vec::new() }
    }

    /// The same with one branch more.
    pub fn push(mut self, branch: impl Layer<T> + 'static) -> Self {
        self.branches.push(observed(branch));
        self
    }

    #[track_caller]
    fn check(&self) {
        if self.branches.is_empty() {
            fail("Parallel", format_args!("there are no branches"));
        }
    }
}

impl<T: Float> Layer<T> for Parallel<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.check();
        let mut outputs = Vec::new();
        // Yours: Push every branch's output. All of them get the input; `context::enter(i)` announces branch i.
        todo!();
        let (y, kept) = self.join.together(outputs);
        self.kept.push(kept);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(kept) = self.kept.pop() else {
            fail("Parallel::backward", format_args!("no forward call to go back through"))
        };
        let parts = self.join.apart(grad, &kept);
        // Yours: `parts` has the gradient of each branch's output, in the order of the branches. Go back through
        // each branch, the last one first, and return what all of them together say about the input.
        todo!()
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.check();
        let mut outputs = Vec::new();
        for (i, branch) in self.branches.iter().enumerate() {
            let _inside = context::enter(i);
            outputs.push(branch.infer(x.clone()));
        }
        self.join.together(outputs).0
    }
}

impl<T: Float> Module<T> for Parallel<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (i, branch) in self.branches.iter_mut().enumerate() {
            visitor.child(i, &mut **branch);
        }
    }
}
