//! The IDX file format, in which MNIST is published: a header with a shape, then the elements.
//!
//! ```text
//! byte 0, 1   zero
//! byte 2      type of the elements (8: unsigned byte, the only one here)
//! byte 3      number of dimensions d
//! d times     size of a dimension, 32 bits, big-endian
//! the rest    the elements, last dimension fastest
//! ```
//!
//! Files may be gzipped; the content decides, not the name, because some programs unpack a download and leave it
//! its `.gz`. A header is a claim, not a fact: it is checked against the length of the file before memory is
//! taken, and a gzip stream is unpacked no further than the header's promise, however much more is in it.
//!
//! Left out: other element types (IDX knows signed bytes, integers and floats; no file of this book uses them).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use flate2::{Compression, GzBuilder};

use crate::Error;

/// The content of an IDX file of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// The size of each dimension.
    pub shape: Vec<usize>,
    /// The elements, last dimension fastest; as many as the product of `shape`.
    pub bytes: Vec<u8>,
}

/// No file of this book comes near: a header that promises more is damaged, or hostile.
const MOST_BYTES: u128 = 1 << 30;

/// Deflate packs at best 258 bytes into two bits, so no gzip stream grows by more than this factor.
const MOST_GROWTH: u64 = 1032;

/// Reads the file at `path`, whose shape must fit `shape`: as many dimensions, and each `Some` size as given.
///
/// # Errors
/// If the file cannot be read, is damaged, is of another type or shape, or is longer or shorter than its header
/// says. Memory stays within what the file can hold and within 1 GiB.
pub fn read(path: &Path, shape: &[Option<usize>]) -> Result<Idx, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
    }
    let mut input = BufReader::new(file);
    if input.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]) {
        let input = MultiGzDecoder::new(input);
        Decoder { path, input, length: Length::AtMost(about.len().saturating_mul(MOST_GROWTH)) }.decode(shape)
    } else {
        Decoder { path, input, length: Length::Exactly(about.len()) }.decode(shape)
    }
}

/// What is known about the length of the unpacked data before it is read.
#[derive(Clone, Copy)]
enum Length {
    /// A plain file.
    Exactly(u64),
    /// A gzip stream.
    AtMost(u64),
}

struct Decoder<'a, R> {
    path: &'a Path,
    input: R,
    length: Length,
}

impl<R: Read> Decoder<'_, R> {
    fn decode(mut self, expected: &[Option<usize>]) -> Result<Idx, Error> {
        let header = 4 + 4 * expected.len() as u64;
        let magic = self.take(4, 0, header)?;
        let want = [0, 0, 8, expected.len() as u8];
        if magic != want {
            return Err(Error::Magic {
                path: self.path.to_owned(),
                expected: describe_magic(&want),
                found: describe_magic(&magic),
            });
        }

        let sizes = self.take(header - 4, 4, header)?;
        let shape: Vec<usize> = sizes
            .chunks_exact(4)
            .map(|size| u32::from_be_bytes([size[0], size[1], size[2], size[3]]) as usize)
            .collect();
        if expected.iter().zip(&shape).any(|(want, &got)| want.is_some_and(|want| want != got)) {
            let want: Vec<_> =
                expected.iter().map(|size| size.map_or("_".into(), |n| n.to_string())).collect();
            return Err(Error::Shape {
                path: self.path.to_owned(),
                expected: format!("[{}]", want.join(", ")),
                found: format!("{shape:?}"),
            });
        }

        let body = self.checked_size(&shape, header)?;
        let bytes = self.take(body, header, header + body)?;
        self.expect_end(header + body)?;
        Ok(Idx { shape, bytes })
    }

    /// The number of elements that the header promises, if the file can hold them.
    fn checked_size(&self, shape: &[usize], header: u64) -> Result<u64, Error> {
        // At most 255 sizes of 32 bits: saturate instead of overflowing.
        let promised = shape.iter().fold(1u128, |product, &size| product.saturating_mul(size as u128));
        let absurd = |limit: String| Error::Absurd { path: self.path.to_owned(), promised, limit };
        if promised > MOST_BYTES {
            return Err(absurd(format!("and no file of more than {MOST_BYTES} is read")));
        }
        let body = promised as u64;
        match self.length {
            Length::Exactly(found) if found < header + body => {
                Err(Error::Truncated { path: self.path.to_owned(), expected: header + body, found })
            }
            Length::Exactly(found) if found > header + body => Err(Error::Trailing {
                path: self.path.to_owned(),
                expected: header + body,
                found: found.to_string(),
            }),
            Length::AtMost(most) if most < header + body => {
                Err(absurd(format!("and a gzip file of this length can hold no more than {most}")))
            }
            _ => Ok(body),
        }
    }

    /// Reads `count` bytes, which begin at byte `start` of data of `expected` bytes.
    fn take(&mut self, count: u64, start: u64, expected: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(count as usize);
        let end = (&mut self.input).take(count).read_to_end(&mut bytes);
        let found = start + bytes.len() as u64;
        match end {
            Err(source) if source.kind() != io::ErrorKind::UnexpectedEof => Err(self.broken(source)),
            _ if (bytes.len() as u64) < count => {
                Err(Error::Truncated { path: self.path.to_owned(), expected, found })
            }
            _ => Ok(bytes),
        }
    }

    /// Fails if anything follows; in a gzip stream this also checks the checksum, which stands at the end.
    fn expect_end(mut self, expected: u64) -> Result<(), Error> {
        let mut byte = [0];
        loop {
            return match self.input.read(&mut byte) {
                Ok(0) => Ok(()),
                Ok(_) => Err(Error::Trailing { path: self.path.to_owned(), expected, found: "more".into() }),
                Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => Err(self.broken(source)),
            };
        }
    }

    fn broken(&self, source: io::Error) -> Error {
        let path = self.path.to_owned();
        match self.length {
            Length::Exactly(_) => Error::Read { path, source },
            Length::AtMost(_) => Error::Gzip { path, source },
        }
    }
}

/// "00 00 08 03 (unsigned bytes, 3 dimensions)".
fn describe_magic(magic: &[u8]) -> String {
    let hex: Vec<_> = magic.iter().map(|byte| format!("{byte:02x}")).collect();
    let kind = match magic {
        [0, 0, kind, dimensions] => {
            let kind = match kind {
                0x08 => "unsigned bytes",
                0x09 => "signed bytes",
                0x0b => "16-bit integers",
                0x0c => "32-bit integers",
                0x0d => "32-bit floats",
                0x0e => "64-bit floats",
                _ => "unknown type",
            };
            let plural = if *dimensions == 1 { "" } else { "s" };
            format!("{kind}, {dimensions} dimension{plural}")
        }
        [b'<', ..] => "a web page?".into(),
        [b'P', b'K', ..] => "a zip archive".into(),
        _ => "not IDX".into(),
    };
    format!("{} ({kind})", hex.join(" "))
}

/// Writes `bytes`, of shape `shape`, to `path`: gzipped if the name ends in `.gz`. The same content gives the same
/// file on every machine and day. The file appears under its name only when it is complete.
///
/// # Errors
/// If the number of bytes does not fit the shape, a size needs more than 32 bits, or the file cannot be written.
pub fn write(path: &Path, shape: &[usize], bytes: &[u8]) -> Result<(), Error> {
    let product = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    let sizes: Result<Vec<u32>, _> = shape.iter().map(|&size| u32::try_from(size)).collect();
    let (Some(_), Ok(sizes), Ok(dimensions)) =
        (product.filter(|&product| product == bytes.len()), sizes, u8::try_from(shape.len()))
    else {
        return Err(Error::Unwritable {
            path: path.to_owned(),
            expected: format!("the product of {shape:?}, each size below 2^32,"),
            found: bytes.len(),
        });
    };
    let mut header = vec![0, 0, 8, dimensions];
    header.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));

    crate::files::write(path, |out| {
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut gzip = GzBuilder::new().mtime(0).write(out, Compression::default());
            gzip.write_all(&header)?;
            gzip.write_all(bytes)?;
            gzip.finish().map(|_| ())
        } else {
            out.write_all(&header)?;
            out.write_all(bytes)
        }
    })
}
