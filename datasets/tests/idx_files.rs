//! The reader takes what the writer wrote and names what is wrong with everything else.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use datasets::{Error, idx};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

/// A folder that goes away with the test, and files in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("file");
        fs::write(&path, bytes).expect("a written file");
        path
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).expect("memory takes every byte");
    gzip.finish().expect("memory takes every byte")
}

/// The header of images [count, rows, cols], then `body` bytes.
fn images(count: u32, rows: u32, cols: u32, body: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    for size in [count, rows, cols] {
        bytes.extend(size.to_be_bytes());
    }
    bytes.extend((0..body).map(|i| (i * 7) as u8));
    bytes
}

const SHAPE: [Option<usize>; 3] = [None, Some(3), Some(5)];

/// The error for these bytes in a plain file and, with `packed`, in a gzip file; both name the file.
fn refused(bytes: &[u8]) -> [Error; 2] {
    let folder = Folder::new();
    [bytes.to_vec(), gzip(bytes)].map(|content| {
        let path = folder.file(&content);
        let error = idx::read(&path, &SHAPE).expect_err("a broken file must be refused");
        assert!(error.to_string().contains(&path.display().to_string()), "{error} does not name {path:?}");
        error
    })
}

#[test]
fn a_good_file_is_read_plain_and_gzipped_whatever_its_name() {
    let folder = Folder::new();
    let bytes = images(2, 3, 5, 30);
    for content in [bytes.clone(), gzip(&bytes)] {
        let read = idx::read(&folder.file(&content), &SHAPE).expect("a good file");
        assert_eq!(read.shape, [2, 3, 5]);
        assert_eq!(read.bytes, bytes[16..]);
    }
}

#[test]
fn truncated() {
    // Cut in the magic number, in the sizes, right behind the header, and by one byte.
    for cut in [1, 3, 9, 16, 45] {
        for error in refused(&images(2, 3, 5, 30)[..cut]) {
            let Error::Truncated { expected, found, .. } = error else { panic!("cut at {cut}: {error}") };
            assert_eq!(found, cut as u64);
            assert_eq!(expected, if cut < 16 { 16 } else { 46 });
        }
    }
    let [error, _] = refused(&[]);
    assert!(matches!(error, Error::Truncated { found: 0, .. }), "{error}");
}

#[test]
fn trailing_bytes() {
    for error in refused(&images(2, 3, 5, 31)) {
        assert!(matches!(error, Error::Trailing { expected: 46, .. }), "{error}");
    }
}

#[test]
fn wrong_magic_says_what_was_found() {
    let with = |magic: [u8; 4]| {
        let mut bytes = images(2, 3, 5, 30);
        bytes[..4].copy_from_slice(&magic);
        bytes
    };
    for (magic, words) in [
        ([0, 0, 8, 1], "unsigned bytes, 1 dimension)"),
        ([0, 0, 0x0d, 3], "32-bit floats, 3 dimensions"),
        ([1, 0, 8, 3], "not IDX"),
        (*b"<htm", "a web page"),
        (*b"PK\x03\x04", "a zip archive"),
    ] {
        for error in refused(&with(magic)) {
            assert!(matches!(error, Error::Magic { .. }), "{error}");
            assert!(error.to_string().contains(words), "{error} does not say {words:?}");
            assert!(error.to_string().contains("00 00 08 03"), "{error} does not say what was expected");
        }
    }
}

#[test]
fn wrong_image_size() {
    for error in refused(&images(2, 5, 3, 30)) {
        let text = error.to_string();
        assert!(text.contains("expected [_, 3, 5]") && text.contains("[2, 5, 3]"), "{text}");
    }
}

#[test]
fn absurd_sizes_are_refused_without_taking_memory() {
    // All sizes at their largest: the product, 2^96, overflows 64 bits.
    let path = Folder::new();
    let path = path.file(&images(u32::MAX, u32::MAX, u32::MAX, 10));
    let error = idx::read(&path, &[None, None, None]).expect_err("2^96 bytes");
    assert!(matches!(error, Error::Absurd { .. }), "{error}");
    // 15 * 2^26 bytes, just below 1 GiB: allowed as a number, but not in so small a file.
    let [plain, packed] = refused(&images(1 << 26, 3, 5, 10));
    assert!(matches!(plain, Error::Truncated { found: 26, .. }), "{plain}");
    assert!(matches!(packed, Error::Absurd { .. }), "{packed}");
}

#[test]
fn a_gzip_bomb_is_not_unpacked_past_the_promise() {
    // 64 MiB of zeros in 64 KiB, behind a header that promises 30: what follows the promise is never unpacked. Its
    // checksum is broken, which nobody who stops in time can see.
    let mut bytes = images(2, 3, 5, 30);
    bytes.resize(64 << 20, 0);
    let mut bomb = gzip(&bytes);
    let end = bomb.len();
    bomb[end - 8] ^= 1;
    let folder = Folder::new();
    let error = idx::read(&folder.file(&bomb), &SHAPE).expect_err("a bomb");
    assert!(matches!(error, Error::Trailing { expected: 46, .. }), "{error}");
}

#[test]
fn damaged_gzip() {
    let good = gzip(&images(2, 3, 5, 30));
    let folder = Folder::new();
    let read = |bytes: &[u8]| idx::read(&folder.file(bytes), &SHAPE).expect_err("a damaged stream");
    // The last eight bytes are the checksum and the length.
    for from_end in [8, 1] {
        let mut bytes = good.clone();
        let at = bytes.len() - from_end;
        bytes[at] ^= 0xff;
        let error = read(&bytes);
        assert!(matches!(error, Error::Gzip { .. }), "{from_end} from the end: {error}");
    }
    // A reserved block type.
    let mut bytes = good.clone();
    bytes[10] = 0b111;
    assert!(matches!(read(&bytes), Error::Gzip { .. }));
    // Something behind the stream that is no stream.
    let mut bytes = good.clone();
    bytes.extend(b"more");
    assert!(matches!(read(&bytes), Error::Gzip { .. }));
    // Every shorter file is refused, wherever it is cut: the content may be complete, its checksum is not.
    for cut in 0..good.len() {
        read(&good[..cut]);
    }
}

#[test]
fn what_is_no_file_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let error = idx::read(&path, &SHAPE).expect_err("no file");
        assert!(matches!(error, Error::Read { .. }), "{error}");
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn the_writer_refuses_what_does_not_fit_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("file.gz");
    let error = idx::write(&path, &[2, 3], &[0; 5]).expect_err("5 bytes for 6");
    assert!(matches!(error, Error::Unwritable { found: 5, .. }), "{error}");
    // A folder of that name stands in the way of the last step, the renaming.
    fs::create_dir(&path).expect("a folder");
    let error = idx::write(&path, &[5], &[0; 5]).expect_err("a folder in the way");
    assert!(matches!(error, Error::Write { .. }), "{error}");
    let names: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    assert_eq!(names, [path]);
}

#[test]
fn the_same_content_gives_the_same_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [a, b] = ["a.gz", "b.gz"].map(|name| folder.path().join(name));
    idx::write(&a, &[3], &[1, 2, 3]).expect("a");
    idx::write(&b, &[3], &[1, 2, 3]).expect("b");
    assert_eq!(fs::read(a).expect("a"), fs::read(b).expect("b"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(shape in prop::collection::vec(0usize..6, 1..5), packed: bool, salt: u8) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(if packed { "file.gz" } else { "file" });
        let bytes: Vec<u8> = (0..shape.iter().product()).map(|i: usize| (i as u8).wrapping_mul(37) ^ salt).collect();
        idx::write(&path, &shape, &bytes).expect("written");
        let read = idx::read(&path, &vec![None; shape.len()]).expect("read");
        prop_assert_eq!(read, idx::Idx { shape, bytes });
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), header: bool, packed: bool) {
        let mut content = if header { images(2, 3, 5, 0) } else { Vec::new() };
        content.extend(bytes);
        let content = if packed { gzip(&content) } else { content };
        let folder = Folder::new();
        // Only 30 bytes behind a good header are a good file.
        if let Ok(read) = idx::read(&folder.file(&content), &SHAPE) {
            prop_assert_eq!(read.bytes.len(), 30);
        }
    }
}
