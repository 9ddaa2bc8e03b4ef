"""Golden values for chapter 5: layers of PyTorch on fixed inputs, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch05.py

Writes ch05.npz beside this script. Every case NAME holds NAME.x, NAME.grad (the gradient of the output), NAME.y,
NAME.dx, and for each parameter NAME.p.PATH and NAME.dp.PATH.
"""
import pathlib

import numpy as np
import torch
from torch import nn

torch.manual_seed(5)
out = {}


def case(name, layer, shape):
    x = torch.randn(shape, requires_grad=True)
    y = layer(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    entries = {"x": x, "grad": grad, "y": y, "dx": x.grad}
    for path, p in layer.named_parameters():
        entries[f"p.{path}"], entries[f"dp.{path}"] = p, p.grad
    out.update({f"{name}.{key}": value.detach().numpy().copy() for key, value in entries.items()})


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


for i, (inputs, outputs, shape) in enumerate([(3, 4, [2, 3]), (7, 5, [1, 7]), (6, 2, [4, 3, 6]), (5, 8, [5])]):
    case(f"linear.{i}", nn.Linear(inputs, outputs), shape)
    case(f"linear_no_bias.{i}", nn.Linear(inputs, outputs, bias=False), shape)
for name, layer in {
    "relu": nn.ReLU(), "leaky_relu": nn.LeakyReLU(0.1), "elu": nn.ELU(), "gelu": nn.GELU(), "silu": nn.SiLU(),
    "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(), "softplus": nn.Softplus(),
}.items():
    case(f"activation.{name}", layer, [3, 5])
for i, (count, shape) in enumerate([(1, [4, 6]), (6, [4, 6]), (3, [2, 3, 4, 5])]):
    case(f"prelu.{i}", nn.PReLU(count), shape)
case("residual.0", Residual(nn.Linear(6, 6)), [4, 6])
case("mlp.0", nn.Sequential(nn.Linear(5, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 3)), [8, 5])

# Three steps of training a small classifier: the losses, and the weights afterwards.
model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
x, labels = torch.randn(10, 4), torch.randint(0, 3, (10,))
for path, p in model.named_parameters():
    out[f"training.before.{path}"] = p.detach().numpy().copy()
optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.5), []
for _ in range(3):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
out.update({"training.x": x.numpy(), "training.labels": labels.numpy(), "training.losses": np.array(losses)})
for path, p in model.named_parameters():
    out[f"training.after.{path}"] = p.detach().numpy().copy()

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch05.npz"), **out)
