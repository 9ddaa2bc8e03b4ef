"""Golden values for chapter 10: PyTorch's schedulers over whole runs.

    pip install torch numpy
    python tests/golden/make_ch10.py

Writes ch10.npz beside this script: `one_cycle.I` with the rates of every step and `one_cycle.I.options`
[peak, total, warmup_share, start_div, final_div]; `warmup_cosine.I` with `.options` [peak, warmup, total, floor], once
composed of PyTorch's schedulers (even I) and once with a function of the step (odd I). Likewise, with these options:
`constant` [rate], `step` [rate, every, factor], `multi_step` [rate, factor, milestones ..], `exponential` [rate, factor],
`polynomial` [rate, total, power], `line` [rate, start factor, end factor, steps], `warmup_linear` [peak, warmup, total, floor],
`restarts` [peak, period, times, floor], `momentum_cycle` [peak, total, warmup_share, low, high] with `.momentum`, `sequence`
[rate], `product` [rate], and `plateau` [rate, kind, threshold, factor, patience, cooldown, floor] with `.measures`.
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



def put(kind, i, options, peak, steps, make):
    out[f"{kind}.{i}"] = run(peak, steps, make)
    out[f"{kind}.{i}.options"] = np.array(options, dtype=np.float64)


for i, rate in enumerate([0.1, 3e-4]):
    put("constant", i, [rate], rate, 20, lambda o: lr.ConstantLR(o, factor=1.0, total_iters=5))
for i, (rate, every, factor) in enumerate([(0.1, 30, 0.1), (1.0, 1, 0.9), (3e-4, 7, 0.5)]):
    put("step", i, [rate, every, factor], rate, 100, lambda o: lr.StepLR(o, every, gamma=factor))
for i, (rate, factor, stones) in enumerate([(0.1, 0.1, [30, 60, 90]), (0.5, 0.3, [5]), (1e-3, 0.5, [4, 4, 50])]):
    put("multi_step", i, [rate, factor, *stones], rate, 100, lambda o: lr.MultiStepLR(o, stones, gamma=factor))
for i, (rate, factor) in enumerate([(0.1, 0.97), (2.0, 0.5), (1e-6, 1.2)]):
    put("exponential", i, [rate, factor], rate, 60, lambda o: lr.ExponentialLR(o, factor))
for i, (rate, total, power) in enumerate([(0.1, 50, 1.0), (0.02, 80, 0.9), (1.0, 37, 2.0)]):
    put("polynomial", i, [rate, total, power], rate, total + 6, lambda o: lr.PolynomialLR(o, total, power=power))
for i, (rate, start, end, steps) in enumerate([(0.1, 0.1, 1.0, 20), (1.0, 1.0, 0.0, 33), (3e-4, 0.5, 0.25, 7)]):
    put("line", i, [rate, start, end, steps], rate, steps + 6, lambda o: lr.LinearLR(o, start, end, steps))


def up_and_down(peak, warmup, total, floor):
    def make(optimizer):
        falling = lr.LinearLR(optimizer, 1.0, floor / peak, total_iters=total - warmup)
        if warmup == 0:
            return falling
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        rising = lr.LinearLR(optimizer, 1 / (warmup + 1), 1.0, total_iters=warmup)
        return lr.SequentialLR(optimizer, [rising, falling], [warmup])
    return make


for i, options in enumerate(WARMUP_COSINE):
    put("warmup_linear", i, options, options[0], options[2] + 5, up_and_down(*options))
for i, (peak, period, times, floor) in enumerate([(0.1, 10, 1, 0.0), (1.0, 10, 2, 0.05), (3e-4, 1, 3, 1e-6), (0.5, 25, 1, 0.1)]):
    put("restarts", i, [peak, period, times, floor], peak, 200,
        lambda o: lr.CosineAnnealingWarmRestarts(o, period, T_mult=times, eta_min=floor))

for i, (peak, total, share, low, high) in enumerate([(0.1, 100, 0.3, 0.85, 0.95), (1.0, 37, 0.5, 0.8, 0.9), (0.4, 500, 0.25, 0.0, 0.99)]):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak, momentum=0.9)
    scheduler = lr.OneCycleLR(optimizer, peak, total_steps=total, pct_start=share, base_momentum=low, max_momentum=high)
    rates, momenta = [], []
    for step in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if step < total - 1:
            scheduler.step()
    out[f"momentum_cycle.{i}"], out[f"momentum_cycle.{i}.momentum"] = np.array(rates), np.array(momenta)
    out[f"momentum_cycle.{i}.options"] = np.array([peak, total, share, low, high])


def sequence(optimizer):
    parts = [lr.ConstantLR(optimizer, factor=0.1, total_iters=100), lr.ExponentialLR(optimizer, gamma=0.9),
             lr.StepLR(optimizer, 8, gamma=0.5)]
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"]
    return lr.SequentialLR(optimizer, parts, [5, 20])


def product(optimizer):
    return lr.ChainedScheduler([lr.LinearLR(optimizer, 0.25, 1.0, total_iters=8), lr.ExponentialLR(optimizer, gamma=0.95),
                                lr.MultiStepLR(optimizer, [10, 30], gamma=0.3)])


for i, rate in enumerate([1.0, 0.05]):
    put("sequence", i, [rate], rate, 60, sequence)
    put("product", i, [rate], rate, 60, product)

noise = np.random.default_rng(10)
KINDS = [("min", "rel"), ("max", "rel"), ("min", "abs"), ("max", "abs")]
for i, (rate, kind, threshold, factor, patience, cooldown, floor) in enumerate([
    (0.1, 0, 1e-4, 0.1, 10, 0, 0.0), (0.1, 1, 0.01, 0.5, 2, 3, 1e-3), (1.0, 2, 0.05, 0.5, 0, 0, 0.01),
    (0.3, 3, 0.0, 0.7, 3, 1, 0.0), (1e-6, 0, 0.0, 0.01, 1, 0, 0.0),
]):
    fall = np.exp(-np.arange(150) / 30) + noise.normal(0, 0.1, 150)
    measures = fall if KINDS[kind][0] == "min" else 1 - fall
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = lr.ReduceLROnPlateau(optimizer, mode=KINDS[kind][0], factor=factor, patience=patience, threshold=threshold,
                                     threshold_mode=KINDS[kind][1], cooldown=cooldown, min_lr=floor)
    rates = []
    for measure in measures:
        scheduler.step(measure)
        rates.append(optimizer.param_groups[0]["lr"])
    out[f"plateau.{i}"], out[f"plateau.{i}.measures"] = np.array(rates), measures
    out[f"plateau.{i}.options"] = np.array([rate, kind, threshold, factor, patience, cooldown, floor])

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch10.npz"), **out)
