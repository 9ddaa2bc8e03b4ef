//! The contract of every layer, and the one traversal over its parameters.
//!
//! A layer owns its backward pass. `forward` pushes what `backward` will need, `backward` pops it: so a layer can be
//! used several times in one step, as long as the backward calls come in reverse order. `infer` keeps nothing and takes
//! `&self`: it may run on many threads at once, and forgetting to switch to evaluation mode cannot be written.
//!
//! Whoever needs the parameters (optimizer, checkpoint, summary, freezing) goes through `visit`.

use std::fmt::{self, Display};

use ch01_tensors::context::{self, Name};
use ch01_tensors::{Array, Float, Rng};

// ANCHOR: layer
/// Anything with parameters: a layer, a network, a network with several inputs.
pub trait Module<T: Float = f32>: Send + Sync {
    /// Shows every parameter, buffer and random stream to the visitor, each once, children by their names.
    fn visit(&mut self, visitor: &mut Visitor<'_, T>);
}

/// A differentiable function with parameters (PyTorch's `nn.Module`, with its backward pass written out).
///
/// A module with other inputs than one array (token numbers, masks, states) is no `Layer`, but has methods of its own
/// with these three names and roles.
pub trait Layer<T: Float = f32>: Module<T> {
    /// Computes the output, and pushes what [`backward`](Layer::backward) needs.
    fn forward(&mut self, x: Array<T>) -> Array<T>;

    /// Takes the gradient of the loss with respect to the output of the last forward call not yet gone back through;
    /// adds to the gradients of the parameters and returns the gradient with respect to the input.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    fn backward(&mut self, grad: Array<T>) -> Array<T>;

    /// [`backward`](Layer::backward) where nobody asks for the gradient with respect to the input, because the input is the
    /// data (PyTorch: `requires_grad=False`). Layers for which that saves work have their own.
    fn backward_params(&mut self, grad: Array<T>) {
        self.backward(grad);
    }

    /// Computes the output for use rather than training: nothing is kept.
    fn infer(&self, x: Array<T>) -> Array<T>;
}
// ANCHOR_END: layer

// ANCHOR: param
/// A parameter: its value, and the gradient that backward passes add to.
#[derive(Clone)]
pub struct Param<T: Float = f32> {
    /// What the layer computes with.
    pub value: Array<T>,
    /// The sum of the gradients since [`zero_grad`](Param::zero_grad), in the shape of the value.
    pub grad: Array<T>,
    /// What kind of parameter it is.
    pub role: Role,
    /// A frozen parameter is shown to visitors but not trained.
    pub frozen: bool,
}
// ANCHOR_END: param

/// What a parameter is for. Optimizers treat roles differently: biases and norms, for instance, do not decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A matrix or kernel that multiplies the input.
    Weight,
    /// A vector that is added.
    Bias,
    /// The gain or shift of a normalisation.
    Norm,
    /// A table of vectors, one per token.
    Embedding,
    /// The learned shape of an activation, such as PReLU's slope.
    Activation,
}

impl<T: Float> Param<T> {
    /// A parameter with this value, and no gradient yet.
    pub fn new(value: Array<T>, role: Role) -> Self {
        Param { grad: value.zeros_like(), value, role, frozen: false }
    }

    /// Forgets the gradient.
    pub fn zero_grad(&mut self) {
        self.grad.fill(T::ZERO);
    }

    /// The same parameter in 64 bits.
    pub fn to_f64(&self) -> Param<f64> {
        Param { value: self.value.to_f64(), grad: self.grad.to_f64(), role: self.role, frozen: self.frozen }
    }
}

/// What a visitor is shown.
pub enum Entry<'a, T: Float> {
    /// Something that is trained.
    Param(&'a mut Param<T>),
    /// Something that is saved but not trained, such as running statistics.
    Buffer(&'a mut Array<T>),
    /// Where training draws random numbers, for dropout; a checkpoint saves its position, an exported model does not.
    Stream(&'a mut Rng),
}

/// Where a visit stands: `encoder.0.weight`. A list on the stack, so that visiting allocates nothing.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: Name,
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        self.name.fmt(f)
    }
}

/// Goes through a module and its children, and hands every entry to a function.
pub struct Visitor<'a, T: Float> {
    path: Option<&'a Path<'a>>,
    see: &'a mut dyn FnMut(&Path<'_>, Entry<'_, T>),
}

impl<'a, T: Float> Visitor<'a, T> {
    /// A visitor that calls `see` with each path and entry.
    pub fn new(see: &'a mut dyn FnMut(&Path<'_>, Entry<'_, T>)) -> Self {
        Visitor { path: None, see }
    }

    /// Shows a parameter.
    pub fn param(&mut self, name: impl Into<Name>, param: &mut Param<T>) {
        (self.see)(&Path { parent: self.path, name: name.into() }, Entry::Param(param));
    }

    /// Shows a buffer.
    pub fn buffer(&mut self, name: impl Into<Name>, buffer: &mut Array<T>) {
        (self.see)(&Path { parent: self.path, name: name.into() }, Entry::Buffer(buffer));
    }

    /// Shows a stream of random numbers.
    pub fn stream(&mut self, name: impl Into<Name>, stream: &mut Rng) {
        (self.see)(&Path { parent: self.path, name: name.into() }, Entry::Stream(stream));
    }

    /// Goes into a child.
    pub fn child(&mut self, name: impl Into<Name>, module: &mut dyn Module<T>) {
        let name = name.into();
        let _inside = context::enter(name);
        let path = Path { parent: self.path, name };
        module.visit(&mut Visitor { path: Some(&path), see: self.see });
    }
}

/// Calls `see` with every parameter of a module and its path.
pub fn for_each_param<T: Float>(module: &mut dyn Module<T>, mut see: impl FnMut(&Path<'_>, &mut Param<T>)) {
    module.visit(&mut Visitor::new(&mut |path, entry| {
        if let Entry::Param(param) = entry {
            see(path, param);
        }
    }));
}

/// Forgets the gradients of all parameters; to be called before each step (`optimizer.zero_grad()`).
pub fn zero_grad<T: Float>(module: &mut dyn Module<T>) {
    for_each_param(module, |_, param| param.zero_grad());
}
