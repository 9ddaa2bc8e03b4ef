//! A recorded computation that runs again on other inputs, without the tape.
//!
//! Eager means: each operation runs when it is called, and the tape is built anew in every step. That is easy to debug, and
//! `if` and `for` are those of the language. But each operation knows only itself. A trace runs the function once, records
//! every operation (those of the backward pass too, since they are operations on variables like any other), and has the whole
//! computation before it: what is constant can be computed once, and chains of elementwise operations can go through memory
//! together.
//!
//! The price: a program is what happened in that one run. An `if` on a value has been decided for good, a shape is fixed, and
//! a random mask is frozen.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use ch01_tensors::{Array, Float, Shape, fail};

use crate::var::Origin;
use crate::{Operation, Var, mode};

// ANCHOR: program
/// A recorded computation: a list of operations, each after its inputs (`torch.fx.Graph`, `jax.jit`'s jaxpr).
pub struct Program<T: Float> {
    /// The first ones are the inputs, in order.
    pub(crate) nodes: Vec<Node<T>>,
    pub(crate) inputs: usize,
    pub(crate) outputs: Vec<usize>,
    /// For each node the last one that reads it; `usize::MAX` for outputs.
    last_use: Vec<usize>,
}

/// A value in a program.
#[derive(Clone)]
pub(crate) struct Node<T: Float> {
    pub source: Source<T>,
    pub shape: Shape,
}

/// Where a value comes from.
#[derive(Clone)]
pub(crate) enum Source<T: Float> {
    Input,
    Constant(Array<T>),
    /// An operation, and which nodes it reads.
    Operation(Rc<dyn Operation<T>>, Vec<usize>),
}
// ANCHOR_END: program

impl<T: Float> Program<T> {
    // ANCHOR: trace
    /// Runs `f` once on these inputs and records it. Whatever else `f` uses becomes a constant, with the value it has now.
    /// `f` may take gradients with respect to its inputs.
    pub fn trace(inputs: &[Array<T>], f: impl FnOnce(&[Var<T>]) -> Vec<Var<T>>) -> Self {
        let inputs: Vec<Var<T>> = inputs.iter().map(|x| Var::variable(x.clone())).collect();
        let outputs = mode::tracing(|| f(&inputs));
        // An operation's inputs have smaller numbers than its output, so the numbers give an order.
        let (mut order, mut waiting) = (Vec::new(), outputs.clone());
        let mut seen: HashSet<u64> = inputs.iter().map(Var::id).collect();
        while let Some(x) = waiting.pop() {
            if seen.insert(x.id()) {
                waiting.extend(x.inputs());
                order.push(x);
            }
        }
        order.sort_by_key(Var::id);

        let all: Vec<Var<T>> = inputs.iter().chain(&order).cloned().collect();
        let place: HashMap<u64, usize> = all.iter().enumerate().map(|(i, x)| (x.id(), i)).collect();
        let node = |(i, x): (usize, &Var<T>)| {
            let source = match &*x.origin() {
                _ if i < inputs.len() => Source::Input,
                Origin::Made(step) => {
                    let from = step.inputs.iter().map(|input| place[&input.id()]).collect();
                    Source::Operation(step.operation.clone(), from)
                }
                _ => Source::Constant(x.value()),
            };
            Node { source, shape: x.shape() }
        };
        let outputs = outputs.iter().map(|x| place[&x.id()]).collect();
        Program::new(all.iter().enumerate().map(node).collect(), inputs.len(), outputs)
    }
    // ANCHOR_END: trace

    /// A program without the nodes that no output depends on.
    pub(crate) fn new(nodes: Vec<Node<T>>, inputs: usize, outputs: Vec<usize>) -> Self {
        let mut alive: Vec<bool> = (0..nodes.len()).map(|i| i < inputs || outputs.contains(&i)).collect();
        for (i, node) in nodes.iter().enumerate().rev() {
            if let (true, Source::Operation(_, from)) = (alive[i], &node.source) {
                from.iter().for_each(|&input| alive[input] = true);
            }
        }
        let new_place: Vec<usize> =
            (0..nodes.len()).map(|i| alive[..i].iter().filter(|&&alive| alive).count()).collect();
        let mut program = Program {
            nodes: Vec::new(),
            inputs,
            outputs: outputs.iter().map(|&i| new_place[i]).collect(),
            last_use: Vec::new(),
        };
        for (mut node, _) in nodes.into_iter().zip(&alive).filter(|(_, alive)| **alive) {
            if let Source::Operation(_, from) = &mut node.source {
                from.iter_mut().for_each(|input| *input = new_place[*input]);
                from.iter().for_each(|&input| program.last_use[input] = program.nodes.len());
            }
            program.nodes.push(node);
            program.last_use.push(0);
        }
        program.outputs.iter().for_each(|&output| program.last_use[output] = usize::MAX);
        program
    }

    // ANCHOR: run
    /// The outputs for other inputs of the same shapes. Each value is let go of after its last use.
    ///
    /// # Panics
    /// When there are more or fewer inputs than in the trace, or their shapes are others.
    #[track_caller]
    pub fn run(&self, inputs: &[Array<T>]) -> Vec<Array<T>> {
        let traced: Vec<Shape> = self.nodes[..self.inputs].iter().map(|node| node.shape).collect();
        let given: Vec<Shape> = inputs.iter().map(|x| *x.shape()).collect();
        if given != traced {
            fail("run", format_args!("the program was traced with inputs {traced:?}, not {given:?}"));
        }
        let mut values: Vec<Option<Array<T>>> = inputs.iter().cloned().map(Some).collect();
        for (i, node) in self.nodes.iter().enumerate().skip(self.inputs) {
            let value = match &node.source {
                Source::Operation(operation, from) => {
                    let take = |&input: &usize| match self.last_use[input] {
                        last if last == i && from.iter().filter(|&&other| other == input).count() == 1 => {
                            values[input].take()
                        }
                        _ => values[input].clone(),
                    };
                    let inputs: Option<Vec<Array<T>>> = from.iter().map(take).collect();
                    operation.forward(&inputs.expect("every value is there until its last use"))
                }
                Source::Constant(value) => value.clone(),
                Source::Input => unreachable!("the inputs come first"),
            };
            values.push(Some(value));
        }
        self.outputs.iter().map(|&output| values[output].clone().expect("outputs stay")).collect()
    }
    // ANCHOR_END: run

    /// Folded, without repetitions, and fused.
    pub fn optimized(&self) -> Self {
        self.folded().deduplicated().fused()
    }

    /// How many operations a run performs.
    pub fn operations(&self) -> usize {
        self.nodes.iter().filter(|node| matches!(node.source, Source::Operation(..))).count()
    }
}
