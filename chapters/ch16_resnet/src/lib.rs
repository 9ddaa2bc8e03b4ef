//! # Chapter 16: residual networks
//!
//! Built here: blocks that add what they compute to what they were given ([`BasicBlock`], [`Bottleneck`],
//! [`PreActivation`]), and networks of them ([`ResNet`], from ResNet-18 to 152, for large images and for those of CIFAR).
//!
//! It stands on the layer contract (chapter 5), containers (7), initial weights (8), batch normalisation (11), stochastic
//! depth (12) and convolution (15).

extern crate self as ch16_resnet;

mod add_relu;
mod basic_block;
mod bottleneck;
mod make;
mod pre_activation;
mod resnet;
mod resnet_config;

pub use add_relu::{add_relu, add_relu_backward};
pub use basic_block::BasicBlock;
pub use bottleneck::Bottleneck;
pub use make::{convolution, linear, shortcut};
pub use pre_activation::PreActivation;
pub use resnet::ResNet;
pub use resnet_config::{Kind, ResNetConfig, Stem};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
