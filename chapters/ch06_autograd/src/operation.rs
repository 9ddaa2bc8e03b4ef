//! What an operation is: its value, and the transpose of its Jacobian.

use std::panic::Location;
use std::rc::Rc;

use ch01_tensors::{Array, Float, fail};

use crate::var::{Origin, Step, Var};
use crate::{anomaly, mode};

// ANCHOR: operation
/// A function of arrays, and its derivative (`torch.autograd.Function`).
///
/// Everything but the inputs (axes, shapes, indices) is kept in the operation itself, so that it can be run again on other
/// inputs. No value is: what `backward` needs, it finds in the inputs and in the output.
pub trait Operation<T: Float>: 'static {
    /// What it is called in messages and pictures.
    fn name(&self) -> &'static str;

    /// The output.
    fn forward(&self, x: &[Array<T>]) -> Array<T>;

    /// `dL/dx[which]`, for `grad = dL/dy`, the inputs `x` and the output `y`; in the shape of `x[which]`. It is made of
    /// operations on variables, so that it can be differentiated again.
    fn backward(&self, which: usize, grad: &Var<T>, x: &[Var<T>], y: &Var<T>) -> Var<T>;

    /// Whether `backward` reads the values of the inputs: then they must not have been edited meanwhile.
    fn reads_inputs(&self) -> bool {
        true
    }

    /// Whether there is a derivative. Where not, the output is a constant for the tape.
    fn is_differentiable(&self) -> bool {
        true
    }
    // ANCHOR_END: operation

    /// The gradients of the wanted inputs. An operation overrides this if it computes them all together.
    fn gradients(&self, wanted: &[bool], grad: &Var<T>, x: &[Var<T>], y: &Var<T>) -> Vec<Option<Var<T>>> {
        wanted.iter().enumerate().map(|(which, &it)| it.then(|| self.backward(which, grad, x, y))).collect()
    }

    /// The operation on one block, if it works element by element on inputs of one shape: `x` becomes `f(x)` or `f(x, y)`.
    /// A [`Program`](crate::Program) fuses such operations.
    fn block(&self) -> Option<&dyn Block<T>> {
        None
    }

    /// What it does, with everything that decides it (axes, shapes, exponents), as a text: two operations with the same key
    /// give the same bits for the same inputs. `None` if nobody has said so; then it is equal to no other.
    fn key(&self) -> Option<String> {
        None
    }

    /// How many operations it stands for: more than one if it is a fused one.
    fn parts(&self) -> usize {
        1
    }
}

/// An elementwise operation on a block of numbers.
pub trait Block<T>: Sync {
    /// Replaces every `x` by `f(x)`, or by `f(x, y)` for an operation of two inputs.
    fn run(&self, x: &mut [T], y: &[T]);
}

// ANCHOR: apply
/// Applies an operation: computes its value and, if a gradient may be asked for, writes it on the tape.
#[track_caller]
pub fn apply<T: Float>(operation: impl Operation<T>, inputs: &[&Var<T>]) -> Var<T> {
    let values: Vec<Array<T>> = inputs.iter().map(|x| x.value()).collect();
    let value = operation.forward(&values);
    anomaly::check(operation.name(), &values, &value);

    let wanted = operation.is_differentiable() && inputs.iter().any(|x| x.requires_grad());
    let requires_grad = mode::is_grad_enabled() && wanted;
    if !requires_grad && !mode::is_tracing() {
        return Var::constant(value);
    }
    let step = Step {
        versions: inputs.iter().map(|x| x.version()).collect(),
        inputs: inputs.iter().map(|&x| x.clone()).collect(),
        operation: Rc::new(operation),
        place: Location::caller(),
    };
    Var::new(value, requires_grad, Origin::Made(step))
}
// ANCHOR_END: apply

/// Fails in the name of an operation without a derivative.
pub(crate) fn no_derivative(name: &str) -> ! {
    fail(name, format_args!("has no derivative"))
}
