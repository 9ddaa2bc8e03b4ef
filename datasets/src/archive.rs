//! Reading a `.tar.gz` archive from front to back without unpacking it to the disk.
//!
//! An archive comes from somewhere else, so nothing in it is believed: a path must stay below the archive's folder
//! (no absolute path, no `..`), links and devices are refused, and so is whatever would unpack to more than 1 GiB.
//! The gzip stream is read to its end, where its checksum stands, also when all wanted files came before. A plain
//! `.tar` is read too, because some programs unpack half of a download; the content decides, not the name.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::EntryType;

use crate::Error;

/// What an archive of this book may hold at most, unpacked.
const MOST_BYTES: u64 = 1 << 30;

/// One file in the archive.
pub struct Member<'a> {
    /// Its path in the archive, with `/`, checked: it leads nowhere outside.
    pub name: String,
    /// Its length in bytes, as its header says; checked against what follows when it is read.
    pub size: u64,
    /// For messages: the path of the archive with `name` behind it.
    pub path: PathBuf,
    data: &'a mut dyn Read,
    layers: &'a Layers,
}

impl Member<'_> {
    /// The last component of the path.
    pub fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The content.
    ///
    /// # Errors
    /// If the header promises more than `most` bytes, or the archive ends before, or is damaged.
    pub fn bytes(&mut self, most: u64) -> Result<Vec<u8>, Error> {
        if self.size > most {
            return Err(Error::Absurd {
                path: self.path.clone(),
                promised: self.size.into(),
                limit: format!("and no such file has more than {most}"),
            });
        }
        // A header is no reason to take much memory at once.
        let mut bytes = Vec::with_capacity(self.size.min(1 << 25) as usize);
        self.data.read_to_end(&mut bytes).map_err(|source| self.layers.explain(source))?;
        let found = bytes.len() as u64;
        if found < self.size {
            return Err(Error::Truncated { path: self.path.clone(), expected: self.size, found });
        }
        Ok(bytes)
    }

    /// Writes the content to a new file at its path below `dir`.
    ///
    /// # Errors
    /// If the archive ends before or is damaged, if the file cannot be written, or if there is one already.
    #[cfg(feature = "fetch")]
    pub fn copy_below(&mut self, dir: &Path) -> Result<(), Error> {
        use std::io::Write;
        let path = dir.join(&self.name);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => Error::Twice { path: self.path.clone() },
            _ => Error::Write { path: path.clone(), source },
        };
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
        let mut file = File::create_new(&path).map_err(failed)?;
        let mut buffer = vec![0; 1 << 16];
        let mut found = 0;
        loop {
            let count = self.data.read(&mut buffer).map_err(|source| self.layers.explain(source))?;
            if count == 0 {
                break;
            }
            file.write_all(&buffer[..count]).map_err(failed)?;
            found += count as u64;
        }
        if found < self.size {
            return Err(Error::Truncated { path: self.path.clone(), expected: self.size, found });
        }
        Ok(())
    }
}

/// Calls `each` for every regular file in the archive at `path`, in the order of the archive.
///
/// # Errors
/// What `each` returns; if the archive cannot be read, is damaged or ends early; if a path leaves its folder; if it
/// holds links or devices, or more than 1 GiB.
pub fn visit(path: &Path, each: &mut dyn FnMut(&mut Member) -> Result<(), Error>) -> Result<(), Error> {
    let (input, layers) = open(path)?;
    let mut archive = tar::Archive::new(input);
    let entries = archive.entries().map_err(|source| layers.explain(source))?;
    for entry in entries {
        let mut entry = entry.map_err(|source| layers.explain(source))?;
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let name = checked_name(path, &entry.path_bytes())?;
        match kind {
            EntryType::Directory => continue,
            EntryType::Regular | EntryType::Continuous => {}
            kind => {
                let what = match kind {
                    EntryType::Link | EntryType::Symlink => "is a link",
                    _ => "is neither a file nor a folder",
                };
                return Err(refused(path, name, what));
            }
        }
        // A folder of old archives: a regular file whose name ends with a slash.
        if name.ends_with('/') {
            continue;
        }
        let (size, inside) = (entry.size(), path.join(&name));
        each(&mut Member { name, size, path: inside, data: &mut entry, layers: &layers })?;
    }
    // The rest is padding, then the checksum.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|source| layers.explain(source))?;
    Ok(())
}

fn refused(path: &Path, entry: String, why: &'static str) -> Error {
    Error::Unsafe { path: path.to_owned(), entry, why }
}

/// The path of an entry without "./" in front, if it stays inside.
fn checked_name(archive: &Path, bytes: &[u8]) -> Result<String, Error> {
    let shown = || String::from_utf8_lossy(bytes).escape_debug().to_string();
    let Ok(name) = str::from_utf8(bytes) else {
        return Err(refused(archive, shown(), "has a name that is no UTF-8"));
    };
    if name.starts_with('/') {
        return Err(refused(archive, shown(), "has an absolute path"));
    }
    // A backslash and a colon mean something on Windows, and no file of ours has one.
    if name.contains(['\\', ':', '\0']) {
        return Err(refused(archive, shown(), "has a character in its name that is no part of a path"));
    }
    if name.split('/').any(|part| part == "..") {
        return Err(refused(archive, shown(), "has a path that leaves its folder"));
    }
    Ok(name.trim_start_matches("./").to_owned())
}

/// The file, its decompression, and what has gone wrong in them.
fn open(path: &Path) -> Result<(Watched, Layers), Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
    }
    let mut input = BufReader::with_capacity(1 << 16, file);
    let packed = input.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let fault = Rc::new(RefCell::new(None));
    let inner: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
    let watched = Watched { inner, left: MOST_BYTES, fault: Rc::clone(&fault) };
    Ok((watched, Layers { path: path.to_owned(), packed, fault }))
}

/// The unpacked stream. `tar` turns every error into its own, so the first one is also put aside here.
struct Watched {
    inner: Box<dyn Read>,
    left: u64,
    fault: Rc<RefCell<Option<Fault>>>,
}

enum Fault {
    TooLong,
    Below(io::Error),
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let fault = match self.inner.read(buffer) {
            Ok(count) if count as u64 <= self.left => {
                self.left -= count as u64;
                return Ok(count);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Ok(_) => Fault::TooLong,
            Err(error) => Fault::Below(error),
        };
        *self.fault.borrow_mut() = Some(fault);
        Err(io::Error::other("the stream below failed"))
    }
}

/// What is needed to say on which layer (file, gzip, tar) an error arose.
struct Layers {
    path: PathBuf,
    packed: bool,
    fault: Rc<RefCell<Option<Fault>>>,
}

impl Layers {
    fn explain(&self, error: io::Error) -> Error {
        let path = self.path.clone();
        match self.fault.borrow_mut().take() {
            Some(Fault::TooLong) => Error::Absurd {
                path,
                promised: u128::from(MOST_BYTES) + 1,
                limit: "or more, and no archive of this book unpacks to so much".into(),
            },
            Some(Fault::Below(source)) if source.kind() == io::ErrorKind::UnexpectedEof => {
                Error::Archive { path, source: io::Error::new(source.kind(), "it ends early") }
            }
            Some(Fault::Below(source)) if self.packed && is_gzip(&source) => Error::Gzip { path, source },
            Some(Fault::Below(source)) => Error::Read { path, source },
            None => Error::Archive { path, source: error },
        }
    }
}

/// Whether the error is the decoder's opinion about the bytes, not the operating system's about the file.
fn is_gzip(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
}
