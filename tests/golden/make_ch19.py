"""Golden values for chapter 19: attention of PyTorch on fixed inputs, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch19.py

Writes ch19.npz beside this script. Masks are stored as ours: `real` is true for a real token. Cases:

- sdp.N: `F.scaled_dot_product_attention` of q, k, v, with is_causal and attn_mask (true = look at it);
- mha.N: `nn.MultiheadAttention` of x with key_padding_mask (true = ignored) and attn_mask (true = forbidden);
- sinusoidal.N: the table of section 3.5 of "Attention Is All You Need", written with torch;
- positions.0: an `nn.Embedding` of arange(time), added to x;
- attn.N: `F.scaled_dot_product_attention` with a float attn_mask that requires a gradient, with scale, with enable_gqa, with
  windows, places behind earlier keys and ALiBi put into the mask;
- cross.N: `nn.MultiheadAttention` of x and a memory with key_padding_mask, also of another size (kdim, vdim);
- gqa.N: attention as transformers' LLaMA has it: linear layers without bias, rotary positions by rotate_half, enable_gqa;
- rotary.N: frequencies with llama3's scaling as transformers computes them; and the paper's pairs by complex numbers;
- alibi.N: the slopes of the authors' code (ofirpress/attention_with_linear_biases);
- linear.N: the formula of linear attention with whole matrices, differentiated by torch;
- blocks.0: `F.scaled_dot_product_attention` with the table of a pattern of blocks as attn_mask.
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

def alibi_slopes(n):
    def power_of_two(n):
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]

    if math.log2(n).is_integer():
        return power_of_two(n)
    below = 2 ** math.floor(math.log2(n))
    return power_of_two(below) + alibi_slopes(2 * below)[0::2][: n - below]


for i, heads in enumerate([1, 2, 3, 8, 12, 20]):
    put(f"alibi.{i}", slopes=torch.tensor(alibi_slopes(heads), dtype=torch.float64))

# heads, heads of keys, queries, keys, size, size of values; causal, padding, offset, window, bias, alibi, scale
cases = [((4, 2, 5, 5, 4, 4), False, None, 0, 0, "full", False, 0.0), ((3, 1, 4, 6, 4, 3), False, "gaps", 0, 0, "heads", False, 0.3),
         ((2, 2, 3, 7, 4, 4), True, None, 4, 0, None, False, 0.0), ((4, 4, 6, 6, 2, 2), True, "end", 0, 3, None, True, 0.0),
         ((6, 3, 5, 5, 4, 2), False, None, 0, 2, "batch", True, 0.5), ((4, 1, 6, 6, 4, 4), True, "gaps", 0, 0, "full", False, 0.0)]
for i, ((heads, kv_heads, queries, keys, size, values), causal, kind, offset, window, bias, alibi, scale) in enumerate(cases):
    batch = 2
    q = torch.randn(batch, heads, queries, size, requires_grad=True)
    k = torch.randn(batch, kv_heads, keys, size, requires_grad=True)
    v = torch.randn(batch, kv_heads, keys, values, requires_grad=True)
    place, key = torch.arange(queries)[:, None] + offset, torch.arange(keys)[None, :]
    seen = torch.ones(queries, keys, dtype=torch.bool)
    if causal:
        seen = seen & (key <= place)
    if window:
        seen = seen & ((key - place).abs() < window)
    real = padding(kind, batch, keys)
    seen = seen.expand(batch, 1, queries, keys)
    if real is not None:
        seen = seen & real[:, None, None, :]
    mask = torch.zeros(batch, heads, queries, keys)
    b = None
    if bias is not None:
        shape = {"full": (batch, heads), "heads": (1, heads), "batch": (batch, 1)}[bias]
        b = torch.randn(*shape, queries, keys, requires_grad=True)
        mask = mask + b
    if alibi:
        mask = mask - torch.tensor(alibi_slopes(heads))[None, :, None, None] * (key - place).abs()
    mask = mask.masked_fill(~seen, float("-inf"))
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True, scale=scale if scale else None)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"attn.{i}", q=q, k=k, v=v, y=y, grad=grad, dq=q.grad, dk=k.grad, dv=v.grad, causal=torch.tensor([causal]),
        numbers=torch.tensor([float(offset), float(window), float(alibi), scale], dtype=torch.float64))
    if b is not None:
        put(f"attn.{i}", bias=b, dbias=b.grad)
    if real is not None:
        put(f"attn.{i}", real=real)

for i, ((batch, queries, keys, size, memory_size), heads, kind) in enumerate(
        [((2, 4, 6, 6, 6), 2, None), ((3, 5, 4, 8, 8), 4, "end"), ((2, 3, 5, 6, 9), 3, "gaps")]):
    other = memory_size != size
    layer = nn.MultiheadAttention(size, heads, batch_first=True, kdim=memory_size if other else None,
                                  vdim=memory_size if other else None)
    nn.init.normal_(layer.in_proj_bias)
    nn.init.normal_(layer.out_proj.bias)
    x = torch.randn(batch, queries, size, requires_grad=True)
    memory = torch.randn(batch, keys, memory_size, requires_grad=True)
    real = padding(kind, batch, keys)
    y, weights = layer(x, memory, memory, key_padding_mask=None if real is None else ~real, average_attn_weights=False)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"cross.{i}", x=x, memory=memory, y=y, weights=weights, grad=grad, dx=x.grad, dmemory=memory.grad,
        heads=torch.tensor([heads]))
    for prefix, of in [("p", lambda p: p), ("dp", lambda p: p.grad)]:
        if other:
            q, k, v = [of(p) for p in (layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight)]
            kv = torch.cat([k, v])
        else:
            q, kv = of(layer.in_proj_weight)[:size], of(layer.in_proj_weight)[size:]
        bias = of(layer.in_proj_bias)
        put(f"cross.{i}", **{f"{prefix}.q.weight": q, f"{prefix}.q.bias": bias[:size], f"{prefix}.kv.weight": kv,
                             f"{prefix}.kv.bias": bias[size:], f"{prefix}.output.weight": of(layer.out_proj.weight),
                             f"{prefix}.output.bias": of(layer.out_proj.bias)})
    if real is not None:
        put(f"cross.{i}", real=real)


def rotate_half(x):
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), dim=-1)


def rotary(x, base):
    size = x.shape[-1]
    frequencies = 1.0 / (base ** (torch.arange(0, size, 2, dtype=torch.float64) / size))
    angles = torch.outer(torch.arange(x.shape[2], dtype=torch.float64), frequencies)
    angles = torch.cat((angles, angles), dim=-1)
    return x * angles.cos().float() + rotate_half(x) * angles.sin().float()


for i, ((batch, time, size), heads, kv_heads, base, kind) in enumerate(
        [((2, 5, 8), 4, 2, 100.0, None), ((2, 6, 12), 3, 1, 10000.0, "end"), ((1, 4, 8), 2, 2, 500.0, None)]):
    d = size // heads
    linears = {"q": nn.Linear(size, heads * d, bias=False), "k": nn.Linear(size, kv_heads * d, bias=False),
               "v": nn.Linear(size, kv_heads * d, bias=False), "output": nn.Linear(heads * d, size, bias=False)}
    x = torch.randn(batch, time, size, requires_grad=True)
    split = lambda y, n: y.view(batch, time, n, d).transpose(1, 2)
    q, k = rotary(split(linears["q"](x), heads), base), rotary(split(linears["k"](x), kv_heads), base)
    v = split(linears["v"](x), kv_heads)
    real = padding(kind, batch, time)
    mask = torch.ones(time, time, dtype=torch.bool).tril().expand(batch, 1, time, time)
    if real is not None:
        mask = mask & real[:, None, None, :]
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
    y = linears["output"](y.transpose(1, 2).reshape(batch, time, heads * d))
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"gqa.{i}", x=x, y=y, grad=grad, dx=x.grad, heads=torch.tensor([heads, kv_heads]),
        base=torch.tensor([base], dtype=torch.float64))
    for name, linear in linears.items():
        put(f"gqa.{i}", **{f"p.{name}.weight": linear.weight, f"dp.{name}.weight": linear.weight.grad})
    if real is not None:
        put(f"gqa.{i}", real=real)

# transformers, modeling_rope_utils._compute_llama3_parameters
for i, (size, base, factor, low, high, trained) in enumerate([(64, 500000.0, 8.0, 1.0, 4.0, 8192.0), (16, 10000.0, 4.0, 2.0, 8.0, 64.0)]):
    plain = 1.0 / (base ** (torch.arange(0, size, 2, dtype=torch.float64) / size))
    wavelength = 2 * math.pi / plain
    scaled = torch.where(wavelength > trained / low, plain / factor, plain)
    smooth = (trained / wavelength - low) / (high - low)
    smoothed = (1 - smooth) * scaled / factor + smooth * scaled
    medium = ~(wavelength < trained / high) & ~(wavelength > trained / low)
    put(f"rotary.{i}", frequencies=torch.where(medium, smoothed, scaled),
        numbers=torch.tensor([size, base, factor, low, high, trained], dtype=torch.float64))
x = torch.randn(2, 3, 5, 8)
angles = torch.outer(torch.arange(3, 8, dtype=torch.float64), 1.0 / (100.0 ** (torch.arange(0, 8, 2, dtype=torch.float64) / 8)))
turned = torch.view_as_complex(x.double().reshape(2, 3, 5, 4, 2)) * torch.polar(torch.ones_like(angles), angles)
put("rotary.pairs", x=x, y=torch.view_as_real(turned).reshape(2, 3, 5, 8).float())

for i, ((batch, heads, queries, keys, size, values), causal, kind) in enumerate(
        [((2, 2, 5, 5, 4, 3), False, None), ((2, 2, 6, 6, 4, 4), True, "gaps"), ((2, 1, 3, 7, 4, 2), False, "end")]):
    q = torch.randn(batch, heads, queries, size, requires_grad=True)
    k = torch.randn(batch, heads, keys, size, requires_grad=True)
    v = torch.randn(batch, heads, keys, values, requires_grad=True)
    real = padding(kind, batch, keys)
    weights = (F.elu(q) + 1) @ (F.elu(k) + 1).transpose(-2, -1)
    if causal:
        weights = weights.tril()
    if real is not None:
        weights = weights * real[:, None, None, :]
    y = weights @ v / weights.sum(-1, keepdim=True)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"linear.{i}", q=q, k=k, v=v, y=y, grad=grad, dq=q.grad, dk=k.grad, dv=v.grad, causal=torch.tensor([causal]))
    if real is not None:
        put(f"linear.{i}", real=real)

blocks = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1]], dtype=torch.bool)
mask = blocks.repeat_interleave(3, 0).repeat_interleave(3, 1)
q, k, v = [torch.randn(2, 2, 12, 4, requires_grad=True) for _ in range(3)]
y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
grad = torch.randn_like(y)
y.backward(grad)
put("blocks.0", q=q, k=k, v=v, y=y, grad=grad, dq=q.grad, dk=k.grad, dv=v.grad, blocks=blocks)

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch19.npz"), **out)
