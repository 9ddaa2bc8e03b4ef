//! Fetching from a server that truncates, stalls, lies and breaks off, on a disk that is full, in a process that is
//! killed: in the end there is the right file or a clear error, and never a wrong file under the right name.

mod common;
#[path = "common/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use common::{folder, gzip, hostile, packed, skipped, tar};
use datasets::cifar10::{self, CLASS_NAMES, Cifar10, Images, PIXELS};
use datasets::fetch::{Event, FetchError, NAMES, Recipe, fetch, recipe};
use proptest::prelude::*;
use server::Reply::*;
use server::{Reply, Request, Server, an_archive, content, limits, one_file};

fn get(recipe: &Recipe, dir: &Path) -> Result<PathBuf, FetchError> {
    fetch(recipe, dir, &limits(), &mut |_| ())
}

/// Names below the folder of the data set, without the lock.
fn names(dir: &Path) -> Vec<String> {
    let files = common::files_below(dir).into_iter().map(|(name, _)| name);
    files.filter(|name| !name.ends_with(".lock")).collect()
}

/// Fetches 10,000 bytes from a server with these replies; what was requested.
#[track_caller]
fn fetched(replies: &[Reply]) -> Vec<Request> {
    let bytes = content(1, 10_000);
    let server = Server::start(&bytes, replies);
    let dir = folder();
    let recipe = one_file(&server, &bytes);
    let place = get(&recipe, dir.path()).expect("fetched");
    assert_eq!(fs::read(place.join("file.bin")).expect("the file"), bytes);
    assert_eq!(names(dir.path()), ["test/file.bin"]);
    let requests = server.requests();
    // A second call finds it there and asks for nothing.
    get(&recipe, dir.path()).expect("there");
    assert_eq!(server.requests().len(), requests.len());
    requests
}

/// The same where fetching fails: the error, the number of requests, the names left behind.
#[track_caller]
fn failed(replies: &[Reply]) -> (FetchError, usize, Vec<String>) {
    let bytes = content(1, 10_000);
    let server = Server::start(&bytes, replies);
    let dir = folder();
    let error = get(&one_file(&server, &bytes), dir.path()).expect_err("the server misbehaves");
    assert!(!error.hint().is_empty());
    assert!(!dir.path().join("test/file.bin").exists(), "nothing wrong may have the right name");
    // What is left is no more than a beginning: the next call makes it whole.
    let left = names(dir.path());
    server.publish(&bytes, None, &[Good]);
    get(&one_file(&server, &bytes), dir.path()).expect("fetched at last");
    assert_eq!(fs::read(dir.path().join("test/file.bin")).expect("the file"), bytes);
    (error, server.requests().len(), left)
}

fn froms(requests: &[Request]) -> Vec<Option<usize>> {
    requests.iter().map(|request| request.from).collect()
}

#[test]
fn a_server_that_does_what_it_should() {
    assert_eq!(froms(&fetched(&[Good])), [None]);
    assert_eq!(froms(&fetched(&[NoLength])), [None]);
}

#[test]
fn broken_connections_are_resumed() {
    let requests = fetched(&[Cut(1000), Cut(500), Drop, Good]);
    assert_eq!(froms(&requests), [None, Some(1000), Some(1500), Some(1500)]);
    assert!(
        requests[1..].iter().all(|request| request.if_range.as_deref() == Some("\"one\"")),
        "{requests:?}"
    );
}

#[test]
fn a_silent_server_is_left_and_asked_again() {
    assert_eq!(froms(&fetched(&[Stall(700), Stall(0), Good])), [None, Some(700), Some(700)]);
}

#[test]
fn a_server_without_ranges_sends_everything_again() {
    assert_eq!(froms(&fetched(&[Cut(1000), NoRanges])), [None, Some(1000)]);
    // A range that does not continue what we have is not used.
    assert_eq!(froms(&fetched(&[Cut(1000), OtherRange, Good])), [None, Some(1000), None]);
    assert_eq!(froms(&fetched(&[Cut(1000), Status(416), Good])), [None, Some(1000), None]);
}

#[test]
fn a_file_that_changed_since_is_fetched_anew() {
    let (old, new) = (content(1, 10_000), content(2, 10_000));
    let server = Server::start(&old, &[Cut(4000), Status(404)]);
    let dir = folder();
    get(&one_file(&server, &old), dir.path()).expect_err("broken off");
    assert_eq!(fs::metadata(dir.path().join("test/file.bin.part")).expect("a part").len(), 4000);
    server.publish(&new, Some("\"two\""), &[Good]);
    get(&one_file(&server, &new), dir.path()).expect("fetched");
    assert_eq!(fs::read(dir.path().join("test/file.bin")).expect("the file"), new);
    assert_eq!(froms(&server.requests()), [Some(4000)]);
}

#[test]
fn a_beginning_of_something_else_is_given_up() {
    let bytes = content(1, 10_000);
    let server = Server::start(&bytes, &[Good]);
    for garbage in [content(7, 3000), content(7, 10_000), content(7, 20_000)] {
        let dir = folder();
        fs::create_dir(dir.path().join("test")).expect("made");
        fs::write(dir.path().join("test/file.bin.part"), &garbage).expect("written");
        // A whole file with the wrong content is replaced as well.
        fs::write(dir.path().join("test/file.bin"), &garbage).expect("written");
        get(&one_file(&server, &bytes), dir.path()).expect("fetched");
        assert_eq!(fs::read(dir.path().join("test/file.bin")).expect("the file"), bytes);
    }
}

#[test]
fn lies_about_the_length_are_noticed() {
    for reply in [Claim(10), Claim(10_001), Claim(0), TooMuch] {
        let (error, _, left) = failed(std::slice::from_ref(&reply));
        assert!(matches!(error, FetchError::Length { expected: 10_000, .. }), "{reply:?}: {error}");
        assert!(!left.contains(&"test/file.bin.part".to_owned()), "{reply:?}: {left:?}");
    }
}

#[test]
fn wrong_bytes_are_thrown_away() {
    let (error, _, left) = failed(&[Wrong]);
    assert!(matches!(error, FetchError::Checksum { .. }), "{error}");
    assert_eq!(left, [""; 0]);
    // Wrong from the middle on.
    let (error, _, left) = failed(&[Cut(1000), Wrong]);
    assert!(matches!(error, FetchError::Checksum { .. }), "{error}");
    assert_eq!(left, [""; 0]);
}

#[test]
fn statuses() {
    for status in [400, 403, 404, 410] {
        let (error, ..) = failed(&[Status(status), Good]);
        assert!(matches!(error, FetchError::Status { status: found, .. } if found == status), "{error}");
    }
    assert_eq!(fetched(&[Status(500), Status(503), Status(429), Good]).len(), 4);
    let (error, ..) = failed(&[Status(503)]);
    let FetchError::GaveUp { tries: 4, have: 0, source, .. } = error else { panic!("{error}") };
    assert!(matches!(*source, FetchError::Status { status: 503, .. }), "{source}");
}

#[test]
fn giving_up_keeps_what_came() {
    let (error, _, left) = failed(&[Cut(1000), Drop]);
    assert!(matches!(error, FetchError::GaveUp { have: 1000, bytes: 10_000, .. }), "{error}");
    assert!(left.contains(&"test/file.bin.part".to_owned()), "{left:?}");
    let (error, ..) = failed(&[Stall(5)]);
    let FetchError::GaveUp { source, .. } = error else { panic!("{error}") };
    assert!(matches!(*source, FetchError::Stalled { .. }), "{source}");
}

#[test]
fn redirections() {
    let requests = fetched(&[Redirect("/there"), Good]);
    assert_eq!(requests[1].path, "/there");
    // Round and round: an error, and not an endless one.
    let (error, ..) = failed(&[Redirect("/file")]);
    assert!(matches!(error, FetchError::Connection { .. }), "{error}");
}

#[test]
fn nobody_listens() {
    let bytes = content(1, 100);
    let mut server = Server::start(&bytes, &[Good]);
    // Port 9 of this machine: the service that discards everything is nowhere on.
    server.url = "http://127.0.0.1:9/".into();
    let error = get(&one_file(&server, &bytes), folder().path()).expect_err("nobody there");
    assert!(matches!(error, FetchError::GaveUp { .. }), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let bytes = content(1, 10_000);
    let server = Server::start(&bytes, &[Good]);
    let dir = folder();
    fs::create_dir(dir.path().join("test")).expect("made");
    let part = dir.path().join("test/file.bin.part");
    // A device that is always full.
    std::os::unix::fs::symlink("/dev/full", &part).expect("linked");
    let error = get(&one_file(&server, &bytes), dir.path()).expect_err("no room");
    assert!(
        matches!(error, FetchError::Disk { .. }) && error.hint().contains("full"),
        "{error}: {}",
        error.hint()
    );
    fs::remove_file(part).expect("removed");
    get(&one_file(&server, &bytes), dir.path()).expect("there is room again");
}

#[test]
fn folders_that_cannot_be_written() {
    let bytes = content(1, 100);
    let server = Server::start(&bytes, &[Good]);
    let dir = folder();
    let file = dir.path().join("file");
    fs::write(&file, "").expect("written");
    let error = get(&one_file(&server, &bytes), &file).expect_err("a file is no folder");
    assert!(matches!(error, FetchError::Disk { .. }), "{error}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).expect("set");
        let tried = get(&one_file(&server, &bytes), dir.path());
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("set");
        match tried {
            Ok(_) => skipped("folders_that_cannot_be_written", "this user may write everywhere"),
            Err(error) => assert!(error.hint().contains("--dir"), "{error}: {}", error.hint()),
        }
    }
}

/// 6 files of `count` images each, packed as published.
fn archive(count: usize) -> (Cifar10, Vec<u8>) {
    let noise = |seed, count: usize| Images { pixels: content(seed, count * PIXELS), labels: vec![3; count] };
    let data = Cifar10 { train: noise(1, 5 * count), test: noise(2, count), class_names: CLASS_NAMES };
    let dir = folder();
    cifar10::save(dir.path(), &data).expect("written");
    (data, packed(dir.path(), "cifar-10-batches-bin/"))
}

#[test]
fn archives_are_unpacked_as_a_whole() {
    let (data, bytes) = archive(2);
    let server = Server::start(&bytes, &[Cut(999), Good]);
    let dir = folder();
    // What a killed call left behind.
    fs::create_dir_all(dir.path().join("cifar10/.unpacking/cifar-10-batches-bin")).expect("made");
    let recipe = an_archive(&server, &bytes);
    let place = get(&recipe, dir.path()).expect("fetched");
    assert_eq!(place, dir.path().join("cifar10/cifar-10-batches-bin"));
    assert_eq!(cifar10::load(&place).expect("whole"), data);
    let left = names(dir.path());
    assert!(left.len() == 7 && left.iter().all(|name| name.contains("/cifar-10-batches-bin/")), "{left:?}");
    // Found as programs find it, and not fetched again.
    assert!(datasets::info::describe(dir.path()).expect("a folder").contains("10 + 2 images"));
    let mut there = false;
    fetch(&recipe, dir.path(), &limits(), &mut |event| there |= matches!(event, Event::There))
        .expect("there");
    assert!(there && server.requests().len() == 2);
    // What lies in the way is not removed.
    fs::remove_file(place.join("test_batch.bin")).expect("removed");
    let error = get(&recipe, dir.path()).expect_err("damaged");
    assert!(matches!(error, FetchError::InTheWay { .. }), "{error}");
    assert!(place.join("data_batch_1.bin").exists());
}

#[test]
fn archives_that_cannot_be_unpacked_leave_nothing() {
    let twice: &[(&str, &[u8])] = &[("cifar-10-batches-bin/a", b"1"), ("cifar-10-batches-bin/a", b"2")];
    let other: &[(&str, &[u8])] = &[("elsewhere/a", b"1")];
    let more = [("twice", gzip(&tar(twice)), ""), ("another folder", gzip(&tar(other)), "")];
    for (what, bytes, _) in hostile().into_iter().filter(|(what, ..)| *what != "nothing").chain(more) {
        let server = Server::start(&bytes, &[Good]);
        let dir = folder();
        let error = get(&an_archive(&server, &bytes), dir.path()).expect_err(what);
        assert!(matches!(error, FetchError::Unpack(_) | FetchError::Disk { .. }), "{what}: {error}");
        assert!(!error.hint().is_empty());
        assert_eq!(names(dir.path()), ["cifar10/cifar-10-binary.tar.gz"], "{what}");
    }
}

#[test]
fn one_process_at_a_time() {
    let bytes = content(1, 100);
    let server = Server::start(&bytes, &[Good]);
    let dir = folder();
    fs::create_dir(dir.path().join("test")).expect("made");
    let lock = fs::File::create(dir.path().join("test/.lock")).expect("a file");
    lock.lock().expect("locked");
    let error = get(&one_file(&server, &bytes), dir.path()).expect_err("busy");
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    lock.unlock().expect("unlocked");
    get(&one_file(&server, &bytes), dir.path()).expect("free");
}

const CHILD: &str = "GRADUS_TEST_FETCH";

/// Not a test of its own: what the next one starts and kills.
#[test]
fn the_process_that_is_killed() {
    let Ok(arguments) = std::env::var(CHILD) else { return };
    let arguments: Vec<&str> = arguments.split('\n').collect();
    let (_, bytes) = archive(40);
    let server = Server::start(&[], &[Drop]);
    let mut recipe = an_archive(&server, &bytes);
    recipe.items[0].url = arguments[0].into();
    get(&recipe, Path::new(arguments[1])).expect("fetched");
}

#[test]
fn killed_at_any_moment_it_goes_on() {
    let (data, bytes) = archive(40);
    let server = Server::start(&bytes, &[Slow]);
    let dir = folder();
    let part = dir.path().join("cifar10/cifar-10-binary.tar.gz.part");
    let place = dir.path().join("cifar10/cifar-10-batches-bin");
    let start = || {
        Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "the_process_that_is_killed"])
            .env(CHILD, format!("{}\n{}", server.url, dir.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started")
    };
    let mut before = 0;
    for turn in 0..30 {
        let mut child = start();
        thread::sleep(Duration::from_millis(10 + 5 * turn));
        let _ = child.kill();
        child.wait().expect("ended");
        // What was there is still there: the part only grows, until the archive or the folder takes its place.
        match fs::metadata(&part) {
            Ok(about) => {
                assert!(about.len() >= before, "turn {turn}: {} bytes after {before}", about.len());
                before = about.len();
            }
            Err(_) => assert!(before == 0 || place.exists() || part.with_extension("").exists()),
        }
        assert!(!place.exists() || cifar10::load(&place).is_ok(), "half a folder in the place of the whole");
    }
    assert!(start().wait().expect("ended").success());
    assert_eq!(cifar10::load(&place).expect("whole"), data);
    assert!(names(dir.path()).iter().all(|name| name.contains("/cifar-10-batches-bin/")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    /// Whatever a server does first, once it behaves the file is right.
    #[test]
    fn in_the_end_the_file_is_right(replies in prop::collection::vec(prop_oneof![
        (0..12_000usize).prop_map(Cut),
        Just(Drop), Just(OtherRange), Just(Status(500)), Just(Status(416)), Just(NoRanges), Just(NoLength),
    ], 0..4)) {
        fetched(&[replies, vec![Good]].concat());
    }
}

#[test]
fn the_official_sources_are_well_formed() {
    for name in NAMES {
        let recipe = recipe(name).expect("known");
        assert_eq!(recipe.name, name);
        for item in &recipe.items {
            assert!(item.url.starts_with("https://") && item.url.ends_with(&item.name), "{item:?}");
            assert!(
                item.sha256.len() == 64 && item.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{item:?}"
            );
        }
        assert!(recipe.unpack.is_none() || recipe.items.len() == 1);
    }
    assert!(recipe("photographs").is_none());
}
