//! A small reader of HTML, enough for the pages that mdBook writes and for SVG: tags with their attributes, and the
//! text between them. It builds no tree.

/// A piece of a page, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// `<name attribute="value">`; names in lower case, values with their entities replaced.
    Open(String, Vec<(String, String)>),
    /// `</name>`.
    Close(String),
    /// Text, raw; the inside of `script` and `style` too.
    Text(&'a str),
}

/// The pieces of a page. Comments and the document type are left out.
pub fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(start) = rest.find('<') else {
            pieces.push(Piece::Text(rest));
            break;
        };
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        rest = &rest[start..];
        if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
        } else if let Some(closing) = rest.strip_prefix("</") {
            let end = closing.find('>').unwrap_or(closing.len());
            pieces.push(Piece::Close(closing[..end].trim().to_ascii_lowercase()));
            rest = closing.get(end + 1..).unwrap_or("");
        } else {
            let (name, attributes, after) = tag(&rest[1..]);
            rest = after;
            let raw = name == "script" || name == "style";
            let close = format!("</{name}");
            pieces.push(Piece::Open(name, attributes));
            if raw {
                let end = rest.find(&close).unwrap_or(rest.len());
                pieces.push(Piece::Text(&rest[..end]));
                rest = &rest[end..];
            }
        }
    }
    pieces
}

/// The name and attributes of a tag, and what comes after it.
fn tag(text: &str) -> (String, Vec<(String, String)>, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(text.len());
    let name = text[..end].to_ascii_lowercase();
    let mut rest = &text[end..];
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return (name, attributes, rest.get(1..).unwrap_or(""));
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).unwrap_or(rest.len()).max(1);
        let key = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inside = &after[1..];
                    let end = inside.find(quote).unwrap_or(inside.len());
                    (&inside[..end], inside.get(end + 1..).unwrap_or(""))
                }
                _ => {
                    let end = after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len());
                    (&after[..end], &after[end..])
                }
            };
        }
        attributes.push((key, unescape(value)));
    }
}

fn unescape(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        text = text.replace(entity, plain);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_into_tags_and_text() {
        let got = pieces(
            "<!DOCTYPE html><!-- <a> --><P id=x Class='a b' hidden>a &lt; b<br/><script>if (a<b) '</p>'</script></p>",
        );
        let open = |name: &str, attributes: &[(&str, &str)]| {
            let attributes = attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            Piece::Open(name.to_owned(), attributes)
        };
        assert_eq!(
            got,
            [
                open("p", &[("id", "x"), ("class", "a b"), ("hidden", "")]),
                Piece::Text("a &lt; b"),
                open("br", &[]),
                open("script", &[]),
                Piece::Text("if (a<b) '</p>'"),
                Piece::Close("script".to_owned()),
                Piece::Close("p".to_owned()),
            ]
        );
        assert_eq!(pieces("<a href=\"x?a=1&amp;b\">"), [open("a", &[("href", "x?a=1&b")])]);
    }
}
