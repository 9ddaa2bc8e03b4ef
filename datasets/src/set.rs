//! The data sets by name: what they are called, where they are published, and what a program says about them.

use std::fmt;

use crate::Source;
use crate::locate::cache_dir;

/// A data set that this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Handwritten digits, 28 x 28 grey: [`crate::mnist`].
    Mnist,
    /// Small photographs of ten classes, 32 x 32 in colour: [`crate::cifar10`].
    Cifar10,
    /// Film reviews, for or against: [`crate::imdb`].
    Imdb,
}

impl Set {
    /// Every data set, in the order of the book.
    pub const ALL: [Set; 3] = [Set::Mnist, Set::Cifar10, Set::Imdb];

    /// The name that people use: "CIFAR-10".
    pub fn name(self) -> &'static str {
        match self {
            Set::Mnist => "MNIST",
            Set::Cifar10 => "CIFAR-10",
            Set::Imdb => "IMDb",
        }
    }

    /// The name of its folder below a data folder, and of the command that asks for it.
    pub fn folder(self) -> &'static str {
        match self {
            Set::Mnist => "mnist",
            Set::Cifar10 => "cifar10",
            Set::Imdb => "imdb",
        }
    }

    /// Where the original files are published.
    pub fn address(self) -> &'static str {
        match self {
            Set::Mnist => crate::mnist::ADDRESS,
            Set::Cifar10 => crate::cifar10::ADDRESS,
            Set::Imdb => crate::imdb::ADDRESS,
        }
    }

    /// What stands in for it where the files are not: "generated digits".
    pub fn stand_in(self) -> &'static str {
        match self {
            Set::Mnist => "generated digits",
            Set::Cifar10 => "generated images of shapes",
            Set::Imdb => "generated reviews",
        }
    }

    /// The name of what was used: its own, or that of what stands in for it.
    pub fn name_of(self, source: &Source) -> &'static str {
        if source.is_real() { self.name() } else { self.stand_in() }
    }

    /// What a program says about its data before it uses it: one line for the real files, a block for made-up ones.
    pub fn announce(self, source: &Source) -> String {
        let looked_in = match source {
            Source::Real(place) => return format!("Data: {self} from {}", place.display()),
            Source::Generated { looked_in } => looked_in,
        };
        let mut places = String::from("no place to look for files");
        if !looked_in.is_empty() {
            let looked_in: Vec<_> = looked_in.iter().map(|dir| dir.display().to_string()).collect();
            places = format!("no files found in {}", looked_in.join(" or "));
        }
        format!(
            "Data: NOT {self} but {} ({places}).\n      \
             What is measured on them cannot be compared with numbers on {self}.\n      \
             To use {self}, {}",
            self.stand_in(),
            self.how_to_get()
        )
    }

    /// Where the files come from and where they go.
    pub fn how_to_get(self) -> String {
        let place = match cache_dir() {
            Some(dir) => {
                format!("{}, or into a folder that GRADUS_DATA names", dir.join(self.folder()).display())
            }
            None => "a folder that GRADUS_DATA names".into(),
        };
        let what = match self {
            Set::Mnist => format!("put these four files into {place}:\n      {}", crate::mnist::file_names()),
            Set::Cifar10 => format!(
                "put the binary version, {} (packed, or unpacked to {}), into {place};",
                crate::cifar10::ARCHIVE,
                crate::cifar10::FOLDER
            ),
            Set::Imdb => format!(
                "put {} (packed, or unpacked to {}) into {place};",
                crate::imdb::ARCHIVE,
                crate::imdb::FOLDER
            ),
        };
        let name = self.folder();
        format!(
            "run\n      cargo run --release -p datasets --features fetch -- fetch {name}\n      or {what}\n      from {}",
            self.address()
        )
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}
