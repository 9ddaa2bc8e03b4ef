//! Recorded numbers: `book/results/ID.json`, written by an experiment that ran with `--record`.
//!
//! `{{result ID KEY FORMAT}}` finds KEY among the file's numbers, texts, and series (`loss[0]`, `loss[-1]`). Formats:
//! none (the shortest decimal), `%.2` (fixed), `%.2e` (scientific), `%d` (whole), `percent.1` (0.9812 gives 98.1 %).

use crate::Repo;
use serde_json::Value;

/// The number or text KEY of result ID, formatted.
///
/// # Errors
/// When the file or key is missing, or the format does not fit.
pub fn value(repo: &Repo, id: &str, key: &str, format: Option<&str>) -> Result<String, String> {
    let file = load(repo, id)?;
    let missing = || format!("book/results/{id}.json holds no `{key}`");
    if let Some(text) = file["texts"][key].as_str() {
        return match format {
            None => Ok(text.to_owned()),
            Some(format) => Err(format!("`{key}` of {id} is a text and takes no format ({format})")),
        };
    }
    let value = match key.strip_suffix(']').and_then(|k| k.split_once('[')) {
        Some((name, index)) => {
            let series = file["series"][name].as_array().ok_or_else(missing)?;
            let index: isize =
                index.parse().map_err(|_| format!("`{key}`: the index is not a whole number"))?;
            let place = if index < 0 { index + series.len() as isize } else { index };
            usize::try_from(place).ok().and_then(|i| series.get(i)).ok_or_else(missing)?.clone()
        }
        None => file["numbers"].get(key).ok_or_else(missing)?.clone(),
    };
    let number = value.as_f64().ok_or_else(|| format!("`{key}` of {id} is {value}, not a number"))?;
    number_as(number, format)
}

/// A table of numbers of one result; all of them, in the order of the file, if no key is given.
///
/// # Errors
/// As for [`value`].
pub fn table(repo: &Repo, id: &str, format: &str, keys: &[&str]) -> Result<String, String> {
    let file = load(repo, id)?;
    let all = file["numbers"].as_object().map(|numbers| numbers.keys().map(String::as_str).collect());
    let all: Vec<&str> = all.unwrap_or_default();
    let keys = if keys.is_empty() { &all } else { keys };
    if keys.is_empty() {
        return Err(format!("book/results/{id}.json holds no numbers"));
    }
    let mut out = String::from("| what | value |\n| --- | ---: |");
    for key in keys {
        out.push_str(&format!("\n| {} | {} |", key.replace('_', " "), value(repo, id, key, Some(format))?));
    }
    Ok(out)
}

/// A line that says how a result came about: the command, commit, date, seed, threads and processor.
///
/// # Errors
/// When the file is missing or does not say.
pub fn provenance(repo: &Repo, id: &str) -> Result<String, String> {
    let file = load(repo, id)?;
    let field = |name: &str| match &file[name] {
        Value::Null => Err(format!("book/results/{id}.json does not say its `{name}`")),
        Value::String(text) => Ok(escape(text)),
        other => Ok(other.to_string()),
    };
    let command = match example(repo, id) {
        Some((package, example)) => {
            format!(" by <code>cargo run --release -p {package} --example {example} -- --record</code>")
        }
        None => String::new(),
    };
    let commit = field("commit")?;
    let commit = match commit.strip_suffix("-dirty") {
        Some(clean) => format!("<code>{clean}</code> with later changes"),
        None => format!("<code>{commit}</code>"),
    };
    let (date, threads) = (field("date")?, field("threads")?);
    let date = date.split('T').next().unwrap_or(&date);
    let seed = field("seed").map(|seed| format!("seed {seed}, ")).unwrap_or_default();
    let unit = if threads == "1" { "thread" } else { "threads" };
    // Protected, or Markdown would turn two hyphens into a dash.
    Ok(crate::math::protect(&format!(
        "<small class=\"provenance\">Recorded{command} on {date} at commit {commit}; {seed}{threads} {unit}, {}.</small>",
        field("processor")?,
    )))
}

/// The package and example that recorded `ch05_mnist`: the example of chapter 5 whose name the rest begins with.
fn example(repo: &Repo, id: &str) -> Option<(String, String)> {
    let (number, rest) = id.split_once('_')?;
    let names = |folder| -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    };
    let package = names(repo.chapters()).into_iter().find(|name| name.starts_with(&format!("{number}_")))?;
    let examples = names(repo.chapters().join(&package).join("examples"));
    // An example is a file, or a folder with a `main.rs`.
    let examples =
        examples.iter().map(|name| name.strip_suffix(".rs").unwrap_or(name)).filter(|e| rest.starts_with(*e));
    let example = examples.max_by_key(|name| name.len())?.to_owned();
    Some((package, example))
}

fn load(repo: &Repo, id: &str) -> Result<Value, String> {
    let path = repo.results().join(format!("{id}.json"));
    let fault = |what: String| format!("{}: {what}", repo.show(&path));
    let text = std::fs::read_to_string(&path).map_err(|e| fault(e.to_string()))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| fault(e.to_string()))?;
    if value["id"] != id {
        return Err(fault(format!("its id is {}", value["id"])));
    }
    Ok(value)
}

fn number_as(number: f64, format: Option<&str>) -> Result<String, String> {
    let Some(format) = format else { return Ok(number.to_string()) };
    let unknown = || format!("unknown format `{format}`; there are %.2, %.2e, %d and percent.1");
    if format == "%d" {
        return Ok(format!("{number:.0}"));
    }
    if let Some(digits) = format.strip_prefix("percent.") {
        let digits: usize = digits.parse().map_err(|_| unknown())?;
        return Ok(format!("{:.digits$}\u{a0}%", 100.0 * number));
    }
    let digits = format.strip_prefix("%.").ok_or_else(unknown)?;
    let (digits, scientific) = match digits.strip_suffix('e') {
        Some(digits) => (digits, true),
        None => (digits, false),
    };
    let digits: usize = digits.parse().map_err(|_| unknown())?;
    Ok(if scientific { format!("{number:.digits$e}") } else { format!("{number:.digits$}") })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repo() -> (tempfile::TempDir, Repo) {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::at(folder.path());
        std::fs::create_dir_all(repo.results()).unwrap();
        let json = r#"{"id": "ch05_mnist_wide", "commit": "0123456789ab-dirty", "date": "2026-01-02T03:04:05Z",
            "processor": "A & B", "threads": 2, "seed": 7, "numbers": {"accuracy": 0.98125, "steps": 60000},
            "texts": {"optimizer": "SGD"}, "series": {"loss": [2.3, 1.0, 0.00123]}}"#;
        std::fs::write(repo.results().join("ch05_mnist_wide.json"), json).unwrap();
        let examples = repo.chapters().join("ch05_backprop/examples");
        std::fs::create_dir_all(&examples).unwrap();
        std::fs::write(examples.join("mnist.rs"), "").unwrap();
        std::fs::write(examples.join("mnist_other.rs"), "").unwrap();
        (folder, repo)
    }

    #[test]
    fn numbers_texts_and_series_are_formatted() {
        let (_folder, repo) = repo();
        let get = |key, format| value(&repo, "ch05_mnist_wide", key, format).unwrap();
        assert_eq!(get("accuracy", None), "0.98125");
        assert_eq!(get("accuracy", Some("percent.1")), "98.1\u{a0}%");
        assert_eq!(get("accuracy", Some("%.3")), "0.981");
        assert_eq!(get("steps", None), "60000");
        assert_eq!(get("steps", Some("%d")), "60000");
        assert_eq!(get("loss[-1]", Some("%.1e")), "1.2e-3");
        assert_eq!(get("loss[0]", Some("%.2")), "2.30");
        assert_eq!(get("optimizer", None), "SGD");
    }

    #[test]
    fn what_is_missing_or_unfit_is_an_error() {
        let (_folder, repo) = repo();
        let fault = |id, key, format| value(&repo, id, key, format).unwrap_err();
        assert!(fault("ch05_none", "a", None).starts_with("book/results/ch05_none.json: "));
        for key in ["loss", "loss[3]", "loss[-4]", "other[0]"] {
            assert_eq!(
                fault("ch05_mnist_wide", key, None),
                format!("book/results/ch05_mnist_wide.json holds no `{key}`")
            );
        }
        assert!(fault("ch05_mnist_wide", "accuracy", Some("%2")).starts_with("unknown format `%2`"));
        assert!(fault("ch05_mnist_wide", "optimizer", Some("%.2")).contains("is a text"));
        std::fs::write(repo.results().join("ch05_a.json"), r#"{"id": "ch05_b"}"#).unwrap();
        assert_eq!(fault("ch05_a", "x", None), "book/results/ch05_a.json: its id is \"ch05_b\"");
    }

    #[test]
    fn a_table_has_a_row_for_each_number() {
        let (_folder, repo) = repo();
        let got = table(&repo, "ch05_mnist_wide", "%.1", &[]).unwrap();
        assert_eq!(got, "| what | value |\n| --- | ---: |\n| accuracy | 1.0 |\n| steps | 60000.0 |");
        assert!(table(&repo, "ch05_mnist_wide", "%.1", &["none"]).is_err());
    }

    #[test]
    fn provenance_names_the_command_and_the_circumstances() {
        let (_folder, repo) = repo();
        let got = provenance(&repo, "ch05_mnist_wide").unwrap();
        assert!(!got.contains("--"), "{got}");
        let got = got.replace("&#45;", "-").replace("&#95;", "_").replace("&#59;", ";").replace("&#46;", ".");
        assert!(got.contains("-p ch05_backprop --example mnist -- --record"), "{got}");
        assert!(
            got.contains("on 2026-01-02 at commit <code>0123456789ab</code> with later changes; "),
            "{got}"
        );
        assert!(got.ends_with("seed 7&#44; 2 threads&#44; A &amp; B.</small>"), "{got}");
        std::fs::write(repo.results().join("ch05_a.json"), r#"{"id": "ch05_a", "commit": "x"}"#).unwrap();
        assert!(provenance(&repo, "ch05_a").unwrap_err().contains("does not say its `date`"));
        // An example of several files is a folder.
        std::fs::create_dir(repo.chapters().join("ch05_backprop/examples/ladder")).unwrap();
        let ladder = ("ch05_backprop".to_owned(), "ladder".to_owned());
        assert_eq!(example(&repo, "ch05_ladder_fast"), Some(ladder));
    }
}
