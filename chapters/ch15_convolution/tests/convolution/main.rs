//! Everything in one program: each takes seconds to link.

mod golden;
mod gradients;
mod options;
mod properties;
mod winograd;
