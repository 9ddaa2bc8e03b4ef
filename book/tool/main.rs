//! `cargo book` builds the book into `book/book`; `cargo book --open` then shows it in the browser. With `--draft`,
//! it does not ask whether every figure and result is used, for authors who look at a page while others write.

use gradus_book::{Repo, builder};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let (mut open, mut draft) = (false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--open" => open = true,
            "--draft" => draft = true,
            _ => {
                eprintln!("usage: cargo book [--open] [--draft]");
                return ExitCode::from(2);
            }
        }
    }
    let repo = Repo::here();
    let out = repo.book().join("book");
    match builder::build(&repo, &out, draft) {
        Ok(pages) => {
            let checks = if draft { "a draft" } else { "all checks passed" };
            println!("{pages} pages, {checks}: {}", out.join("index.html").display());
        }
        Err(faults) => {
            for fault in &faults {
                eprintln!("{fault}");
            }
            eprintln!("The book has {} fault(s).", faults.len());
            return ExitCode::FAILURE;
        }
    }
    if open {
        let program = match std::env::consts::OS {
            "macos" => "open",
            "windows" => "explorer",
            _ => "xdg-open",
        };
        if let Err(e) = Command::new(program).arg(out.join("index.html")).status() {
            eprintln!("{program}: {e}; open the file above in a browser");
        }
    }
    ExitCode::SUCCESS
}
