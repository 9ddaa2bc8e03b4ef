//! A chapter stands only on chapters with a lower number, on the datasets and on the kernels.

use std::fs;

use gradus_tests::sources;

/// The workspace packages that a manifest names in any of its dependency tables.
fn workspace_dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            inside = table.trim_end_matches(']').ends_with("dependencies");
        } else if inside {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            let ours = name.starts_with("ch") && name.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
            found.extend((ours || name.starts_with("gradus")).then(|| name.to_owned()));
        }
    }
    found
}

fn broken_rule(chapter: &str, dependency: &str) -> Option<String> {
    // Names begin with the two-digit number, so their order is the chapters' order.
    let fine = dependency.starts_with("ch") && dependency < chapter;
    (!fine).then(|| format!("{chapter} depends on {dependency}"))
}

#[test]
fn chapters_stand_on_lower_numbers() {
    let mut broken = Vec::new();
    let chapters = sources::chapters();
    assert!(chapters.len() >= 7, "the chapters were not found: {chapters:?}");
    for chapter in chapters {
        let name = chapter.file_name().unwrap().to_str().unwrap();
        let manifest = fs::read_to_string(chapter.join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}: the package is named otherwise");
        broken.extend(workspace_dependencies(&manifest).iter().filter_map(|other| broken_rule(name, other)));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_check_can_fail() {
    let manifest = "[package]\nname = \"ch03_neurons\"\n[dependencies]\nch01_tensors.workspace = true\nrayon = \"1\"\n\
                    [target.'cfg(unix)'.dev-dependencies]\nch05_backprop = { workspace = true }\n";
    let found = workspace_dependencies(manifest);
    assert_eq!(found, ["ch01_tensors", "ch05_backprop"]);
    assert_eq!(broken_rule("ch03_neurons", "ch01_tensors"), None);
    assert_eq!(
        broken_rule("ch03_neurons", "ch05_backprop").unwrap(),
        "ch03_neurons depends on ch05_backprop"
    );
    assert!(broken_rule("ch03_neurons", "gradus-tests").is_some());
}
