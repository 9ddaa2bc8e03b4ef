//! Common subexpressions: what is computed twice is computed once.
//!
//! Two operations are the same if they do the same (see [`Operation::key`](crate::Operation::key)) with the same inputs. Going
//! down the list, each operation is looked up among those before it; its inputs have been looked up already, so that whole
//! trees that are equal are found from their leaves on. Nobody writes `exp(x)` twice on purpose, but a backward pass does: the
//! rules of different operations compute the same slopes, and every broadcast of a gradient comes back.

use std::collections::HashMap;

use ch01_tensors::Float;

use crate::Program;
use crate::program::{Node, Source};

impl<T: Float> Program<T> {
    // ANCHOR: deduplicate
    /// The same program with every operation that repeats an earlier one left out.
    pub fn deduplicated(&self) -> Self {
        let mut nodes: Vec<Node<T>> = self.nodes.clone();
        let mut known: HashMap<(String, Vec<usize>), usize> = HashMap::new();
        // For each node the first one that computes the same.
        let mut first: Vec<usize> = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.iter_mut().enumerate() {
            let key = match &mut node.source {
                Source::Input => None,
                // Numbers are compared, larger constants are not.
                Source::Constant(value) if value.size() == 1 => {
                    Some((format!("{:x} {:?}", value.item().to_f64().to_bits(), node.shape), Vec::new()))
                }
                Source::Constant(_) => None,
                Source::Operation(operation, from) => {
                    from.iter_mut().for_each(|input| *input = first[*input]);
                    operation.key().map(|key| (key, from.clone()))
                }
            };
            first.push(key.map_or(i, |key| *known.entry(key).or_insert(i)));
        }
        let outputs = self.outputs.iter().map(|&output| first[output]).collect();
        Program::new(nodes, self.inputs, outputs)
    }
    // ANCHOR_END: deduplicate
}
