"""Makes chapters/ch13_data/src/unicode.txt: what the text of chapter 13 needs to know of Unicode and Rust's standard library does not say.

    pip install regex
    python tests/golden/make_ch13_unicode.py
"""
import pathlib
import textwrap
import unicodedata

import regex

CHARACTERS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(pattern):
    """The characters that match, as "300-36F 483-487 ..."."""
    match, found = regex.compile(pattern, regex.V1).match, []
    for c in map(ord, filter(match, CHARACTERS)):
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in found)


groups = {}
for c in CHARACTERS:
    bare = "".join(x for x in unicodedata.normalize("NFD", c) if unicodedata.category(x) != "Mn")
    hangul = 0xAC00 <= ord(c) < 0xD7A4
    if bare != c and not hangul and not c.isspace() and unicodedata.category(c) != "Mn":
        groups.setdefault(bare, []).append(c)
assert not any("|" in x or " " in x for x in groups)

sections = {
    "alphabetic but no letter": ranges(r"[\p{Alphabetic}--\p{L}]"),
    "mark": ranges(r"\p{Mn}"),
    "punctuation": ranges(r"\p{P}"),
    "format": ranges(r"[\p{Cf}\p{Co}]"),
    "bare": " ".join(f"{bare}|{''.join(of)}" for bare, of in groups.items()),
}
lines = ["# Made by tests/golden/make_ch13_unicode.py."]
for name, text in sections.items():
    lines += [f"[{name}]"] + textwrap.wrap(text, 110, break_long_words=False, break_on_hyphens=False)
path = pathlib.Path(__file__).parents[2] / "chapters/ch13_data/src/unicode.txt"
path.write_text("\n".join(lines) + "\n", encoding="utf-8")
