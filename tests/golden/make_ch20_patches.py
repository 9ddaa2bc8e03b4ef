"""Golden values for chapter 20's Transformers on patches: torchvision's VisionTransformer, and a patch Transformer for series.

    pip install torch torchvision numpy
    python tests/golden/make_ch20_patches.py

Writes ch20_patches.npz beside this script. Parameters and their gradients have torchvision's names.
"""
import pathlib

import numpy as np
import torch
import torchvision
from torch import nn

torch.manual_seed(20)
out = {}


def put(name, values):
    out.update({f"{name}.{key}": value.detach().numpy().copy() for key, value in values.items()})


def shake(module):
    """First weights that are not 0 or 1 anywhere."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))


# vit.I: sizes, images, logits, gradient, gradient of the images, parameters p.NAME and their gradients dp.NAME.
for i, (side, patch, size, heads, layers, inner, classes, batch) in enumerate([
    (8, 4, 8, 2, 2, 12, 5, 3), (6, 2, 6, 3, 1, 7, 2, 1), (4, 4, 4, 1, 3, 8, 3, 2),
]):
    model = torchvision.models.VisionTransformer(
        image_size=side, patch_size=patch, num_layers=layers, num_heads=heads, hidden_dim=size, mlp_dim=inner,
        num_classes=classes)
    shake(model)
    x = torch.randn(batch, 3, side, side, requires_grad=True)
    y = model(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"vit.{i}", {"sizes": torch.tensor([side, patch, size, heads, layers, inner, classes]), "x": x, "y": y, "grad": grad,
                     "dx": x.grad})
    put(f"vit.{i}.p", dict(model.named_parameters()))
    put(f"vit.{i}.dp", {name: parameter.grad for name, parameter in model.named_parameters()})


class Forecaster(nn.Module):
    """A patch Transformer for series, of torch's own layers; named as ours."""

    def __init__(self, time, horizon, patch, stride, size, heads, layers, inner):
        super().__init__()
        self.patch, self.stride = patch, stride
        patches = (time - patch) // stride + 1
        self.patch_embedding = nn.Linear(patch, size)
        self.positions = nn.Parameter(torch.zeros(patches, size))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(size, heads, inner, 0.0, nn.functional.gelu, batch_first=True, norm_first=True)
            for _ in range(layers))
        self.norm = nn.LayerNorm(size)
        self.head = nn.Linear(patches * size, horizon)

    def forward(self, x):
        x = self.patch_embedding(x.unfold(-1, self.patch, self.stride)) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).flatten(1))


def ours(name):
    for theirs, own in [("self_attn.in_proj_", "attention.qkv."), ("self_attn.out_proj.", "attention.output."),
                        ("linear1.", "mlp.fc1."), ("linear2.", "mlp.fc2.")]:
        name = name.replace(theirs, own)
    return "positions.weight" if name == "positions" else name


# series.I: the same for series; windows that overlap, that leave a rest, and that do neither.
for i, (time, horizon, patch, stride, size, heads, layers, inner, rows) in enumerate([
    (12, 5, 4, 2, 8, 2, 2, 12, 3), (11, 2, 3, 3, 6, 3, 1, 7, 2), (8, 8, 4, 4, 4, 1, 1, 8, 1),
]):
    model = Forecaster(time, horizon, patch, stride, size, heads, layers, inner)
    shake(model)
    x = torch.randn(rows, time, requires_grad=True)
    y = model(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"series.{i}", {"sizes": torch.tensor([time, horizon, patch, stride, size, heads, layers, inner]), "x": x, "y": y,
                        "grad": grad, "dx": x.grad})
    put(f"series.{i}.p", {ours(name): parameter for name, parameter in model.named_parameters()})
    put(f"series.{i}.dp", {ours(name): parameter.grad for name, parameter in model.named_parameters()})

out["versions"] = np.array([f"torch {torch.__version__}", f"torchvision {torchvision.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch20_patches.npz"), **out)
