"""Golden values of chapter 2, made with PyTorch. Run: python tests/golden/make_ch02.py

Writes ch02.npz: for each case NN the operands NN_a and NN_b in f32, how they are viewed (NN_view), the weights NN_g, the
product NN_c, and the gradients NN_da and NN_db of sum(g * c). A view of "t" means that the stored operand is transposed
in its last two axes before it is multiplied; the gradient is that of the stored one.
"""

import pathlib

import numpy as np
import torch

here = pathlib.Path(__file__).parent
torch.manual_seed(0)
torch.use_deterministic_algorithms(True)

cases = [
    # Matrices: the four transpose cases, and sizes of 1.
    ((5, 7), "n", (7, 3), "n"),
    ((5, 7), "n", (3, 7), "t"),
    ((7, 5), "t", (7, 3), "n"),
    ((7, 5), "t", (3, 7), "t"),
    ((1, 40), "n", (40, 1), "n"),
    ((17, 1), "n", (1, 9), "n"),
    # Vectors.
    ((6,), "n", (6,), "n"),
    ((6,), "n", (6, 4), "n"),
    ((4, 6), "n", (6,), "n"),
    ((2, 3, 6), "n", (6,), "n"),
    ((6,), "n", (2, 6, 3), "n"),
    # Batches, equal and broadcast.
    ((3, 4, 5), "n", (3, 5, 2), "n"),
    ((3, 5, 4), "t", (3, 2, 5), "t"),
    ((3, 4, 5), "n", (5, 2), "n"),
    ((4, 5), "n", (3, 5, 2), "n"),
    ((2, 1, 4, 5), "n", (3, 5, 2), "n"),
    ((2, 3, 4, 5), "n", (2, 1, 5, 6), "n"),
    # Empty sizes.
    ((2, 0), "n", (0, 3), "n"),
    ((0, 4), "n", (4, 3), "n"),
]
entries = {"versions": np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])}
for number, (shape_a, view_a, shape_b, view_b) in enumerate(cases):
    a = torch.empty(shape_a).uniform_(-1, 1).requires_grad_()
    b = torch.empty(shape_b).uniform_(-1, 1).requires_grad_()
    view = lambda x, how: x.mT if how == "t" else x
    c = torch.matmul(view(a, view_a), view(b, view_b))
    g = torch.empty(c.shape).uniform_(-1, 1)
    (c * g).sum().backward()
    values = dict(a=a, b=b, g=g, c=c, da=a.grad, db=b.grad)
    for name, value in values.items():
        entries[f"{number:02}_{name}"] = value.detach().numpy()
    entries[f"{number:02}_view"] = np.array([view_a, view_b])
np.savez(here / "ch02.npz", **entries)
