"""Golden values for chapter 17: nn.Embedding, the mean over real tokens, nearest rows and principal components.

    pip install torch numpy scikit-learn
    python tests/golden/make_ch17.py

Writes ch17.npz beside this script.
"""
import pathlib

import numpy as np
import sklearn
import torch
from sklearn.decomposition import PCA
from torch import nn

torch.manual_seed(17)
out = {}


def put(name, values):
    out.update({f"{name}.{key}": value.detach().numpy().copy() for key, value in values.items()})


# embedding.I: table, ids, padding (-1 for none), y, grad, and the gradient of the table after two backward passes.
for i, (count, size, shape, padding) in enumerate([
    (7, 3, [5], None), (10, 4, [2, 6], 0), (5, 8, [2, 3, 2], 4), (3, 1, [1], 2), (40, 16, [8, 20], 0),
]):
    layer = nn.Embedding(count, size, padding_idx=padding)
    ids = torch.randint(0, count, shape)
    y = layer(ids)
    grad = torch.randn_like(y)
    y.backward(grad)
    once = layer.weight.grad.clone()
    layer(ids.flip(0)).backward(grad)
    put(f"embedding.{i}", {
        "table": layer.weight, "ids": ids, "padding": torch.tensor(-1 if padding is None else padding),
        "y": y, "grad": grad, "dtable": once, "dtable_twice": layer.weight.grad,
    })

# masked_mean.I: x, mask, y, grad, dx. Every example has a real token: 0/0 has no value in PyTorch.
for i, (batch, time, size) in enumerate([(2, 3, 4), (1, 1, 1), (5, 7, 3), (3, 20, 9)]):
    x = torch.randn(batch, time, size, requires_grad=True)
    lengths = torch.randint(1, time + 1, [batch])
    mask = torch.arange(time)[None, :] < lengths[:, None]
    if i == 2:
        mask = torch.rand(batch, time) < 0.6
        mask[:, 2] = True
    weights = mask.float().unsqueeze(-1)
    y = (x * weights).sum(1) / weights.sum(1)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"masked_mean.{i}", {"x": x, "mask": mask, "y": y, "grad": grad, "dx": x.grad})

# nearest: the five most similar rows to each of four queries.
table, queries = torch.randn(30, 6), torch.randn(4, 6)
similarity = nn.functional.cosine_similarity(queries[:, None], table[None], dim=-1)
values, rows = similarity.topk(5, dim=-1)
put("nearest", {"table": table, "queries": queries, "rows": rows, "values": values})

# pca: in f64; the sign of a direction is free, so the largest entry in size is made positive.
for i, (rows, size) in enumerate([(20, 5), (4, 6), (50, 12)]):
    x = np.random.default_rng(i).normal(size=(rows, size)) @ np.random.default_rng(i + 9).normal(size=(size, size))
    fitted = PCA(n_components=3, svd_solver="full").fit(x)
    directions = fitted.components_ * np.sign(
        np.take_along_axis(fitted.components_, np.abs(fitted.components_).argmax(1)[:, None], 1))
    out.update({f"pca.{i}.x": x, f"pca.{i}.mean": fitted.mean_, f"pca.{i}.directions": directions,
                f"pca.{i}.variances": fitted.explained_variance_})

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}", f"sklearn {sklearn.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch17.npz"), **out)
