//! The data sets of the book: where their files are found, how they are read, and what stands in for them offline.
//!
//! This crate knows bytes, not tensors: images come back as `Vec<u8>` with their labels, so that it stands below
//! every chapter and a chapter turns the bytes into whatever it has built by then.
//!
//! - [`idx`]: the IDX file format, plain or gzipped, read with every size checked before memory is taken.
//! - [`mnist`]: MNIST, four IDX files; [`mnist::load_or_generate`] is what the experiments call.
//! - [`digits`]: generated digits in the shape of MNIST, for a machine without the files.
//! - [`cifar10`]: CIFAR-10, six files of records, unpacked or straight from the archive.
//! - [`imdb`]: film reviews, one small file each, unpacked or straight from the archive.
//! - [`shapes`]: generated images of shapes in the form of CIFAR-10, for a machine without the files.
//! - [`reviews`]: generated reviews in the form of IMDb, most of which no bag of words can tell apart.
//! - [`locate`]: an explicit folder, then `GRADUS_DATA`, then the user's cache folder.
//! - [`set`]: the data sets by name, and what a program says about them.
//! - [`info`]: what lies in a data folder.
//! - `fetch` (with the feature `fetch`): getting the files from their official addresses.
//! - [`error`]: one error type for all of it, with a hint for the person at the keyboard.

mod archive;
pub mod cifar10;
pub mod digits;
pub mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
mod files;
pub mod idx;
pub mod imdb;
pub mod info;
pub mod locate;
pub mod mnist;
pub mod reviews;
pub mod set;
pub mod shapes;
mod stream;

pub use error::Error;
pub use locate::Source;
pub use set::Set;
