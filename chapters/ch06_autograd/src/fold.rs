//! Constant folding: what does not depend on the inputs is computed once.

use ch01_tensors::{Array, Float};

use crate::Program;
use crate::program::{Node, Source};

impl<T: Float> Program<T> {
    // ANCHOR: fold
    /// The same program with every operation on constants replaced by its result.
    pub fn folded(&self) -> Self {
        let mut nodes: Vec<Node<T>> = Vec::new();
        for node in &self.nodes {
            let mut node = node.clone();
            if let Source::Operation(operation, from) = &node.source {
                let constant = |&i: &usize| match &nodes[i].source {
                    Source::Constant(value) => Some(value.clone()),
                    _ => None,
                };
                let constants: Option<Vec<Array<T>>> = from.iter().map(constant).collect();
                if let Some(constants) = constants {
                    node.source = Source::Constant(operation.forward(&constants));
                }
            }
            nodes.push(node);
        }
        Program::new(nodes, self.inputs, self.outputs.clone())
    }
    // ANCHOR_END: fold
}
