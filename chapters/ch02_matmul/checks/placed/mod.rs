//! Numbers that know where they lie, and write down which of them are multiplied.

use std::cell::RefCell;
use std::ops::{AddAssign, Mul};

/// A number that is only its place in a matrix.
#[derive(Clone, Copy)]
pub struct Placed(usize);

thread_local! {
    static MULTIPLIED: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

impl Placed {
    /// The elements of a matrix.
    pub fn matrix(size: usize) -> Vec<Placed> {
        (0..size).map(Placed).collect()
    }
}

impl Mul for Placed {
    type Output = Placed;
    fn mul(self, other: Placed) -> Placed {
        MULTIPLIED.with_borrow_mut(|list| list.push((self.0, other.0)));
        self
    }
}

impl AddAssign for Placed {
    fn add_assign(&mut self, _: Placed) {}
}

/// The places of the factors of every multiplication in `work`, in order.
pub fn multiplications(work: impl FnOnce()) -> Vec<(usize, usize)> {
    MULTIPLIED.take();
    work();
    MULTIPLIED.take()
}
