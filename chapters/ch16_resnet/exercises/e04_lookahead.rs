//! Lookahead: a slow copy of the weights that follows the fast ones, and pulls them back (Zhang et al. 2019).
//!
//! Every `k` steps the slow weights move, `s ← α s + (1 - α) w`, and the fast ones begin anew from there, `w ← s`. Weights
//! that rattle to and fro are thereby averaged while they are being trained, not only at the end as by a running mean
//! ([`Ema`](ch09_optimizers::Ema)). Here `α` may change with the step: 0 at the beginning, when there is nothing worth
//! keeping, and near 1 at the end. After the last step the slow weights are the result.
//!
//! Running statistics belong to the weights, and are averaged with them.

use ch01_tensors::{Array, Float, fail};
use ch05_backprop::{Entry, Module, Visitor};
use ch09_optimizers::Optimizer;

/// The share of the slow weights that stays, at each step.
type Share = Box<dyn Fn(u64) -> f64 + Send>;

/// Any optimizer, with slow weights beside it.
pub struct Lookahead<T: Float = f32> {
    inner: Box<dyn Optimizer<T>>,
    every: u64,
    /// After this many steps the slow weights become the result.
    total: u64,
    share: Share,
    slow: Vec<Array<T>>,
}

impl<T: Float> Lookahead<T> {
    /// Slow weights that move every `every` steps and keep the share `share(step)` of themselves, `step` counted from 1;
    /// step number `total` is the last.
    ///
    /// # Panics
    /// When `every` is 0.
    #[track_caller]
    pub fn new(
        inner: Box<dyn Optimizer<T>>,
        every: u64,
        total: u64,
        share: impl Fn(u64) -> f64 + Send + 'static,
    ) -> Self {
        if every == 0 {
            fail("Lookahead", format_args!("the slow weights never move"));
        }
        Lookahead { inner, every, total, share: Box::new(share), slow: Vec::new() }
    }

    /// Calls `see` with every parameter and buffer and the slow copy of it, which at first is a copy.
    fn each(
        &mut self,
        module: &mut dyn Module<T>,
        mut see: impl FnMut(String, &mut Array<T>, &mut Array<T>),
    ) {
        each(&mut self.slow, module, |path, fast, slow| see(path.to_string(), fast, slow));
    }
}

fn each<T: Float>(
    copies: &mut Vec<Array<T>>,
    module: &mut dyn Module<T>,
    mut see: impl FnMut(&ch05_backprop::Path<'_>, &mut Array<T>, &mut Array<T>),
) {
    let mut place = 0;
    module.visit(&mut Visitor::new(&mut |path, entry| {
        let fast = match entry {
            Entry::Param(param) => &mut param.value,
            Entry::Buffer(buffer) => buffer,
            Entry::Stream(_) => return,
        };
        if copies.len() == place {
            copies.push(fast.copy());
        }
        let slow = &mut copies[place];
        place += 1;
        if slow.shape() != fast.shape() {
            let (slow, fast) = (slow.shape(), fast.shape());
            fail("Lookahead", format_args!("{path} has shape {fast:?} but its slow copy {slow:?}"));
        }
        see(path, fast, slow);
    }));
}

impl<T: Float> Optimizer<T> for Lookahead<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        if self.slow.is_empty() {
            // The first weights are the first slow ones.
            each(&mut self.slow, module, |_, _, _| {});
        }
        self.inner.step(module, rate);
        let step = self.inner.steps();
        // Yours: If `step` is a multiple of `self.every`: move each slow array, of which `(self.share)(step)`
        // stays, towards the fast one, and make the fast one equal to it. If `step` is `self.total`: the fast ones become
        // the slow ones, which do not move. `each(&mut self.slow, module, |_, fast, slow| ..)` goes over all of them;
        // `slow.zip_assign("Lookahead", fast, |s, w| ..)` changes one array by another.
        todo!()
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.inner.visit_state(module, see);
        self.each(module, |path, _, slow| see(&format!("slow.{path}"), slow));
    }

    fn steps(&self) -> u64 {
        self.inner.steps()
    }

    fn set_steps(&mut self, steps: u64) {
        self.inner.set_steps(steps);
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.inner.set_momentum(momentum);
    }
}
