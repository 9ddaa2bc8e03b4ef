"""Golden values for chapter 9: ten steps of PyTorch's optimizers in f64, and its clipping.

    pip install torch numpy
    python tests/golden/make_ch09.py

Writes ch09.npz beside this script. There are two parameters, `decay` [3, 4] and `plain` [5], and ten gradients for each
(`before.NAME`, `grads.NAME` [10, ..]). The second parameter is in a group without weight decay. `cases` is a JSON list
of options; case I holds `I.NAME` [10, ..], the values after every step, and the state after the last.
Clipping: `clip.I.max` of [3, 4] and [5], `clip.I.norm`, `clip.I.NAME`; with `value` instead of `max` by value.
"""
import json
import pathlib

import numpy as np
import torch

torch.manual_seed(9)
STEPS = 10
SHAPES = {"decay": (3, 4), "plain": (5,)}
before = {name: torch.randn(shape, dtype=torch.float64) for name, shape in SHAPES.items()}
# Of very different sizes from number to number and from step to step, one of them 0 at every step.
grads = {
    name: torch.randn((STEPS, *shape), dtype=torch.float64)
    * 10 ** torch.empty(shape, dtype=torch.float64).uniform_(-4, 2)
    * 10 ** torch.empty((STEPS, *[1] * len(shape)), dtype=torch.float64).uniform_(-1, 1)
    for name, shape in SHAPES.items()
}
grads["plain"][:, 2] = 0
out = {f"before.{name}": value.numpy() for name, value in before.items()}
out |= {f"grads.{name}": value.numpy() for name, value in grads.items()}

cases = []
for momentum, nesterov in [(0, False), (0.9, False), (0.9, True), (0.5, True), (0.99, False)]:
    for decay in [0, 0.03]:
        cases.append({"optimizer": "sgd", "rate": 0.1, "momentum": momentum, "nesterov": nesterov, "decay": decay})
for betas in [(0.9, 0.999), (0.9, 0.95), (0.5, 0.99), (0.0, 0.9), (0.9, 0.0)]:
    for eps in [1e-8, 1e-3]:
        for decay in [0, 0.01, 0.5]:
            cases.append({"optimizer": "adamw", "rate": 0.01, "betas": betas, "eps": eps, "decay": decay})

for i, case in enumerate(cases):
    params = {name: torch.nn.Parameter(value.clone()) for name, value in before.items()}
    groups = [
        {"params": [params["decay"]], "weight_decay": case["decay"]},
        {"params": [params["plain"]], "weight_decay": 0.0},
    ]
    if case["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(
            groups, lr=case["rate"], momentum=case["momentum"], dampening=0, nesterov=case["nesterov"])
    else:
        optimizer = torch.optim.AdamW(groups, lr=case["rate"], betas=case["betas"], eps=case["eps"])
    values = {name: [] for name in params}
    for step in range(STEPS):
        # A rate that changes, as a schedule would change it.
        for group in optimizer.param_groups:
            group["lr"] = case["rate"] / (1 + step)
        for name, param in params.items():
            param.grad = grads[name][step].clone()
        optimizer.step()
        for name, param in params.items():
            values[name].append(param.detach().numpy().copy())
    for name, param in params.items():
        out[f"{i}.{name}"] = np.stack(values[name])
        for key, value in optimizer.state[param].items():
            if value is not None and key != "step":
                out[f"{i}.{key}.{name}"] = value.numpy()
out["cases"] = np.array([json.dumps(case) for case in cases])

for i, kind, most in [(0, "max", 1.0), (1, "max", 1e-3), (2, "max", 1e9), (3, "value", 0.25), (4, "max", 0.0)]:
    params = {name: torch.nn.Parameter(value.clone()) for name, value in before.items()}
    for name, param in params.items():
        param.grad = grads[name][0].clone()
    out[f"clip.{i}.{kind}"] = np.array(most)
    if kind == "max":
        norm = torch.nn.utils.clip_grad_norm_(params.values(), most)
        out[f"clip.{i}.norm"] = norm.numpy()
    else:
        torch.nn.utils.clip_grad_value_(params.values(), most)
    for name, param in params.items():
        out[f"clip.{i}.{name}"] = param.grad.numpy()

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch09.npz"), **out)
