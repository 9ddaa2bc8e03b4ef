"""Golden values for chapter 19: attention of PyTorch on fixed inputs, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch19.py

Writes ch19.npz beside this script. Masks are stored as ours: `real` is true for a real token. Cases:

- sdp.N: `F.scaled_dot_product_attention` of q, k, v, with is_causal and attn_mask (true = look at it);
- mha.N: `nn.MultiheadAttention` of x with key_padding_mask (true = ignored) and attn_mask (true = forbidden);
- sinusoidal.N: the table of section 3.5 of "Attention Is All You Need", written with torch;
- positions.0: an `nn.Embedding` of arange(time), added to x.
"""
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(19)
out = {}


def put(case, **entries):
    out.update({f"{case}.{key}": value.detach().numpy().copy() for key, value in entries.items()})


def padding(kind, batch, time):
    """None, at the end, or with gaps; at least one real token each, and the first one, so that causal rows have a key."""
    if kind is None:
        return None
    real = torch.arange(time)[None] < torch.randint(1, time + 1, (batch, 1))
    if kind == "gaps":
        real = torch.rand(batch, time) < 0.6
        real[:, 0] = True
    return real


cases = [([2, 1, 4, 4, 3, 3], False, None), ([2, 2, 5, 5, 4, 4], True, None), ([3, 2, 6, 6, 4, 5], False, "end"),
         ([2, 3, 7, 7, 2, 2], False, "gaps"), ([3, 2, 6, 6, 4, 4], True, "end"), ([2, 2, 3, 5, 4, 3], False, "gaps")]
for i, ((batch, heads, queries, keys, size, values), causal, kind) in enumerate(cases):
    q = torch.randn(batch, heads, queries, size, requires_grad=True)
    k = torch.randn(batch, heads, keys, size, requires_grad=True)
    v = torch.randn(batch, heads, keys, values, requires_grad=True)
    real = padding(kind, batch, keys)
    mask = None if real is None else real[:, None, None, :]
    if causal and real is not None:
        mask, plain_causal = mask & torch.ones(queries, keys, dtype=torch.bool).tril(), False
    else:
        plain_causal = causal
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=plain_causal)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"sdp.{i}", q=q, k=k, v=v, y=y, grad=grad, dq=q.grad, dk=k.grad, dv=v.grad, causal=torch.tensor([causal]))
    if real is not None:
        put(f"sdp.{i}", real=real)

cases = [([2, 5, 6], 1, False, None), ([2, 5, 6], 2, True, None), ([3, 7, 8], 4, False, "end"),
         ([3, 6, 8], 2, False, "gaps"), ([3, 6, 12], 3, True, "gaps"), ([1, 1, 4], 2, False, None)]
for i, ((batch, time, size), heads, causal, kind) in enumerate(cases):
    layer = nn.MultiheadAttention(size, heads, batch_first=True)
    nn.init.normal_(layer.in_proj_bias)
    nn.init.normal_(layer.out_proj.bias)
    x = torch.randn(batch, time, size, requires_grad=True)
    real = padding(kind, batch, time)
    forbidden = torch.ones(time, time, dtype=torch.bool).triu(1) if causal else None
    y, weights = layer(x, x, x, key_padding_mask=None if real is None else ~real, attn_mask=forbidden,
                       average_attn_weights=False)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"mha.{i}", x=x, y=y, weights=weights, grad=grad, dx=x.grad, heads=torch.tensor([heads]),
        causal=torch.tensor([causal]))
    names = {"in_proj_weight": "qkv.weight", "in_proj_bias": "qkv.bias", "out_proj.weight": "output.weight",
             "out_proj.bias": "output.bias"}
    for path, p in layer.named_parameters():
        put(f"mha.{i}", **{f"p.{names[path]}": p, f"dp.{names[path]}": p.grad})
    if real is not None:
        put(f"mha.{i}", real=real)

for i, (time, size) in enumerate([(10, 8), (40, 16), (5, 2), (7, 5)]):
    pe = torch.zeros(time, size, dtype=torch.float64)
    position = torch.arange(time, dtype=torch.float64)[:, None]
    frequency = torch.exp(torch.arange(0, size, 2, dtype=torch.float64) * (-math.log(10000.0) / size))
    pe[:, 0::2] = torch.sin(position * frequency)
    pe[:, 1::2] = torch.cos(position * frequency)[:, : size // 2]
    put(f"sinusoidal.{i}", table=pe)

layer = nn.Embedding(9, 4)
x = torch.randn(3, 6, 4, requires_grad=True)
y = x + layer(torch.arange(6))
grad = torch.randn_like(y)
y.backward(grad)
put("positions.0", x=x, y=y, grad=grad, dx=x.grad, **{"p.weight": layer.weight, "dp.weight": layer.weight.grad})

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch19.npz"), **out)
