//! The variable: a value that remembers how it was made.
//!
//! A leaf was given; any other variable was made by an operation from its inputs, and holds on to them. So a loss holds the
//! whole graph that it was computed from, and the graph lives as long as the loss: the "tape" is nothing but these references.
//!
//! A gradient is another variable. [`Var::backward`] adds plain arrays to the leaves, so that no reference ever leads from a
//! leaf back to a graph, and nothing is kept alive in a circle (PyTorch warns of that for `backward(create_graph=True)`).

use std::cell::{Cell, Ref, RefCell};
use std::panic::Location;
use std::rc::Rc;

use ch01_tensors::{Array, Float, Shape, fail};

use crate::ops::Identity;
use crate::{Operation, Tape, anomaly, apply, mode};

/// What a hook does with a gradient: replaces it, or not.
type Hook<T> = Rc<dyn Fn(&Var<T>) -> Option<Var<T>>>;

// ANCHOR: var
/// An array on the tape (`torch.Tensor`). Cloning makes another handle of the same variable.
pub struct Var<T: Float = f32>(Rc<Node<T>>);

struct Node<T: Float> {
    /// Counts up; an operation's inputs have smaller numbers than its output.
    id: u64,
    value: RefCell<Array<T>>,
    requires_grad: bool,
    origin: RefCell<Origin<T>>,
    /// How often the value was edited.
    version: Cell<u32>,
    /// The sum of gradients so far; leaves only.
    grad: RefCell<Option<Array<T>>>,
    hooks: RefCell<Vec<Hook<T>>>,
}

/// Where a value comes from.
pub(crate) enum Origin<T: Float> {
    /// It was given.
    Leaf,
    /// An operation made it.
    Made(Step<T>),
    /// The operation of this name made it, and a backward pass has let go of what it knew.
    Released(&'static str),
}

/// One line of the tape.
pub(crate) struct Step<T: Float> {
    pub operation: Rc<dyn Operation<T>>,
    pub inputs: Vec<Var<T>>,
    /// The versions of the inputs that the operation saw.
    pub versions: Vec<u32>,
    pub place: &'static Location<'static>,
}
// ANCHOR_END: var

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

impl<T: Float> Var<T> {
    pub(crate) fn new(value: Array<T>, requires_grad: bool, origin: Origin<T>) -> Self {
        Var(Rc::new(Node {
            id: NEXT.replace(NEXT.get() + 1),
            value: RefCell::new(value),
            requires_grad,
            origin: RefCell::new(origin),
            version: Cell::new(0),
            grad: RefCell::new(None),
            hooks: RefCell::new(Vec::new()),
        }))
    }

    /// A leaf that gradients are computed for (`requires_grad=True`).
    pub fn variable(value: Array<T>) -> Self {
        Var::new(value, true, Origin::Leaf)
    }

    /// A leaf that no gradient is computed for.
    pub fn constant(value: Array<T>) -> Self {
        Var::new(value, false, Origin::Leaf)
    }

    /// A constant number, of shape `[]`.
    pub fn scalar(value: f64) -> Self {
        Var::constant(Array::scalar(T::from_f64(value)))
    }

    /// The value. It shares storage with the variable until one of the two is written.
    pub fn value(&self) -> Array<T> {
        self.0.value.borrow().clone()
    }

    /// The only element, as f64 (`loss.item()`). This is what belongs into a history of losses: it holds no graph.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[track_caller]
    pub fn item(&self) -> f64 {
        self.0.value.borrow().item().to_f64()
    }

    /// The shape of the value.
    pub fn shape(&self) -> Shape {
        *self.0.value.borrow().shape()
    }

    /// The length of one axis; -1 is the last.
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn dim(&self, axis: isize) -> usize {
        self.0.value.borrow().dim(axis)
    }

    /// Whether a gradient can reach this variable.
    pub fn requires_grad(&self) -> bool {
        self.0.requires_grad
    }

    /// A number of its own: larger than those of the variables it was made from.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Whether it was given rather than computed (on the tape).
    pub fn is_leaf(&self) -> bool {
        matches!(*self.0.origin.borrow(), Origin::Leaf)
    }

    /// Whether a backward pass has released the tape behind it.
    pub fn is_released(&self) -> bool {
        matches!(*self.0.origin.borrow(), Origin::Released(_))
    }

    /// The name of the operation that made it (`grad_fn`); `None` for a leaf.
    pub fn operation(&self) -> Option<&'static str> {
        match &*self.0.origin.borrow() {
            Origin::Leaf => None,
            Origin::Made(step) => Some(step.operation.name()),
            Origin::Released(name) => Some(name),
        }
    }

    /// What it was made from; empty for a leaf, and after the tape was released.
    pub fn inputs(&self) -> Vec<Var<T>> {
        match &*self.0.origin.borrow() {
            Origin::Made(step) => step.inputs.clone(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn origin(&self) -> Ref<'_, Origin<T>> {
        self.0.origin.borrow()
    }

    pub(crate) fn version(&self) -> u32 {
        self.0.version.get()
    }

    /// The gradients that backward passes have added up in this leaf (`x.grad`); `None` before the first.
    pub fn grad(&self) -> Option<Array<T>> {
        self.0.grad.borrow().clone()
    }

    /// Adds to the gradient of this leaf.
    pub(crate) fn add_grad(&self, gradient: Array<T>) {
        let mut sum = self.0.grad.borrow_mut();
        *sum = Some(match sum.take() {
            Some(sum) => sum + &gradient,
            None => gradient,
        });
    }

    /// Forgets the gradient (`x.grad = None`).
    pub fn zero_grad(&self) {
        self.0.grad.replace(None);
    }

    /// The same value as a constant: no gradient goes back through here (`x.detach()`).
    pub fn detach(&self) -> Var<T> {
        // Through an operation, so that a trace sees it; without a trace nothing is recorded.
        mode::no_grad(|| apply(Identity, &[self]))
    }

    // ANCHOR: edit
    /// Changes the value of a leaf in place, off the tape: an optimizer's step. Whoever has read the old value for a
    /// backward pass that is still to come will refuse to go back.
    ///
    /// # Panics
    /// When the value was computed (it belongs to its graph), or its shape changes.
    #[track_caller]
    pub fn edit(&self, change: impl FnOnce(&mut Array<T>)) {
        if let Some(name) = self.operation() {
            let rule = "belongs to the graph; edit a leaf, or a detached copy";
            fail("edit", format_args!("the value was computed by `{name}` and {rule}"));
        }
        let mut value = self.0.value.borrow_mut();
        let shape = *value.shape();
        change(&mut value);
        self.0.version.set(self.version() + 1);
        if *value.shape() != shape {
            fail("edit", format_args!("the shape changed from {shape:?} to {:?}", value.shape()));
        }
    }
    // ANCHOR_END: edit

    /// Calls `hook` with the gradient of this variable, once it is complete, in every backward pass; what the hook
    /// returns replaces it (`x.register_hook`). Hooks run in the order in which they came.
    pub fn register_hook(&self, hook: impl Fn(&Var<T>) -> Option<Var<T>> + 'static) {
        self.0.hooks.borrow_mut().push(Rc::new(hook));
    }

    /// The gradient of this variable as its hooks want it.
    ///
    /// # Panics
    /// When a hook changes the shape.
    pub fn hooked(&self, mut grad: Var<T>) -> Var<T> {
        let hooks = self.0.hooks.borrow().clone();
        for hook in hooks {
            if let Some(new) = hook(&grad) {
                if new.shape() != self.shape() {
                    let (new, old) = (new.shape(), self.shape());
                    fail("hook", format_args!("returned a gradient of shape {new:?} for a value of {old:?}"));
                }
                grad = new;
            }
        }
        grad
    }

    // ANCHOR: pull
    /// One step back: the gradients of the wanted inputs, given the gradient of this variable.
    ///
    /// # Panics
    /// When the tape was released, or when an input that the rule reads was edited since.
    pub fn pull(&self, grad: &Var<T>, wanted: &[bool], tape: Tape) -> Vec<Option<Var<T>>> {
        let step = self.step(tape);
        let name = step.operation.name();
        if step.operation.reads_inputs() {
            for (i, (input, version)) in step.inputs.iter().zip(&step.versions).enumerate() {
                let edits = input.version() - version;
                if edits > 0 {
                    let rule = "its backward pass needs the old value: run the forward pass again";
                    let place = step.place;
                    fail(
                        "backward",
                        format_args!(
                            "input {i} of `{name}` (called at {place}) was edited {edits} times since; {rule}"
                        ),
                    );
                }
            }
        }
        anomaly::within_rule(name, step.place, || {
            let gradients = step.operation.gradients(wanted, grad, &step.inputs, self);
            for (input, gradient) in step.inputs.iter().zip(&gradients) {
                if gradient.as_ref().is_some_and(|gradient| gradient.shape() != input.shape()) {
                    fail(name, format_args!("its backward rule returned a gradient of another shape"));
                }
            }
            gradients
        })
    }
    // ANCHOR_END: pull

    /// The step that made this variable: a copy of it, or the step itself if the tape is to be released.
    fn step(&self, tape: Tape) -> Step<T> {
        let mut origin = self.0.origin.borrow_mut();
        let name = match &*origin {
            Origin::Made(Step { operation, inputs, versions, place }) => {
                // A trace still has to read what a backward pass has used.
                if tape != Tape::Release || mode::is_tracing() {
                    let (inputs, versions) = (inputs.clone(), versions.clone());
                    return Step { operation: operation.clone(), inputs, versions, place };
                }
                operation.name()
            }
            Origin::Released(name) => {
                let rule = "was released by an earlier backward pass; give that one Tape::Retain";
                fail("backward", format_args!("the graph behind the result of `{name}` {rule}"))
            }
            Origin::Leaf => fail("backward", format_args!("a leaf was not computed from anything")),
        };
        match std::mem::replace(&mut *origin, Origin::Released(name)) {
            Origin::Made(step) => step,
            _ => unreachable!("looked at above"),
        }
    }
}

impl<T: Float> Clone for Var<T> {
    fn clone(&self) -> Self {
        Var(Rc::clone(&self.0))
    }
}

impl<T: Float> std::fmt::Debug for Var<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} from {}", self.0.value.borrow(), self.operation().unwrap_or("a leaf"))
    }
}

/// Lets go of a graph without recursion: a recurrent network's may be a hundred thousand steps deep.
impl<T: Float> Drop for Node<T> {
    fn drop(&mut self) {
        let inputs_of = |node: &mut Node<T>| match node.origin.get_mut() {
            Origin::Made(step) => std::mem::take(&mut step.inputs),
            _ => Vec::new(),
        };
        let mut waiting = inputs_of(self);
        while let Some(var) = waiting.pop() {
            if let Some(mut node) = Rc::into_inner(var.0) {
                waiting.append(&mut inputs_of(&mut node));
            }
        }
    }
}
