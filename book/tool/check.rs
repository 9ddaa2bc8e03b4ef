//! The checks of the book. [`sources`] looks at the files that the pages are made from, [`site`] at the pages that
//! mdBook wrote. Each check has a test below that shows it failing.

use crate::html::{Piece, pieces};
use crate::{Fault, Repo, files_below};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Figures and results that no page uses, unless `book/unused.txt` lists them with a reason (`figures/x.svg: why`);
/// entries of that list that have become wrong; pages that SUMMARY.md leaves out; pictures that README.md misses.
///
/// # Errors
/// When a file cannot be read.
pub fn sources(repo: &Repo) -> std::io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut text = String::new();
    let summary = std::fs::read_to_string(repo.pages().join("SUMMARY.md"))?;
    for page in files_below(&repo.pages())? {
        if page.extension().is_none_or(|e| e != "md") {
            continue;
        }
        let name = page.strip_prefix(repo.pages()).unwrap_or(&page).to_string_lossy().replace('\\', "/");
        if name != "SUMMARY.md" && !summary.contains(&format!("({name})")) {
            faults.push(Fault::new(repo.show(&page), "is not in SUMMARY.md, so nobody will see it"));
        }
        text.push_str(&std::fs::read_to_string(&page)?);
    }
    let readme = std::fs::read_to_string(repo.root().join("README.md")).unwrap_or_default();
    for picture in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if picture.starts_with("book/figures/") && !repo.root().join(picture).is_file() {
            faults.push(Fault::new("README.md", format!("shows {picture}, which does not exist")));
        }
    }
    text.push_str(&readme);

    let listed = std::fs::read_to_string(repo.book().join("unused.txt")).unwrap_or_default();
    let mut listed: HashSet<&str> = listed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once(':').filter(|(_, why)| !why.trim().is_empty())?.0.trim()))
        .collect();
    let figures = files_below(&repo.figures())?.into_iter().map(|f| (f, "figures"));
    let results = files_below(&repo.results())?.into_iter().map(|f| (f, "results"));
    for (file, kind) in figures.chain(results) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let used = match name.strip_suffix(".json") {
            Some(id) if kind == "results" => ["result", "result_table", "provenance"].iter().any(|word| {
                text.contains(&format!("{{{{{word} {id} ")) || text.contains(&format!("{{{{{word} {id}}}}}"))
            }),
            _ => text.contains(&format!("{kind}/{name}")),
        };
        let on_list = listed.remove(format!("{kind}/{name}").as_str());
        if !used && !on_list {
            faults.push(Fault::new(
                repo.show(&file),
                "is used on no page; use it, delete it, or list it with the reason in book/unused.txt",
            ));
        }
        if used && on_list {
            faults.push(Fault::new("book/unused.txt", format!("lists {kind}/{name}, which a page uses")));
        }
    }
    for name in listed {
        faults.push(Fault::new("book/unused.txt", format!("lists {name}, which does not exist")));
    }
    Ok(faults)
}

/// Dead links and fragments, missing pictures, loads from other hosts, leftover directives and formulas in the
/// pages of a folder.
///
/// # Errors
/// When a file cannot be read.
pub fn site(folder: &Path) -> std::io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let files = files_below(folder)?;
    let show = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let mut pages = HashMap::new();
    for file in &files {
        let place = show(file);
        match file.extension().and_then(|e| e.to_str()) {
            Some("html") => {
                pages.insert(file.clone(), Page::read(&std::fs::read_to_string(file)?));
            }
            Some("svg") => {
                let page = Page::read(&std::fs::read_to_string(file)?);
                faults.extend(page.outside.into_iter().map(|what| Fault::new(&place, what)));
            }
            Some("css") => {
                faults.extend(
                    css(&std::fs::read_to_string(file)?).into_iter().map(|what| Fault::new(&place, what)),
                );
            }
            _ => {}
        }
    }
    let known: HashSet<&PathBuf> = files.iter().collect();
    let mut names: Vec<&PathBuf> = pages.keys().collect();
    names.sort();
    for file in names {
        let (page, place) = (&pages[file], show(file));
        for what in page.outside.iter().chain(&page.leftovers) {
            faults.push(Fault::new(&place, what));
        }
        for link in &page.links {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let path = path.split('?').next().unwrap_or("").replace("%20", " ");
            let target = if path.is_empty() { file.clone() } else { resolve(file, &path) };
            if !known.contains(&target) {
                faults.push(Fault::new(&place, format!("dead link: {link}")));
            } else if !fragment.is_empty()
                && pages.get(&target).is_some_and(|page| !page.ids.contains(fragment))
            {
                faults.push(Fault::new(&place, format!("dead link: {link} (the page has no such heading)")));
            }
        }
    }
    Ok(faults)
}

/// The file that a relative link in a page means; an absolute one means nothing, since the book may lie anywhere.
fn resolve(page: &Path, link: &str) -> PathBuf {
    let mut path = page.parent().unwrap_or(Path::new("")).to_path_buf();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => drop(path.pop()),
            "" if link.starts_with('/') => path = PathBuf::from("/"),
            part => path.push(part),
        }
    }
    if link.ends_with('/') { path.join("index.html") } else { path }
}

/// What the checks need to know of one page.
#[derive(Default)]
struct Page {
    ids: HashSet<String>,
    links: Vec<String>,
    outside: Vec<String>,
    leftovers: Vec<String>,
}

impl Page {
    fn read(html: &str) -> Page {
        let mut page = Page::default();
        let (mut code, mut style, mut script) = (0_usize, false, false);
        for piece in pieces(html) {
            match piece {
                Piece::Open(name, attributes) => {
                    code += usize::from(name == "code");
                    style = name == "style";
                    script = name == "script";
                    let has = |key: &str, value: &str| {
                        attributes.iter().any(|(k, v)| k == key && v.split(' ').any(|v| v == value))
                    };
                    if name == "base" {
                        page.outside.push("a <base> element changes where links lead".to_owned());
                    }
                    if name == "img" && !attributes.iter().any(|(k, v)| k == "alt" && !v.trim().is_empty()) {
                        page.leftovers.push("a picture without words for those who cannot see it".to_owned());
                    }
                    if has("class", "playground") {
                        page.outside.push("a runnable code block, which asks play.rust-lang.org".to_owned());
                    }
                    for (key, value) in &attributes {
                        match key.as_str() {
                            "id" => drop(page.ids.insert(value.clone())),
                            "style" => page.outside.extend(css(value)),
                            "href" | "xlink:href" if name == "a" => page.link(value),
                            "href" | "xlink:href" | "src" | "data" | "poster" | "action" => {
                                page.load(&name, value)
                            }
                            "srcset" => {
                                value
                                    .split(',')
                                    .filter_map(|v| v.split_whitespace().next())
                                    .for_each(|v| page.load(&name, v));
                            }
                            _ => {}
                        }
                    }
                }
                Piece::Close(name) => {
                    code -= usize::from(name == "code" && code > 0);
                    (style, script) = (false, false);
                }
                Piece::Text(text) if style => page.outside.extend(css(text)),
                Piece::Text(text) if !script && code == 0 => {
                    let words =
                        ["{{result", "{{#include", "{{provenance", "{{exercises", "$$", "TODO", "FIXME"];
                    for word in words.iter().filter(|word| text.contains(**word)) {
                        page.leftovers.push(format!("unresolved `{word}` in: {}", text.trim()));
                    }
                }
                Piece::Text(_) => {}
            }
        }
        page
    }

    /// Something that the reader may click: other hosts are allowed.
    fn link(&mut self, target: &str) {
        if !["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
            self.links.push(target.to_owned());
        }
    }

    /// Something that the browser loads by itself.
    fn load(&mut self, name: &str, target: &str) {
        if external(target) {
            self.outside.push(format!("<{name}> loads {target}"));
        } else if !target.starts_with("data:") && !target.starts_with('#') {
            self.links.push(target.to_owned());
        }
    }
}

fn external(target: &str) -> bool {
    !target.starts_with("data:") && (target.starts_with("//") || target.contains("://"))
}

/// What a style sheet loads from other hosts.
fn css(text: &str) -> Vec<String> {
    let urls = text.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    let imports = text.split("@import").skip(1).filter_map(|rest| rest.split(';').next());
    urls.chain(imports)
        .map(|target| target.trim().trim_matches(['"', '\'']))
        .filter(|target| external(target))
        .map(|target| format!("a style loads {target}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of a site with one good page `b.html` and the given `a.html`.
    fn faults_of(html: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("figures")).unwrap();
        std::fs::write(folder.path().join("a.html"), html).unwrap();
        std::fs::write(folder.path().join("b.html"), "<h2 id=\"top\">B</h2>").unwrap();
        std::fs::write(folder.path().join("figures/x.svg"), "<svg/>").unwrap();
        site(folder.path()).unwrap().iter().map(|fault| fault.what.clone()).collect()
    }

    #[test]
    fn a_good_page_passes() {
        let html = "<style>a { background: url(x.png) }</style><script>let a = '{{result';</script>\
            <a href=\"b.html#top\">b</a> <a href=\"#here\" id=\"here\">c</a> <a href=\"https://example.org/\">d</a>\
            <img src=\"figures/x.svg\" alt=\"x\"><img src=\"data:image/png;base64,AA\" alt=\"y\"><code>{{result a b}} $$</code>";
        assert_eq!(faults_of(html), Vec::<String>::new());
    }

    #[test]
    fn dead_links_are_found() {
        for (html, what) in [
            ("<a href=\"c.html\">", "dead link: c.html"),
            ("<a href=\"b.html#bottom\">", "dead link: b.html#bottom (the page has no such heading)"),
            ("<a href=\"#here\">", "dead link: #here (the page has no such heading)"),
            ("<a href=\"/b.html\">", "dead link: /b.html"),
            ("<a href=\"../b.html\">", "dead link: ../b.html"),
            ("<img src=\"figures/y.svg\" alt=\"y\">", "dead link: figures/y.svg"),
            ("<script src=\"c.js\"></script>", "dead link: c.js"),
        ] {
            assert_eq!(faults_of(html), [what]);
        }
    }

    #[test]
    fn loads_from_other_hosts_are_found() {
        for (html, what) in [
            ("<script src=\"https://x.org/a.js\"></script>", "<script> loads https://x.org/a.js"),
            ("<img src=\"//x.org/a.png\" alt=\"a\">", "<img> loads //x.org/a.png"),
            ("<img srcset=\"https://x.org/a.png 2x\" alt=\"a\">", "<img> loads https://x.org/a.png"),
            ("<link rel=\"stylesheet\" href=\"http://x.org/a.css\">", "<link> loads http://x.org/a.css"),
            ("<iframe src=\"https://x.org\"></iframe>", "<iframe> loads https://x.org"),
            ("<style>@import \"https://x.org/a.css\";</style>", "a style loads https://x.org/a.css"),
            ("<p style=\"background: url('https://x.org/a.png')\">", "a style loads https://x.org/a.png"),
            ("<pre class=\"a playground\">", "a runnable code block, which asks play.rust-lang.org"),
        ] {
            assert_eq!(faults_of(html), [what]);
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.css"), "@font-face { src: url(https://x.org/a.woff2) }")
            .unwrap();
        std::fs::write(folder.path().join("a.svg"), "<svg><image href=\"https://x.org/a.png\"/></svg>")
            .unwrap();
        let faults: Vec<String> = site(folder.path()).unwrap().iter().map(Fault::to_string).collect();
        assert_eq!(
            faults,
            ["a.css: a style loads https://x.org/a.woff2", "a.svg: <image> loads https://x.org/a.png"]
        );
    }

    #[test]
    fn leftovers_are_found() {
        for text in ["{{result ch05 a}}", "{{#include a.rs:b}}", "$$x$$", "TODO"] {
            let faults = faults_of(&format!("<p>{text}</p>"));
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].starts_with("unresolved `"), "{faults:?}");
        }
        let without = ["a picture without words for those who cannot see it"];
        assert_eq!(faults_of("<img src=\"figures/x.svg\">"), without);
        assert_eq!(faults_of("<img src=\"figures/x.svg\" alt=\"\">"), without);
    }

    #[test]
    fn files_that_no_page_uses_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::at(folder.path());
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let faults = || -> Vec<String> { sources(&repo).unwrap().iter().map(Fault::to_string).collect() };
        write("book/src/SUMMARY.md", "- [A](a.md)\n");
        write("book/src/a.md", "![x](figures/x.svg) {{result ch01_x a %.1}} {{provenance ch01_y}}");
        for name in ["figures/x.svg", "results/ch01_x.json", "results/ch01_y.json", "figures/.gitkeep"] {
            write(&format!("book/{name}"), "");
        }
        assert_eq!(faults(), Vec::<String>::new());

        write("book/figures/z.svg", "");
        write("book/results/ch01_z.json", "");
        let why = "is used on no page; use it, delete it, or list it with the reason in book/unused.txt";
        let both = [format!("book/figures/z.svg: {why}"), format!("book/results/ch01_z.json: {why}")];
        assert_eq!(faults(), both);
        write("book/unused.txt", "# reasons\nfigures/z.svg: for the talk\nresults/ch01_z.json:\n");
        assert_eq!(faults(), both[1..]);
        write(
            "book/unused.txt",
            "figures/z.svg: a\nresults/ch01_z.json: b\nfigures/x.svg: c\nfigures/gone.svg: d\n",
        );
        assert_eq!(
            faults(),
            [
                "book/unused.txt: lists figures/x.svg, which a page uses",
                "book/unused.txt: lists figures/gone.svg, which does not exist"
            ]
        );
        write("book/unused.txt", "figures/z.svg: a\nresults/ch01_z.json: b\n");
        write("book/src/b.md", "");
        write("README.md", "![p](book/figures/p.svg)");
        assert_eq!(
            faults(),
            [
                "book/src/b.md: is not in SUMMARY.md, so nobody will see it",
                "README.md: shows book/figures/p.svg, which does not exist"
            ]
        );
    }
}
