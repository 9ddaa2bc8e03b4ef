//! The operations, each with its value and its backward rule side by side.

mod arithmetic;
mod broadcast;
mod concat;
mod cross_entropy;
mod functions;
mod indexing;
mod kinks;
mod map;
mod matmul;
mod reduce;
mod shape;
mod slice;
mod softmax;

pub(crate) use shape::Identity;
