// expect: escape: the ampersand was left as it is
// exercise: escape
        match c {
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            _ => html.push(c),
        }
// exercise: end
