"""Golden values for chapter 11: normalisation layers of PyTorch, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch11.py

Writes ch11.npz beside this script. Every case NAME holds NAME.x, NAME.grad (the gradient of the output), NAME.y,
NAME.dx, NAME.eps, and for each parameter NAME.p.PATH and NAME.dp.PATH. A case of BatchNorm holds two training steps
(NAME.0, NAME.1), its running statistics after each (NAME.i.running_mean, NAME.i.running_var), and what it gives at
inference after both (NAME.infer.x, NAME.infer.y).
"""
import pathlib

import numpy as np
import torch
from torch import nn

torch.manual_seed(11)
out = {}


def put(name, values):
    out.update({f"{name}.{key}": value.detach().numpy().copy() for key, value in values.items()})


def parameters(layer):
    for p in layer.parameters():
        nn.init.normal_(p)
    return layer


def step(name, layer, shape, mean=0.0, std=1.0):
    x = (torch.randn(shape) * std + mean).requires_grad_()
    layer.zero_grad()
    y = layer(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(name, {"x": x, "grad": grad, "y": y, "dx": x.grad})
    for path, p in layer.named_parameters():
        put(name, {f"p.{path}": p, f"dp.{path}": p.grad})


for i, (shape, eps, mean, std) in enumerate([
    ([4, 5], 1e-5, 0.0, 1.0),
    ([2, 3, 16], 1e-5, 0.5, 2.0),
    ([7], 1e-12, 0.0, 1.0),
    ([2, 2, 2, 33], 1e-3, -1.0, 0.1),
    ([3, 128], 1e-5, 10.0, 1.0),
    ([2, 1], 1e-5, 0.0, 1.0),
    ([9, 257], 1e-6, 0.0, 3.0),
]):
    step(f"layer_norm.{i}", parameters(nn.LayerNorm(shape[-1], eps=eps)), shape, mean, std)
    out[f"layer_norm.{i}.eps"] = np.array(eps)
# A constant row: the variance is 0, and eps alone stands below the root.
layer = parameters(nn.LayerNorm(4))
x = torch.full([2, 4], 3.0, requires_grad=True)
y = layer(x)
grad = torch.randn_like(y)
y.backward(grad)
put("layer_norm.constant", {"x": x, "grad": grad, "y": y, "dx": x.grad, "eps": torch.tensor(1e-5, dtype=torch.float64)})
for path, p in layer.named_parameters():
    put("layer_norm.constant", {f"p.{path}": p, f"dp.{path}": p.grad})

for i, (shape, eps, momentum, mean, std) in enumerate([
    ([4, 3, 2, 2], 1e-5, 0.1, 0.0, 1.0),
    ([2, 5, 1, 1], 1e-5, 0.1, 0.5, 2.0),
    ([3, 2, 5, 7], 1e-3, 0.3, -1.0, 0.1),
    ([8, 4, 4, 4], 1e-5, 0.01, 5.0, 1.0),
    ([1, 6, 3, 3], 1e-5, 1.0, 0.0, 1.0),
]):
    name = f"batch_norm2d.{i}"
    layer = parameters(nn.BatchNorm2d(shape[1], eps=eps, momentum=momentum))
    layer.train()
    for j in range(2):
        step(f"{name}.{j}", layer, shape, mean, std)
        put(f"{name}.{j}", {"running_mean": layer.running_mean, "running_var": layer.running_var})
    layer.eval()
    x = torch.randn([2, *shape[1:]]) * std + mean
    put(f"{name}.infer", {"x": x, "y": layer(x)})
    out[f"{name}.eps"], out[f"{name}.momentum"] = np.array(eps), np.array(momentum)

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch11.npz"), **out)
