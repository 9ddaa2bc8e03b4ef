//! Reading the project's own sources: which operations are there, which tests, who depends on whom.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live inside the repository")
}

/// The folders of the chapters, in order.
pub fn chapters() -> Vec<PathBuf> {
    let mut chapters: Vec<PathBuf> = read_folder(&root().join("chapters"));
    chapters.retain(|path| path.join("Cargo.toml").exists());
    chapters.sort();
    chapters
}

/// Every `.rs` file below a folder; none if there is no such folder.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in read_folder(folder) {
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read_folder(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.expect("a readable folder entry").path()).collect()
}

/// The differentiable operations that a source file exports: `relu` for `pub fn relu_backward`, `cross_entropy` for a
/// method `backward` of a type `CrossEntropy`, and `rotary` for a method `pub fn apply_backward` of a type `Rotary`.
pub fn operations(source: &str) -> BTreeSet<String> {
    let file = syn::parse_file(source).expect("sources that compile also parse");
    let mut found = BTreeSet::new();
    collect(&file.items, &mut found);
    found
}

fn collect(items: &[syn::Item], found: &mut BTreeSet<String>) {
    for item in items {
        match item {
            syn::Item::Fn(function) if matches!(function.vis, syn::Visibility::Public(_)) => {
                let name = function.sig.ident.to_string();
                found.extend(name.strip_suffix("_backward").map(str::to_owned));
            }
            syn::Item::Impl(block) => {
                let is_backward = |item: &syn::ImplItem| match item {
                    syn::ImplItem::Fn(f) => {
                        let public = matches!(f.vis, syn::Visibility::Public(_));
                        f.sig.ident == "backward" || public && f.sig.ident.to_string().ends_with("_backward")
                    }
                    _ => false,
                };
                if let (true, syn::Type::Path(path)) = (block.items.iter().any(is_backward), &*block.self_ty)
                {
                    let name = &path.path.segments.last().expect("a type has a name").ident;
                    // An implementation for every type of a kind is for types with a `backward` of their own.
                    if !block.generics.type_params().any(|parameter| parameter.ident == *name) {
                        found.insert(snake_case(&name.to_string()));
                    }
                }
            }
            // Modules inside a file: all but its unit tests.
            syn::Item::Mod(module) if module.ident != "tests" => {
                collect(module.content.as_ref().map_or(&[], |(_, items)| items), found);
            }
            _ => {}
        }
    }
}

/// The name of a type as that of a function; behind a digit no new word begins: `Seq2Seq` is `seq2seq`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '0';
    for letter in name.chars() {
        if letter.is_uppercase() && !before.is_ascii_digit() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        before = letter;
    }
    snake
}

/// The names of the functions marked `#[test]`, inside macros such as `proptest!` too. Ignored tests do not count.
pub fn tests(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (before, after) in
        source.match_indices("#[test]").map(|(at, mark)| (&source[..at], &source[at + mark.len()..]))
    {
        let commented = before.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("//"));
        let head = after.split('{').next().unwrap_or_default();
        if commented || head.contains("#[ignore") || before.trim_end().ends_with("#[ignore]") {
            continue;
        }
        let Some((_, signature)) = head.split_once("fn ") else { continue };
        found.insert(signature.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
    }
    found
}
