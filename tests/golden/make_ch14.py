"""Writes ch14.npz: scikit-learn's classification figures on random decisions.

Run with a Python that has numpy and scikit-learn: python make_ch14.py
"""

import pathlib

import numpy as np
import sklearn
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

rng = np.random.default_rng(0)
out = {"versions": np.array([f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"])}

# (examples, classes, share of guesses that are right, classes that never occur, classes that are never predicted)
cases = [
    (1, 2, 1.0, [], []),
    (40, 2, 0.7, [], []),
    (500, 10, 0.8, [], []),
    (300, 5, 0.0, [], []),
    (200, 6, 0.5, [2], []),
    (200, 6, 0.5, [], [3]),
    (200, 6, 0.5, [1, 4], [4, 5]),
    (90, 3, 1.0, [], []),
]
for i, (examples, classes, right, absent, silent) in enumerate(cases):
    labels = rng.choice([c for c in range(classes) if c not in absent], examples)
    guesses = rng.choice([c for c in range(classes) if c not in silent], examples)
    keep = (rng.random(examples) < right) & ~np.isin(labels, silent)
    guesses = np.where(keep, labels, guesses)
    every = np.arange(classes)
    scores = precision_recall_fscore_support(labels, guesses, labels=every, zero_division=0)
    out[f"{i}.labels"] = labels.astype(np.int64)
    out[f"{i}.guesses"] = guesses.astype(np.int64)
    out[f"{i}.matrix"] = confusion_matrix(labels, guesses, labels=every).astype(np.int64)
    out[f"{i}.accuracy"] = np.array([accuracy_score(labels, guesses)])
    out[f"{i}.scores"] = np.stack([s.astype(np.float64) for s in scores], axis=1)
    for average in ["macro", "weighted"]:
        mean = precision_recall_fscore_support(
            labels, guesses, labels=every, average=average, zero_division=0
        )[:3]
        out[f"{i}.{average}"] = np.array(mean, dtype=np.float64)

labels = rng.integers(0, 7, 120)
logits = rng.normal(size=(120, 7)).astype(np.float32)
out["top.labels"] = labels.astype(np.int64)
out["top.logits"] = logits
out["top.accuracy"] = np.array(
    [top_k_accuracy_score(labels, logits, k=k, labels=np.arange(7)) for k in range(1, 7)]
)

np.savez(pathlib.Path(__file__).with_name("ch14.npz"), **out)
