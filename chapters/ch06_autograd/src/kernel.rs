//! Several elementwise operations as one: block by block through all of them.
//!
//! A kernel is a list of operations on *registers*, each a block of numbers small enough for the first cache. It is an
//! interpreter, but one that decides once per block instead of once per number (as numexpr does it; Alted 2010); the work on
//! a block is the vectorised loop of each operation.

use std::collections::HashMap;
use std::rc::Rc;

use ch01_tensors::{Array, Float, Shape};
use rayon::prelude::*;

use crate::operation::{Block, no_derivative};
use crate::program::{Node, Source};
use crate::{Operation, Var};

/// Numbers per block: 2 KB of f32, so that ten registers are less than half of a first cache.
const BLOCK: usize = 512;
/// Numbers per parallel task, a multiple of the block; below this many there is one task.
const TASK: usize = 1 << 14;

/// What an operation reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    /// An input of the kernel.
    Input(usize),
    Register(usize),
}

/// `register[to] = operation(x, y)`.
struct Line<T: Float> {
    operation: Rc<dyn Operation<T>>,
    x: Operand,
    y: Option<Operand>,
    to: usize,
}

/// A fused operation.
pub(crate) struct Kernel<T: Float> {
    lines: Vec<Line<T>>,
    registers: usize,
    shape: Shape,
}

impl<T: Float> Kernel<T> {
    // ANCHOR: kernel
    /// The operations `members` of a program as one, and the nodes that it reads. The last member is the result.
    pub fn new(nodes: &[Node<T>], members: &[usize]) -> (Self, Vec<usize>) {
        let reads = |member: usize| match &nodes[member].source {
            Source::Operation(operation, from) => (operation, from),
            _ => unreachable!("members are operations"),
        };
        let mut last_use = HashMap::new();
        members.iter().for_each(|&m| reads(m).1.iter().for_each(|&input| _ = last_use.insert(input, m)));

        let (mut lines, mut inputs) = (Vec::new(), Vec::new());
        let (mut registers, mut free) = (0, Vec::new());
        let mut held: HashMap<usize, usize> = HashMap::new(); // which register holds a member's value
        for &member in members {
            let (operation, from) = reads(member);
            let operands: Vec<Operand> = from
                .iter()
                .map(|input| match held.get(input) {
                    Some(&register) => Operand::Register(register),
                    None => {
                        let known = inputs.iter().position(|other| other == input);
                        Operand::Input(known.unwrap_or_else(|| {
                            inputs.push(*input);
                            inputs.len() - 1
                        }))
                    }
                })
                .collect();
            let (x, y) = (operands[0], operands.get(1).copied());
            // Registers that nobody reads after this line; that of x can take the result.
            let mut done: Vec<usize> = Vec::new();
            for input in from {
                if last_use[input] == member {
                    done.extend(held.remove(input));
                }
            }
            let in_place = done.iter().position(|&r| x == Operand::Register(r) && y != Some(x));
            let to = match in_place {
                Some(place) => done.swap_remove(place),
                None => free.pop().unwrap_or_else(|| {
                    registers += 1;
                    registers - 1
                }),
            };
            free.extend(done);
            held.insert(member, to);
            lines.push(Line { operation: operation.clone(), x, y, to });
        }
        let shape = nodes[members[members.len() - 1]].shape;
        (Kernel { lines, registers, shape }, inputs)
    }
    // ANCHOR_END: kernel
}

impl<T: Float> Operation<T> for Kernel<T> {
    fn name(&self) -> &'static str {
        "fused"
    }

    // ANCHOR: forward
    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        let inputs: Vec<Input<T>> = x.iter().map(Input::new).collect();
        let block = |line: &Line<T>| (line.x, line.y, line.to);
        let lines: Vec<(&dyn Block<T>, _)> = self
            .lines
            .iter()
            .map(|line| (line.operation.block().expect("elementwise operations only"), block(line)))
            .collect();
        let (mut result, count) = (Array::scratch(self.shape), self.registers);
        let task = |(number, out): (usize, &mut [T])| {
            let mut registers = vec![vec![T::ZERO; BLOCK]; count];
            let mut loaded = vec![vec![T::ZERO; BLOCK]; inputs.len()];
            for (i, out) in out.chunks_mut(BLOCK).enumerate() {
                let (start, n) = (number * TASK + i * BLOCK, out.len());
                inputs.iter().zip(&mut loaded).for_each(|(input, to)| input.load(start, &mut to[..n]));
                let mut last = 0;
                for &(block, (x, y, to)) in &lines {
                    let mut register = std::mem::take(&mut registers[to]);
                    let read = |operand: Operand| match operand {
                        Operand::Input(i) => inputs[i].direct(start, n).unwrap_or(&loaded[i][..n]),
                        Operand::Register(i) => &registers[i][..n],
                    };
                    if x != Operand::Register(to) {
                        register[..n].copy_from_slice(read(x));
                    }
                    block.run(&mut register[..n], y.map_or(&[], read));
                    registers[to] = register;
                    last = to;
                }
                out.copy_from_slice(&registers[last][..n]);
            }
        };
        let out = result.data_mut();
        if out.len() <= TASK {
            task((0, out));
        } else {
            out.par_chunks_mut(TASK).enumerate().for_each(task);
        }
        result
    }
    // ANCHOR_END: forward

    fn parts(&self) -> usize {
        self.lines.len()
    }

    fn is_differentiable(&self) -> bool {
        false
    }

    fn backward(&self, _: usize, _: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        no_derivative("fused")
    }
}

/// An input whose element `i` is `data[i / run % data.len()]`: an array in order, or one broadcast along its first or last axes.
struct Input<T: Float> {
    data: Array<T>,
    run: usize,
    size: usize,
}

impl<T: Float> Input<T> {
    fn new(x: &Array<T>) -> Self {
        // An axis of length 1 is never stepped along.
        let long: Vec<usize> = (0..x.ndim()).filter(|&axis| x.shape()[axis] != 1).collect();
        let stretched = |&&axis: &&usize| x.strides()[axis] == 0;
        let front = long.iter().take_while(stretched).count();
        let back = long[front..].iter().rev().take_while(stretched).count();
        let run: usize = long[long.len() - back..].iter().map(|&axis| x.shape()[axis]).product();
        // What is in between, as a view: one element along the stretched axes at both ends.
        let mut shape = *x.shape();
        long[..front].iter().chain(&long[long.len() - back..]).for_each(|&axis| shape[axis] = 1);
        let mut middle = x.clone();
        for axis in (0..x.ndim()).filter(|&axis| shape[axis] != x.shape()[axis]) {
            middle = middle.narrow(axis as isize, 0, 1);
        }
        // One number everywhere is one run, however its axes were stretched.
        let run = if middle.size() == 1 { x.size() } else { run };
        Input { data: middle.contiguous(), run, size: x.size() }
    }

    /// The block from `start` as it lies in memory, if it does.
    fn direct(&self, start: usize, n: usize) -> Option<&[T]> {
        let data = self.data.data();
        (self.run == 1 && data.len() == self.size).then(|| &data[start..start + n])
    }

    /// Writes the block from `start`, unless it can be read directly. Blocks of a task come one after the other.
    fn load(&self, start: usize, to: &mut [T]) {
        let data = self.data.data();
        // A number that is the same everywhere is there since the task's first block.
        let is_there = data.len() == 1 && !start.is_multiple_of(TASK);
        if is_there || self.direct(start, to.len()).is_some() {
            return;
        }
        let mut done = 0;
        while done < to.len() {
            let (i, left) = (start + done, to.len() - done);
            let at = i / self.run % data.len();
            let n = if self.run == 1 { left.min(data.len() - at) } else { left.min(self.run - i % self.run) };
            match self.run {
                1 => to[done..done + n].copy_from_slice(&data[at..at + n]),
                _ => to[done..done + n].fill(data[at]),
            }
            done += n;
        }
    }
}
