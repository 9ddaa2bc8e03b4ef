//! Checks that span chapters: the table of operations, the order of chapters, and the memory of a training step.

pub mod operations;
pub mod sources;
