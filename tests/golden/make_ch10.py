"""Golden values for chapter 10: PyTorch's schedulers over whole runs.

    pip install torch numpy
    python tests/golden/make_ch10.py

Writes ch10.npz beside this script: `one_cycle.I` with the rates of every step and `one_cycle.I.options`
[peak, total, warmup_share, start_div, final_div]; `warmup_cosine.I` with `.options` [peak, warmup, total, floor], once
composed of PyTorch's schedulers (even I) and once with a function of the step (odd I).
"""
import math
import pathlib
import warnings

import numpy as np
import torch
from torch.optim import lr_scheduler as lr

warnings.filterwarnings("ignore")
out = {}


def run(peak, steps, make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < steps:
            scheduler.step()
    return np.array(rates, dtype=np.float64)


ONE_CYCLE = [
    (0.1, 100, 0.3, 25.0, 1e4), (0.4, 1000, 0.3, 25.0, 1e4), (1e-3, 77, 0.25, 10.0, 100.0), (2.0, 33, 0.5, 4.0, 1e3),
    (0.05, 11, 0.1, 25.0, 1e4), (1.0, 20, 0.01, 5.0, 10.0), (0.3, 1173, 0.2, 25.0, 1e4),
]
for i, (peak, total, share, start, final) in enumerate(ONE_CYCLE):
    out[f"one_cycle.{i}"] = run(peak, total, lambda o: lr.OneCycleLR(
        o, peak, total_steps=total, pct_start=share, anneal_strategy="cos", cycle_momentum=False,
        div_factor=start, final_div_factor=final))
    out[f"one_cycle.{i}.options"] = np.array([peak, total, share, start, final])


def composed(peak, warmup, total, floor):
    def make(optimizer):
        cosine = lr.CosineAnnealingLR(optimizer, total - warmup, eta_min=floor)
        if warmup == 0:
            return cosine
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        rising = lr.LinearLR(optimizer, 1 / (warmup + 1), 1.0, total_iters=warmup)
        return lr.SequentialLR(optimizer, [rising, cosine], [warmup])
    return make


def by_lambda(peak, warmup, total, floor):
    def factor(step):
        if step < warmup:
            return (step + 1) / (warmup + 1)
        if step >= total:
            return floor / peak
        wave = 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))
        return (floor + (peak - floor) * wave) / peak
    return lambda optimizer: lr.LambdaLR(optimizer, factor)


WARMUP_COSINE = [(0.1, 10, 100, 0.0), (1e-3, 100, 1000, 1e-5), (0.5, 0, 50, 0.05), (3e-4, 1, 17, 3e-5), (1.0, 30, 37, 0.1)]
for i, options in enumerate(WARMUP_COSINE):
    peak, _, total, _ = options
    for j, (make, steps) in enumerate([(composed, total), (by_lambda, total + 5)]):
        out[f"warmup_cosine.{2 * i + j}"] = run(peak, steps, make(*options))
        out[f"warmup_cosine.{2 * i + j}.options"] = np.array(options)

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch10.npz"), **out)
