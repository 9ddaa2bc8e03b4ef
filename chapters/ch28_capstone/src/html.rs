//! The report's page: plain HTML with its style and its pictures inside, so that it opens without a network.

use crate::escape::escape;

/// The style: readable, in light and in dark.
const STYLE: &str = "
:root { color-scheme: light dark; --ink: #22262b; --soft: #5c6370; --page: #ffffff; --line: #dfe2e6; --mark: #2b6cb8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a4abb6; --page: #16191d; --line: #363b42; --mark: #7db3ee; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); }
.headline { font-size: 2.6rem; font-weight: 650; color: var(--mark); margin: .6rem 0 0; line-height: 1.1; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .8rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; } th { font-weight: 600; }
figure { margin: .8rem 0; } figure svg { max-width: 100%; height: auto; }
blockquote { margin: .8rem 0; padding: .1rem 0 .1rem 1rem; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
";

/// A page that grows from top to bottom.
pub(crate) struct Page {
    body: String,
    title: String,
}

impl Page {
    pub fn new(title: &str) -> Page {
        Page { body: format!("<h1>{}</h1>\n", escape(title)), title: escape(title) }
    }

    pub fn heading(&mut self, text: &str) {
        self.body += &format!("<h2>{}</h2>\n", escape(text));
    }

    pub fn paragraph(&mut self, text: &str) {
        self.body += &format!("<p>{}</p>\n", escape(text));
    }

    /// In a softer colour.
    pub fn remark(&mut self, text: &str) {
        self.body += &format!("<p class=\"soft\">{}</p>\n", escape(text));
    }

    /// In large letters.
    pub fn headline(&mut self, text: &str) {
        self.body += &format!("<p class=\"headline\">{}</p>\n", escape(text));
    }

    pub fn quote(&mut self, remark: &str, text: &str) {
        let (remark, text) = (escape(remark), escape(text));
        self.body += &format!("<blockquote><p class=\"soft\">{remark}</p><p>{text}</p></blockquote>\n");
    }

    /// The first column stands on the left, numbers on the right.
    pub fn table(&mut self, header: &[&str], rows: &[Vec<String>]) {
        let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| {
            cells.map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect::<String>()
        };
        let mut table = String::new();
        if !header.is_empty() {
            table += &format!("<tr>{}</tr>\n", cells("th", &mut header.iter().copied()));
        }
        for row in rows {
            table += &format!("<tr>{}</tr>\n", cells("td", &mut row.iter().map(String::as_str)));
        }
        self.body += &format!("<div class=\"scroll\"><table>\n{table}</table></div>\n");
    }

    /// A picture, as the SVG that our figures are.
    pub fn figure(&mut self, svg: &str) {
        self.body += &format!("<figure class=\"scroll\">{svg}</figure>\n");
    }

    /// The whole file.
    pub fn finish(self) -> String {
        let (title, body) = (self.title, self.body);
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut page = Page::new("a < b");
        page.quote("'sure'", "<script>alert(\"x\")</script> & so on");
        page.table(&["<i>"], &[vec!["<b>".into()]]);
        let html = page.finish();
        assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("<i>"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; so on"), "{html}");
        assert!(html.contains("<title>a &lt; b</title>") && html.contains("&#39;sure&#39;"), "{html}");
    }
}
