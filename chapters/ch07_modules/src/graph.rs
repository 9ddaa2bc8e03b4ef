//! Graph: any network of one input and one output without cycles (Keras' functional interface).
//!
//! Nodes are the input, layers on one earlier node, and joins of several (see [`Join`]). A node is made from nodes that are
//! there already, so the order in which they were made is an order in which they can be computed, and cycles cannot be
//! written. Backward goes through it in reverse. A node that was used `n` times gets `n` gradients, and they add up:
//!
//! `dL/da = Σ_{uses} J_useᵀ dL/d(use)`.
//!
//! When a node's turn comes, all nodes that use it lie behind it and have had theirs: its gradient is complete. This is
//! chapter 6's tape with layers instead of operations, and with an order that is known beforehand.
//!
//! Left out: several inputs or outputs, and one layer at several nodes.

use ch01_tensors::{Array, Float, context, fail};
use ch05_backprop::{Layer, Module, Visitor};

use ch07_modules::{Join, JoinKept, observed};

/// A place in a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(usize);

/// What a place reads, and what it makes of it.
struct Place {
    /// How it joins what it reads; a layer, which reads one place, does not.
    join: Option<Join>,
    from: Vec<usize>,
    /// How many places read it.
    uses: usize,
}

type Named<T> = (&'static str, Box<dyn Layer<T>>);

/// A network of layers and joins. Build it from [`input`](Graph::input) on; the last node made is the output.
///
/// ```
/// # use ch01_tensors::{Rng, Tensor};
/// # use ch03_neurons::Activation;
/// # use ch05_backprop::{ActivationLayer, Layer, Linear};
/// # use ch07_modules::{Graph, Join};
/// let rng = &mut Rng::new(0, "init");
/// let mut graph = Graph::new();
/// let x = graph.input();
/// let gate = graph.layer("gate", Linear::new(4, 8, rng), x);
/// let gate = graph.layer("sigmoid", ActivationLayer::new(Activation::Sigmoid), gate);
/// let value = graph.layer("value", Linear::new(4, 8, rng), x);
/// let gated = graph.join(Join::Product, &[gate, value]);
/// graph.layer("out", Linear::new(8, 2, rng), gated);
/// assert_eq!(*graph.infer(Tensor::zeros([5, 4])).shape(), [5, 2]);
/// ```
pub struct Graph<T: Float = f32> {
    places: Vec<Place>,
    /// The layer of each place that has one, and its name.
    layers: Vec<Option<Named<T>>>,
    /// What the joins of forward calls that have not been gone back through need.
    kept: Vec<Vec<JoinKept<T>>>,
}

impl<T: Float> Default for Graph<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Float> Graph<T> {
    /// A graph of its input alone: the identity.
    pub fn new() -> Self {
        let input = Place { join: None, from: Vec::new(), uses: 0 };
        Graph { places: vec![input], layers: vec![None], kept: Vec::new() }
    }

    /// The input.
    pub fn input(&self) -> Node {
        Node(0)
    }

    #[track_caller]
    fn push(&mut self, join: Option<Join>, from: &[Node]) -> Node {
        if from.is_empty() || from.iter().any(|node| node.0 >= self.places.len()) {
            fail("Graph", format_args!("a node reads nodes of this graph that were made before: {from:?}"));
        }
        for node in from {
            self.places[node.0].uses += 1;
        }
        self.places.push(Place { join, from: from.iter().map(|node| node.0).collect(), uses: 0 });
        self.layers.push(None);
        Node(self.places.len() - 1)
    }

    /// A layer on a node. Names are those of paths and files.
    ///
    /// # Panics
    /// When the name is taken, or the node is not of this graph.
    #[track_caller]
    pub fn layer(&mut self, name: &'static str, layer: impl Layer<T> + 'static, from: Node) -> Node {
        if self.layers.iter().flatten().any(|(taken, _)| *taken == name) {
            fail("Graph", format_args!("two layers are called {name}"));
        }
        let node = self.push(None, &[from]);
        self.layers[node.0] = Some((name, observed(layer)));
        node
    }

    /// Several nodes made into one.
    ///
    /// # Panics
    /// When there are none, or they are not of this graph.
    #[track_caller]
    pub fn join(&mut self, join: Join, from: &[Node]) -> Node {
        self.push(Some(join), from)
    }
}

// ANCHOR: run
/// Computes all nodes in order; `layer` computes a layer's, `keep` gets what the joins' way back needs. A value is moved on
/// to its last reader.
#[track_caller]
fn run<T: Float>(
    places: &[Place],
    x: Array<T>,
    mut layer: impl FnMut(usize, Array<T>) -> Array<T>,
    mut keep: impl FnMut(JoinKept<T>),
) -> Array<T> {
    if let Some(place) = places[..places.len() - 1].iter().position(|place| place.uses == 0) {
        fail("Graph", format_args!("node {place} is read by none, and is not the last"));
    }
    let mut left: Vec<usize> = places.iter().map(|place| place.uses).collect();
    let mut values: Vec<Option<Array<T>>> = vec![Some(x)];
    for (at, place) in places.iter().enumerate().skip(1) {
        let mut inputs: Vec<Array<T>> = Vec::with_capacity(place.from.len());
        for &from in &place.from {
            left[from] -= 1;
            let value = if left[from] == 0 { values[from].take() } else { values[from].clone() };
            inputs.push(value.expect("a value stays until its last reader"));
        }
        values.push(Some(match place.join {
            Some(join) => {
                let (y, kept) = join.together(inputs);
                keep(kept);
                y
            }
            None => layer(at, inputs.pop().expect("a layer reads one node")),
        }));
    }
    values.pop().flatten().expect("the last value is read by none")
}
// ANCHOR_END: run

impl<T: Float> Layer<T> for Graph<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let (layers, mut kept) = (&mut self.layers, Vec::new());
        let layer = |at: usize, x| {
            let (name, layer) = layers[at].as_mut().expect("what is no join is a layer");
            let _inside = context::enter(*name);
            layer.forward(x)
        };
        let y = run(&self.places, x, layer, |of_join| kept.push(of_join));
        self.kept.push(kept);
        y
    }

    // ANCHOR: backward
    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(mut kept) = self.kept.pop() else {
            fail("Graph::backward", format_args!("no forward call to go back through"))
        };
        let mut gradients: Vec<Option<Array<T>>> = self.places.iter().map(|_| None).collect();
        *gradients.last_mut().expect("a graph has an input") = Some(grad);
        for at in (1..self.places.len()).rev() {
            let grad = gradients[at].take().expect("whoever reads this node has had its turn");
            let from = &self.places[at].from;
            let parts = match (self.places[at].join, &mut self.layers[at]) {
                (Some(join), _) => join.apart(grad, &kept.pop().expect("one for each join")),
                (None, Some((name, layer))) => {
                    let _inside = context::enter(*name);
                    vec![layer.backward(grad)]
                }
                (None, None) => unreachable!("only the first node is the input"),
            };
            for (&from, part) in from.iter().zip(parts) {
                gradients[from] = Some(match gradients[from].take() {
                    Some(sum) => sum + part,
                    None => part,
                });
            }
        }
        gradients[0].take().expect("every node leads back to the input")
    }
    // ANCHOR_END: backward

    fn infer(&self, x: Array<T>) -> Array<T> {
        let layer = |at: usize, x| {
            let (name, layer) = self.layers[at].as_ref().expect("what is no join is a layer");
            let _inside = context::enter(*name);
            layer.infer(x)
        };
        run(&self.places, x, layer, |_| {})
    }
}

impl<T: Float> Module<T> for Graph<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (name, layer) in self.layers.iter_mut().flatten() {
            visitor.child(*name, &mut **layer);
        }
    }
}
