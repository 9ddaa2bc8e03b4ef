//! Files of weights: damaged ones, full disks, kills, and the safetensors crate as a second opinion.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use ::safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use ch01_tensors::{Array, Rng, Tensor, write_atomic_with};
use ch07_modules::safetensors::{Problem, Texts, read, read_any, read_from, write, write_any, write_to};
use ch07_modules::{AnyTensor, TensorEntry, header};
use proptest::prelude::*;

type State = BTreeMap<String, AnyTensor>;

fn small() -> (State, Texts) {
    let state = BTreeMap::from([
        ("a".to_owned(), Tensor::from([[1.0, -2.5], [3.0, 0.0]]).into()),
        ("b".to_owned(), Array::<u8>::from([7, 8, 9]).into()),
        ("c".to_owned(), Array::<i64>::scalar(-1).into()),
    ]);
    (state, BTreeMap::from([("step".to_owned(), "17".to_owned())]))
}

fn encode(state: &State, texts: &Texts) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_to(&mut bytes, state, texts).unwrap();
    bytes
}

fn decode(bytes: &[u8]) -> Result<(State, Texts), Problem> {
    read_from(&mut &*bytes, bytes.len() as u64)
}

/// A file with this header, this length in front of it and this many bytes behind it.
fn file(length: u64, json: &str, data: usize) -> Vec<u8> {
    [&length.to_le_bytes()[..], json.as_bytes(), &vec![0; data]].concat()
}

#[track_caller]
fn assert_refused(json: &str, data: usize, message: &str) {
    let error = decode(&file(json.len() as u64, json, data)).expect_err(json).to_string();
    assert!(error.contains(message), "{json}: {error}");
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let (state, texts) = small();
    let bytes = encode(&state, &texts);
    assert_eq!(decode(&bytes).unwrap(), (state, texts));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.safetensors");
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let error = read_any(&path).expect_err("cut short").to_string();
        assert!(
            error.contains("cut.safetensors: ") && error.contains("cut short"),
            "{length} bytes: {error}"
        );
        // A file that shrinks while it is read: the length was true once.
        let error = read_from(&mut &bytes[..length], bytes.len() as u64).expect_err("cut short");
        assert!(matches!(error, Problem::Io(_)), "{length} bytes: {error}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(decode(&longer), Err(Problem::Length { expected: 27, found: 28 })));
}

#[test]
fn no_changed_byte_makes_it_panic() {
    let (state, texts) = small();
    let bytes = encode(&state, &texts);
    let data = bytes.len() - 27;
    let mut refused = 0;
    for place in 0..data {
        for change in [1u8, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut damaged = bytes.clone();
            damaged[place] ^= change;
            // A changed name or text is still a file; a changed length or type is not.
            refused += usize::from(decode(&damaged).is_err());
        }
    }
    assert!(refused > data * 9 / 2, "only {refused} of {} changes were noticed", data * 9);
}

#[test]
fn a_length_that_lies_is_refused() {
    let json = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let n = json.len() as u64;
    assert!(decode(&file(n, json, 8)).is_ok());
    for lie in [0, 1, n - 1, n + 1, n + 7] {
        assert!(matches!(decode(&file(lie, json, 8)), Err(Problem::Header(_))), "{lie}");
    }
    // With the header swallowing the elements, nothing is left for them.
    assert!(decode(&file(n + 8, json, 8)).is_err());
    for lie in [n + 9, 1000, 99_999_999] {
        assert!(matches!(decode(&file(lie, json, 8)), Err(Problem::Short { .. })), "{lie}");
    }
    for lie in [100_000_001, u64::from(u32::MAX), u64::MAX - 7, u64::MAX] {
        assert!(matches!(decode(&file(lie, json, 8)), Err(Problem::HeaderLength(_))), "{lie}");
    }
}

#[test]
fn a_header_that_contradicts_itself_is_refused() {
    let two = |a: &str, b: &str| {
        let one =
            |name, offsets| format!(r#""{name}":{{"dtype":"F32","shape":[2],"data_offsets":{offsets}}}"#);
        format!("{{{},{}}}", one("a", a), one("b", b))
    };
    assert!(decode(&file(two("[0,8]", "[8,16]").len() as u64, &two("[0,8]", "[8,16]"), 16)).is_ok());
    // The order of the names need not be that of the elements.
    assert!(decode(&file(two("[8,16]", "[0,8]").len() as u64, &two("[8,16]", "[0,8]"), 16)).is_ok());
    assert_refused(&two("[0,8]", "[4,12]"), 12, "invalid offset for tensor `b`"); // overlapping
    assert_refused(&two("[0,8]", "[0,8]"), 8, "invalid offset"); // the same place twice
    assert_refused(&two("[0,8]", "[12,20]"), 20, "invalid offset for tensor `b`"); // a gap
    assert_refused(&two("[4,12]", "[12,20]"), 20, "invalid offset for tensor `a`"); // a gap at the start
    assert_refused(&two("[0,8]", "[16,8]"), 16, "invalid offset for tensor `b`"); // backwards
    assert_refused(&two("[0,8]", "[8,16]"), 15, "15 bytes of elements, but the header describes 16");
    assert_refused(&two("[0,8]", "[8,16]"), 24, "24 bytes of elements, but the header describes 16");
    assert_refused(&two("[0,8]", "[8,-1]"), 16, "damaged header");
    assert_refused(&two("[0,8]", "[8,1e99]"), 16, "damaged header");

    let one = |dtype: &str, shape: &str, bytes: &str| {
        format!(r#"{{"w":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{bytes}]}}}}"#)
    };
    assert_refused(&one("F32", "[3]", "8"), 8, "damaged header"); // too few bytes for the shape
    assert_refused(&one("F64", "[2]", "8"), 8, "damaged header"); // too few for the type
    assert_refused(&one("F99", "[2]", "8"), 8, "unknown variant `F99`");
    assert_refused(&one("BF16", "[4]", "8"), 8, "w holds BF16, and I64, F64, F32, I32 or U8 is wanted");
    assert_refused(&one("F16", "[4]", "8"), 8, "w holds F16");
    assert_refused(&one("F32", "[1,1,1,1,1,1,1,1,2]", "8"), 8, "arrays have at most 8 axes");
    // Sizes that overflow, alone and next to a length of 0, which makes the product 0 again.
    assert_refused(&one("U8", "[4294967296,4294967296]", "0"), 0, "damaged header");
    assert_refused(&one("U8", "[0,9223372036854775807,3]", "0"), 0, "w has shape");
    assert_refused(&one("U8", "[9223372036854775807,3,0]", "0"), 0, "damaged header");
    assert_refused(&one("U8", "[18446744073709551616]", "0"), 0, "damaged header");
    assert_refused(&one("F32", "[-2]", "8"), 8, "damaged header");
    // Huge arrays, whose ends come near to the largest number there is.
    let length = (1u64 << 61) - 1;
    let huge: Vec<String> = (0..8)
        .map(|i| {
            let (begin, end) = (i * length, (i + 1) * length);
            format!(r#""{i}":{{"dtype":"U8","shape":[{length}],"data_offsets":[{begin},{end}]}}"#)
        })
        .collect();
    assert_refused(&format!("{{{}}}", huge.join(",")), 8, "8 bytes of elements, but the header describes");

    for json in ["", "{", "[]", "null", "{\"a\":3}", "{\"a\":{}}", "\u{0}", "{\"__metadata__\":{\"a\":3}}"] {
        assert_refused(json, 0, "damaged header");
    }
    assert_refused(&"[".repeat(100_000), 0, "damaged header");
    assert_refused(&r#"{"__metadata__":"#.repeat(10_000), 0, "damaged header");
    let mut not_text = file(2, "{}", 0);
    not_text[8] = 0xff;
    assert!(matches!(decode(&not_text), Err(Problem::Header(_))));
    // Nothing at all is a file too.
    assert_eq!(decode(&file(2, "{}", 0)).unwrap(), Default::default());
}

#[test]
fn files_that_are_none_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.safetensors");
    let error = read(&path).unwrap_err();
    assert!(error.to_string().contains("missing.safetensors: "), "{error}");
    assert!(matches!(error.problem, Problem::Io(_)));
    assert!(read(folder.path()).is_err(), "a folder");
    assert!(write(folder.path().join("no folder/x"), &BTreeMap::new(), &Texts::new()).is_err());
    assert!(write(folder.path(), &BTreeMap::new(), &Texts::new()).is_err(), "a folder stands there");

    let named = BTreeMap::from([("__metadata__".to_owned(), Tensor::zeros([1]))]);
    let error = write(&path, &named, &Texts::new()).unwrap_err();
    assert!(error.to_string().contains("no array can be called `__metadata__`"), "{error}");
    assert_eq!(names(folder.path()), [""; 0], "nothing was left behind");
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A disk with room for so many bytes.
struct Disk {
    room: usize,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = bytes.len().min(self.room);
        self.room -= written;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_fills_up_at_any_byte_is_an_error() {
    let (state, texts) = small();
    let needed = encode(&state, &texts).len();
    for room in 0..needed {
        let error = write_to(&mut Disk { room }, &state, &texts).expect_err("the disk is full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "room for {room} bytes");
    }
    write_to(&mut Disk { room: needed }, &state, &texts).unwrap();
    // The system's own full disk.
    if let Ok(full) = File::create("/dev/full") {
        let mut full = BufWriter::with_capacity(16, full);
        assert!(write_to(&mut full, &state, &texts).is_err());
    }
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (state, texts) = small();
    write_any(&path, &state, &texts).unwrap();
    for room in [0, 7, 100, 10_000] {
        let failed = write_atomic_with(&path, |file| {
            file.write_all(&vec![1; room])?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(read_any(&path).unwrap(), (state.clone(), texts.clone()));
        assert_eq!(names(folder.path()), ["model.safetensors"]);
    }
}

/// A state that is the same number everywhere, and says which.
fn uniform_state(number: usize) -> (BTreeMap<String, Tensor>, Texts) {
    let state = ["first", "second"].map(|name| (name.to_owned(), Tensor::full([200, 300], number as f32)));
    (BTreeMap::from(state), BTreeMap::from([("number".to_owned(), number.to_string())]))
}

/// The number of a file, which must be whole.
#[track_caller]
fn number_in(path: &Path) -> usize {
    let (state, texts) = read(path).unwrap();
    let number = texts["number"].parse().unwrap();
    assert_eq!((state, texts), uniform_state(number), "the file mixes two states");
    number
}

/// Runs one test of this program as a process of its own, which finds `path` in the environment.
fn again(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env("GRADUS_TEST_FILE", path).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_file() {
    if let Some(path) = std::env::var_os("GRADUS_TEST_FILE") {
        let start = number_in(Path::new(&path));
        for number in start + 1.. {
            let (state, texts) = uniform_state(number);
            write(&path, &state, &texts).unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (state, texts) = uniform_state(1);
    write(&path, &state, &texts).unwrap();
    let mut rng = Rng::new(0, "kill");
    for _ in 0..15 {
        let before = number_in(&path);
        let mut child = again("a_kill_at_any_moment_leaves_a_whole_file", &path).spawn().unwrap();
        while number_in(&path) == before {
            assert!(child.try_wait().unwrap().is_none(), "the writer stopped by itself");
        }
        std::thread::sleep(std::time::Duration::from_micros(rng.below(3000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        number_in(&path);
    }
}

/// The system stops a process from writing files above a limit: like a full disk, in the middle of a write.
#[cfg(unix)]
#[test]
fn a_limit_of_the_system_leaves_the_old_file() {
    if let Some(path) = std::env::var_os("GRADUS_TEST_FILE") {
        let (state, texts) = uniform_state(2);
        let error = write(&path, &state, &texts).expect_err("above the limit");
        assert!(matches!(error.problem, Problem::Io(_)), "{error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (state, texts) = uniform_state(1);
    write(&path, &state, &texts).unwrap();
    let child = again("a_limit_of_the_system_leaves_the_old_file", &path);
    // 64 blocks of 512 or 1024 bytes; the file takes 480 kB. Ignoring the signal turns it into an error.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$@\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(child.get_program()).args(child.get_args());
    let output = shell.env("GRADUS_TEST_FILE", &path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(number_in(&path), 1);
    assert_eq!(names(folder.path()), ["model.safetensors"]);
}

fn view(tensor: &AnyTensor, bytes: &[u8]) -> TensorView<'static> {
    let dtype = match tensor.dtype() {
        "I64" => Dtype::I64,
        "F64" => Dtype::F64,
        "F32" => Dtype::F32,
        "I32" => Dtype::I32,
        _ => Dtype::U8,
    };
    TensorView::new(dtype, tensor.shape().to_vec(), bytes.to_vec().leak()).unwrap()
}

/// An array of some type and shape, sometimes a transposed view.
fn any_tensor(kind: u8, [a, b]: [usize; 2], seed: u64) -> AnyTensor {
    let mut rng = Rng::new(seed, "file");
    let floats = Array::<f64>::normal([a, b], 0.0, 1.0, &mut rng);
    let floats = if seed.is_multiple_of(2) { floats.t() } else { floats };
    match kind {
        0 => floats.to_f32().into(),
        1 => floats.into(),
        2 => floats.map_to(|x| (x * 1e18) as i64).into(),
        3 => floats.map_to(|x| (x * 1e9) as i32).into(),
        _ => floats.map_to(|x| (x * 100.0) as u8).into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_and_the_safetensors_crate_writes_the_same_bytes(
        entries in prop::collection::btree_map(".{0,12}", (0..5u8, [0..4usize, 0..5usize], 0..1000u64), 0..6),
        text in prop::option::of((".{1,8}", ".{0,20}")),
    ) {
        let state: State = entries.into_iter().map(|(name, (kind, shape, seed))| (name, any_tensor(kind, shape, seed))).collect();
        let texts: Texts = text.into_iter().collect();
        let bytes = encode(&state, &texts);
        prop_assert_eq!(&decode(&bytes).unwrap(), &(state.clone(), texts.clone()));

        // The crate gets the elements from our file and must lay out the same one around them.
        let theirs = SafeTensors::deserialize(&bytes).unwrap();
        let views = state.iter().map(|(name, tensor)| (name, view(tensor, theirs.tensor(name).unwrap().data())));
        let metadata: HashMap<String, String> = texts.into_iter().collect();
        let metadata = (!metadata.is_empty()).then_some(metadata);
        prop_assert_eq!(serialize(views, metadata).unwrap(), bytes);
    }

    #[test]
    fn noise_is_never_read_as_a_file(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode(&bytes).is_err());
    }
}

#[test]
fn the_header_is_what_the_format_says() {
    let entries = [
        TensorEntry { name: "w", dtype: "F32", shape: [2, 3].into(), bytes: 24 },
        TensorEntry { name: "s", dtype: "U8", shape: [].into(), bytes: 1 },
    ];
    let json = concat!(
        r#"{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#,
        r#""s":{"dtype":"U8","shape":[],"data_offsets":[24,25]}}"#
    );
    let spaces = " ".repeat(json.len().next_multiple_of(8) - json.len());
    let length = (json.len() + spaces.len()) as u64;
    let expected = [&length.to_le_bytes()[..], json.as_bytes(), spaces.as_bytes()].concat();
    assert_eq!(header(&entries, &Texts::new()), expected);
}
