//! Formulas: `$...$` in a line and `$$...$$` on their own, in LaTeX, become MathML, which browsers draw by themselves.
//!
//! [`replace`] finds the formulas outside code; the feature `build` brings `Converter`, which turns one into MathML.
//! A dollar sign that is not meant for a formula is written `\$`.

/// How a formula is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `$...$`, in the line.
    Inline,
    /// `$$...$$`, centred on lines of its own.
    Display,
}

/// The Markdown text with each formula outside code replaced by what `convert` makes of it.
///
/// # Errors
/// A message for each formula that `convert` refuses or that is never closed.
pub fn replace(
    text: &str,
    convert: impl Fn(&str, Style) -> Result<String, String>,
) -> Result<String, Vec<String>> {
    let mut out = String::with_capacity(text.len());
    let mut faults = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        let first = text[line_start..at].chars().all(|c| c.is_whitespace() || c == '>');
        let mut length = c.len_utf8();
        match c {
            '\\' => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            '`' | '~' if first && run(rest, c) >= 3 => length = fence(rest, c),
            '`' => length = span(rest),
            '<' if rest.starts_with("<code") => length = rest.find("</code>").unwrap_or(length),
            '$' => {
                let (mark, style) =
                    if rest.starts_with("$$") { ("$$", Style::Display) } else { ("$", Style::Inline) };
                match formula(&rest[mark.len()..], mark) {
                    Some(latex) => {
                        // Inside a quotation, the next lines of a formula begin with its mark.
                        let clean: Vec<&str> =
                            latex.lines().map(|line| line.trim_start().trim_start_matches("> ")).collect();
                        match convert(clean.join("\n").trim(), style) {
                            Ok(new) => out.push_str(&new),
                            Err(what) => faults.push(format!("formula {mark}{latex}{mark}: {what}")),
                        }
                        at += 2 * mark.len() + latex.len();
                        continue;
                    }
                    None => {
                        let line = rest.lines().next().unwrap_or("");
                        faults.push(format!(
                            "a dollar sign that opens no formula (write \\$ for a plain one): {}",
                            line.chars().take(60).collect::<String>()
                        ));
                        length = mark.len();
                    }
                }
            }
            _ => {}
        }
        out.push_str(&rest[..length]);
        at += length;
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

/// How often the character stands at the start of the text.
fn run(text: &str, c: char) -> usize {
    text.chars().take_while(|&x| x == c).count()
}

/// The length of the fenced code block that the text begins with.
fn fence(text: &str, c: char) -> usize {
    let width = run(text, c);
    let mut length = 0;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        length += line.len();
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == '>').trim_end();
        if i > 0 && run(line, c) >= width && line.chars().all(|x| x == c) {
            break;
        }
    }
    length
}

/// The length of the code span that the text begins with; of its backticks alone if nothing closes it.
fn span(text: &str) -> usize {
    let width = run(text, '`');
    let end = text.find("\n\n").unwrap_or(text.len());
    let mut at = width;
    while let Some(found) = text[at..end].find('`') {
        at += found;
        let here = run(&text[at..], '`');
        at += here;
        if here == width {
            return at;
        }
    }
    width
}

/// The LaTeX from behind the opening mark to the closing one.
fn formula<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let end = text.find("\n\n").unwrap_or(text.len());
    let inline = mark == "$";
    let mut at = 0;
    while at < end {
        let rest = &text[at..end];
        if let Some(escaped) = rest.strip_prefix('\\') {
            at += 1 + escaped.chars().next().map_or(0, char::len_utf8);
        } else if rest.starts_with(mark) {
            let latex = &text[..at];
            let spaced = latex.starts_with(char::is_whitespace) || latex.ends_with(char::is_whitespace);
            let refused = latex.trim().is_empty() || (inline && spaced);
            return (!refused).then_some(latex);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

/// Makes MathML safe inside Markdown: in the text between the tags, every character that Markdown or its smart
/// punctuation could take for its own becomes an entity.
pub fn protect(mathml: &str) -> String {
    let mut out = String::with_capacity(mathml.len());
    let (mut tag, mut entity) = (false, false);
    for c in mathml.chars() {
        match c {
            '<' => tag = true,
            '>' if tag => tag = false,
            '&' => entity = true,
            ';' if entity => entity = false,
            _ if entity => {}
            '\n' => {
                out.push(' ');
                continue;
            }
            _ if c.is_ascii_punctuation() && !tag => {
                out.push_str(&format!("&#{};", c as u32));
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

/// Sets primes beside their letter, `<msup>f<mo>′</mo></msup>` as a row: most fonts draw a prime raised and small by
/// itself, and as a superscript it would be raised and made small twice.
#[cfg_attr(not(feature = "build"), allow(dead_code))]
fn primes(mut mathml: String) -> String {
    for prime in ["′", "″", "‴"] {
        let end = format!("<mo>{prime}</mo></msup>");
        while let Some(at) = mathml.find(&end) {
            // The superscript that ends here begins where the ones opened and closed before it balance.
            let mut start = at;
            let mut open = 0;
            while open < 1 {
                let Some(tag) = mathml[..start].rfind("msup>") else { return mathml };
                start = tag - 1;
                if mathml[..tag].ends_with("</") {
                    open -= 1;
                    start -= 1;
                } else {
                    open += 1;
                }
            }
            let row =
                format!("<mrow>{}<mo lspace=\"0\" rspace=\"0\">{prime}</mo></mrow>", &mathml[start + 6..at]);
            mathml.replace_range(start..at + end.len(), &row);
        }
    }
    mathml
}

/// Whether a line ends with `\\[...]`, which asks for space below it. The renderer would print the brackets.
#[cfg_attr(not(feature = "build"), allow(dead_code))]
fn spaced(latex: &str) -> bool {
    let mut signs = latex.chars();
    while let Some(sign) = signs.next() {
        // A backslash takes the sign behind it along, so that `\\\[` is not mistaken for it.
        if sign == '\\' && signs.next() == Some('\\') && signs.as_str().starts_with('[') {
            return true;
        }
    }
    false
}

/// LaTeX to MathML.
#[cfg(feature = "build")]
pub struct Converter(math_core::LatexToMathML);

#[cfg(feature = "build")]
impl Converter {
    /// A converter with the macros of the book.
    ///
    /// # Panics
    /// When one of the macros is no LaTeX.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let macros = [("R", r"\mathbb{R}"), ("E", r"\mathbb{E}"), ("argmax", r"\operatorname*{arg\,max}")];
        let macros = macros.map(|(name, latex)| (name.to_owned(), latex.to_owned())).to_vec();
        let config = math_core::MathCoreConfig { macros, ..Default::default() };
        Converter(math_core::LatexToMathML::new(config).unwrap_or_else(|e| panic!("macro {}: {}", e.2, e.0)))
    }

    /// One formula as MathML in one line of Markdown.
    ///
    /// # Errors
    /// What the renderer does not understand.
    pub fn convert(&self, latex: &str, style: Style) -> Result<String, String> {
        let display = match style {
            Style::Inline => math_core::MathDisplay::Inline,
            Style::Display => math_core::MathDisplay::Block,
        };
        if spaced(latex) {
            let what = "space behind a line, as in `\\\\[2ex]`, is not understood; a bracket that begins the next \
                        line stands apart: `\\\\ [`";
            return Err(what.to_owned());
        }
        let mathml = self.0.convert_with_local_state(latex, display).map_err(|e| e.to_string())?.mathml;
        let mathml = protect(&primes(mathml));
        Ok(match style {
            Style::Inline => mathml,
            // Not a div: that would end the paragraph, the list item or the quotation around it.
            Style::Display => format!("<span class=\"formula\">{mathml}</span>"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        replace(text, |latex, style| Ok(format!("[{style:?}: {latex}]"))).unwrap()
    }

    #[test]
    fn formulas_are_found_in_lines_and_on_their_own() {
        assert_eq!(shown("a $x_1$, $y$."), "a [Inline: x_1], [Inline: y].");
        assert_eq!(shown("$n = {}$16"), "[Inline: n = {}]16");
        assert_eq!(shown("$$\nx\n= y\n$$\nnext"), "[Display: x\n= y]\nnext");
        assert_eq!(shown("> $$\n> x > y\n> $$\n"), "> [Display: x > y]\n");
        assert_eq!(shown(r"$\text{costs \$5}$ and \$5"), r"[Inline: \text{costs \$5}] and \$5");
    }

    #[test]
    fn code_is_left_alone() {
        for text in [
            "`$x$` and ``a ` $y$``",
            "```sh\necho $HOME $x$\n```\n",
            "- a\n\n  ~~~\n  $x$\n  ~~~\n",
            "> ```\n> $x$\n> ```\n",
            "````\n```\n$x$\n````\n",
            "<code>$x$</code>",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("```\n$a\n```\n$b$ `c` $d$"), "```\n$a\n```\n[Inline: b] `c` [Inline: d]");
        assert_eq!(shown("a lone ` and $x$"), "a lone ` and [Inline: x]");
    }

    #[test]
    fn a_dollar_that_opens_no_formula_is_an_error() {
        for text in ["costs $5", "$5 and $6", "$x\n\n$", "$$x$", "$$ $$"] {
            let faults = replace(text, |latex, _| Ok(latex.to_owned())).unwrap_err();
            assert!(faults[0].starts_with("a dollar sign that opens no formula"), "{text}: {faults:?}");
        }
    }

    #[test]
    fn a_refused_formula_is_an_error_that_shows_it() {
        let faults = replace("$x$ $\\y$", |_, _| Err("unknown".to_owned())).unwrap_err();
        assert_eq!(faults, ["formula $x$: unknown", "formula $\\y$: unknown"]);
    }

    #[test]
    fn no_character_of_a_formula_is_left_to_markdown() {
        let got = protect("<mo form=\"prefix\">[</mo>\n<mi>a_b*</mi><mo>&lt;</mo><mo>|</mo>");
        assert_eq!(got, "<mo form=\"prefix\">&#91;</mo> <mi>a&#95;b&#42;</mi><mo>&lt;</mo><mo>&#124;</mo>");
    }

    #[test]
    fn a_prime_stands_beside_its_letter() {
        let got = primes(
            "<msup><mi>x</mi><mn>2</mn></msup><msup><msup><mi>f</mi><mn>2</mn></msup><mo>′</mo></msup>"
                .into(),
        );
        assert_eq!(
            got,
            "<msup><mi>x</mi><mn>2</mn></msup><mrow><msup><mi>f</mi><mn>2</mn></msup>\
             <mo lspace=\"0\" rspace=\"0\">′</mo></mrow>"
        );
    }

    #[test]
    fn space_behind_a_line_is_noticed() {
        for latex in [r"a \\[2ex] b", r"\begin{cases} x \\[4pt] y \end{cases}", r"\\\\["] {
            assert!(spaced(latex), "{latex}");
        }
        for latex in [r"a \\ [b]", r"\left[ x \right]", r"\sqrt[3]{x} \\ y", r"\\\[", "a[1]"] {
            assert!(!spaced(latex), "{latex}");
        }
    }

    #[cfg(feature = "build")]
    #[test]
    fn the_latex_of_the_book_is_understood() {
        let converter = Converter::new();
        for latex in [
            r"\frac{\partial L}{\partial W_{ij}} = \sum_{b=1}^{B} x_{bi}\, g_{bj}",
            r"\begin{aligned} y &= x W + b \\ L &= -\log p_t \end{aligned}",
            r"f(x) = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
            r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \in \R^{2 \times 2}",
            r"\hat{y} = \operatorname{softmax}(z), \quad \mathbb{1}[y = c], \quad \lVert x \rVert_2, \quad x^\top",
            r"\underbrace{a + b}_{\text{sum}} \approx \left( \frac{1}{\sqrt{2\pi}} \right) \odot \tanh x \ldots",
            r"\max_{x} f, \quad \argmax_c z_c, \quad \mathcal{O}(n^3), \quad \bar{x}, \quad f', \quad \lfloor x \rfloor",
        ] {
            converter.convert(latex, Style::Display).unwrap_or_else(|e| panic!("{latex}: {e}"));
        }
        assert!(converter.convert(r"\nosuchcommand", Style::Inline).is_err());
        let refused =
            converter.convert(r"\begin{aligned} a &= b \\[2ex] c &= d \end{aligned}", Style::Display);
        assert!(refused.unwrap_err().starts_with("space behind a line"));
        assert!(converter.convert(r"\frac{1}{", Style::Inline).is_err());
    }
}
