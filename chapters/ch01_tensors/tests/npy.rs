//! `.npy` and `.npz`: files that numpy wrote, round trips, and damaged files.

use std::path::{Path, PathBuf};

use ch01_tensors::npy::{self, NpyArray, Problem};
use ch01_tensors::{Array, Tensor, npz};
use proptest::prelude::*;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name)
}

/// A temporary file with this content.
fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn npy_error(content: &[u8]) -> String {
    let (_folder, path) = file(content);
    let message = npy::read_any(&path).expect_err("damaged").to_string();
    assert!(message.starts_with(&path.display().to_string()), "names the file: {message}");
    message
}

fn npz_error(content: &[u8]) -> String {
    let (_folder, path) = file(content);
    npz::read(&path).expect_err("damaged").to_string()
}

fn header(text: &str) -> Vec<u8> {
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
}

#[test]
fn files_that_numpy_wrote() {
    let expected = Array::from([[0.0f32, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    assert_eq!(npy::read::<f32>(golden("ch01_little.npy")).unwrap(), expected);
    assert_eq!(npy::read::<f32>(golden("ch01_big_endian.npy")).unwrap(), expected);
    assert_eq!(npy::read::<f32>(golden("ch01_fortran.npy")).unwrap(), expected);
    assert_eq!(npy::read::<f32>(golden("ch01_version_2.npy")).unwrap(), expected);
    assert_eq!(npy::read::<f32>(golden("ch01_version_3.npy")).unwrap(), expected);

    let types = npz::read(golden("ch01_types.npz")).unwrap();
    assert_eq!(types["f32"].f32().unwrap(), Array::from([1.5, -2.0]));
    assert_eq!(types["f64"].f64().unwrap(), Array::from([[1e-300], [f64::INFINITY]]));
    assert_eq!(types["i32"].i32().unwrap(), Array::from([i32::MIN, 7]));
    assert_eq!(types["i64"].i64().unwrap(), Array::from([i64::MAX, -7]));
    assert_eq!(types["u8"].u8().unwrap(), Array::from([0, 255]));
    assert_eq!(types["bool"].bool().unwrap(), Array::from([true, false, true]));
    assert_eq!(types["scalar"].f64().unwrap(), Array::scalar(3.25));
    assert_eq!(*types["empty"].f32().unwrap().shape(), [0, 3]);
    assert_eq!(types["text"].text().unwrap(), ["a", "größe", ""]);
    assert_eq!(types["text_fortran"].text().unwrap(), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(*types["text_fortran"].shape(), [2, 3]);
    assert_eq!(npz::read(golden("ch01_deflated.npz")).unwrap(), {
        let place = |name: &str| format!("{}: {name}", golden("ch01_deflated.npz").display());
        types.into_iter().map(|(name, array)| (name.clone(), array.at(place(&name)))).collect()
    });
}

#[test]
fn the_wrong_type_is_named_with_its_entry() {
    let types = npz::read(golden("ch01_types.npz")).unwrap();
    let message = types["i64"].f32().unwrap_err().to_string();
    assert!(message.ends_with("ch01_types.npz: i64: holds i64, not f32"), "{message}");
    let message = types["text"].i64().unwrap_err().to_string();
    assert!(message.ends_with("ch01_types.npz: text: holds text, not i64"), "{message}");
}

#[test]
fn damaged_npy_files_are_refused_with_the_reason() {
    let good = std::fs::read(golden("ch01_little.npy")).unwrap();
    for end in 0..good.len() {
        npy_error(&good[..end]);
    }
    assert!(npy_error(&good[..4]).ends_with("this is not a .npy file (its first bytes are not \\x93NUMPY)"));
    assert!(npy_error(&good[..20]).ends_with("the file ends inside the header"));
    let data = "shape [2, 3] needs 24 bytes of data, the file has";
    assert!(npy_error(&good[..good.len() - 1]).ends_with(&format!("{data} 23")));
    assert!(npy_error(&[&good[..], b"!"].concat()).ends_with(&format!("{data} 25")));

    let text = |text: &str| npy_error(&header(text));
    let fields = "'fortran_order': False, 'shape': (1,)}";
    let cases = [
        ("{'descr': '<f4', 'fortran_order': False}", "it lacks `shape`"),
        ("{'descr': '<f4', 'fortran_order': 7, 'shape': ()}", "True or False expected at `7, 'shape': ()}`"),
        (&format!("{{'descr': '<c8', {fields}"), "elements of type `<c8` are not supported"),
        (&format!("{{'descr': '|O', {fields}"), "elements of type `|O` are not supported"),
        (&format!("{{'descr': [('x', '<f4')], {fields}"), "elements of type a structured type"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "an axis length expected at `-1,)}`"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", "at most 8 axes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "an axis length"),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
            "does not fit in memory",
        ),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}", "needs 4000000000000 bytes"),
        (
            "{'descr': '<U9223372036854775807', 'fortran_order': False, 'shape': (2,)}",
            "does not fit in memory",
        ),
        ("{'descr': '<U0', 'fortran_order': False, 'shape': (9007199254740992,)}", "strings of no letters"),
        ("{'colour': 'red'}", "unknown key `colour`"),
        ("nonsense", "`{` expected at `nonsense`"),
    ];
    for (header, expected) in cases {
        let message = text(header);
        assert!(message.contains(expected), "{header}: {message}");
    }
    let mut version = good.clone();
    version[6] = 9;
    assert!(npy_error(&version).ends_with("version 9.0 of the .npy format is not known"));
    let absurd = [b"\x93NUMPY\x02\x00", &u32::MAX.to_le_bytes()[..]].concat();
    assert!(npy_error(&absurd).ends_with("bad header: it claims to be 4294967295 bytes long"));
    assert!(npy::read::<f32>("no/such/file").unwrap_err().to_string().starts_with("no/such/file: "));
}

#[test]
fn headers_of_absurd_shapes_are_refused() {
    for (descr, shape) in [("<f4", "(0, 4611686018427387904, 4)"), ("<U0", "(9223372036854775808,)")] {
        let header = header(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n"));
        assert!(npy_error(&header).contains("does not fit in memory"), "{descr} {shape}");
    }
}

#[test]
fn damaged_archives_are_refused_with_the_reason() {
    for name in ["ch01_types.npz", "ch01_deflated.npz"] {
        let good = std::fs::read(golden(name)).unwrap();
        for end in (0..good.len()).step_by(7) {
            assert!(npz_error(&good[..end]).contains("bad archive"), "cut at {end}");
        }
    }
    let mut changed = std::fs::read(golden("ch01_types.npz")).unwrap();
    let header = changed.windows(6).position(|bytes| bytes == b"\x93NUMPY").unwrap();
    changed[header + 130] ^= 1;
    assert!(npz_error(&changed).contains("the checksum differs"), "{}", npz_error(&changed));
    assert!(npz_error(b"").contains("too short for a zip archive"));
    assert!(npz_error(&[0; 100]).contains("no end record"));

    // A directory line that promises far more than it can hold.
    let mut bomb = std::fs::read(golden("ch01_deflated.npz")).unwrap();
    let line = bomb.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    bomb[line + 24..line + 28].copy_from_slice(&0xfff0_0000u32.to_le_bytes());
    assert!(npz_error(&bomb).contains("cannot unpack to"), "{}", npz_error(&bomb));
}

#[test]
fn writing_refuses_two_arrays_of_one_name_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let error = npz::write(&path, [("x", Tensor::zeros([1])), ("x", Tensor::zeros([1]))]).unwrap_err();
    assert!(error.to_string().ends_with("two arrays have the same name"), "{error}");
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).unwrap(); // a file cannot replace a folder
    assert!(matches!(npy::write(&taken, Tensor::zeros([1])).unwrap_err().problem, Problem::Io(_)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_archive_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let view = Tensor::arange(0.0, 6.0, 1.0).reshape([2, 3]).t();
    let arrays: [(&str, NpyArray); 4] = [
        ("view", view.clone().into()),
        ("mask", Array::from([true, false]).into()),
        ("größe", Array::scalar(-1i64).into()),
        ("names", vec!["one".to_owned(), String::new(), "größe".to_owned()].into()),
    ];
    npz::write(&path, arrays).unwrap();
    let back = npz::read(&path).unwrap();
    assert_eq!(back.keys().collect::<Vec<_>>(), ["größe", "mask", "names", "view"]);
    assert_eq!(back["view"].f32().unwrap(), view);
    assert_eq!(back["mask"].bool().unwrap(), Array::from([true, false]));
    assert_eq!(back["größe"].i64().unwrap(), Array::scalar(-1));
    assert_eq!(back["names"].text().unwrap(), ["one", "", "größe"]);
}

proptest! {
    #[test]
    fn property_npy_round_trip(shape in prop::collection::vec(0usize..5, 0..5), seed in any::<u64>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let mut rng = ch01_tensors::Rng::new(seed, "npy");
        // Any bits: NaN payloads, infinities and subnormals must survive.
        let x = Tensor::from_fn(&shape[..], |_| f32::from_bits(rng.bits() as u32));
        npy::write(&path, x.clone()).unwrap();
        let back = npy::read::<f32>(&path).unwrap();
        prop_assert_eq!(back.shape(), x.shape());
        prop_assert!(back.iter().map(f32::to_bits).eq(x.iter().map(f32::to_bits)));
    }

    #[test]
    fn property_damaged_files_never_panic(at in 0usize..3000, bits in 1u8..) {
        for name in ["ch01_little.npy", "ch01_types.npz", "ch01_deflated.npz"] {
            let mut content = std::fs::read(golden(name)).unwrap();
            let at = at % content.len();
            content[at] ^= bits;
            let (_folder, path) = file(&content);
            let _ = npy::read_any(&path);
            let _ = npz::read(&path);
        }
    }
}
