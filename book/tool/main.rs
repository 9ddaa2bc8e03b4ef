//! `cargo book` builds the book into `book/book`; `cargo book --open` then shows it in the browser.

use gradus_book::{Repo, builder};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let open = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--open"] => true,
        _ => {
            eprintln!("usage: cargo book [--open]");
            return ExitCode::from(2);
        }
    };
    let repo = Repo::here();
    let out = repo.book().join("book");
    match builder::build(&repo, &out) {
        Ok(pages) => println!("{pages} pages, all checks passed: {}", out.join("index.html").display()),
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
