"""Golden values for chapter 15: convolution, pooling and SmallCNN of PyTorch on fixed inputs, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch15.py

Writes ch15.npz beside this script. Every case NAME holds NAME.x, NAME.grad (the gradient of the output), NAME.y, NAME.dx, for
each parameter NAME.p.PATH and NAME.dp.PATH, and NAME.options: stride, padding, dilation, each as [height, width], and the groups
with a 0; for pooling the window, stride and padding; for transposed convolution the output padding as well, before the dilation.
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


convolutions = [  # input, output channels, kernel, stride, padding, bias, dilation, groups
    ([2, 3, 5, 6], 4, [3, 3], [1, 1], [1, 1], True, [1, 1], 1),
    ([1, 2, 7, 5], 3, [3, 2], [2, 1], [1, 0], False, [1, 1], 1),
    ([3, 4, 4, 4], 2, [1, 1], [1, 1], [0, 0], True, [1, 1], 1),
    ([2, 3, 6, 8], 5, [1, 1], [2, 2], [0, 0], False, [1, 1], 1),
    ([1, 1, 9, 9], 2, [5, 3], [3, 2], [2, 1], True, [1, 1], 1),
    ([1, 2, 2, 3], 2, [2, 3], [1, 1], [2, 3], False, [1, 1], 1),
    # Outputs that are 8 and 16 wide, several images, channels that fill no tile.
    ([3, 5, 8, 8], 9, [3, 3], [1, 1], [1, 1], False, [1, 1], 1),
    ([2, 3, 4, 16], 8, [3, 3], [1, 1], [1, 1], True, [1, 1], 1),
    ([1, 2, 6, 20], 3, [3, 5], [1, 1], [0, 0], True, [1, 1], 1),
    ([2, 2, 8, 8], 17, [1, 1], [1, 1], [0, 0], False, [1, 1], 1),
    # Dilation, with and without a stride that shares a factor with it.
    ([1, 2, 8, 7], 3, [3, 3], [1, 1], [2, 2], True, [2, 2], 1),
    ([2, 2, 9, 8], 2, [2, 3], [2, 2], [1, 0], False, [2, 3], 1),
    ([1, 1, 10, 9], 2, [3, 2], [4, 3], [3, 1], True, [2, 3], 1),
    # Groups.
    ([2, 4, 5, 4], 6, [3, 3], [1, 1], [1, 1], True, [1, 1], 2),
    ([1, 6, 6, 5], 3, [2, 2], [2, 1], [0, 1], False, [2, 1], 3),
    # Depthwise: a kernel for each channel, and two.
    ([2, 5, 6, 7], 5, [3, 3], [1, 1], [1, 1], True, [1, 1], 5),
    ([1, 3, 9, 8], 3, [5, 3], [2, 3], [2, 1], False, [1, 2], 3),
    ([1, 3, 5, 5], 6, [3, 3], [1, 1], [1, 1], True, [1, 1], 3),
]
for i, (shape, outputs, kernel, stride, padding, bias, dilation, groups) in enumerate(convolutions):
    layer = nn.Conv2d(shape[1], outputs, kernel, stride, padding, dilation, groups, bias)
    case(f"conv2d.{i}", layer, shape, (stride, padding, dilation, [groups, 0]))
for i, (shape, outputs, kernel, stride, padding, bias, dilation, groups) in enumerate([
    ([2, 3, 9], 4, 3, 1, 1, True, 1, 1),
    ([1, 2, 12], 3, 4, 2, 0, False, 2, 1),
    ([2, 4, 7], 6, 3, 1, 2, True, 2, 2),
    ([1, 3, 8], 3, 3, 3, 1, True, 1, 3),
]):
    layer = nn.Conv1d(shape[1], outputs, kernel, stride, padding, dilation, groups, bias)
    case(f"conv1d.{i}", layer, shape, ([1, stride], [0, padding], [1, dilation], [groups, 0]))
transposed = [  # input, output channels, kernel, stride, padding, output padding, bias, dilation, groups
    ([2, 3, 3, 4], 2, [3, 3], [1, 1], [0, 0], [0, 0], True, [1, 1], 1),
    ([1, 2, 4, 3], 3, [4, 4], [2, 2], [1, 1], [0, 0], False, [1, 1], 1),
    ([2, 2, 3, 3], 3, [3, 3], [2, 2], [1, 1], [1, 1], True, [1, 1], 1),
    ([1, 3, 2, 3], 2, [2, 3], [3, 2], [0, 1], [2, 1], True, [1, 1], 1),
    ([1, 2, 4, 3], 2, [3, 2], [1, 2], [2, 1], [0, 1], False, [2, 3], 1),
    ([2, 4, 3, 3], 6, [3, 3], [2, 2], [1, 1], [1, 0], True, [1, 1], 2),
    ([1, 3, 4, 4], 3, [4, 4], [2, 2], [1, 1], [0, 0], False, [1, 1], 3),
    ([1, 3, 3, 2], 6, [2, 2], [1, 2], [0, 0], [0, 1], True, [2, 2], 3),
]
for i, (shape, outputs, kernel, stride, padding, extra, bias, dilation, groups) in enumerate(transposed):
    layer = nn.ConvTranspose2d(shape[1], outputs, kernel, stride, padding, extra, groups, bias, dilation)
    case(f"conv_transpose2d.{i}", layer, shape, (stride, padding, extra, dilation, [groups, 0]))
for i, (shape, kernel, stride, padding) in enumerate([
    ([2, 3, 4, 6], [2, 2], [2, 2], [0, 0]),
    ([1, 2, 5, 5], [3, 3], [2, 2], [1, 1]),
    ([2, 1, 7, 4], [2, 3], [3, 1], [1, 0]),
    ([1, 3, 5, 4], [3, 2], [1, 1], [0, 1]),
    ([2, 2, 3, 3], [3, 3], [3, 3], [0, 0]),
]):
    case(f"max_pool2d.{i}", nn.MaxPool2d(kernel, stride, padding), shape, (kernel, stride, padding))
    case(f"avg_pool2d.{i}", nn.AvgPool2d(kernel, stride, padding), shape, (kernel, stride, padding))
for i, (shape, bins) in enumerate([([2, 2, 4, 6], [2, 3]), ([1, 3, 7, 5], [3, 2]), ([1, 1, 3, 2], [5, 3]), ([1, 2, 10, 7], [7, 7])]):
    case(f"adaptive_avg_pool2d.{i}", nn.AdaptiveAvgPool2d(bins), shape)
    case(f"adaptive_max_pool2d.{i}", nn.AdaptiveMaxPool2d(bins), shape)
for i, shape in enumerate([[2, 3, 4, 5], [1, 2, 1, 1], [3, 2, 8, 8]]):
    case(f"global_avg_pool.{i}", nn.AdaptiveAvgPool2d(1), shape)
    case(f"relu.{i}", nn.ReLU(inplace=False), shape)


def conv_bn(i, o):
    return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]


case("small_cnn.0", nn.Sequential(
    *conv_bn(3, 2), *conv_bn(2, 4), nn.MaxPool2d(2), *conv_bn(4, 8), *conv_bn(8, 8), nn.MaxPool2d(2), *conv_bn(8, 16),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Dropout(0.0), nn.Linear(8, 10)), [3, 3, 12, 12])

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch15.npz"), **out)
