//! From CUDA to C++: the few places where a kernel's source must differ for the simulator.
//!
//! Kernels are plain CUDA. So that the simulator can check every access, three things are rewritten, token by token and line
//! for line (the line numbers stay those of the `.cu`):
//!
//! | CUDA | for the simulator |
//! | --- | --- |
//! | `const float* x` | `sim::Ptr<const float> x`, a pointer with bounds |
//! | `__shared__ float tile[16][17];` | `sim::Shared<float, (16), (17)> tile(...)`, an array with a shadow |
//! | `reinterpret_cast<const float4*>(x)` | `sim::pointer_cast<sim::Ptr<const float4>>(x)` |
//!
//! Everything else is done by `sim/sim.hpp`. The same tokens give the names and parameters of the kernels, by which every
//! launch is checked on every backend. Known limits: one `*` per declared pointer, only the element types of `TYPES`, and a macro that
//! declares kernels has one parameter and is called on a line of its own.
//!
//! `build.rs` uses this file too, so it stands on the standard library alone.

/// The words that make up the element types a pointer or a shared array may have.
const TYPES: &[&str] = &[
    "float",
    "double",
    "int",
    "unsigned",
    "signed",
    "char",
    "short",
    "long",
    "float2",
    "float4",
    "int2",
    "int4",
    "uint2",
    "uint4",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "__nv_bfloat16",
    "__nv_bfloat162",
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Comment,
    Literal,
    Word,
    Space,
    Sign,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

/// One parameter of a kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name in the source.
    pub name: String,
    /// The type it is declared with, without `const` and `*`: `float`, `unsigned int`.
    pub element: String,
    /// Whether it is a pointer.
    pub pointer: bool,
    /// Whether what it points to is `const`.
    pub read_only: bool,
}

/// A kernel as the source declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The name of the function.
    pub name: String,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let bytes = source.as_bytes();
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &source[at..];
        let (kind, length) = if rest.starts_with("//") {
            (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if bytes[at] == b'"' || bytes[at] == b'\'' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != bytes[at] {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            (Kind::Literal, (end + 1).min(bytes.len()) - at)
        } else if word(bytes[at]) {
            (Kind::Word, bytes[at..].iter().position(|&b| !word(b)).unwrap_or(rest.len()))
        } else if bytes[at].is_ascii_whitespace() {
            (Kind::Space, bytes[at..].iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(rest.len()))
        } else {
            (Kind::Sign, rest.chars().next().map_or(1, char::len_utf8))
        };
        found.push(Token { kind, text: &source[at..at + length] });
        at += length;
    }
    found
}

/// The position of the next token that is neither space nor comment, from `at` on.
fn next(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() && matches!(tokens[at].kind, Kind::Space | Kind::Comment) {
        at += 1;
    }
    at
}

fn is(tokens: &[Token], at: usize, text: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.text == text)
}

/// A run of type words from `at` on, as text, and the position behind it.
fn element_type(tokens: &[Token], mut at: usize) -> Option<(String, usize)> {
    let mut words = Vec::new();
    let mut end = at;
    while at < tokens.len() && tokens[at].kind == Kind::Word && TYPES.contains(&tokens[at].text) {
        words.push(tokens[at].text);
        end = at + 1;
        at = next(tokens, end);
    }
    (!words.is_empty()).then(|| (words.join(" "), end))
}

/// `[const] TYPE * [__restrict__]` from `at` on: its element type, whether it is const, and the position behind it.
fn pointer(tokens: &[Token], at: usize) -> Option<(String, bool, usize)> {
    let read_only = is(tokens, at, "const");
    let at = if read_only { next(tokens, at + 1) } else { at };
    let (element, end) = element_type(tokens, at)?;
    let star = next(tokens, end);
    if !is(tokens, star, "*") {
        return None;
    }
    let restrict = next(tokens, star + 1);
    let end = if is(tokens, restrict, "__restrict__") { restrict + 1 } else { star + 1 };
    Some((element, read_only, end))
}

/// The declarations between `__shared__` and `;`, for the simulator.
fn shared(tokens: &[Token], dynamic: bool) -> Option<String> {
    let mut at = next(tokens, 0);
    if is(tokens, at, "__align__") {
        // `__align__(16)`: shared arrays of the simulator are aligned anyway.
        at = next(tokens, at + tokens[at..].iter().position(|token| token.text == ")")? + 1);
    }
    let (element, mut at) = element_type(tokens, at)?;
    let mut out = String::new();
    loop {
        at = next(tokens, at);
        let name = tokens.get(at).filter(|token| token.kind == Kind::Word)?.text;
        at = next(tokens, at + 1);
        let mut extents = Vec::new();
        while is(tokens, at, "[") {
            let close = at + tokens[at..].iter().position(|token| token.text == "]")?;
            extents.push(tokens[at + 1..close].iter().map(|token| token.text).collect::<String>());
            at = next(tokens, close + 1);
        }
        out += &format!("static const sim::Site {name}_site = {{\"{name}\", __LINE__}}; ");
        if dynamic {
            out += &format!("auto {name} = sim::dynamic_shared<{element}>({name}_site);");
        } else {
            let list: String = extents.iter().map(|extent| format!(", ({extent})")).collect();
            out += &format!("sim::Shared<{element}{list}> {name}({name}_site);");
        }
        match tokens.get(at) {
            Some(token) if token.text == "," => at += 1,
            Some(_) => return None,
            None => return Some(out),
        }
        out.push(' ');
    }
}

/// The source as the simulator compiles it. Every line keeps its number.
pub fn rewrite(source: &str) -> String {
    let tokens = tokens(source);
    let mut out = String::with_capacity(source.len() * 2);
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at];
        if token.kind == Kind::Word {
            let dynamic = token.text == "extern";
            let keyword = if dynamic { next(&tokens, at + 1) } else { at };
            if is(&tokens, keyword, "__shared__")
                && let Some(length) = tokens[keyword..].iter().position(|token| token.text == ";")
                && let Some(text) = shared(&tokens[keyword + 1..keyword + length], dynamic)
            {
                let lines =
                    tokens[at..keyword + length].iter().map(|token| token.text.matches('\n').count()).sum();
                out += &text;
                out += &"\n".repeat(lines);
                at = keyword + length + 1;
                continue;
            }
            // `unsigned float4*` cannot occur, so a type that follows another word of a type was taken with it.
            if let Some((element, read_only, end)) = pointer(&tokens, at) {
                out += if read_only { "sim::Ptr<const " } else { "sim::Ptr<" };
                out += &element;
                out += ">";
                at = end;
                continue;
            }
            if token.text == "reinterpret_cast" {
                out += "sim::pointer_cast";
                at += 1;
                continue;
            }
        }
        out += token.text;
        at += 1;
    }
    out
}

/// The source with the macros written out that declare kernels: `#define NAME(W) ... KERNEL_##W ...` and then `NAME(64)`.
fn written_out(source: &str) -> String {
    let joined = source.replace("\\\n", " ");
    let (mut out, mut macros) = (String::new(), Vec::<(&str, &str, &str)>::new());
    for line in joined.lines() {
        let define = line.strip_prefix("#define ").filter(|rest| rest.contains("__global__"));
        if let Some((name, rest)) = define.and_then(|rest| rest.split_once('('))
            && let Some((parameter, body)) = rest.split_once(')')
        {
            macros.push((name, parameter, body));
            continue;
        }
        let called = macros.iter().find_map(|(name, parameter, body)| {
            let argument = line.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?;
            Some(body.replace(&format!("##{parameter}"), argument))
        });
        out += called.as_deref().unwrap_or(line);
        out.push('\n');
    }
    out
}

/// The kernels that a source declares, in order.
pub fn kernels(source: &str) -> Vec<Signature> {
    let source = written_out(source);
    let tokens: Vec<Token> = tokens(&source)
        .into_iter()
        .filter(|token| !matches!(token.kind, Kind::Comment | Kind::Space))
        .collect();
    let closing = |open: usize| {
        let mut depth = 0;
        (open..tokens.len()).find(|&at| {
            depth += i32::from(tokens[at].text == "(") - i32::from(tokens[at].text == ")");
            depth == 0
        })
    };
    let mut found = Vec::new();
    for start in (0..tokens.len()).filter(|&at| tokens[at].text == "__global__") {
        let mut at = start + 1;
        if let Some(bounds) = (at..tokens.len().min(at + 3)).find(|&i| tokens[i].text == "__launch_bounds__")
        {
            at = closing(bounds + 1).map_or(tokens.len(), |close| close + 1);
        }
        let Some(open) = (at..tokens.len()).find(|&i| tokens[i].text == "(") else { continue };
        let Some(close) = closing(open) else { continue };
        let parameters = tokens[open + 1..close]
            .split(|token| token.text == ",")
            .filter(|tokens| !tokens.is_empty())
            .map(parameter)
            .collect();
        found.push(Signature { name: tokens[open - 1].text.to_owned(), parameters });
    }
    found
}

fn parameter(tokens: &[Token]) -> Parameter {
    let name = tokens.last().map_or("", |token| token.text).to_owned();
    if let Some((element, read_only, _)) = pointer(tokens, 0) {
        return Parameter { name, element, pointer: true, read_only };
    }
    let words = &tokens[..tokens.len().saturating_sub(1)];
    let element =
        words.iter().map(|token| token.text).filter(|&text| text != "const").collect::<Vec<_>>().join(" ");
    Parameter { name, element, pointer: false, read_only: false }
}
