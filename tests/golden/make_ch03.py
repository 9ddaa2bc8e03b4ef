"""Writes tests/golden/ch03.npz: what PyTorch computes for the activations of chapter 3, in 32 bits.

Entries are named OPERATION__OPTIONS__SHAPE__FIELD, for example `leaky_relu__slope=0.2__3x5__x`. Fields: x (input),
g (gradient of the output), y (output), dx (gradient of the input); for prelu also slope and dslope. The shape `edge` is
a row of values at kinks, near 0 and far out. `erf64__x` and `erf64__y` are 64-bit values of erf, rounded from 40
digits. `versions` names the programs.

With `--fit` it prints the coefficients of the 32-bit erf and GELU instead: a weighted minimax fit by Lawson's algorithm.
"""

import sys
from decimal import Decimal, getcontext
from math import erf, erfc, exp, log, pi, sqrt
from pathlib import Path

import numpy as np


def fit(f, weight, low, high, degree, rounds=60):
    """The polynomial p of this degree whose largest weight(x) |p(x) - f(x)| on [low, high] is smallest."""
    t = np.cos(np.pi * (np.arange(4000) + 0.5) / 4000)
    x = (low + high) / 2 + (high - low) / 2 * t
    y = np.array([f(v) for v in x])
    w = np.array([weight(v) for v in x])
    lawson = np.ones_like(x)
    basis = np.polynomial.chebyshev.chebvander(t, degree)
    best = None
    for _ in range(rounds):
        scale = np.sqrt(lawson) * w
        c = np.linalg.lstsq(basis * scale[:, None], y * scale, rcond=None)[0]
        error = np.abs(basis @ c - y) * w
        if best is None or error.max() < best[0]:
            best = (error.max(), c)
        lawson = lawson * error / (lawson * error).sum()
    in_t = np.polynomial.chebyshev.cheb2poly(best[1])
    line = [-(low + high) / (high - low), 2 / (high - low)]
    in_x = np.zeros(1)
    for c in in_t[::-1]:
        in_x = np.polynomial.polynomial.polyadd(np.polynomial.polynomial.polymul(in_x, line), [c])
    return best[0], in_x[: degree + 1]


if "--fit" in sys.argv:
    near = lambda s: erf(s**0.5) / s**0.5 - 1
    print("erf(x)/x - 1 in x^2 on [0, 1]:", *fit(near, lambda s: 1.0, 0.0, 1.0, 6))
    print("-ln erfc(t) on [1, 4], weighted by erfc(t):", *fit(lambda t: -log(erfc(t)), erfc, 1.0, 4.0, 6))
    beyond = lambda t: erfc(t / sqrt(2)) / 2
    weight = lambda t: max(beyond(t), 1e-4)
    print("q(t) = -ln Q(t) on [0, 6], weighted by Q(t):", *fit(lambda t: -log(beyond(t)), weight, 0.0, 6.0, 10))
    density = lambda t: exp(-t * t / 2) / sqrt(2 * pi)
    print("w(t) = 1 - t phi(t) / Q(t):", *fit(lambda t: 1 - t * density(t) / beyond(t), weight, 0.0, 6.0, 10))
    sys.exit()

import torch
import torch.nn.functional as F

rng = np.random.default_rng(3)
entries = {}
SHAPES = [(), (7,), (3, 5), (2, 3, 4), (2, 3, 2, 5)]
EDGE = np.array(
    [-200, -89, -30, -12, -5.5, -3, -2.9999, -1, -0.5, -1e-3, -1e-8, -1e-30, -0.0, 0.0]
    + [1e-30, 1e-8, 1e-3, 0.5, 1, 2.9999, 3, 5.5, 12, 19.5, 20.5, 30, 89, 200],
    dtype=np.float32,
)


def case(operation, options, name, x, f, extra=()):
    x = np.asarray(x, dtype=np.float32)
    variables = [torch.tensor(v, requires_grad=True) for v in (x, *(v for _, v in extra))]
    y = f(*variables)
    g = rng.normal(size=tuple(y.shape)).astype(np.float32)
    y.backward(torch.tensor(g))
    key = f"{operation}__{options}__{name}__"
    entries[key + "x"], entries[key + "g"] = x, g
    entries[key + "y"], entries[key + "dx"] = y.detach().numpy(), variables[0].grad.numpy()
    for (field, value), variable in zip(extra, variables[1:]):
        entries[key + field], entries[key + "d" + field] = value, variable.grad.numpy()


ELEMENTWISE = {
    "relu": [("", F.relu)],
    "leaky_relu": [(f"slope={s}", lambda x, s=s: F.leaky_relu(x, s)) for s in (0.01, 0.2, -0.5)],
    "elu": [(f"alpha={a}", lambda x, a=a: F.elu(x, a)) for a in (1.0, 0.3)],
    "selu": [("", F.selu)],
    "gelu": [("", F.gelu)],
    "gelu_tanh": [("", lambda x: F.gelu(x, approximate="tanh"))],
    "silu": [("", F.silu)],
    "sigmoid": [("", torch.sigmoid)],
    "tanh": [("", torch.tanh)],
    "softplus": [
        (f"beta={b},threshold={t}", lambda x, b=b, t=t: F.softplus(x, b, t))
        for b, t in ((1.0, 20.0), (2.0, 20.0), (0.5, 3.0))
    ],
    "hard_swish": [("", F.hardswish)],
}
for operation, variants in ELEMENTWISE.items():
    for options, f in variants:
        for shape in SHAPES:
            case(operation, options, "x".join(map(str, shape)) or "scalar", 3 * rng.normal(size=shape), f)
        case(operation, options, "edge", EDGE, f)

for shape, count in (((7,), 1), ((3, 5), 1), ((3, 5), 5), ((2, 3, 4), 3), ((2, 3, 2, 5), 3), ((2, 3, 2, 5), 1)):
    slope = rng.uniform(-0.3, 0.5, size=count).astype(np.float32)
    x = 3 * rng.normal(size=shape)
    x.flat[0] = 0
    case("prelu", f"count={count}", "x".join(map(str, shape)), x, F.prelu, [("slope", slope)])

for operation, f in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
    for shape in ((7,), (3, 5), (2, 3, 4), (2, 3, 2, 5), (4, 1), (3, 40)):
        for axis in range(-1, len(shape) - 1):
            name = "x".join(map(str, shape))
            case(operation, f"axis={axis}", name, 3 * rng.normal(size=shape), lambda x: f(x, axis))
    rows = np.array([[500.0, 499, -500], [-1e4, -1e4, -1e4], [88, -88, 0], [-np.inf, 1, 2]])
    case(operation, "axis=-1", "edge", rows, lambda x: f(x, -1))


def erf_exact(x):
    """erf by its power series with 60 digits: enough for |x| <= 7, whose largest terms are near e^49."""
    getcontext().prec = 60
    x = Decimal(x)
    term, total, n = x, x, 0
    while abs(term) > Decimal(10) ** -45 * abs(total):
        n += 1
        term = -term * x * x / n
        total += term / (2 * n + 1)
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    return float(2 * total / pi.sqrt())


x = np.concatenate([rng.uniform(-6.5, 6.5, 400), rng.normal(size=200), 10.0 ** rng.uniform(-12, 0, 100)])
edges = [0.84375, 1.25, 1 / 0.35, 6.0]
x = np.concatenate([x, edges, np.nextafter(edges, 0), np.nextafter(edges, 9)])
entries["erf64__x"], entries["erf64__y"] = x, np.array([erf_exact(v) for v in x])
entries["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
path = Path(__file__).with_name("ch03.npz")
np.savez(path, **entries)
print(path, path.stat().st_size, "bytes,", len(entries), "entries")
