"""Sentence vectors of ours against the reference's: all-MiniLM-L6-v2 by the transformers library.

    python tests/interop/minilm_check.py sentences FILE      writes the sentences
    python tests/interop/minilm_check.py compare FOLDER FILE VECTORS

The reference is what the model's page says: the mean of the last hidden states over real tokens, divided by its length.
"""
import sys

import numpy as np

SENTENCES = [
    "This is an example sentence.",
    "Each sentence is converted",
    "The film was a waste of two hours; I want them back!",
    "Nothing happens, nobody comes, nobody goes, it's awful.",
    "Crème brûlée, naïve façades and a Übermensch: accents are taken off.",
    "東京 is a city; Chinese characters are words of their own: 中文.",
    "unaffable antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "1,234.56 dollars (about 1/3 of it) at 10:30 p.m. -- don't ask...",
    "emoji \U0001f600 and a tab\tand two  spaces",
    "a",
    "x" * 150,
    "word " * 400,
]

if sys.argv[1] == "sentences":
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join(SENTENCES) + "\n")
    sys.exit()

import torch
import transformers
from safetensors.numpy import load_file

_, _, folder, sentences, vectors = sys.argv
with open(sentences, encoding="utf-8") as file:
    sentences = file.read().splitlines()
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
model = transformers.AutoModel.from_pretrained(folder).eval()
batch = tokenizer(sentences, padding=True, truncation=True, max_length=256, return_tensors="pt")
with torch.no_grad():
    hidden = model(**batch).last_hidden_state
mask = batch["attention_mask"][..., None]
mean = (hidden * mask).sum(1) / mask.sum(1)
theirs = torch.nn.functional.normalize(mean, dim=1).numpy()
ours = load_file(vectors)["vectors"]
assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
off = np.abs(ours - theirs).max()
print(f"transformers {transformers.__version__}, torch {torch.__version__}: {len(sentences)} sentences, "
      f"largest difference {off:.1e}")
assert off < 1e-4, f"off by {off}"
