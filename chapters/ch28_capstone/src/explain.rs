//! An error for the person at the keyboard: what failed, why, and what can be done about it.

use std::fmt::Write;

use crate::args::OutError;
use crate::train::Diverged;

/// The chain of causes, one per line, and a hint if there is one; never a backtrace.
pub fn explain(error: &anyhow::Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut before = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Some errors already quote their cause.
        if !before.contains(&cause) {
            writeln!(text, "  because: {cause}").expect("a string takes every text");
        }
        before = cause;
    }
    if let Some(hint) = error.chain().find_map(hint) {
        writeln!(text, "hint: {hint}").expect("a string takes every text");
    }
    text
}

fn hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<datasets::Error>() {
        return Some(error.hint());
    }
    if error.is::<OutError>() || error.is::<ch00_start::figure::FigureError>() {
        return Some("choose a folder that you may write to with --out DIR".into());
    }
    error.is::<Diverged>().then(|| "this should not happen: please report it with the flags you used".into())
}
