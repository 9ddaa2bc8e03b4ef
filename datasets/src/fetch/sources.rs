//! What can be fetched, from where, and how to know that it is right.
//!
//! Addresses are those of the authors, for MNIST those of the copy that torchvision uses, because the authors' page
//! no longer serves the files. The SHA-256 sums are the ones that TensorFlow Datasets and other libraries publish
//! beside the same addresses. SHA-256 and not the MD5 sums that some of the pages give: MD5 no longer proves who
//! made a file.

use std::path::Path;

use crate::{Error, Set, cifar10, imdb, mnist};

/// A file at an address.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it is.
    pub url: String,
    /// Its name in the folder of the data set.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A data set that can be fetched.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What one types.
    pub name: &'static str,
    /// The folder below the data folder.
    pub folder: &'static str,
    /// Its files.
    pub items: Vec<Item>,
    /// If the one file is an archive: the folder in it. The archive goes away once it is unpacked.
    pub unpack: Option<&'static str>,
    /// Whether a folder holds the whole data set: the folder that was unpacked, or the one of the files.
    pub check: fn(&Path) -> Result<(), Error>,
}

/// The names that [`recipe`] knows.
pub const NAMES: [&str; 4] = ["mnist", "cifar10", "imdb", "tinyshakespeare"];

/// How to fetch the data set `name`, if there is one.
pub fn recipe(name: &str) -> Option<Recipe> {
    let item = |url: String, name: &str, bytes, sha256: &str| Item {
        url,
        name: name.into(),
        bytes,
        sha256: sha256.into(),
    };
    let recipe = match name {
        "mnist" => {
            let item =
                |name: &str, bytes, sha256| item(format!("{}{name}", mnist::ADDRESS), name, bytes, sha256);
            Recipe {
                name: "mnist",
                folder: Set::Mnist.folder(),
                items: vec![
                    item(
                        "train-images-idx3-ubyte.gz",
                        9_912_422,
                        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    ),
                    item(
                        "train-labels-idx1-ubyte.gz",
                        28_881,
                        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    ),
                    item(
                        "t10k-images-idx3-ubyte.gz",
                        1_648_877,
                        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    ),
                    item(
                        "t10k-labels-idx1-ubyte.gz",
                        4_542,
                        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                    ),
                ],
                unpack: None,
                check: |dir| mnist::load(dir).map(drop),
            }
        }
        "cifar10" => Recipe {
            name: "cifar10",
            folder: Set::Cifar10.folder(),
            items: vec![item(
                cifar10::ADDRESS.into(),
                cifar10::ARCHIVE,
                170_052_171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            )],
            unpack: Some(cifar10::FOLDER),
            check: |dir| cifar10::load(dir).map(drop),
        },
        "imdb" => Recipe {
            name: "imdb",
            folder: Set::Imdb.folder(),
            items: vec![item(
                imdb::ADDRESS.into(),
                imdb::ARCHIVE,
                84_125_825,
                "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
            )],
            unpack: Some(imdb::FOLDER),
            check: |dir| imdb::load(dir).map(drop),
        },
        "tinyshakespeare" => Recipe {
            name: "tinyshakespeare",
            folder: "tinyshakespeare",
            items: vec![item(
                "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
                    .into(),
                "input.txt",
                1_115_394,
                "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            )],
            unpack: None,
            // One file: its length and checksum say all.
            check: |dir| Err(Error::Empty { path: dir.to_owned() }),
        },
        _ => return None,
    };
    Some(recipe)
}
