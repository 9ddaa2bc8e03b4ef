//! Archives and folders made for the tests.

#![allow(dead_code)] // Each test file uses its part.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use datasets::locate::Places;
use datasets::{Error, Source};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A temporary folder, gone with the value.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A gzip stream of `bytes`.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).expect("memory takes every byte");
    gzip.finish().expect("memory takes every byte")
}

/// A tar archive of regular files, whatever their names.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in files {
        bytes.extend(header(name, b'0', content.len() as u64, ""));
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// A file with this name and content, in a folder of its own.
pub fn archive(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = folder();
    let path = dir.path().join(name);
    fs::write(&path, bytes).expect("written");
    (dir, path)
}

/// Places to look in: the one that was named, that of the variable, the cache.
pub fn places(explicit: Option<&Path>, variable: Option<&Path>, cache: Option<&Path>) -> Places {
    let [explicit, variable, cache] = [explicit, variable, cache].map(|path| path.map(Path::to_owned));
    Places { explicit, variable, cache }
}

/// The 512 bytes in front of an entry, written by hand, because the library refuses to write what we test against.
pub fn header(name: &str, kind: u8, size: u64, link: &str) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{size:011o}"));
    put(136, "00000000000");
    put(148, "        ");
    put(157, link);
    put(257, "ustar\u{0}00");
    header[156] = kind;
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

/// The files below a folder as (path with `/`, content), sorted by path.
pub fn files_below(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below").to_string_lossy().replace('\\', "/");
                found.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

/// The files below `dir` as a .tar.gz, each path behind `prefix`.
pub fn packed(dir: &Path, prefix: &str) -> Vec<u8> {
    let files: Vec<_> =
        files_below(dir).into_iter().map(|(name, content)| (format!("{prefix}{name}"), content)).collect();
    let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    gzip(&tar(&files))
}

/// Archives that no loader may accept: what they are, their bytes, and a word of the message.
pub fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let entry = |name: &str, kind, size, link: &str| {
        let mut bytes = header(name, kind, size, link).to_vec();
        bytes.resize(bytes.len() + 1024, 0);
        gzip(&bytes)
    };
    vec![
        ("absolute", entry("/etc/passwd", b'0', 0, ""), "absolute path"),
        ("above", entry("a/../../b", b'0', 0, ""), "leaves its folder"),
        ("above, a folder", entry("..", b'5', 0, ""), "leaves its folder"),
        ("symbolic link", entry("a/b", b'2', 0, "/etc/passwd"), "is a link"),
        ("hard link", entry("a/b", b'1', 0, "a/c"), "is a link"),
        ("device", entry("a/b", b'3', 0, ""), "neither a file nor a folder"),
        ("drive letter", entry("C:/a", b'0', 0, ""), "no part of a path"),
        ("backslash", entry("a\\..\\b", b'0', 0, ""), "no part of a path"),
        ("absurd size", entry("x/train/neg/0_1.txt", b'0', 8_000_000_000, ""), ""),
        ("no archive", gzip(b"<html>Not found</html>"), ""),
        ("web page", b"<html>Not found</html>".to_vec(), ""),
        ("nothing", Vec::new(), ""),
        ("only the magic number", vec![0x1f, 0x8b], ""),
    ]
}

/// The error, its whole chain in words, which must name `path`; and a hint that is not empty.
#[track_caller]
pub fn told(error: &Error, path: &Path) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    assert!(text.contains(&path.display().to_string()), "{text} does not name {}", path.display());
    assert!(!error.hint().is_empty());
    text
}

/// Makes a file one that its owner may not read. False, and a word on the screen, for a user who may read everything.
#[cfg(unix)]
pub fn forbidden(path: &Path, test: &str) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("set");
    let readable = fs::File::open(path).is_ok();
    if readable {
        skipped(test, "this user may read everything");
    }
    !readable
}

/// Where the real files are. None, and a word on the screen, where they are not.
pub fn real(test: &str, find: impl FnOnce(Option<&Path>) -> Result<Source, Error>) -> Option<PathBuf> {
    if std::env::var_os("GRADUS_DATA").is_none() {
        skipped(test, "GRADUS_DATA is not set");
        return None;
    }
    match find(None).expect("GRADUS_DATA names a folder") {
        Source::Real(place) => Some(place),
        Source::Generated { .. } => {
            skipped(test, "the files are neither under GRADUS_DATA nor in the cache folder");
            None
        }
    }
}

/// The CRC-32 of these bytes.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The sum of all pixels.
pub fn sum(pixels: &[u8]) -> u64 {
    pixels.iter().map(|&pixel| u64::from(pixel)).sum()
}

/// Straight to the screen: the test harness would keep back what `eprintln!` says in a test that passes.
pub fn skipped(test: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED, {reason}: {test}");
}
