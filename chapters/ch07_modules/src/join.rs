//! Making one array of several, and the way back: the nodes of a network where branches meet.
//!
//! - Sum: `y = Σ a_i`, all of one shape. Each branch gets the gradient as it is.
//! - Product, element by element: `y = Π a_i`. Branch `i` gets `g Π_{j≠i} a_j`: a gate.
//! - Concatenation along an axis: each branch gets its own part of the gradient.

use ch01_tensors::{Array, Float, Shape, fail};

/// How branches meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Added, element by element.
    Sum,
    /// Multiplied, element by element.
    Product,
    /// One behind the other along this axis.
    Concat(isize),
}

/// What the way back needs of the branches.
pub struct JoinKept<T: Float> {
    /// That of what was joined, and of its gradient.
    shape: Shape,
    kept: Kept<T>,
}

enum Kept<T: Float> {
    /// Of a sum: how many branches.
    Count(usize),
    /// Of a product: the branches.
    Factors(Vec<Array<T>>),
    /// Of a concatenation: how long each part is.
    Parts(Vec<usize>),
}

impl Join {
    /// One array of the branches', and what the way back will need.
    ///
    /// # Panics
    /// When the shapes do not fit, or there are no branches.
    #[track_caller]
    pub fn together<T: Float>(self, branches: Vec<Array<T>>) -> (Array<T>, JoinKept<T>) {
        if let Join::Concat(axis) = self {
            let refs: Vec<&Array<T>> = branches.iter().collect();
            let y = Array::concat(&refs, axis);
            let parts = branches.iter().map(|branch| branch.dim(axis)).collect();
            let shape = *y.shape();
            return (y, JoinKept { shape, kept: Kept::Parts(parts) });
        }
        if let Some(other) = branches.iter().find(|branch| branch.shape() != branches[0].shape()) {
            let (a, b) = (branches[0].shape(), other.shape());
            fail("Join", format_args!("branches of shapes {a:?} and {b:?} do not meet in {self:?}"));
        }
        let kept = match self {
            Join::Product => Kept::Factors(branches.clone()),
            _ => Kept::Count(branches.len()),
        };
        let y =
            branches.into_iter().reduce(|y, branch| if self == Join::Sum { y + branch } else { y * branch });
        let y = y.expect("a join has at least one branch");
        let shape = *y.shape();
        (y, JoinKept { shape, kept })
    }

    /// The gradient of each branch, from that of the join.
    ///
    /// # Panics
    /// When the gradient has another shape than what was joined.
    #[track_caller]
    pub fn apart<T: Float>(self, grad: Array<T>, kept: &JoinKept<T>) -> Vec<Array<T>> {
        if *grad.shape() != kept.shape {
            let (grad, shape) = (grad.shape(), &kept.shape);
            fail("Join", format_args!("a gradient of shape {grad:?} for branches joined to {shape:?}"));
        }
        match &kept.kept {
            Kept::Count(count) => vec![grad; *count],
            Kept::Factors(factors) => {
                let others = |i: usize| {
                    let others = factors.iter().enumerate().filter(|&(j, _)| j != i);
                    others.fold(grad.clone(), |product, (_, factor)| product * factor)
                };
                (0..factors.len()).map(others).collect()
            }
            Kept::Parts(parts) => {
                let Join::Concat(axis) = self else { unreachable!("parts are kept by a concatenation") };
                let starts = parts.iter().scan(0, |start, &length| {
                    *start += length;
                    Some((*start - length, length))
                });
                starts.map(|(start, length)| grad.narrow(axis, start, length)).collect()
            }
        }
    }
}
