"""Golden values for chapter 11: normalisation layers of PyTorch, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch11.py

Writes ch11.npz beside this script. Every case NAME holds NAME.x, NAME.grad (the gradient of the output), NAME.y,
NAME.dx, NAME.eps, and for each parameter NAME.p.PATH and NAME.dp.PATH. A case of BatchNorm holds two training steps
(NAME.0, NAME.1), its running statistics after each (NAME.i.running_mean, NAME.i.running_var), and what it gives at
inference after both (NAME.infer.x, NAME.infer.y). The cases above are in f32; those of the norms named in `cases64`, and
layer_norm64 and batch_norm64, are in f64. weight_norm.N of a convolution holds v, g, w, grad, dv and dg.
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

# In f64 from here on.
torch.set_default_dtype(torch.float64)
cases64 = []


def case(name, layer, shape, mean=0.0, std=1.0, names=lambda path: path):
    step(name, parameters(layer), shape, mean, std)
    for kind in ["p", "dp"]:
        for path, _ in layer.named_parameters():
            out[f"{name}.{kind}.{names(path)}"] = out.pop(f"{name}.{kind}.{path}")
    cases64.append(name)


for i, (shape, eps, mean, std) in enumerate([([4, 5], 1e-5, 0.0, 1.0), ([2, 3, 16], 1e-3, 0.5, 2.0), ([3, 1], 1e-5, 0.0, 1.0)]):
    case(f"layer_norm64.{i}", nn.LayerNorm(shape[-1], eps=eps), shape, mean, std)
    out[f"layer_norm64.{i}.eps"] = np.array(eps)
for i, (shape, eps) in enumerate([([4, 5], 1e-5), ([2, 3, 16], 1e-6), ([7], 1e-3), ([2, 2, 2, 33], 2.0**-23), ([3, 1], 1e-5)]):
    case(f"rms_norm.{i}", nn.RMSNorm(shape[-1], eps=eps), shape, 0.3, 1.5)
    out[f"rms_norm.{i}.eps"] = np.array(eps)
for i, (groups, shape, eps, affine) in enumerate([
    (1, [2, 4, 3, 3], 1e-5, True),
    (2, [3, 6, 5], 1e-3, True),
    (4, [2, 4, 2, 2], 1e-5, True),
    (3, [2, 6], 1e-5, True),
    (2, [2, 4, 2, 3, 2], 1e-5, True),
    (2, [1, 4, 3, 17], 1e-5, False),
]):
    case(f"group_norm.{i}", nn.GroupNorm(groups, shape[1], eps=eps, affine=affine), shape, 0.5, 2.0)
    out[f"group_norm.{i}.groups"], out[f"group_norm.{i}.eps"] = np.array(groups), np.array(eps)
    out[f"group_norm.{i}.affine"] = np.array(affine)
for i, (kind, shape, affine) in enumerate([
    (nn.InstanceNorm1d, [2, 3, 7], False),
    (nn.InstanceNorm2d, [2, 3, 4, 5], True),
    (nn.InstanceNorm2d, [1, 2, 3, 3], False),
    (nn.InstanceNorm3d, [2, 2, 2, 3, 2], True),
]):
    case(f"instance_norm.{i}", kind(shape[1], affine=affine), shape, 0.5, 2.0)
    out[f"instance_norm.{i}.affine"] = np.array(affine)
names = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
for i, (inputs, outputs, bias) in enumerate([(5, 4, True), (3, 1, True), (4, 6, False)]):
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(inputs, outputs, bias=bias))
    case(f"weight_norm_linear.{i}", layer, [7, inputs], names=lambda path: names.get(path, path))
for i, shape in enumerate([[4, 3], [3, 2, 3, 3], [5], [2, 1, 4]]):
    v, g = torch.randn(shape, requires_grad=True), torch.randn([shape[0]] + [1] * (len(shape) - 1), requires_grad=True)
    w = torch._weight_norm(v, g, 0)
    grad = torch.randn_like(w)
    w.backward(grad)
    put(f"weight_norm.{i}", {"v": v, "g": g, "w": w, "grad": grad, "dv": v.grad, "dg": g.grad})

for name, kind, shapes in [
    ("batch_norm1d", nn.BatchNorm1d, [([5, 3], 0.1), ([4, 3, 6], 0.3), ([9, 1, 2], 1.0)]),
    ("batch_norm64", nn.BatchNorm2d, [([3, 2, 5, 4], 0.3)]),
]:
    for i, (shape, momentum) in enumerate(shapes):
        layer = parameters(kind(shape[1], momentum=momentum))
        layer.train()
        for j in range(2):
            step(f"{name}.{i}.{j}", layer, shape, 0.5, 2.0)
            put(f"{name}.{i}.{j}", {"running_mean": layer.running_mean, "running_var": layer.running_var})
        layer.eval()
        x = torch.randn([2, *shape[1:]])
        put(f"{name}.{i}.infer", {"x": x, "y": layer(x)})
        out[f"{name}.{i}.momentum"] = np.array(momentum)

out["cases64"] = np.array(cases64)
out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch11.npz"), **out)
