"""Golden values for chapter 15: convolution, pooling and SmallCNN of PyTorch on fixed inputs, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch15.py

Writes ch15.npz beside this script. Every case NAME holds NAME.x, NAME.grad (the gradient of the output), NAME.y, NAME.dx, for
each parameter NAME.p.PATH and NAME.dp.PATH, and NAME.options: stride and padding, for pooling after the window, each as
[height, width].
"""
import pathlib

import numpy as np
import torch
from torch import nn

torch.manual_seed(15)
out = {}


def case(name, layer, shape, options=()):
    x = torch.randn(shape, requires_grad=True)
    y = layer(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    entries = {"x": x, "grad": grad, "y": y, "dx": x.grad}
    for path, p in layer.named_parameters():
        entries[f"p.{path}"], entries[f"dp.{path}"] = p, p.grad
    for path, b in layer.named_buffers():
        if "num_batches" not in path:
            entries[f"b.{path}"] = b
    out.update({f"{name}.{key}": value.detach().numpy().copy() for key, value in entries.items()})
    if options:
        out[f"{name}.options"] = np.array(options, dtype=np.int64).reshape(-1)


convolutions = [  # input, output channels, kernel, stride, padding, bias
    ([2, 3, 5, 6], 4, [3, 3], [1, 1], [1, 1], True),
    ([1, 2, 7, 5], 3, [3, 2], [2, 1], [1, 0], False),
    ([3, 4, 4, 4], 2, [1, 1], [1, 1], [0, 0], True),
    ([2, 3, 6, 8], 5, [1, 1], [2, 2], [0, 0], False),
    ([1, 1, 9, 9], 2, [5, 3], [3, 2], [2, 1], True),
    ([1, 2, 2, 3], 2, [2, 3], [1, 1], [2, 3], False),
    # Outputs that are 8 and 16 wide, several images, channels that fill no tile.
    ([3, 5, 8, 8], 9, [3, 3], [1, 1], [1, 1], False),
    ([2, 3, 4, 16], 8, [3, 3], [1, 1], [1, 1], True),
    ([1, 2, 6, 20], 3, [3, 5], [1, 1], [0, 0], True),
    ([2, 2, 8, 8], 17, [1, 1], [1, 1], [0, 0], False),
]
for i, (shape, outputs, kernel, stride, padding, bias) in enumerate(convolutions):
    case(f"conv2d.{i}", nn.Conv2d(shape[1], outputs, kernel, stride, padding, bias=bias), shape, (stride, padding))
for i, (shape, kernel, stride, padding) in enumerate([
    ([2, 3, 4, 6], [2, 2], [2, 2], [0, 0]),
    ([1, 2, 5, 5], [3, 3], [2, 2], [1, 1]),
    ([2, 1, 7, 4], [2, 3], [3, 1], [1, 0]),
    ([1, 3, 5, 4], [3, 2], [1, 1], [0, 1]),
    ([2, 2, 3, 3], [3, 3], [3, 3], [0, 0]),
]):
    case(f"max_pool2d.{i}", nn.MaxPool2d(kernel, stride, padding), shape, (kernel, stride, padding))
    case(f"avg_pool2d.{i}", nn.AvgPool2d(kernel, stride, padding), shape, (kernel, stride, padding))
for i, shape in enumerate([[2, 3, 4, 5], [1, 2, 1, 1], [3, 2, 8, 8]]):
    case(f"global_avg_pool.{i}", nn.AdaptiveAvgPool2d(1), shape)
    case(f"relu.{i}", nn.ReLU(inplace=False), shape)


def conv_bn(i, o):
    return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]


case("small_cnn.0", nn.Sequential(
    *conv_bn(3, 4), *conv_bn(4, 8), nn.MaxPool2d(2), *conv_bn(8, 16), *conv_bn(16, 16), nn.MaxPool2d(2), *conv_bn(16, 32),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 16), nn.ReLU(), nn.Dropout(0.0), nn.Linear(16, 10)), [4, 3, 16, 16])

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch15.npz"), **out)
