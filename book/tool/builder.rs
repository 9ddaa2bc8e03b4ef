//! Builds the book: expands the pages, lets mdBook render them, adds the figures, runs the checks.

use crate::{Fault, Repo, check, expand, math, names};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use std::path::Path;

/// Builds the book of a repository into a folder, which is emptied first, and returns the number of pages.
/// A draft may leave figures and results unused.
///
/// # Errors
/// Everything that is wrong with the book. If the fault lies in the sources, the folder is left as it was.
pub fn build(repo: &Repo, out: &Path, draft: bool) -> Result<usize, Vec<Fault>> {
    let fault = |e: &dyn std::fmt::Display| vec![Fault::new("book", e.to_string())];
    let mut faults = if draft { Vec::new() } else { check::sources(repo).map_err(|e| fault(&e))? };
    faults.extend(names::unknown(repo).map_err(|e| fault(&e))?);
    let mut book = MDBook::load(repo.book()).map_err(|e| fault(&format!("{e:#}")))?;
    book.config.build.build_dir = out.to_path_buf();
    let formulas = math::Converter::new();
    let mut pages = 0;
    book.book.for_each_mut(|item| {
        let BookItem::Chapter(chapter) = item else { return };
        let Some(path) = &chapter.source_path else { return };
        pages += 1;
        let path = repo.pages().join(path);
        let text = expand::expand(repo, &path, &chapter.content).and_then(|text| {
            let place = |what| Fault::new(repo.show(&path), what);
            math::replace(&text, |latex, style| formulas.convert(latex, style))
                .map_err(|faults| faults.into_iter().map(place).collect())
        });
        match text {
            Ok(text) => chapter.content = text,
            Err(more) => faults.extend(more),
        }
    });
    if !faults.is_empty() {
        return Err(faults);
    }
    book.build().map_err(|e| fault(&format!("{e:#}")))?;
    copy(&repo.figures(), &out.join("figures")).map_err(|e| fault(&e))?;
    let faults = check::site(out).map_err(|e| fault(&e))?;
    if faults.is_empty() { Ok(pages) } else { Err(faults) }
}

/// Copies the SVG files of a folder.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in crate::files_below(from)? {
        if let (Some(name), Some("svg")) = (file.file_name(), file.extension().and_then(|e| e.to_str())) {
            std::fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}
