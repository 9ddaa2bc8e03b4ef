//! Where we are, for error messages.
//!
//! Array maths panics like indexing does. A bare "sizes differ" is of little use inside a network of fifty layers,
//! so containers announce the layer they are in with [`enter`] or [`within`], and [`fail`] puts that path before the message:
//! `encoder.0.mlp: matmul: inner sizes differ: [32, 784] x [256, 10]`.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::marker::PhantomData;

/// One step of a layer path: a field's name or an index into a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// A named child, such as `encoder`.
    Field(&'static str),
    /// A numbered child, such as the `0` of `encoder.0`.
    Index(usize),
}

impl From<&'static str> for Name {
    fn from(name: &'static str) -> Self {
        Name::Field(name)
    }
}

impl From<usize> for Name {
    fn from(index: usize) -> Self {
        Name::Index(index)
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Field(name) => f.write_str(name),
            Name::Index(index) => write!(f, "{index}"),
        }
    }
}

thread_local! {
    static PATH: RefCell<Vec<Name>> = const { RefCell::new(Vec::new()) };
}

/// Leaves the layer when dropped; made by [`enter`].
#[must_use = "the path is left when the guard is dropped"]
pub struct Entered(PhantomData<*const ()>); // Stays on its thread, whose path it leaves.

/// Announces that this thread now works inside the child `name`, until the guard is dropped.
pub fn enter(name: impl Into<Name>) -> Entered {
    PATH.with_borrow_mut(|path| path.push(name.into()));
    Entered(PhantomData)
}

/// Runs `f` inside the child `name`; returns what it returns.
pub fn within<R>(name: impl Into<Name>, f: impl FnOnce() -> R) -> R {
    let _inside = enter(name);
    f()
}

impl Drop for Entered {
    fn drop(&mut self) {
        PATH.with_borrow_mut(|path| path.pop());
    }
}

/// The current layer path, such as `encoder.0.mlp`; empty outside any container.
pub fn path() -> String {
    PATH.with_borrow(|path| path.iter().map(Name::to_string).collect::<Vec<_>>().join("."))
}

/// Panics with the layer path, the operation and the broken rule.
///
/// # Panics
/// Always; the location reported is the caller's.
#[track_caller]
pub fn fail(operation: &str, rule: fmt::Arguments<'_>) -> ! {
    let path = path();
    if path.is_empty() { panic!("{operation}: {rule}") } else { panic!("{path}: {operation}: {rule}") }
}
