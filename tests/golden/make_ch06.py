"""Golden values for chapter 6: operations of PyTorch in f64, their gradients, and gradients of gradients.

    pip install torch numpy
    python tests/golden/make_ch06.py

Writes ch06.npz beside this script. Every case NAME holds its inputs NAME.x0, NAME.x1, …, the output NAME.y, its weight NAME.c,
the gradients NAME.g0, … of sum(c * y), the weights NAME.d0, … of those, and the gradients NAME.h0, … of sum(d * g).
"""
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(6)
torch.set_default_dtype(torch.float64)
out = {}


def away(*shape):
    return (0.2 + torch.rand(shape)) * torch.where(torch.rand(shape) < 0.5, -1.0, 1.0)


def positive(*shape):
    return 0.5 + torch.rand(shape)


def distinct(*shape):
    return (torch.randperm(math.prod(shape)) * 0.1 - 1).reshape(shape)


def indices(shape, count):
    return (torch.arange(math.prod(shape)) * 5 % count).reshape(shape)


def case(name, f, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    y = f(*inputs)
    c = torch.randn_like(y)
    first = torch.autograd.grad((c * y).sum(), inputs, create_graph=True)
    weights = [torch.randn_like(g) for g in first]
    inner = sum((d * g).sum() for d, g in zip(weights, first))
    second = [None] * len(inputs)
    if inner.requires_grad:
        second = torch.autograd.grad(inner, inputs, allow_unused=True)
    # PyTorch says None where a gradient is zero because nothing depends on it.
    second = [torch.zeros_like(x) if h is None else h for x, h in zip(inputs, second)]
    for key, values in {"x": inputs, "g": first, "d": weights, "h": second}.items():
        out.update({f"{name}.{key}{i}": value.detach().numpy(force=True).copy() for i, value in enumerate(values)})
    out[f"{name}.y"], out[f"{name}.c"] = y.detach().numpy().copy(), c.numpy()


m, n, k = 2, 3, 4
normal = torch.randn
case("exp", torch.exp, normal(m, n, k))
case("ln", torch.log, positive(m, n, k))
case("sqrt", torch.sqrt, positive(m, n, k))
case("pow", lambda x: x ** 2.5, positive(m, n, k))
case("cube", lambda x: x ** 3, normal(m, n, k))
case("tanh", torch.tanh, normal(m, n, k))
case("sigmoid", torch.sigmoid, normal(m, n, k))
case("erf", torch.erf, normal(m, n, k))
case("gelu", F.gelu, normal(m, n, k))
case("sin", torch.sin, normal(m, n, k))
case("cos", torch.cos, normal(m, n, k))
# Kinks: zeros among the inputs, where a slope is a convention.
case("relu", F.relu, torch.cat([away(m, n, k - 1), torch.zeros(m, n, 1)], 2))
case("abs", torch.abs, torch.cat([away(m, n, k - 1), torch.zeros(m, n, 1)], 2))
case("add", torch.add, normal(m, n, k), normal(m, n, k))
case("subtract", torch.sub, normal(m, n, k), normal(m, n, k))
case("multiply", torch.mul, normal(m, n, k), normal(m, n, k))
case("divide", torch.div, positive(m, n, k), positive(m, n, k))
case("negate", torch.neg, normal(m, n, k))
case("numbers", lambda x: 2 / (1 - x * 0.25) + (x / 3 - 1), positive(m, n, k))
case("same_twice", lambda x: x * x + x, normal(m, n, k))
case("add_broadcast", torch.add, normal(m, n, k), normal(n, 1))
case("subtract_broadcast", lambda x, y: y - x, normal(m, n, k), normal(n, 1))
case("multiply_broadcast", torch.mul, normal(m, n, k), normal(n, 1))
case("divide_broadcast", torch.div, positive(m, n, k), positive(n, 1))
case("scalar_broadcast", torch.mul, normal(m, n), normal([]))
case("broadcast_to", lambda x: x.broadcast_to(2, m, 3, k), normal(m, 1, k))
case("matmul", torch.matmul, normal(m, k), normal(k, n))
case("matmul_batch", torch.matmul, normal(2, m, k), normal(2, k, n))
case("matmul_rows", torch.matmul, normal(2, m, k), normal(k, n))
case("matmul_broadcast", torch.matmul, normal(3, 1, m, k), normal(2, k, n))
case("matmul_vectors", torch.matmul, normal(m, k), normal(k))
case("matmul_transposed", lambda a, b: a @ b.T, normal(m, k), normal(n, k))
case("sum", lambda x: x.sum((0, 2)), normal(m, n, k))
case("sum_keepdim", lambda x: x.sum(1, keepdim=True), normal(m, n, k))
case("sum_all", torch.sum, normal(m, n, k))
case("mean", lambda x: x.mean(-1, keepdim=True), normal(m, n, k))
case("max", lambda x: x.amax(1), distinct(m, n, k))
# Two largest elements share the gradient.
case("max_all", lambda x: x.amax(), distinct(m, n, k).clamp(max=1.15))
case("reshape", lambda x: x.reshape(k, -1), normal(m, n, k))
case("permute", lambda x: x.permute(2, 0, 1), normal(m, n, k))
case("transpose", lambda x: x.transpose(0, -1), normal(m, n, k))
case("alias", lambda x: x.view_as(x), normal(m, n, k))
case("slice", lambda x: x[0].flip(0)[::2, 1:], normal(m, n, k))
case("narrow", lambda x: x.narrow(-1, 1, k - 1), normal(m, n, k))
case("concat", lambda x, y: torch.cat([x, y, x], -2), normal(m, n, k), normal(m, 1, k))
case("gather", lambda x: x.gather(1, indices((m, 5), n)), normal(m, 5)[:, :n])
case("index_select", lambda x: x[:, indices((2, 2), n)], normal(m, n, k))
case("embedding", lambda x: F.embedding(indices((5,), m), x), normal(m, n))
case("softmax", lambda x: x.softmax(1), normal(m, n, k))
case("softmax_last", lambda x: x.softmax(-1), normal(m, n, k))
case("log_softmax", lambda x: x.log_softmax(-1), normal(m, n, k))
case("cross_entropy", lambda x: F.cross_entropy(x, indices((m,), n)), normal(m, n))

# The Hessian of a small network's loss, one of its rows, and its diagonal.
x, w = normal(5, 3), normal(2, 3)
labels = torch.tensor([0, 1, 1, 0, 1])


def loss(w):
    return F.cross_entropy(torch.tanh(x @ w.T), labels)


hessian = torch.autograd.functional.hessian(loss, w).reshape(6, 6)
v = normal(2, 3)
out.update({"hessian.x": x.numpy(), "hessian.w": w.numpy(), "hessian.labels": labels.numpy()})
out.update({"hessian.h": hessian.numpy(), "hessian.diagonal": hessian.diag().reshape(2, 3).numpy()})
out.update({"hessian.v": v.numpy(), "hessian.hv": (hessian @ v.flatten()).reshape(2, 3).numpy()})

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch06.npz"), **out)
