"""Golden values for chapter 17: nn.Embedding and nn.EmbeddingBag with their options, steps over rows, the mean over real
tokens, nearest rows, the losses of negative sampling and GloVe, principal components and t-SNE.

    pip install torch numpy scikit-learn
    python tests/golden/make_ch17.py

Writes ch17.npz beside this script.
"""
import pathlib

import numpy as np
import sklearn
import torch
from scipy.spatial.distance import squareform
from sklearn.decomposition import PCA
from sklearn.manifold._t_sne import _joint_probabilities, _kl_divergence
from sklearn.metrics import pairwise_distances
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

# rows.I: the gradient of nn.Embedding(sparse=True), coalesced, with and without scale_grad_by_freq.
for i, (count, size, shape, padding, by_freq) in enumerate([
    (9, 3, [12], None, False), (9, 3, [12], 2, False), (6, 4, [3, 7], None, True), (30, 5, [2, 3], 0, True),
]):
    layer = nn.Embedding(count, size, padding_idx=padding, sparse=not by_freq, scale_grad_by_freq=by_freq)
    ids = torch.randint(0, count, shape)
    grad = torch.randn(*shape, size)
    layer(ids).backward(grad)
    # scale_grad_by_freq has no sparse gradient in PyTorch.
    dense = layer.weight.grad.to_dense()
    rows = layer.weight.grad.coalesce().indices()[0] if not by_freq else torch.unique(ids)
    if padding is not None:
        rows = rows[rows != padding]
    put(f"rows.{i}", {
        "ids": ids, "grad": grad, "padding": torch.tensor(-1 if padding is None else padding), "rows": rows,
        "by_freq": torch.tensor(int(by_freq)), "values": dense[rows], "count": torch.tensor(count),
    })

# max_norm.I: table before, tokens, table after.
for i, (limit, shape) in enumerate([(1.0, [5]), (2.5, [2, 4]), (0.1, [1])]):
    layer = nn.Embedding(8, 4, max_norm=limit)
    before = layer.weight.detach().clone()
    ids = torch.randint(0, 8, shape)
    layer(ids)
    put(f"max_norm.{i}", {"before": before, "ids": ids, "limit": torch.tensor(limit, dtype=torch.float64), "after": layer.weight})

# steps.NAME: in f64, four steps over rows; table, then ids and grads of each step, table after each.
for name, make in [
    ("sgd", lambda p: torch.optim.SGD(p, lr=0.1)),
    ("adagrad", lambda p: torch.optim.Adagrad(p, lr=0.1, initial_accumulator_value=0.5)),
    ("sparse_adam", lambda p: torch.optim.SparseAdam(p, lr=0.1)),
]:
    layer = nn.Embedding(7, 3, sparse=True).double()
    put(f"steps.{name}", {"table": layer.weight.clone()})
    optimizer = make(layer.parameters())
    for step in range(4):
        ids = torch.randint(0, 7, [5])
        grad = torch.randn(5, 3, dtype=torch.float64)
        optimizer.zero_grad()
        layer(ids).backward(grad)
        optimizer.step()
        put(f"steps.{name}.{step}", {"ids": ids, "grad": grad, "after": layer.weight.clone()})

# bag.I: mode, table, ids, offsets (or none), weights (or none), padding, y, grad, dtable, dweights (or none).
cases = []
for mode in ["sum", "mean", "max"]:
    for padding in [None, 1]:
        cases += [(mode, padding, True, False), (mode, padding, False, False)]
cases += [("sum", None, True, True), ("sum", 1, False, True)]
for i, (mode, padding, flat, weighted) in enumerate(cases):
    bag = nn.EmbeddingBag(6, 4, mode=mode, padding_idx=padding)
    ids = torch.randint(0, 6, [11] if flat else [3, 5])
    # Bag 1 is empty.
    offsets = torch.tensor([0, 4, 4, 9]) if flat else None
    weights = torch.randn(ids.shape, requires_grad=True) if weighted else None
    y = bag(ids, offsets, per_sample_weights=weights)
    grad = torch.randn_like(y)
    y.backward(grad)
    values = {"table": bag.weight, "ids": ids, "padding": torch.tensor(-1 if padding is None else padding),
              "y": y, "grad": grad, "dtable": bag.weight.grad,
              "mode": torch.tensor(["sum", "mean", "max"].index(mode))}
    if flat:
        values["offsets"] = offsets
    if weighted:
        values |= {"weights": weights, "dweights": weights.grad}
    put(f"bag.{i}", values)

# negative.I: u, v, losses, gradient, du, dv.
for i, (batch, words, size) in enumerate([(3, 6, 4), (1, 1, 3), (5, 2, 7), (2, 11, 50)]):
    u = (3 * torch.randn(batch, size)).requires_grad_()
    v = torch.randn(batch, words, size, requires_grad=True)
    scores = torch.einsum("bs,bws->bw", u, v)
    labels = torch.zeros(batch, words)
    labels[:, 0] = 1
    losses = nn.functional.binary_cross_entropy_with_logits(scores, labels, reduction="none").sum(1)
    grad = torch.randn(batch)
    losses.backward(grad)
    put(f"negative.{i}", {"u": u, "v": v, "losses": losses, "grad": grad, "du": u.grad, "dv": v.grad})

# glove.I: vectors and biases of pairs, counts on both sides of x_max, losses, gradients.
for i, (n, size) in enumerate([(5, 4), (1, 1), (20, 9)]):
    parts = [torch.randn(n, size), torch.randn(n, size), torch.randn(n), torch.randn(n)]
    w, c, b, d = [part.requires_grad_() for part in parts]
    x = torch.exp(torch.rand(n) * 7)
    losses = 0.5 * torch.clamp((x / 100) ** 0.75, max=1) * ((w * c).sum(1) + b + d - torch.log(x)) ** 2
    grad = torch.randn(n)
    losses.backward(grad)
    put(f"glove.{i}", {"w": w, "c": c, "b": b, "d": d, "x": x, "losses": losses, "grad": grad,
                       "dw": w.grad, "dc": c.grad, "db": b.grad, "dd": d.grad})

# tsne.I: points, perplexity, affinities, places, divergence and its gradient, by scikit-learn in f64.
for i, (n, size, perplexity) in enumerate([(12, 4, 3.0), (30, 10, 8.5), (5, 2, 2.0)]):
    x = np.random.default_rng(i + 20).normal(size=(n, size))
    y = np.random.default_rng(i + 30).normal(size=(n, 2))
    distances = pairwise_distances(x, squared=True).astype(np.float32)
    p = squareform(_joint_probabilities(distances, perplexity, 0))
    divergence, gradient = _kl_divergence(y.ravel(), squareform(p), 1, n, 2)
    put_numpy = {"x": x, "perplexity": np.float64(perplexity), "p": p, "y": y, "divergence": np.float64(divergence),
                 "gradient": gradient.reshape(n, 2)}
    out.update({f"tsne.{i}.{key}": value for key, value in put_numpy.items()})

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}", f"sklearn {sklearn.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch17.npz"), **out)
