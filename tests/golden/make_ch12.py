"""Golden values for chapter 12: PyTorch's dropout, output and gradient for the masks that it drew.

    pip install torch numpy
    python tests/golden/make_ch12.py

Writes ch12.npz beside this script. Every case CASE, named in `cases`, holds CASE.p, CASE.x, CASE.kept (which elements PyTorch kept), CASE.y,
CASE.grad (the gradient of the output) and CASE.dx. Probabilities are multiples of 1/65536, as ours are.
"""
import pathlib

import numpy as np
import torch

torch.manual_seed(12)
out, cases = {}, []
for p in [0.0, 6554 / 65536, 0.25, 0.5, 0.75, 1.0]:
    for shape in [[7], [4, 9], [2, 3, 5], [2, 3, 4, 5]]:
        case = f"p{p:.3f}_{'x'.join(map(str, shape))}"
        cases.append(case)
        x = torch.randn(shape)
        x[x == 0] = 1.0
        x.requires_grad_()
        y = torch.nn.functional.dropout(x, p, training=True)
        grad = torch.randn_like(y)
        y.backward(grad)
        entries = {"p": np.float64(p), "x": x, "kept": y != 0, "y": y, "grad": grad, "dx": x.grad}
        for key, value in entries.items():
            out[f"{case}.{key}"] = value.detach().numpy().copy() if torch.is_tensor(value) else np.asarray(value)
out["cases"] = np.array(cases)
out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch12.npz"), **out)
