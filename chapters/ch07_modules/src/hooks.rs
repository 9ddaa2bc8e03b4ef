//! Hooks: looking at what flows between the layers of a network, and changing it, without changing the network
//! (`register_forward_hook`, `register_full_backward_hook`).
//!
//! Containers announce which layer they are in (see `ch01_tensors::context`), and wrap each layer in an observer that calls
//! the hooks of this thread with what the layer has computed. A hook is registered for a path, `encoder.0.mlp`, or for all
//! layers. It sees the layer's output, in training or in use; and on the way back the gradient of that same output. It
//! returns the array that goes on, usually the one it was given.
//!
//! Without hooks each layer pays for one look at a number. Left out: hooks on layers that stand in no container (call them
//! yourself), and on other threads than the one that registered them.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use ch01_tensors::{Array, Float, context};
use ch05_backprop::{Layer, Module, Visitor};

/// What a hook is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The output of a layer in training.
    Forward,
    /// The gradient of that output, on the way back.
    Backward,
    /// The output of a layer in use.
    Infer,
}

type Hook<T> = Box<dyn FnMut(&str, Pass, Array<T>) -> Array<T>>;

struct Registered<T: Float> {
    /// The layer; `None` for all.
    path: Option<String>,
    hook: Hook<T>,
}

/// Number and hook; one that is running is taken out for that time.
type Slot = (usize, Option<Box<dyn Any>>);

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// The number of the next hook: none is given twice, or a hook that puts another in its place would be put back over it.
    static NEXT: Cell<usize> = const { Cell::new(0) };
    static HOOKS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// Removes the hook when dropped (`handle.remove()`).
#[must_use = "the hook is removed when its handle is dropped"]
pub struct Handle {
    number: usize,
    /// It stays on its thread, whose hook it removes.
    _here: PhantomData<*const ()>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        HOOKS.with_borrow_mut(|hooks| hooks.retain(|(number, _)| *number != self.number));
        COUNT.set(COUNT.get() - 1);
    }
}

fn register<T: Float>(path: Option<&str>, hook: Hook<T>) -> Handle {
    let registered = Registered { path: path.map(str::to_owned), hook };
    let number = NEXT.replace(NEXT.get() + 1);
    HOOKS.with_borrow_mut(|hooks| hooks.push((number, Some(Box::new(registered)))));
    COUNT.set(COUNT.get() + 1);
    Handle { number, _here: PhantomData }
}

// ANCHOR: hook
/// Calls `hook` with everything that the layer at this path computes on this thread, until the handle is dropped.
///
/// ```
/// # use ch01_tensors::{Rng, Tensor};
/// # use ch05_backprop::{Layer, Linear};
/// # use ch07_modules::{Pass, Sequential, hook};
/// let rng = &mut Rng::new(0, "init");
/// let model = Sequential::new().push(Linear::new(4, 3, rng)).push(Linear::new(3, 2, rng));
/// let handle = hook("0", |pass, y: Tensor| {
///     assert_eq!((pass, &y.shape()[..]), (Pass::Infer, &[5, 3][..]));
///     y.zeros_like() // switches the layer off
/// });
/// let bias = model.infer(Tensor::ones([5, 4]));
/// drop(handle);
/// assert_ne!(model.infer(Tensor::ones([5, 4])), bias);
/// ```
pub fn hook<T: Float>(path: &str, mut hook: impl FnMut(Pass, Array<T>) -> Array<T> + 'static) -> Handle {
    register(Some(path), Box::new(move |_, pass, array| hook(pass, array)))
}

/// Calls `hook` with everything that any layer in a container computes on this thread, and the layer's path, until the
/// handle is dropped.
pub fn hook_all<T: Float>(hook: impl FnMut(&str, Pass, Array<T>) -> Array<T> + 'static) -> Handle {
    register(None, Box::new(hook))
}
// ANCHOR_END: hook

/// Shows an array to the hooks of this thread, in the order in which they were registered.
fn seen<T: Float>(pass: Pass, mut array: Array<T>) -> Array<T> {
    if COUNT.get() == 0 {
        return array;
    }
    let path = context::path();
    let numbers: Vec<usize> = HOOKS.with_borrow(|hooks| hooks.iter().map(|(number, _)| *number).collect());
    for number in numbers {
        // Taken out while it runs: a hook may use networks, register hooks and drop handles.
        let place = |hooks: &mut Vec<Slot>| hooks.iter().position(|(n, _)| *n == number);
        let taken = HOOKS.with_borrow_mut(|hooks| place(hooks).and_then(|at| hooks[at].1.take()));
        let Some(mut any) = taken else { continue };
        if let Some(registered) = any.downcast_mut::<Registered<T>>()
            && registered.path.as_ref().is_none_or(|wanted| *wanted == path)
        {
            array = (registered.hook)(&path, pass, array);
        }
        HOOKS.with_borrow_mut(|hooks| {
            if let Some(at) = place(hooks) {
                hooks[at].1 = Some(any);
            }
        });
    }
    array
}

// ANCHOR: observed
/// A layer in a container: whatever it returns is shown to the hooks.
struct Observed<L>(L);

/// The layer in a box, as containers keep it: whatever it returns is shown to the hooks.
pub fn observed<T: Float>(layer: impl Layer<T> + 'static) -> Box<dyn AnyLayer<T>> {
    Box::new(Observed(layer))
}

impl<T: Float, L: Layer<T>> Layer<T> for Observed<L> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        seen(Pass::Forward, self.0.forward(x))
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.0.backward(seen(Pass::Backward, grad))
    }

    fn backward_params(&mut self, grad: Array<T>) {
        self.0.backward_params(seen(Pass::Backward, grad));
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        seen(Pass::Infer, self.0.infer(x))
    }
}
// ANCHOR_END: observed

/// A layer in a box that can still be asked whether it is one of a certain type.
pub trait AnyLayer<T: Float = f32>: Layer<T> + Any {}

impl<T: Float, L: Layer<T> + 'static> AnyLayer<T> for L {}

impl<T: Float> dyn AnyLayer<T> {
    /// The layer, if it is an `L`.
    pub fn downcast_ref<L: 'static>(&self) -> Option<&L> {
        let any = self as &dyn Any;
        any.downcast_ref::<Observed<L>>().map(|observed| &observed.0).or_else(|| any.downcast_ref())
    }

    /// The layer, if it is an `L`, to be changed.
    pub fn downcast_mut<L: 'static>(&mut self) -> Option<&mut L> {
        let any = self as &mut dyn Any;
        if any.is::<Observed<L>>() {
            return any.downcast_mut::<Observed<L>>().map(|observed| &mut observed.0);
        }
        any.downcast_mut()
    }
}

impl<T: Float, L: Layer<T>> Module<T> for Observed<L> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.0.visit(visitor);
    }
}
