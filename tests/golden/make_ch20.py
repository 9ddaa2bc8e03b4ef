"""Golden values for chapter 20: the Transformer encoder of PyTorch on fixed inputs, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch20.py

Writes ch20.npz beside this script. Masks are stored as ours: `real` is true for a real token. Cases:

- mlp.0: Linear, GELU, Linear;
- block.N: `nn.TransformerEncoderLayer` with norm_first=True and GELU, without dropout;
- encoder.N: embedding and learned positions, blocks, LayerNorm, mean over the real tokens or the first token, Linear:
  the model of the speed comparison, small; its parameters go by our names.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(20)
out = {}


def put(case, **entries):
    out.update({f"{case}.{key}": value.detach().numpy().copy() for key, value in entries.items()})


def lengths(batch, time):
    real = torch.arange(time)[None] < torch.randint(1, time + 1, (batch, 1))
    real[0] = True
    return real


mlp = nn.Sequential(nn.Linear(5, 7), nn.GELU(), nn.Linear(7, 5))
x = torch.randn(2, 3, 5, requires_grad=True)
y = mlp(x)
grad = torch.randn_like(y)
y.backward(grad)
put("mlp.0", x=x, y=y, grad=grad, dx=x.grad)
for path, p in mlp.named_parameters():
    name = path.replace("0.", "fc1.").replace("2.", "fc2.")
    put("mlp.0", **{f"p.{name}": p, f"dp.{name}": p.grad})

names = {"self_attn.in_proj_weight": "attention.qkv.weight", "self_attn.in_proj_bias": "attention.qkv.bias",
         "self_attn.out_proj.weight": "attention.output.weight", "self_attn.out_proj.bias": "attention.output.bias",
         "linear1.weight": "mlp.fc1.weight", "linear1.bias": "mlp.fc1.bias",
         "linear2.weight": "mlp.fc2.weight", "linear2.bias": "mlp.fc2.bias",
         "norm1.weight": "norm1.weight", "norm1.bias": "norm1.bias",
         "norm2.weight": "norm2.weight", "norm2.bias": "norm2.bias"}
for i, (batch, time, size, heads, inner, causal, padded) in enumerate(
        [(2, 4, 6, 1, 8, False, False), (3, 5, 8, 2, 16, False, True), (2, 6, 8, 4, 12, True, False),
         (3, 6, 6, 3, 10, True, True)]):
    layer = nn.TransformerEncoderLayer(size, heads, inner, dropout=0.0, activation="gelu", batch_first=True,
                                       norm_first=True)
    for p in layer.parameters():
        p.data += 0.3 * torch.randn_like(p)
    x = torch.randn(batch, time, size, requires_grad=True)
    real = lengths(batch, time) if padded else None
    forbidden = torch.ones(time, time, dtype=torch.bool).triu(1) if causal else None
    y = layer(x, src_mask=forbidden, src_key_padding_mask=None if real is None else ~real)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"block.{i}", x=x, y=y, grad=grad, dx=x.grad, heads=torch.tensor([heads]), causal=torch.tensor([causal]))
    if real is not None:
        put(f"block.{i}", real=real)
    for path, p in layer.named_parameters():
        put(f"block.{i}", **{f"p.{names[path]}": p, f"dp.{names[path]}": p.grad})


class Block(nn.Module):
    def __init__(s, d, h, ff):
        super().__init__()
        s.n1, s.n2, s.qkv, s.o = nn.LayerNorm(d), nn.LayerNorm(d), nn.Linear(d, 3 * d), nn.Linear(d, d)
        s.f1, s.f2, s.h = nn.Linear(d, ff), nn.Linear(ff, d), h

    def forward(s, x, mask):
        B, T, D = x.shape
        q, k, v = (t.view(B, T, s.h, D // s.h).transpose(1, 2) for t in s.qkv(s.n1(x)).chunk(3, -1))
        x = x + s.o(F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).reshape(B, T, D))
        return x + s.f2(F.gelu(s.f1(s.n2(x))))


class Encoder(nn.Module):
    def __init__(s, vocabulary, places, d, h, ff, layers, classes, pooling):
        super().__init__()
        s.emb, s.pos = nn.Embedding(vocabulary, d), nn.Parameter(torch.randn(places, d))
        s.blocks, s.n = nn.ModuleList([Block(d, h, ff) for _ in range(layers)]), nn.LayerNorm(d)
        s.fc, s.pooling = nn.Linear(d, classes), pooling

    def forward(s, ids, real):
        x = s.emb(ids) + s.pos[: ids.shape[1]]
        for block in s.blocks:
            x = block(x, real[:, None, None, :])
        x = s.n(x)
        if s.pooling == "cls":
            return s.fc(x[:, 0])
        return s.fc((x * real[..., None]).sum(1) / real.sum(1, keepdim=True))


def ours(path):
    for theirs, our in [("emb.", "encoder.embedding."), ("blocks.", "encoder.blocks."), (".n1.", ".norm1."),
                        (".n2.", ".norm2."), (".qkv.", ".attention.qkv."), (".o.", ".attention.output."),
                        (".f1.", ".mlp.fc1."), (".f2.", ".mlp.fc2."), ("fc.", "head.")]:
        if path.startswith(theirs) or (theirs[0] == "." and theirs in path):
            path = path.replace(theirs, our, 1)
    return {"pos": "encoder.positions.weight"}.get(path, path if not path.startswith("n.") else f"encoder.norm.{path[2:]}")


for i, (shape, d, h, ff, layers, pooling) in enumerate(
        [([3, 6], 8, 2, 16, 2, "mean"), ([2, 5], 6, 3, 10, 1, "cls"), ([4, 8], 8, 4, 12, 3, "mean")]):
    model = Encoder(11, 9, d, h, ff, layers, 3, pooling)
    for p in model.parameters():
        p.data += 0.2 * torch.randn_like(p)
    ids, real = torch.randint(0, 11, shape), lengths(*shape)
    y = model(ids, real)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"encoder.{i}", ids=ids, real=real, y=y, grad=grad, sizes=torch.tensor([d, h, ff, layers]))
    for path, p in model.named_parameters():
        put(f"encoder.{i}", **{f"p.{ours(path)}": p, f"dp.{ours(path)}": p.grad})

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch20.npz"), **out)
