//! Vocabulary files: what is saved comes back, and what is damaged is refused with a reason.

use std::fs;

use ch13_data::{Bpe, DataError, Gpt2, WordPiece, WordVocabulary};

const TEXTS: [&str; 2] = ["the film was the \"best\" film", "\u{1f600} naïve \\ the\u{0} end"];

#[test]
fn vocabularies_come_back() {
    let folder = tempfile::tempdir().unwrap();
    for cls in [false, true] {
        let words = WordVocabulary::build(&TEXTS, 10, 1, cls);
        words.save(folder.path().join("words.json")).unwrap();
        assert_eq!(WordVocabulary::load(folder.path().join("words.json")).unwrap(), words);
        let bpe = Bpe::train(&TEXTS, 270, cls);
        assert!(!bpe.merges().is_empty());
        bpe.save(folder.path().join("bpe.json")).unwrap();
        assert_eq!(Bpe::load(folder.path().join("bpe.json")).unwrap(), bpe);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
}

fn load_error<T>(load: impl Fn(&std::path::Path) -> Result<T, DataError>, content: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.json");
    fs::write(&path, content).unwrap();
    let error = load(&path).err().unwrap_or_else(|| panic!("{content} was read")).to_string();
    assert!(error.starts_with(&path.display().to_string()), "{error} names the file");
    error
}

#[test]
fn damaged_word_vocabularies_are_refused() {
    let head = r#"{"format":"gradus-word-vocabulary","version":1,"cls":false,"words":"#;
    let cases = [
        ("", "EOF while parsing"),
        ("\u{0}\u{1}", "expected value"),
        ("[1, 2]", "its format is null"),
        (
            r#"{"format":"gradus-bpe","version":1}"#,
            r#"its format is "gradus-bpe", not "gradus-word-vocabulary""#,
        ),
        (r#"{"format":"gradus-word-vocabulary","version":2}"#, "its version is 2, and only 1 is known"),
        (r#"{"format":"gradus-word-vocabulary","version":1}"#, "`cls` is not true or false"),
        (&format!("{head}7}}"), "`words` is not a list"),
        (&format!(r#"{head}["a",7]}}"#), "word 1 is 7, not a text"),
        (&format!(r#"{head}["a","b","a"]}}"#), r#"the word "a" comes twice"#),
        (&format!(r#"{head}["a","#), "EOF while parsing"),
    ];
    for (content, message) in cases {
        let error = load_error(|path| WordVocabulary::load(path), content);
        assert!(error.contains(message) && error.contains("not a word vocabulary"), "{content}: {error}");
    }
}

#[test]
fn damaged_merges_are_refused() {
    let head = r#"{"format":"gradus-bpe","version":2,"cls":false,"merges":"#;
    let doubled: Vec<[u32; 2]> = (257..297).map(|token| [if token == 257 { 2 } else { token }; 2]).collect();
    let cases = [
        (r#"{"format":"gradus-word-vocabulary","version":1}"#.to_owned(), "its format is"),
        (r#"{"format":"gradus-bpe","version":1}"#.to_owned(), "its version is 1, and only 2 is known"),
        (format!("{head}{{}}}}"), "`merges` is not a list"),
        (format!("{head}[[3]]}}"), "merge 0 is [3], not two tokens"),
        (format!("{head}[[3,4,5]]}}"), "not two tokens"),
        (format!("{head}[[3,-4]]}}"), "not two tokens"),
        (format!("{head}[[3,4294967296]]}}"), "not two tokens"),
        (format!("{head}[[3,4],[3,259]]}}"), "merge 1 joins 3 and 259, of which only 2 to 258 exist"),
        (format!("{head}[[1,4]]}}"), "merge 0 joins 1 and 4, of which only 2 to 257 exist"),
        (format!("{head}[[3,4],[3,4]]}}"), "merge 1 joins 3 and 4, as another before it"),
        // Each merge doubles the token before it.
        (format!("{head}{:?}}}", doubled), "merge 23 makes a token of 16777216 bytes"),
        (format!("{head}[[3,4],"), "EOF while parsing"),
    ];
    for (content, message) in cases {
        let error = load_error(|path| Bpe::load(path), &content);
        assert!(error.contains(message), "{content}: {error}");
    }
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no such folder").join("bpe.json");
    let error = Bpe::load(&missing).unwrap_err().to_string();
    assert!(error.contains("no such folder") && error.contains("No such file"), "{error}");
    let error = Bpe::train(&TEXTS, 270, false).save(&missing).unwrap_err().to_string();
    assert!(error.contains("no such folder"), "{error}");
    // A folder is no file.
    assert!(matches!(WordVocabulary::load(folder.path()), Err(DataError::Io { .. })));
}

#[test]
fn damaged_files_in_gpt2s_format_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [vocabulary, merges] = ["vocab.json", "merges.txt"].map(|name| folder.path().join(name));
    Gpt2::new(Bpe::train(&TEXTS, 262, false), &["<|endoftext|>"]).write(&vocabulary, &merges).unwrap();
    let (sound_vocabulary, sound_merges) =
        (fs::read_to_string(&vocabulary).unwrap(), fs::read_to_string(&merges).unwrap());
    assert!(Gpt2::read(&vocabulary, &merges).is_ok());
    let without = sound_vocabulary.replacen("\"!\":0", "\"?!\":0", 1);
    let twice = sound_vocabulary.replacen("\"!\":0", "\"!\":1", 1);
    for (vocabulary_text, merges_text, message) in [
        ("[]", sound_merges.as_str(), "invalid type"),
        (r#"{"a": -1}"#, &sound_merges, r#""a" has no number, but -1"#),
        (&without, &sound_merges, r#"the token "!" is missing"#),
        (&twice, &sound_merges, "two tokens have the number 1"),
        (&sound_vocabulary, "#version: 0.2\nabc\n", r#"line 2: not two tokens: "abc""#),
        (&sound_vocabulary, "a b\na \u{4e00}\n", "line 2: a character that stands for no byte"),
        (&sound_vocabulary, "ab c\n", "line 1: a token that no line before it makes"),
        (&sound_vocabulary, "a b\na b\n", "merge 1 joins 66 and 67, as another before it"),
    ] {
        fs::write(&vocabulary, vocabulary_text).unwrap();
        fs::write(&merges, merges_text).unwrap();
        let error = Gpt2::read(&vocabulary, &merges).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("GPT-2"), "{message}: {error}");
    }
}

#[test]
fn damaged_lists_of_word_pieces_are_refused() {
    for (content, message) in [
        ("", "there is no [UNK]"),
        ("[UNK]\n[CLS]\n", "there is no [SEP]"),
        ("[UNK]\na\nb\na\n", "lines 2 and 4 both have \"a\""),
    ] {
        let error = load_error(|path| WordPiece::read(path, true), content);
        assert!(error.contains(message) && error.contains("not a vocabulary of word pieces"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("v"), [b'a', 0xff]).unwrap();
    let error = WordPiece::read(folder.path().join("v"), true).unwrap_err().to_string();
    assert!(error.contains("invalid utf-8"), "{error}");
}
