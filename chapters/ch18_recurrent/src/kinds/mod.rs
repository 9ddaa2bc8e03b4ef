//! The three kinds of recurrent networks.

mod gated;
mod long_short;
mod plain;

pub use gated::Gated;
pub use long_short::LongShort;
pub use plain::Nonlinearity;
