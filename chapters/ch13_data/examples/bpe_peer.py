"""The tokenizers package, asked by examples/bpe_speed.rs: learns byte pairs from a file with a text per line, and encodes it.

    train FILE SIZE FOLDER  ->  seconds; the vocabulary lies in FOLDER
    encode FILE             ->  seconds, and how many tokens
"""
import sys
import time

import tokenizers
from tokenizers import ByteLevelBPETokenizer

print("tokenizers", tokenizers.__version__, flush=True)
tokenizer, texts = None, {}


def read(path):
    if path not in texts:
        with open(path, encoding="utf-8", newline="\n") as file:
            texts[path] = file.read().split("\n")
    return texts[path]


for line in sys.stdin:
    what, path, *rest = line.split()
    lines = read(path)
    start = time.perf_counter()
    if what == "train":
        tokenizer = ByteLevelBPETokenizer()
        tokenizer.train_from_iterator(lines, vocab_size=int(rest[0]), min_frequency=2, show_progress=False)
        print(time.perf_counter() - start, flush=True)
        tokenizer.save_model(rest[1])
    else:
        tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(lines))
        print(time.perf_counter() - start, tokens, flush=True)
