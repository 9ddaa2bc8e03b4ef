"""PyTorch's side of the `layers` example: reads lines "THREADS SECONDS CASE", answers each with milliseconds.

A case is measured again and again for so many seconds, at least three times; the answer is the median of the forward pass
and, if there is one, that of the backward pass. Gradients are made anew each time, as after zero_grad(set_to_none=True).
"""

import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def sizes(text):
    return [int(n) for n in text.split("x")]


def batch_norm(shape):
    layer = nn.BatchNorm2d(shape[1])
    return layer, torch.randn(shape), list(layer.parameters())


def layer_norm(shape):
    layer = nn.LayerNorm(shape[-1])
    return layer, torch.randn(shape), list(layer.parameters())


def make(name, arguments):
    """A function of one input, the input, and what else has gradients."""
    shape = sizes(arguments[0])
    if name == "batch_norm":
        return batch_norm(shape)
    if name == "max_pool":
        return nn.MaxPool2d(*map(int, arguments[1:])), torch.randn(shape), []
    if name == "layer_norm":
        return layer_norm(shape)
    if name == "dropout":
        return nn.Dropout(float(arguments[1])), torch.randn(shape), []
    if name == "gelu":
        return F.gelu, torch.randn(shape), []
    if name == "softmax":
        return lambda x: F.softmax(x, -1), torch.randn(shape), []
    if name == "cross_entropy":
        labels = torch.randint(0, shape[1], (shape[0],))
        return lambda x: F.cross_entropy(x, labels), torch.randn(shape), []
    if name == "embedding":
        count, size = sizes(arguments[1])
        layer = nn.Embedding(count, size)
        return layer, torch.randint(0, count, shape), list(layer.parameters())
    raise ValueError(name)


cases = {}


def case(text):
    if text not in cases:
        name, *arguments = text.split()
        function, x, parameters = make(name, arguments)
        if x.is_floating_point():
            x.requires_grad_()
        cases[text] = function, x, parameters, torch.randn_like(function(x).detach())
    return cases[text]


def measure(text, seconds):
    function, x, parameters, grad = case(text)
    times = [], []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 3:
        for p in parameters:
            p.grad = None
        if x.is_floating_point():
            x.grad = None
        a = time.perf_counter()
        y = function(x)
        b = time.perf_counter()
        y.backward(grad)
        c = time.perf_counter()
        times[0].append(b - a)
        times[1].append(c - b)
        del y
    return [1e3 * sorted(t)[len(t) // 2] for t in times]


torch.manual_seed(0)
print("torch", torch.__version__, flush=True)
for line in sys.stdin:
    threads, seconds, text = line.strip().split(" ", 2)
    torch.set_num_threads(int(threads))
    print(*measure(text, float(seconds)), flush=True)
