"""Golden values for chapter 8: the fans, standard deviations and bounds that PyTorch's initializers use.

    pip install torch numpy scipy
    python tests/golden/make_ch08.py

Writes ch08.npz beside this script. PyTorch draws with Tensor.normal_(mean, std) and Tensor.uniform_(low, high); both
are replaced here by functions that only note what they were asked for. `orthogonal.I` is what `orthogonal_` makes, with
the gain `orthogonal.I.gain`, of the normal numbers `orthogonal.I.normal`.
"""
import pathlib
from unittest import mock

import numpy as np
import scipy
import torch
from scipy.stats import truncnorm
from torch.nn import init

SHAPES = [[4, 3], [1, 1], [10, 256], [256, 10], [16, 3, 3, 3], [64, 32, 1, 1], [8, 4, 5], [6, 2, 3, 5, 2], [32, 1, 7, 7]]
GAINS = [("linear", None), ("sigmoid", None), ("tanh", None), ("relu", None), ("leaky_relu", 0.01), ("leaky_relu", 0.2),
         ("selu", None)]
out, noted = {}, []


def note(tensor, first, second, *_, **__):
    noted.append((first, second))
    return tensor


def ask(function, shape, **options):
    with mock.patch.object(torch.Tensor, "normal_", note), mock.patch.object(torch.Tensor, "uniform_", note):
        function(torch.empty(shape), **options)
    return noted.pop()


for i, shape in enumerate(SHAPES):
    out[f"fan.{i}.shape"] = np.array(shape)
    out[f"fan.{i}.fans"] = np.array(init._calculate_fan_in_and_fan_out(torch.empty(shape)))
    for j, (name, slope) in enumerate(GAINS):
        gain = float(init.calculate_gain(name, slope))
        out[f"gain.{j}"] = np.array([gain])
        options = {"nonlinearity": name, "a": slope or 0.0}
        rows = [ask(init.xavier_uniform_, shape, gain=gain), ask(init.xavier_normal_, shape, gain=gain)]
        for mode in ["fan_in", "fan_out"]:
            rows.append(ask(init.kaiming_uniform_, shape, mode=mode, **options))
            rows.append(ask(init.kaiming_normal_, shape, mode=mode, **options))
        out[f"init.{i}.{j}"] = np.array(rows)

rng = np.random.default_rng(8)
for i, (shape, gain) in enumerate([([4, 4], 1.0), ([6, 3], 2**0.5), ([3, 7], 1.0), ([4, 2, 3], 5 / 3), ([8, 2, 1, 3], 0.5), ([5, 1], 1.0),
                                   ([1, 5], 1.0), ([40, 40], 1.0)]):
    numbers = rng.normal(size=shape)
    fill = lambda tensor, *_, **__: tensor.copy_(torch.from_numpy(numbers).reshape(tensor.shape))
    with mock.patch.object(torch.Tensor, "normal_", fill):
        made = init.orthogonal_(torch.empty(shape, dtype=torch.float64), gain)
    out[f"orthogonal.{i}"], out[f"orthogonal.{i}.normal"] = made.numpy(), numbers
    out[f"orthogonal.{i}.gain"] = np.array([gain])

# The cut normal distribution: mean and standard deviation of what remains, by the closed formulas.
cases = [(0.0, 1.0, -2.0, 2.0), (0.0, 0.02, -0.04, 0.04), (1.0, 0.5, 1.0, 9.0), (0.0, 1.0, 3.0, 4.0), (-1.0, 2.0, 0.0, 0.5),
         (0.0, 0.02, -2.0, 2.0), (0.0, 1.0, -7.0, -6.0)]
rows = []
for mean, std, low, high in cases:
    d = truncnorm((low - mean) / std, (high - mean) / std, loc=mean, scale=std)
    rows.append([mean, std, low, high, d.mean(), d.std()])
out["trunc_normal"] = np.array(rows)

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}", f"scipy {scipy.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch08.npz"), **out)
