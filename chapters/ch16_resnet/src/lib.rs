//! # Chapter 16: residual networks
//!
//! Built here: blocks that add what they compute to what they were given ([`BasicBlock`], [`Bottleneck`],
//! [`PreActivation`], [`MbConv`]), [`SqueezeExcite`], which weighs channels, and networks of them: [`ResNet`], from ResNet-18
//! to 152, for large images and for those of CIFAR, [`ResNet9`], and [`EfficientNet`]; weights exchanged with torchvision
//! ([`read_torchvision`], [`prepare_imagenet`]); transfer to other classes ([`Strategy`], [`replace_head`]); and a network
//! that is made to learn CIFAR-10 fast, with everything it takes: [`FastNet`], whose first layer whitens
//! ([`whitening_weight`]), its data ([`FastImages`]) and its recipe ([`FastRecipe`], with [`Lookahead`] and [`Freezing`]).
//!
//! It stands on the layer contract (chapter 5), containers (7), initial weights (8), optimizers and schedules (9, 10),
//! batch normalisation (11), stochastic depth (12), data (13), the trainer (14) and convolution (15).
//!
//! Left out: the wider relatives (ResNeXt, Wide ResNet, the larger EfficientNets), which are the same blocks with other
//! numbers.

extern crate self as ch16_resnet;

mod add_relu;
mod bottleneck;
mod efficient_net;
mod eigen;
mod fast_images;
mod fast_net;
mod fast_recipe;
mod freezing;
mod make;
mod mb_conv;
mod pre_activation;
mod resnet;
mod resnet9;
mod resnet_config;
mod six_views;
mod squeeze_excite;
mod torchvision;

#[cfg_attr(yours_basic_block, path = "../yours/e01_basic_block.rs")]
mod basic_block;

#[cfg_attr(yours_scale_channels, path = "../yours/e02_scale_channels.rs")]
mod scale_channels;

#[cfg_attr(yours_whitening, path = "../yours/e03_whitening.rs")]
mod whitening;

#[cfg_attr(yours_lookahead, path = "../yours/e04_lookahead.rs")]
mod lookahead;

#[cfg_attr(yours_transfer, path = "../yours/e05_transfer.rs")]
mod transfer;

pub use add_relu::{add_relu, add_relu_backward};
pub use basic_block::BasicBlock;
pub use bottleneck::Bottleneck;
pub use efficient_net::{EfficientNet, EfficientNetConfig};
pub use eigen::symmetric_eigen;
pub use fast_images::FastImages;
pub use fast_net::{FastNet, dirac_convolution};
pub use fast_recipe::FastRecipe;
pub use freezing::Freezing;
pub use lookahead::Lookahead;
pub use make::{convolution, linear, shortcut};
pub use mb_conv::{MbConv, MbConvConfig, conv_norm_silu, depthwise};
pub use pre_activation::PreActivation;
pub use resnet::ResNet;
pub use resnet_config::{Kind, ResNetConfig, Stem};
pub use resnet9::ResNet9;
pub use scale_channels::{scale_channels, scale_channels_backward};
pub use six_views::{reflect, six_views};
pub use squeeze_excite::SqueezeExcite;
pub use torchvision::{
    WeightsError, imagenet_statistics, prepare_imagenet, read_torchvision, write_torchvision,
};
pub use transfer::{Strategy, depth_from_head, replace_head};
pub use whitening::{patch_covariance, whitening_weight};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
