//! Everything in one program: each takes seconds to link.

mod golden;
mod gradients;
mod networks;
mod options;
mod properties;
mod transposed;
mod winograd;
