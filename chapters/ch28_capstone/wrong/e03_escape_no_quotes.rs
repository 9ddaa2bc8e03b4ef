// expect: escape: a quote can end the attribute
// exercise: escape
        match c {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            _ => html.push(c),
        }
// exercise: end
