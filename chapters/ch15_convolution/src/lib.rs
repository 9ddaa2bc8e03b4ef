//! # Chapter 15: convolution
//!
//! Built here: convolution of images as a ladder ([`conv2d_naive`], [`im2col`] and a product of matrices, the same product
//! without its matrix, direct kernels, and Winograd's way with fewer multiplications; [`conv2d`] picks), with strides, padding,
//! dilation and groups, and all gradients; transposed convolution ([`conv_transpose2d`]) and that of sequences ([`conv1d`]);
//! max, average, adaptive and global average pooling; the layers [`Conv2d`], [`ConvTranspose2d`], [`Conv1d`], [`MaxPool2d`],
//! [`AvgPool2d`], [`AdaptiveAvgPool2d`], [`AdaptiveMaxPool2d`], [`GlobalAvgPool`] and [`Relu`]; normalisation folded into convolution
//! ([`fold_batch_norms`]); what a network sees ([`receptive_fields`], [`effective_receptive_field`], [`grad_cam`]); and the networks
//! [`lenet5`], [`alexnet_style`], [`conv_net`] and [`small_cnn`], the one for CIFAR-10.
//!
//! It stands on products of matrices (chapter 2), the layer contract (5) and batch normalisation (11).
//!
//! Left out: three dimensions, deformable kernels, borders other than zeros. Residual networks are chapter 16.

extern crate self as ch15_convolution;

mod adaptive_pool;
mod alexnet;
mod avg_pool;
mod conv1d;
mod conv2d;
mod conv2d_layer;
mod conv_net;
mod conv_transpose2d;
mod conv_transpose2d_layer;
mod depthwise;
mod direct;
mod fold_chain;
mod grad_cam;
mod groups;
mod kept;
mod lenet;
mod lowered;
mod panels;
mod pool;
mod pool_layers;
mod problem;
mod relu_layer;
mod seen;
mod small_cnn;
mod window;
mod winograd;
mod winograd_plain;

#[cfg_attr(yours_naive, path = "../yours/e01_naive.rs")]
mod naive;

#[cfg_attr(yours_im2col, path = "../yours/e02_im2col.rs")]
mod im2col;

#[cfg_attr(yours_max_pool, path = "../yours/e03_max_pool.rs")]
mod max_pool;

#[cfg_attr(yours_fold, path = "../yours/e04_fold.rs")]
mod fold;

#[cfg_attr(yours_receptive_field, path = "../yours/e05_receptive_field.rs")]
mod receptive_field;

#[cfg_attr(yours_conv_transpose2d_naive, path = "../yours/e06_conv_transpose2d_naive.rs")]
mod conv_transpose2d_naive;

pub use adaptive_pool::{
    AdaptiveAvgPool2d, AdaptiveMaxPool2d, adaptive_avg_pool2d, adaptive_avg_pool2d_backward, adaptive_bin,
    adaptive_max_pool2d, adaptive_max_pool2d_backward,
};
pub use alexnet::alexnet_style;
pub use avg_pool::{avg_pool2d, avg_pool2d_backward, global_avg_pool, global_avg_pool_backward};
pub use conv_net::conv_net;
pub use conv_transpose2d::{ConvTranspose2dOptions, conv_transpose2d, conv_transpose2d_backward};
pub use conv_transpose2d_layer::ConvTranspose2d;
pub use conv_transpose2d_naive::conv_transpose2d_naive;
pub use conv1d::{Conv1d, Conv1dOptions, conv1d, conv1d_backward};
pub use conv2d::{
    conv2d, conv2d_backward, conv2d_bias_gradient, conv2d_im2col, conv2d_im2col_input_gradient,
    conv2d_im2col_weight_gradient, conv2d_input_gradient, conv2d_weight_gradient,
};
pub use conv2d_layer::Conv2d;
pub use direct::{conv2d_direct, conv2d_direct_input_gradient, conv2d_direct_weight_gradient};
pub use fold::fold_batch_norm;
pub use fold_chain::fold_batch_norms;
pub use grad_cam::grad_cam;
pub use im2col::{col2im, im2col};
pub use lenet::lenet5;
pub use max_pool::{max_pool2d, max_pool2d_backward};
pub use naive::{conv2d_naive, conv2d_naive_gradients};
pub use panels::{conv2d_panels, conv2d_panels_input_gradient, conv2d_panels_weight_gradient};
pub use pool::{Pool2dOptions, planes_together, pooled_shape};
pub use pool_layers::{AvgPool2d, GlobalAvgPool, MaxPool2d};
pub use receptive_field::{ReceptiveField, receptive_fields};
pub use relu_layer::Relu;
pub use seen::{effective_receptive_field, windows_of};
pub use small_cnn::small_cnn;
pub use window::{Conv2dOptions, Window};
pub use winograd::{conv2d_winograd, conv2d_winograd_input_gradient, conv2d_winograd_weight_gradient};
pub use winograd_plain::WinogradTransforms;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
