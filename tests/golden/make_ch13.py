"""Golden values for chapter 13: image transforms with fixed parameters, and byte-pair encoding by definition.

    pip install torch numpy regex
    python tests/golden/make_ch13.py

Writes ch13.npz beside this script:

- images.pixels [n, c, h, w], images.mean, images.std (of all images, population, as f32), images.views [n, 3] (row and column of the crop in the
  padded image, flip), images.padding, images.out (crop, flip, then scaled to 0..1 and normalised by torch);
- bpe.corpus (texts), bpe.merges (token numbers: byte b is b + 2, merge i is 258 + i), bpe.texts and bpe.tokens, bpe.lengths: the tokens of
  each text, one after the other, and how many each has;
- pieces.texts, and pieces.lengths with pieces.counts: the lengths in bytes of the pieces of each text by GPT-2's pattern.
"""
import collections
import pathlib

import numpy as np
import regex
import torch

rng = np.random.default_rng(13)
out = {}

# Images.
n, c, h, w, padding = 12, 3, 8, 7, 3
pixels = rng.integers(0, 256, (n, c, h, w), dtype=np.uint8)
scaled = torch.from_numpy(pixels).float() / 255
mean = (pixels.astype(np.float64) / 255).mean((0, 2, 3)).astype(np.float32)
std = (pixels.astype(np.float64) / 255).std((0, 2, 3)).astype(np.float32)
views, results = [], []
for i in range(n):
    top, left, flip = int(rng.integers(2 * padding + 1)), int(rng.integers(2 * padding + 1)), i % 2
    if i == 0:
        top = left = padding  # not shifted at all
    views.append([top, left, flip])
    image = torch.nn.functional.pad(scaled[i], [padding] * 4)[:, top : top + h, left : left + w]
    image = image.flip(-1) if flip else image
    results.append((image - torch.from_numpy(mean)[:, None, None]) / torch.from_numpy(std)[:, None, None])
out.update({
    "images.pixels": pixels, "images.mean": mean, "images.std": std, "images.views": np.array(views, dtype=np.int64),
    "images.padding": np.int64(padding), "images.out": torch.stack(results).numpy(),
})

# Pieces.
PATTERN = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
texts = [
    "I don't think they'll've seen it; it's 10/10!",
    "two  spaces,   three\t tabs \n\n lines\r\n  end  ",
    "naïve café – „Zitat“ 日本語のテキスト １２３ ½ x² 한국어",
    "''quoted'' 'tis 'S 're're _under_score_ a_b 3rd",
    "😀😃 emoji\u200d\u00a0nbsp \u2003em",
    "", " ", "  ", "\n", "a", " a", "  a",
]
pieces = [regex.findall(PATTERN, text) for text in texts]
assert all("".join(p) == t for p, t in zip(pieces, texts))
out["pieces.texts"] = np.array(texts)
out["pieces.counts"] = np.array([len(p) for p in pieces], dtype=np.int64)
out["pieces.lengths"] = np.array([len(x.encode()) for p in pieces for x in p], dtype=np.int64)


# Byte-pair encoding, counting everything anew for each merge.
def merge(symbols, pair, new):
    result, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            result.append(new)
            i += 2
        else:
            result.append(symbols[i])
            i += 1
    return result


corpus = [
    "the rain in Spain stays mainly in the plain, the plain in Spain",
    "she sells sea shells by the sea shore; the shells she sells are sea shells I'm sure",
    "aaaa aaa aa a aaaaaaa banana bananas banana's anagram",
    "größer größte Größe, naïve naïveté – ça va? ça va! 日本 日本語 日本人",
    "10 100 1000 10000 it's isn't it? don't won't can't",
] * 2
words = collections.Counter(piece for text in corpus for piece in regex.findall(PATTERN, text))
symbols_of = {word: [b + 2 for b in word.encode()] for word in words}
merges = []
for i in range(150):
    pairs = collections.Counter()
    for word, symbols in symbols_of.items():
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += words[word]
    # Most frequent first; among equals the smallest pair.
    if not pairs:
        break
    pair, count = min(pairs.items(), key=lambda item: (-item[1], item[0]))
    if count < 2:
        break
    merges.append(pair)
    for word in symbols_of:
        symbols_of[word] = merge(symbols_of[word], pair, 258 + i)


def encode(text):
    tokens = []
    for piece in regex.findall(PATTERN, text):
        symbols = [b + 2 for b in piece.encode()]
        for i, pair in enumerate(merges):
            symbols = merge(symbols, pair, 258 + i)
        tokens += symbols
    return tokens


tests = corpus[:5] + ["the shells in Spain", "bananananana", "unseen: xyzzy 😀", "größenwahn", ""]
tokens = [encode(text) for text in tests]
out["bpe.corpus"] = np.array(corpus)
out["bpe.merges"] = np.array(merges, dtype=np.int64)
out["bpe.texts"] = np.array(tests)
out["bpe.lengths"] = np.array([len(t) for t in tokens], dtype=np.int64)
out["bpe.tokens"] = np.array([t for text in tokens for t in text], dtype=np.int64)

versions = [f"torch {torch.__version__}", f"numpy {np.__version__}", f"regex {regex.__version__}"]
out["versions"] = np.array(versions)
np.savez(pathlib.Path(__file__).with_name("ch13.npz"), **out)
