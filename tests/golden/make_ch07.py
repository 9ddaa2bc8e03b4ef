"""Golden values for chapter 7: chains of layers, and a file written by safetensors itself.

    pip install torch numpy safetensors
    python tests/golden/make_ch07.py

Writes ch07.npz beside this script, with the entries of make_ch05.py, and ch07.safetensors, whose arrays stand in
ch07.npz too, as file.NAME.
"""
import pathlib

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(7)
here = pathlib.Path(__file__)
out = {}


def case(name, layer, shape, view=lambda x: x):
    x = torch.randn(shape, requires_grad=True)
    y = layer(view(x))
    grad = torch.randn_like(y)
    y.backward(grad)
    entries = {"x": x, "grad": grad, "y": y, "dx": x.grad}
    for path, p in layer.named_parameters():
        entries[f"p.{path}"], entries[f"dp.{path}"] = p, p.grad
    out.update({f"{name}.{key}": value.detach().numpy().copy() for key, value in entries.items()})


for i, shape in enumerate([[4, 3], [2, 3, 4], [2, 1, 3, 2], [3, 2, 1, 2, 2], [1, 5], [5]]):
    if len(shape) > 1:
        case(f"flatten.{i}", nn.Flatten(), shape)
    else:  # PyTorch leaves a vector alone; here it becomes [batch, 1].
        case(f"flatten.{i}", nn.Unflatten(0, (shape[0], 1)), shape)
case("sequential.0", nn.Sequential(nn.Linear(5, 4)), [3, 5])
case("sequential.1", nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)), [7, 5])
inner = nn.Sequential(nn.Linear(6, 6), nn.SiLU())
case("sequential.2", nn.Sequential(nn.Flatten(), inner, nn.Linear(6, 3)), [2, 3, 2])
case("sequential.3", nn.Sequential(), [2, 3])

# Every type that we read, no elements, one element without axes, a view that PyTorch had to copy, a name in need of
# escapes, and texts.
file = {
    "encoder.0.weight": torch.randn(3, 4),
    "encoder.0.bias": torch.randn(3),
    "transposed": torch.randn(4, 2).t().contiguous(),
    "scalar": torch.tensor(2.5),
    "empty": torch.empty(0, 3),
    'a "quoted" \\ name, ü': torch.randn(2),
    "special": torch.tensor([float("inf"), float("-inf"), -0.0, 1e-45, 3.4e38]),
    "float64": torch.randn(2, 2, dtype=torch.float64),
    "int64": torch.tensor([-(2**63), 2**63 - 1, 0]),
    "int32": torch.tensor([[-(2**31)], [2**31 - 1]], dtype=torch.int32),
    "uint8": torch.tensor([0, 127, 255], dtype=torch.uint8),
}
save_file(file, here.with_name("ch07.safetensors"), {"format": "pt", "epoch": "12"})
out.update({f"file.{name}": value.numpy().copy() for name, value in file.items()})


class Branches(nn.Module):
    def __init__(self, join, *branches):
        super().__init__()
        self.join = join
        for i, branch in enumerate(branches):
            self.add_module(str(i), branch)

    def forward(self, x):
        return self.join([branch(x) for branch in self.children()])


case("parallel.0", Branches(sum, nn.Linear(4, 3), nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))), [6, 4])
case("parallel.1", Branches(lambda ys: torch.cat(ys, -1), nn.Linear(4, 3), nn.Linear(4, 1), nn.Linear(4, 2)), [5, 4])
case("parallel.2", Branches(lambda ys: ys[0] * ys[1] * ys[2], nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(4, 3)), [2, 3, 4])
case("parallel.3", Branches(lambda ys: torch.cat(ys, 1), nn.Linear(4, 3), nn.Linear(4, 3)), [2, 3, 4])


class Gated(nn.Module):
    """Two branches that meet in a product, a way around them, and a value that three nodes read."""

    def __init__(self):
        super().__init__()
        self.stem, self.gate, self.value, self.out = nn.Linear(4, 5), nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(9, 3)

    def forward(self, x):
        stem = torch.tanh(self.stem(x))
        gated = torch.sigmoid(self.gate(stem)) * self.value(stem)
        return self.out(torch.cat([gated + stem, x], -1))


case("graph.0", Gated(), [6, 4])
case("graph.1", Gated(), [2, 3, 4])

out["versions"] = np.array(
    [f"torch {torch.__version__}", f"numpy {np.__version__}", f"safetensors {safetensors.__version__}"]
)
np.savez(here.with_name("ch07.npz"), **out)
