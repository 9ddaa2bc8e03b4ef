//! `cargo learn` from the outside, on a small workspace of its own in a temporary folder.

mod demo;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use demo::{DOUBLE, Demo, LIBRARY, TRIPLE};

const MINE: &str = "chapters/ch01_demo/exercises/e01_double.rs";
const INSTALLED: &str = "chapters/ch01_demo/yours/e01_double.rs";

#[test]
fn a_reader_solves_an_exercise() {
    let demo = Demo::new();
    let listed = demo.learn(&[], true);
    assert!(
        listed.contains("ch01_demo: 0 of 2 solved") && listed.contains("[ ] e01_double  untouched"),
        "{listed}"
    );
    let next = demo.learn(&["next"], true);
    assert!(next.contains("ch01/double: The double\n\nMake it.") && next.contains(MINE), "{next}");
    let printed = demo.learn(&["run"], false);
    assert!(
        printed.contains("of_three: not written yet: `todo!()` in exercises/e01_double.rs:5"),
        "{printed}"
    );

    demo.write(MINE, "pub fn double(x: f64) -> f64 { -2.0 * x }\n");
    assert!(demo.learn(&["list"], true).contains("[~] e01_double  edited, not checked since"));
    let printed = demo.learn(&["run", "double"], false);
    assert!(printed.contains("of_three: double of 3: the sign is wrong\n"), "{printed}");
    assert!(!printed.contains("RUST_BACKTRACE") && !printed.contains("panicked"), "{printed}");
    assert!(demo.learn(&["list"], true).contains("[~] e01_double  edited, does not pass yet"));

    demo.write(MINE, "pub fn double(x: f64) -> f64 { \"x\" }\n");
    let printed = demo.learn(&["run", "ch01/e01"], false);
    assert!(
        printed.contains("error[E0308]")
            && printed.contains("--> chapters/ch01_demo/exercises/e01_double.rs:1"),
        "{printed}"
    );

    demo.write(MINE, "pub fn double(x: f64) -> f64 { panic!(\"stop\") }\n");
    let printed = demo.learn(&["run", "ch01/e01"], false);
    assert!(printed.contains("of_three: stop (in exercises/e01_double.rs:1:32)"), "{printed}");

    demo.write(MINE, "pub fn double(x: f64) -> f64 { 2.0 * x }\n");
    let printed = demo.learn(&["run", MINE], true);
    assert!(printed.contains("ch01/double: solved.") && printed.contains("Next: ch01/triple"), "{printed}");
    assert!(demo.learn(&["list"], true).contains("[x] e01_double  solved"));
    demo.write(MINE, "pub fn double(x: f64) -> f64 { 2.0*x }\n");
    assert!(demo.learn(&["list"], true).contains("[~] e01_double  edited, not checked since"));
    let printed = demo.learn(&["run", "dubble"], false);
    assert_eq!(printed, "error: no exercise is called 'dubble'; did you mean ch01/double?\n");
}

#[test]
fn hints_come_one_by_one_and_reset_keeps_the_text() {
    let demo = Demo::new();
    for (said, more) in
        [("hint 1 of 3\n\nFirst.", true), ("hint 2 of 3\n\nSecond.", true), ("hint 3 of 3\n\nThird.", false)]
    {
        let printed = demo.learn(&["hint", "double"], true);
        assert!(printed.contains(said) && printed.contains("no more hints") != more, "{printed}");
    }
    assert!(demo.learn(&["hint", "double"], true).contains("hint 3 of 3"));
    let all = demo.learn(&["hint", "triple", "--all"], true);
    assert!(all.contains("First.") && all.contains("Third."), "{all}");

    let stub = demo.read(MINE);
    for mine in ["mine 1", "mine 2"] {
        demo.write(MINE, mine);
        demo.learn(&["reset", "double"], true);
        assert_eq!(demo.read(MINE), stub);
    }
    assert_eq!(demo.read(".learn/backups/ch01_demo/e01_double.1.rs"), "mine 1");
    assert_eq!(demo.read(".learn/backups/ch01_demo/e01_double.2.rs"), "mine 2");
    assert!(demo.learn(&["reset", "double"], true).contains("the stub already"));
    fs::remove_file(demo.folder.path().join(MINE)).unwrap();
    assert!(demo.learn(&["run", "double"], false).contains("`cargo learn reset ch01/double`"));
    demo.learn(&["reset", "double"], true);
    assert_eq!(demo.read(MINE), stub);
}

#[test]
fn watching_checks_what_is_saved() {
    let demo = Demo::new();
    let mut watch = demo.command(&["watch"]).stdout(Stdio::piped()).spawn().unwrap();
    let (send, lines) = mpsc::channel();
    let stdout = watch.stdout.take().unwrap();
    thread::spawn(move || {
        BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    let wait_for = |text: &str| {
        let mut seen = String::new();
        while !seen.contains(text) {
            // Two minutes are far more than a check takes; without a limit a failure would hang.
            let line = lines.recv_timeout(Duration::from_secs(120));
            seen += &line.unwrap_or_else(|_| panic!("no '{text}' after:\n{seen}"));
        }
    };
    wait_for("A nudge:");
    demo.write(MINE, "pub fn double(x: f64) -> f64 { -2.0 * x }\n");
    wait_for("the sign is wrong");
    demo.write(MINE, "pub fn double(x: f64) -> f64 { 2.0 * x }\n");
    wait_for("ch01/double: solved.");
    wait_for("watching chapters/ch01_demo/exercises/e02_triple.rs"); // goes on to the next
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn a_chapter_runs_on_what_is_solved() {
    let demo = Demo::new();
    let good = "pub fn double(x: f64) -> f64 { 2.0 * x }\n";
    demo.write(MINE, good);
    let printed = demo.learn(&["use", "ch01"], true);
    assert!(
        printed.contains("e01_double: yours") && printed.contains("e02_triple: ours (untouched)"),
        "{printed}"
    );
    assert_eq!(demo.read(INSTALLED), good);
    assert!(demo.learn(&[], true).contains("[x] e01_double  solved, installed (yours)\n"));

    // A wrong piece: refused by name and message; nothing changes.
    demo.write(MINE, "pub fn double(x: f64) -> f64 { -2.0 * x }\n");
    assert!(demo.learn(&[], true).contains("installed (yours, an earlier text"));
    let printed = demo.learn(&["use", "ch01"], false);
    assert!(
        printed.contains("nothing was installed")
            && printed.contains("ch01/double: of_three: double of 3: the sign is wrong"),
        "{printed}"
    );
    assert_eq!(demo.read(INSTALLED), good);

    // A piece that passes its check but does not fit the library: refused, and what was there is put back.
    demo.write(MINE, "pub fn double(x: f32) -> f32 { 2.0 * x }\n");
    let lax = "#[path = \"../exercises/e01_double.rs\"]\nmod double;\n\
               #[test]\nfn of_three() {\n    assert!(double::double(3.0) == 6.0);\n}\n";
    demo.write("chapters/ch01_demo/checks/e01_double.rs", lax);
    let printed = demo.learn(&["use", "ch01"], false);
    assert!(
        printed.contains("the library does not compile with them") && printed.contains("E0308"),
        "{printed}"
    );
    assert_eq!(demo.read(INSTALLED), good);

    demo.learn(&["use", "ch01", "--off"], true);
    assert!(!demo.folder.path().join(INSTALLED).exists());
    let printed = demo.learn(&["use", "ch77"], false);
    assert!(printed.contains("no chapter with exercises is called 'ch77'; there are: ch01"), "{printed}");
}

#[test]
fn generating_never_overwrites_an_edited_file() {
    let demo = Demo::new();
    let stub = demo.read(MINE);
    assert!(stub.contains("    // Yours: Give twice `x`.\n    todo!()\n}"), "{stub}");
    assert!(demo.learn(&["generate", "--check"], true).contains("2 exercises: stubs are up to date"));
    // A new solution gives a new stub, since the old one was not edited ...
    let solution = "chapters/ch01_demo/src/double.rs";
    demo.write(solution, &DOUBLE.replace("twice", "two times"));
    assert!(demo.learn(&["generate", "--check"], false).contains("the stub is not what the solution gives"));
    demo.learn(&["generate"], true);
    assert!(demo.read(MINE).contains("Give two times `x`."));
    // Parts that belong to nothing are found.
    demo.write("chapters/ch01_demo/exercises/e09_lost.rs", "");
    demo.write("chapters/ch01_demo/src/marked.rs", DOUBLE);
    let printed = demo.learn(&["generate", "--check"], false);
    assert!(printed.contains("ch01_demo/exercises/e09_lost.rs belongs to no exercises/*.md"), "{printed}");
    assert!(printed.contains("ch01_demo/src/marked.rs has marked regions, but no"), "{printed}");
    // ... also when only git knows that it was not.
    demo.git(&["init", "--quiet"]);
    demo.git(&["add", "--all"]);
    demo.git(&["commit", "--quiet", "--message", "demo"]);
    fs::remove_dir_all(demo.folder.path().join(".learn")).unwrap();
    demo.write(solution, DOUBLE);
    demo.learn(&["generate"], true);
    assert_eq!(demo.read(MINE), stub);
    // What somebody wrote stays until it is forced.
    demo.write(MINE, "mine\n");
    assert!(demo.learn(&["generate"], true).contains("kept chapters/ch01_demo/exercises/e01_double.rs"));
    assert_eq!(demo.read(MINE), "mine\n");
    demo.learn(&["generate", "--force"], true);
    assert_eq!(demo.read(MINE), stub);
    assert_eq!(demo.read(".learn/backups/ch01_demo/e01_double.1.rs"), "mine\n");
}

#[test]
fn verify_proves_a_good_chapter_and_finds_what_is_bad() {
    let demo = Demo::new();
    demo.git(&["init", "--quiet"]);
    demo.write(MINE, "a reader's work in progress is no problem\n");
    let printed = demo.learn(&["verify"], true);
    assert!(
        printed.contains("8 texts")
            && printed.contains("the example mine runs on double")
            && printed.contains("2 exercises are as they should be"),
        "{printed}"
    );
    assert_eq!(demo.read(MINE), "a reader's work in progress is no problem\n");

    // A solution that fails, a stub that passes, a wrong solution that passes, a mistake without a name.
    let chapter = Path::new("chapters/ch01_demo");
    let write = |path: &str, text: &str| demo.write(&chapter.join(path).display().to_string(), text);
    write("src/double.rs", &DOUBLE.replace("x + x", "x"));
    write(
        "src/triple.rs",
        &TRIPLE.replace("    double(x) + x\n    // exercise: end", "    // exercise: end\n    3.0 * x"),
    );
    write(
        "wrong/e01_double_square.rs",
        "// expect: squared\n// exercise: double\n    x * x * x\n// exercise: end\n",
    );
    write(
        "wrong/e02_triple_sign.rs",
        "// expect: sign\n// exercise: triple\n    return 3.0 * x;\n// exercise: end\n",
    );
    write("exercises/e02_triple.md", "# T\n\nDo.\n\n## Hint\nOne.\n");
    let printed = demo.learn(&["verify", "--chapter", "ch01"], false);
    for said in [
        "ch01_demo/e02_triple: has 1 hints, not 3",
        "ch01_demo/e01_double: the solution should pass, but: of_three: double of 3: 3, but 6 is wanted",
        "e01_double_square should fail with 'squared', but: of_three: double of 3: 27",
        "e02_triple_sign should fail with 'sign', but: it passes",
    ] {
        assert!(printed.contains(said), "{said} is missing:\n{printed}");
    }

    // What does not compile is found, and spoils nothing else.
    write("src/double.rs", DOUBLE);
    write(
        "wrong/e01_double_square.rs",
        "// expect: squared\n// exercise: double\n    \"text\"\n// exercise: end\n",
    );
    let printed = demo.learn(&["verify", "--chapter", "ch01"], false);
    for said in ["ch01_demo: one by one", "e01_double_square should fail with 'squared', but: error[E0308]"] {
        assert!(printed.contains(said), "{said} is missing:\n{printed}");
    }
    assert!(!printed.contains("the solution should pass"), "{printed}");
}

#[test]
fn verify_finds_a_library_that_ignores_the_readers_code() {
    let demo = Demo::new();
    demo.git(&["init", "--quiet"]);
    let ours = LIBRARY.replace("../yours/e01_double.rs", "double.rs") + "// ../yours/e01_double.rs\n";
    demo.write("chapters/ch01_demo/src/lib.rs", &ours);
    let printed = demo.learn(&["verify"], false);
    assert!(printed.contains("the library does not use yours/e01_double.rs"), "{printed}");
}

#[test]
fn a_library_that_the_installed_code_breaks_names_the_way_out() {
    let demo = Demo::new();
    demo.write(INSTALLED, "pub fn other() {}\nbroken\n");
    let printed = demo.learn(&["run", "triple"], false);
    assert!(printed.contains("`cargo learn use ch01 --off` goes back to ours"), "{printed}");
    demo.learn(&["use", "ch01", "--off"], true);
    assert!(demo.learn(&["run", "triple"], false).contains("not written yet"));
}
