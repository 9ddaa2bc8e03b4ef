//! Event files: the same bytes as TensorBoard's own writer makes (tests/golden/make_ch14.py), and what a trainer writes.

use std::fs;
use std::ops::ControlFlow::{Break, Continue};
use std::path::{Path, PathBuf};

use ch01_tensors::npz;
use ch14_training::events::{EventWriter, Histogram, Said, crc32c, masked, message, record};
use ch14_training::{RunDir, Settings};
use tempfile::tempdir;

use crate::common::{model, settings, train, trainer, valid};

#[test]
fn checksums_of_the_standard() {
    // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(&[255; 32]), 0x62a8_ab43);
    let rising: Vec<u8> = (0..32).collect();
    assert_eq!(crc32c(&rising), 0x46dd_794e);
}

#[test]
fn golden_events() {
    let golden =
        npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch14.npz")).unwrap();
    let png: Vec<u8> = (0..200).collect();
    let histogram = Histogram {
        min: -1.5,
        max: 2.0,
        count: 6.0,
        sum: 1.25,
        sum_squares: 9.0,
        limits: vec![-0.5, 0.75, 2.0],
        counts: vec![2.0, 0.0, 4.0],
    };
    let events = [
        ("version", 0, Said::Version),
        ("start", 70000, Said::Start),
        ("scalar", 300, Said::Scalar("loss/training", 0.1)),
        ("zero", 300, Said::Scalar("loss/training", 0.0)),
        ("histogram", 300, Said::Histogram("weights", &histogram)),
        ("image", 300, Said::Image("digit", 2, 300, &png)),
    ];
    for (name, step, said) in events {
        let theirs = golden[&format!("event.{name}")].u8().unwrap().to_vec();
        assert_eq!(record(&message(1234.5, step, said)), theirs, "{name}");
    }
}

#[test]
fn histograms_count_every_finite_number() {
    let values = [0.0, 1.0, 1.0, 4.0, f64::NAN, f64::INFINITY];
    let of = Histogram::new(values, 4);
    assert_eq!((of.min, of.max, of.count, of.sum, of.sum_squares), (0.0, 4.0, 4.0, 6.0, 18.0));
    assert_eq!((of.limits, of.counts), (vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 2.0, 0.0, 1.0]));
    let same = Histogram::new([2.0; 3], 4);
    assert_eq!((same.limits, same.counts), (vec![2.0], vec![3.0]));
    assert_eq!(Histogram::new(std::iter::empty(), 4), Histogram::default());
}

/// The messages of a file whose frames are whole, and how many bytes are left over at its end.
fn frames(mut bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let mut messages = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<8>() {
        let size = u64::from_le_bytes(*length) as usize;
        if rest.len() < size + 8 {
            break;
        }
        let sum = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
        assert_eq!(sum(&rest[..4]), masked(length));
        assert_eq!(sum(&rest[4 + size..8 + size]), masked(&rest[4..4 + size]));
        messages.push(rest[4..4 + size].to_vec());
        bytes = &rest[8 + size..];
    }
    (messages, bytes.len())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.to_string_lossy().contains("events.out.tfevents.")).collect();
    files.sort();
    files
}

#[test]
fn a_trainer_writes_events_and_begins_a_file_when_it_goes_on() {
    let folder = tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let settings = || Settings { events: Some(5), layer_norms: true, ..settings() };
    let mut first =
        trainer(settings()).on_step(|step| if step.step == 11 { Break(()) } else { Continue(()) });
    first.fit(&mut model(), &train(), &valid(), &dir, false).unwrap();
    trainer(settings()).fit(&mut model(), &train(), &valid(), &dir, true).unwrap();
    let files = files(dir.path());
    assert_eq!(files.len(), 2);
    let messages = files.iter().map(|file| frames(&fs::read(file).unwrap())).collect::<Vec<_>>();
    // Six curves and four layers per epoch, three per fifth step; a version and a start per file.
    let epoch = 6 + 4;
    assert_eq!(messages[0].0.len(), 2 + epoch + 2 * 3);
    assert_eq!(messages[1].0.len(), 2 + 2 * epoch + 2 * 3);
    assert!(messages.iter().all(|(_, left)| *left == 0));
    // The second file says from which step on the first does not count: field 2, a varint; field 7 at its end.
    let start = &messages[1].0[1];
    assert_eq!(&start[9..], [2 << 3, 11, 7 << 3 | 2, 2, 1 << 3, 1]);
}

#[test]
fn what_a_kill_leaves_is_whole_but_for_its_end() {
    let folder = tempdir().unwrap();
    let mut writer = EventWriter::create(folder.path(), 0).unwrap();
    (0..20).for_each(|step| writer.scalar("loss", step, 1.0).unwrap());
    writer.flush().unwrap();
    let bytes = fs::read(writer.path()).unwrap();
    let (all, left) = frames(&bytes);
    assert_eq!((all.len(), left), (22, 0));
    let (some, left) = frames(&bytes[..bytes.len() - 5]);
    assert_eq!(some, all[..21]);
    assert!(left > 0);
    let error = EventWriter::create(&folder.path().join("nowhere"), 0).unwrap_err().to_string();
    assert!(error.contains("cannot write the event file") && error.contains("nowhere"), "{error}");
}
