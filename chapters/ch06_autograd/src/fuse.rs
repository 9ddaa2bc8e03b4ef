//! Fusion: elementwise operations that feed only each other become one operation.
//!
//! An elementwise operation on a large array waits for memory: two reads and a write for one addition. A chain of ten of them
//! goes through memory ten times. Fused, a block that fits the first cache is loaded once, goes through all ten operations
//! there, and is stored once.
//!
//! Going from the outputs up, an elementwise node joins the group of its readers if all of them are in one group and have its
//! shape, and if it is no output itself. Then nothing outside the group reads anything inside but the last value.

use std::rc::Rc;

use ch01_tensors::Float;

use crate::Program;
use crate::kernel::Kernel;
use crate::program::{Node, Source};

impl<T: Float> Program<T> {
    // ANCHOR: fuse
    /// The same program with groups of elementwise operations replaced by one operation each.
    pub fn fused(&self) -> Self {
        let group = self.groups();
        let mut nodes = self.nodes.clone();
        for (last, node) in nodes.iter_mut().enumerate() {
            let members: Vec<usize> = (0..=last).filter(|&i| group[i] == Some(last)).collect();
            if members.len() > 1 {
                let (kernel, inputs) = Kernel::new(&self.nodes, &members);
                node.source = Source::Operation(Rc::new(kernel), inputs);
            }
        }
        Program::new(nodes, self.inputs, self.outputs.clone())
    }

    /// For each elementwise node the last node of its group.
    fn groups(&self) -> Vec<Option<usize>> {
        let mut readers: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate() {
            if let Source::Operation(_, from) = &node.source {
                from.iter().for_each(|&input| readers[input].push(i));
            }
        }
        let mut group: Vec<Option<usize>> = vec![None; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate().rev() {
            if !is_elementwise(node) {
                continue;
            }
            let theirs = readers[i].first().and_then(|&reader| group[reader]);
            let joins = readers[i].iter().all(|&r| group[r] == theirs && self.nodes[r].shape == node.shape);
            let joins = joins && theirs.is_some() && !self.outputs.contains(&i);
            group[i] = if joins { theirs } else { Some(i) };
        }
        group
    }
    // ANCHOR_END: fuse
}

fn is_elementwise<T: Float>(node: &Node<T>) -> bool {
    matches!(&node.source, Source::Operation(operation, _) if operation.block().is_some())
}
