//! `.npz` files: several named arrays, each a `.npy` file inside a zip archive.
//!
//! A zip archive is read from its end: an end record points to a directory, which says for every entry its name, its
//! sizes, its checksum (CRC-32) and where it begins. Entries are stored as they are or deflated.
//! Read: what `np.savez` and `np.savez_compressed` write; written: stored, like `np.savez`.
//!
//! Left out: archives of 4 GiB and more (zip64), encryption. Format: PKWARE APPNOTE 6.3.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::npy::{NpyArray, NpyError, Problem};
use crate::save::write_atomic;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Deflate cannot shrink anything further than this.
const MAX_RATIO: usize = 1032;

/// Reads all arrays of an `.npz` file by name (`np.load`).
///
/// # Errors
/// When the file cannot be read, the archive or an array in it is damaged, or a type is not supported.
pub fn read(path: impl AsRef<Path>) -> Result<BTreeMap<String, NpyArray>, NpyError> {
    let place = path.as_ref().display().to_string();
    let file = std::fs::read(path).map_err(|error| Problem::Io(error).at(&*place))?;
    decode(&place, &file)
}

/// Writes named arrays as an `.npz` file (`np.savez`). The file appears whole or not at all.
///
/// # Errors
/// When the file cannot be written, a name is used twice, or the archive would reach 4 GiB.
///
/// ```no_run
/// # use ch01_tensors::{npz, Tensor};
/// npz::write("values.npz", [("x", Tensor::ones([2, 3])), ("y", Tensor::zeros([2]))])?;
/// let x = npz::read("values.npz")?["x"].f32()?;
/// # Ok::<(), ch01_tensors::npy::NpyError>(())
/// ```
pub fn write<K: AsRef<str>, V: Into<NpyArray>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (K, V)>,
) -> Result<(), NpyError> {
    let path = path.as_ref();
    let written = encode(arrays).and_then(|file| Ok(write_atomic(path, &file)?));
    written.map_err(|problem| problem.at(path.display().to_string()))
}

fn bad(what: impl Into<String>) -> Problem {
    Problem::Archive(what.into())
}

/// Two bytes of a record, as a number.
fn u16_at(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

/// Four bytes of a record, as a number.
fn u32_at(record: &[u8], at: usize) -> usize {
    u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]]) as usize
}

/// A record of fixed length that must begin with its signature.
fn record(file: &[u8], at: usize, length: usize, signature: [u8; 4]) -> Option<&[u8]> {
    file.get(at..at.checked_add(length)?).filter(|record| record.starts_with(&signature))
}

fn decode(place: &str, file: &[u8]) -> Result<BTreeMap<String, NpyArray>, NpyError> {
    let in_archive = |problem: Problem| problem.at(place);
    let end = find_end(file).map_err(in_archive)?;
    let (count, mut at) = (u16_at(end, 10), u32_at(end, 16));
    if u16_at(end, 4) != 0 || u16_at(end, 8) != count {
        return Err(in_archive(bad("it is one part of several")));
    }
    if count == u16::MAX || at == u32::MAX as usize {
        return Err(in_archive(bad("zip64 archives (4 GiB and more) are not supported")));
    }
    let mut arrays = BTreeMap::new();
    for _ in 0..count {
        let entry = Entry::parse(file, &mut at).map_err(in_archive)?;
        let Some(name) = entry.name.strip_suffix(".npy") else {
            return Err(in_archive(bad(format!("the entry `{}` is not a .npy file", entry.name))));
        };
        let place = format!("{place}: {name}");
        let content = entry.content(file).map_err(|problem| problem.at(&*place))?;
        let array = NpyArray::decode(place, &content)?;
        if arrays.insert(name.to_owned(), array).is_some() {
            return Err(in_archive(bad(format!("two entries are called `{name}`"))));
        }
    }
    Ok(arrays)
}

/// The end record: the last 22 bytes, unless a comment of up to 64 kB follows it.
fn find_end(file: &[u8]) -> Result<&[u8], Problem> {
    let last = file.len().checked_sub(22).ok_or_else(|| bad("it is too short for a zip archive"))?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last).rev().find_map(|at| {
        // The comment must reach exactly to the end of the file.
        let comment = last - at;
        record(file, at, 22, END).filter(|end| usize::from(u16_at(end, 20)) == comment)
    });
    end.ok_or_else(|| bad("it has no end record: cut short, or not a zip archive"))
}

/// One line of the archive's directory.
struct Entry<'a> {
    name: &'a str,
    method: u16,
    crc: u32,
    packed: usize,
    size: usize,
    start: usize,
}

impl<'a> Entry<'a> {
    /// Reads the line at `at` and moves behind it.
    fn parse(file: &'a [u8], at: &mut usize) -> Result<Self, Problem> {
        let line = record(file, *at, 46, ENTRY).ok_or_else(|| bad("its directory is damaged"))?;
        let name_length = usize::from(u16_at(line, 28));
        let name = file.get(*at + 46..*at + 46 + name_length).and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or_else(|| bad("its directory is damaged: an entry has no readable name"))?;
        *at += 46 + name_length + usize::from(u16_at(line, 30)) + usize::from(u16_at(line, 32));
        if u16_at(line, 8) & 1 != 0 {
            return Err(bad(format!("the entry `{name}` is encrypted")));
        }
        let entry = Entry {
            name,
            method: u16_at(line, 10),
            crc: u32_at(line, 16) as u32,
            packed: u32_at(line, 20),
            size: u32_at(line, 24),
            start: u32_at(line, 42),
        };
        if [entry.packed, entry.size, entry.start].contains(&(u32::MAX as usize)) {
            return Err(bad(format!("the entry `{name}` is a zip64 one (4 GiB and more): not supported")));
        }
        Ok(entry)
    }

    /// The entry's content, unpacked and checked.
    fn content(&self, file: &[u8]) -> Result<Vec<u8>, Problem> {
        let header =
            record(file, self.start, 30, LOCAL).ok_or_else(|| bad("no entry where it should begin"))?;
        // Name and extra field stand here again, and may be longer than in the directory.
        let data = self.start + 30 + usize::from(u16_at(header, 26)) + usize::from(u16_at(header, 28));
        let packed = file.get(data..data + self.packed).ok_or_else(|| bad("the entry is cut short"))?;
        let content = match self.method {
            STORED => packed.to_vec(),
            DEFLATED if self.size / MAX_RATIO > self.packed => {
                return Err(bad(format!("{} bytes cannot unpack to {}", self.packed, self.size)));
            }
            DEFLATED => {
                // One byte more than promised, to notice if there is more.
                let mut content = Vec::new();
                let unpacked =
                    DeflateDecoder::new(packed).take(self.size as u64 + 1).read_to_end(&mut content);
                unpacked.map_err(|error| bad(format!("it does not unpack: {error}")))?;
                content
            }
            method => return Err(bad(format!("packing method {method} is not supported"))),
        };
        if content.len() != self.size {
            return Err(bad(format!("unpacks to another size than {} bytes", self.size)));
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if crc.sum() != self.crc {
            return Err(bad("the checksum differs: the data is damaged"));
        }
        Ok(content)
    }
}

fn encode<K: AsRef<str>, V: Into<NpyArray>>(
    arrays: impl IntoIterator<Item = (K, V)>,
) -> Result<Vec<u8>, Problem> {
    let too_large = || bad("it would reach 4 GiB");
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    let mut names = std::collections::BTreeSet::new();
    for (name, array) in arrays {
        let name = format!("{}.npy", name.as_ref());
        let name_length = u16::try_from(name.len()).map_err(|_| bad("a name is too long"))?;
        let content = array.into().encode();
        let size = u32::try_from(content.len()).map_err(|_| too_large())?;
        let start = u32::try_from(file.len()).map_err(|_| too_large())?;
        let mut crc = Crc::new();
        crc.update(&content);

        // What the local header and the directory line share: version needed 2.0, names in UTF-8, stored, no time,
        // 1 January 1980, checksum, packed and unpacked size, length of the name, no extra field.
        let mut common = Vec::with_capacity(26);
        [20u16, 1 << 11, STORED, 0, 0x21].iter().for_each(|n| common.extend(n.to_le_bytes()));
        [crc.sum(), size, size].iter().for_each(|n| common.extend(n.to_le_bytes()));
        [name_length, 0].iter().for_each(|n| common.extend(n.to_le_bytes()));

        file.extend(LOCAL);
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(content);

        directory.extend(ENTRY);
        directory.extend(20u16.to_le_bytes());
        directory.extend(common);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
        if !names.insert(name) {
            return Err(bad("two arrays have the same name"));
        }
    }
    let count = u16::try_from(names.len()).map_err(|_| bad("it would have too many entries"))?;
    let size = u32::try_from(directory.len()).map_err(|_| too_large())?;
    let start = u32::try_from(file.len()).ok().filter(|&n| n != u32::MAX).ok_or_else(too_large)?;
    file.extend(directory);
    file.extend(END);
    [0u16, 0, count, count].iter().for_each(|n| file.extend(n.to_le_bytes()));
    [size, start].iter().for_each(|n| file.extend(n.to_le_bytes()));
    file.extend([0, 0]);
    Ok(file)
}
