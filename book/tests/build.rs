//! Builds whole books: the real one, and small ones with one fault each, to prove that each fault stops the build.

use gradus_book::{Fault, Repo, builder};
use std::path::Path;

#[test]
fn the_book_builds_and_passes_its_checks() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("site");
    let pages =
        builder::build(&Repo::here(), &out, false).unwrap_or_else(|faults| panic!("{}", lines(&faults)));
    assert!(pages >= 11, "only {pages} pages");
    for chapter in 0..=5 {
        assert!(out.join(format!("ch{chapter:02}.html")).is_file(), "chapter {chapter} is missing");
    }
}

#[test]
fn a_small_book_has_formulas_code_numbers_exercises_and_figures() {
    let (_folder, repo) = small();
    let out = repo.book().join("book");
    assert_eq!(builder::build(&repo, &out, false), Ok(1));
    let html = std::fs::read_to_string(out.join("a.html")).unwrap();
    for part in [
        "<p>So <math><msub><mi>x</mi><mi>i</mi></msub></math>, <em>and</em></p>",
        "<span class=\"formula\"><math display=\"block\">",
        "fn f() -&gt; [i32; 1] {\n    [1]\n}</code></pre>",
        "98.1\u{a0}%",
        "<summary>Hint 2 of 3</summary>",
        "id=\"ch01-e01_f\"",
        "<img src=\"figures/x.svg\" alt=\"x\">",
    ] {
        assert!(html.contains(part), "`{part}` is not in\n{html}");
    }
    assert!(out.join("figures/x.svg").is_file());
}

#[test]
fn each_fault_stops_the_build() {
    for (add, what) in [
        ("{{#include a.rs:none}}", "book/src/a.md:17: a.rs: there is no anchor `none`"),
        ("{{result ch01_x loss}}", "book/src/a.md:17: book/results/ch01_x.json holds no `loss`"),
        ("{{result ch01_none loss}}", "book/src/a.md:17: book/results/ch01_none.json: "),
        ("{{exercises ch02_none}}", "book/src/a.md:17: chapters/ch02_none/exercises holds no exercise"),
        ("$\\nosuch$", "book/src/a.md: formula $\\nosuch$: "),
        ("[b](b.md)", "a.html: dead link: b.html"),
        ("[b](#none)", "a.html: dead link: #none (the page has no such heading)"),
        ("![y](figures/y.svg)", "a.html: dead link: figures/y.svg"),
        ("<script src=\"https://x.org/a.js\"></script>", "a.html: <script> loads https://x.org/a.js"),
        ("![y](https://x.org/y.png)", "a.html: <img> loads https://x.org/y.png"),
        ("\\$\\$x\\$\\$", "a.html: unresolved `$$` in: $$x$$"),
    ] {
        let (_folder, repo) = small();
        let page = repo.pages().join("a.md");
        let text = std::fs::read_to_string(&page).unwrap();
        std::fs::write(&page, format!("{text}\n{add}\n")).unwrap();
        let faults = builder::build(&repo, &repo.book().join("book"), false).expect_err(add);
        assert!(faults.iter().any(|fault| fault.to_string().starts_with(what)), "{add}: {}", lines(&faults));
    }
}

#[test]
fn a_figure_that_no_page_shows_stops_the_build() {
    let (_folder, repo) = small();
    write(&repo, "book/figures/z.svg", "<svg/>");
    let faults = builder::build(&repo, &repo.book().join("book"), false).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().starts_with("book/figures/z.svg: is used on no page"), "{}", faults[0]);
    assert!(!repo.book().join("book").exists(), "a page was written all the same");
    assert_eq!(builder::build(&repo, &repo.book().join("book"), true), Ok(1), "a draft may do that");
}

/// A repository with a book of one page.
fn small() -> (tempfile::TempDir, Repo) {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::at(folder.path());
    let real = Repo::here().book();
    for file in ["book.toml", "theme/gradus.css"] {
        write(&repo, &format!("book/{file}"), &std::fs::read_to_string(real.join(file)).unwrap());
    }
    write(&repo, "book/src/SUMMARY.md", "- [A](a.md)\n");
    write(&repo, "book/src/a.rs", "// ANCHOR: f\nfn f() -> [i32; 1] {\n    [1]\n}\n// ANCHOR_END: f\n");
    write(&repo, "book/results/ch01_x.json", r#"{"id": "ch01_x", "numbers": {"accuracy": 0.9812}}"#);
    write(&repo, "book/figures/x.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    write(&repo, "chapters/ch01_a/exercises/e01_f.rs", "");
    write(&repo, "chapters/ch01_a/checks/e01_f.rs", "");
    write(
        &repo,
        "chapters/ch01_a/exercises/e01_f.md",
        "# F\n\nWrite $f$.\n\n## Hint\n\na\n\n## Hint\n\nb\n\n## Hint\n\nc\n",
    );
    write(
        &repo,
        "book/src/a.md",
        "# A\n\nSo $x_i$, *and*\n\n$$ \\frac{a}{b} $$\n\n```rust\n{{#include a.rs:f}}\n```\n\n\
         {{result ch01_x accuracy percent.1}}\n\n![x](figures/x.svg)\n\n{{exercises ch01_a}}\n",
    );
    (folder, repo)
}

fn write(repo: &Repo, name: &str, text: &str) {
    let path = repo.root().join(name);
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
    std::fs::write(path, text).unwrap();
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}
