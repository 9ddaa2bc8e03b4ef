"""Writes ch14.npz: scikit-learn's classification figures on random decisions and scores, and events as TensorBoard's
own messages put them into bytes.

Run with a Python that has numpy, scikit-learn and tensorboard: python make_ch14.py
"""

import io
import pathlib

import numpy as np
import sklearn
import tensorboard
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
    top_k_accuracy_score,
)
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

rng = np.random.default_rng(0)
out = {"versions": np.array([f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}", f"tensorboard {tensorboard.__version__}"])}

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

# The area under the ROC curve: smooth scores, scores with many ties, all equal, one example of a class.
scores = [
    (rng.random(200) < 0.4, rng.normal(size=200)),
    (rng.random(150) < 0.3, rng.integers(0, 5, 150) / 4),
    (np.arange(20) % 2 == 0, np.full(20, 0.5)),
    (np.arange(30) == 7, rng.normal(size=30)),
]
for i, (positive, score) in enumerate(scores):
    score = score + 0.7 * positive if i == 0 else score
    falses, trues, thresholds = roc_curve(positive, score, drop_intermediate=False)
    out[f"roc.{i}.positive"] = positive.astype(np.int64)
    out[f"roc.{i}.scores"] = score.astype(np.float64)
    out[f"roc.{i}.curve"] = np.stack([thresholds, falses, trues], axis=1)
    out[f"roc.{i}.area"] = np.array([roc_auc_score(positive, score)])

# Many classes: probabilities in 32 bits whose rows sum to 1 as well as they can.
labels = rng.integers(0, 5, 160)
logits = (rng.normal(size=(160, 5)) + 1.5 * np.eye(5)[labels]).astype(np.float32)
p = np.exp(logits.astype(np.float64))
p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
every = np.arange(5)
out["many.labels"] = labels.astype(np.int64)
out["many.logits"] = logits
out["many.p"] = p
out["many.areas"] = np.array([roc_auc_score(labels == c, p[:, c].astype(np.float64)) for c in every])
# scikit-learn wants rows that sum to 1 to the last bit; the means over the classes are its definition of "ovr".
exact = p.astype(np.float64) / p.astype(np.float64).sum(axis=1, keepdims=True)
out["many.macro"] = np.array([roc_auc_score(labels, exact, multi_class="ovr", average="macro")])
out["many.weighted"] = np.array([roc_auc_score(labels, exact, multi_class="ovr", average="weighted")])
out["many.brier"] = np.array([brier_score_loss(labels, exact, labels=every, scale_by_half=False)])

# Calibration: scikit-learn leaves out empty bins.
confidence = exact.max(axis=1)
right = exact.argmax(axis=1) == labels
confidence[:3] = [1.0, 0.2, 0.6]  # on edges of the bins
out["calibration.confidence"] = confidence
out["calibration.right"] = right.astype(np.int64)
for bins in (5, 10, 15):
    true, mean = calibration_curve(right, confidence, n_bins=bins, strategy="uniform")
    edges = np.linspace(0, 1, bins + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=bins)
    out[f"calibration.{bins}.curve"] = np.stack([true, mean], axis=1)
    out[f"calibration.{bins}.counts"] = counts.astype(np.int64)
    filled = counts[counts > 0]
    out[f"calibration.{bins}.ece"] = np.array([np.sum(filled * np.abs(true - mean)) / filled.sum()])


def frame(event):
    """An event as it stands in a file, by TensorBoard's own writer."""
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString())
    return np.frombuffer(file.getvalue(), np.uint8)


def summary(value):
    return Event(wall_time=1234.5, step=300, summary=Summary(value=[value]))


histogram = HistogramProto(
    min=-1.5, max=2.0, num=6, sum=1.25, sum_squares=9.0, bucket_limit=[-0.5, 0.75, 2.0], bucket=[2, 0, 4]
)
image = Summary.Image(height=2, width=300, colorspace=1, encoded_image_string=bytes(range(200)))
out["event.version"] = frame(Event(wall_time=1234.5, file_version="brain.Event:2"))
out["event.start"] = frame(Event(wall_time=1234.5, step=70000, session_log=SessionLog(status=SessionLog.START)))
out["event.scalar"] = frame(summary(Summary.Value(tag="loss/training", simple_value=0.1)))
out["event.zero"] = frame(summary(Summary.Value(tag="loss/training", simple_value=0.0)))
out["event.histogram"] = frame(summary(Summary.Value(tag="weights", histo=histogram)))
out["event.image"] = frame(summary(Summary.Value(tag="digit", image=image)))

np.savez(pathlib.Path(__file__).with_name("ch14.npz"), **out)
