//! # Chapter 15: convolution
//!
//! Built here: convolution of images as a ladder ([`conv2d_naive`], [`im2col`] and a product of matrices, the same product
//! without its matrix, direct kernels, and Winograd's way with fewer multiplications; [`conv2d`] picks), with strides, padding,
//! dilation and groups, and all gradients; max, average, adaptive and global average pooling; the layers
//! [`Conv2d`], [`MaxPool2d`], [`AvgPool2d`], [`AdaptiveAvgPool2d`], [`GlobalAvgPool`] and [`Relu`]; and
//! [`small_cnn`], the network for CIFAR-10.
//!
//! It stands on products of matrices (chapter 2), the layer contract (5) and batch normalisation (11).
//!
//! Left out for now, to come with a later part of this chapter: transposed convolution, one-dimensional convolution,
//! receptive fields, LeNet and AlexNet. Residual networks are chapter 16.

extern crate self as ch15_convolution;

mod adaptive_pool;
mod avg_pool;
mod conv2d;
mod conv2d_layer;
mod depthwise;
mod direct;
mod groups;
mod kept;
mod lowered;
mod panels;
mod pool;
mod pool_layers;
mod problem;
mod relu_layer;
mod small_cnn;
mod window;
mod winograd;

#[cfg_attr(yours_naive, path = "../yours/e01_naive.rs")]
mod naive;

#[cfg_attr(yours_im2col, path = "../yours/e02_im2col.rs")]
mod im2col;

#[cfg_attr(yours_max_pool, path = "../yours/e03_max_pool.rs")]
mod max_pool;

pub use adaptive_pool::{
    AdaptiveAvgPool2d, AdaptiveMaxPool2d, adaptive_avg_pool2d, adaptive_avg_pool2d_backward, adaptive_bin,
    adaptive_max_pool2d, adaptive_max_pool2d_backward,
};
pub use avg_pool::{avg_pool2d, avg_pool2d_backward, global_avg_pool, global_avg_pool_backward};
pub use conv2d::{
    conv2d, conv2d_backward, conv2d_bias_gradient, conv2d_im2col, conv2d_im2col_input_gradient,
    conv2d_im2col_weight_gradient, conv2d_input_gradient, conv2d_weight_gradient,
};
pub use conv2d_layer::Conv2d;
pub use direct::{conv2d_direct, conv2d_direct_input_gradient, conv2d_direct_weight_gradient};
pub use im2col::{col2im, im2col};
pub use max_pool::{max_pool2d, max_pool2d_backward};
pub use naive::{conv2d_naive, conv2d_naive_gradients};
pub use panels::{conv2d_panels, conv2d_panels_input_gradient, conv2d_panels_weight_gradient};
pub use pool::{Pool2dOptions, planes_together, pooled_shape};
pub use pool_layers::{AvgPool2d, GlobalAvgPool, MaxPool2d};
pub use relu_layer::Relu;
pub use small_cnn::small_cnn;
pub use window::{Conv2dOptions, Window};
pub use winograd::{conv2d_winograd, conv2d_winograd_input_gradient, conv2d_winograd_weight_gradient};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
