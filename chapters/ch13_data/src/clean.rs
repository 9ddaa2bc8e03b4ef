//! Cleaning a text from the web: markup goes, white space becomes single spaces, and letters stay as they are.

/// The names of characters in HTML that texts use most.
const ENTITIES: [(&str, char); 10] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("rsquo", '’'),
];

// ANCHOR: clean_text
/// A text without tags (`<b>`, `</p>`, `<!-- ... -->`; each leaves a space), with the characters that `&amp;`, `&#233;` and
/// `&#xe9;` stand for, without control characters, and with single spaces between words and none at the ends. Capitals,
/// accents and punctuation stay: whether they matter is for the tokenizer to say.
pub fn clean_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (c, length) = match tag_length(rest) {
            Some(length) => (' ', length),
            None => entity(rest).unwrap_or((char::from(rest.as_bytes()[0]), 1)),
        };
        plain.push(c);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    let seen = |c: &char| c.is_whitespace() || !c.is_control();
    let plain: String = plain.chars().filter(seen).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
// ANCHOR_END: clean_text

/// The length of the tag or comment that a text begins with. `a < b` has none: a tag goes on with a letter, `/` or `!`.
fn tag_length(text: &str) -> Option<usize> {
    if text.starts_with("<!--") {
        return text.find("-->").map(|at| at + 3);
    }
    let next = *text.strip_prefix('<')?.as_bytes().first()?;
    let tag = next.is_ascii_alphabetic() || next == b'/' || next == b'!';
    // No tag holds another's beginning, so that nobody looks further than to the next.
    let end = if tag { 1 + text[1..].find(['<', '>'])? } else { return None };
    text[end..].starts_with('>').then_some(end + 1)
}

/// The character that an entity stands for, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = text[..end].strip_prefix('&')?;
    let number = |digits: &str, base| u32::from_str_radix(digits, base).ok().and_then(char::from_u32);
    let c = match name.strip_prefix('#') {
        Some(code) => match code.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?,
            None => number(code, 10)?,
        },
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((c, end + 1))
}
