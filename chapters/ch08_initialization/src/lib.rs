//! # Chapter 8: initialization
//!
//! Built here: how large the first weights must be, and the functions that draw them: [`xavier_uniform`],
//! [`xavier_normal`], [`kaiming_uniform`] and [`kaiming_normal`] (He's) with [`fan_in_out`] and [`Gain`];
//! [`lecun_normal`] and [`lecun_uniform`]; [`orthogonal`] matrices; [`normal`], [`uniform`], [`constant`] and
//! [`trunc_normal`]; and whole networks by visitor, [`init_he`] and [`init_gpt`].
//!
//! It stands on arrays (chapter 1), `erf` (3), the contract of layers and visitors (5) and containers (7).
//!
//! Left out: sparse and identity weights (`sparse_`, `eye_`, `dirac_`), and methods that look at data first.
//!
//! Nothing here is differentiable: it happens once, before training.

extern crate self as ch08_initialization;

mod gain;
mod lecun;
mod normal;
mod trunc_normal;

#[cfg_attr(yours_fan, path = "../yours/e01_fan.rs")]
mod fan;

#[cfg_attr(yours_xavier, path = "../yours/e02_xavier.rs")]
mod xavier;

#[cfg_attr(yours_kaiming, path = "../yours/e03_kaiming.rs")]
mod kaiming;

#[cfg_attr(yours_orthogonal, path = "../yours/e05_orthogonal.rs")]
mod orthogonal;

#[cfg_attr(yours_network, path = "../yours/e04_network.rs")]
mod network;

pub use fan::{FanMode, fan_in_out};
pub use gain::Gain;
pub use kaiming::{kaiming_normal, kaiming_std, kaiming_uniform};
pub use lecun::{lecun_normal, lecun_uniform};
pub use network::{ends_residual_branch, init_gpt, init_gpt_where, init_he};
pub use normal::{constant, normal, uniform};
pub use orthogonal::{orthogonal, orthogonal_from, orthonormalise};
pub use trunc_normal::trunc_normal;
pub use xavier::{xavier_normal, xavier_std, xavier_uniform};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
