"""Golden values for chapter 16: residual blocks and networks of torchvision, forward and gradients.

    pip install torch torchvision numpy safetensors
    python tests/golden/make_ch16.py

Writes ch16.npz beside this script. Every case NAME holds NAME.x, NAME.grad (the gradient of the output), NAME.y, NAME.dx, and
NAME.p and NAME.dp: all parameters and their gradients in a row, in the order of named_parameters(); in f32, in training mode. Blocks are torchvision's own classes;
pre_activation, resnet9 and fast_net are written down here, as torchvision has none. whitening holds images, eigenvalues and
kernels; prepare an image, its options and what torchvision makes of it. Two files of weights, ch16_basic.safetensors and
ch16_bottleneck.safetensors, are the state_dict of torchvision's ResNet with few channels, with made-up running statistics; NAME.x
and NAME.logits are images and what the network says about them when it is used.
"""
import pathlib

import numpy as np
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torchvision.models import efficientnet, resnet
from torchvision.transforms import functional as TF

torch.manual_seed(16)
here = pathlib.Path(__file__).parent
out = {}


def case(name, layer, shape):
    layer.train()
    with torch.no_grad():
        for path, p in layer.named_parameters():
            p.requires_grad_()
            if p.dim() == 1:  # gains and shifts that are not 1 and 0
                p.copy_(torch.rand_like(p) + 0.5)
    x = torch.randn(shape, requires_grad=True)
    y = layer(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    entries = {"x": x, "grad": grad, "y": y, "dx": x.grad}
    entries["p"] = torch.cat([p.flatten() for p in layer.parameters()])
    entries["dp"] = torch.cat([p.grad.flatten() for p in layer.parameters()])
    out.update({f"{name}.{key}": value.detach().numpy().copy() for key, value in entries.items()})


def down(i, o, stride):
    return nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))


case("basic_block.same", resnet.BasicBlock(4, 4), [3, 4, 5, 6])
case("basic_block.wider", resnet.BasicBlock(3, 6, 2, down(3, 6, 2)), [2, 3, 7, 6])
case("bottleneck.same", resnet.Bottleneck(8, 2), [3, 8, 5, 4])
case("bottleneck.wider", resnet.Bottleneck(3, 2, 2, down(3, 8, 2)), [2, 3, 7, 6])
case("squeeze_excite.relu", torchvision.ops.SqueezeExcitation(6, 2), [3, 6, 4, 5])
case("squeeze_excite.silu", torchvision.ops.SqueezeExcitation(5, 3, activation=nn.SiLU), [2, 5, 3, 3])
for name, (expand, kernel, stride, i, o) in {"same": (2, 3, 1, 4, 4), "first": (1, 5, 1, 4, 6), "half": (3, 5, 2, 4, 5)}.items():
    config = efficientnet.MBConvConfig(expand, kernel, stride, i, o, 1)
    # MBConvConfig rounds channels to multiples of eight; here they are few.
    config.input_channels, config.out_channels = i, o
    config.adjust_channels = lambda channels, ratio, _=None: int(channels * ratio)
    case(f"mb_conv.{name}", efficientnet.MBConv(config, 0.0, nn.BatchNorm2d), [3, i, 7, 6])


class PreActivation(nn.Module):
    def __init__(s, i, o, stride):
        super().__init__()
        s.bn1, s.conv1 = nn.BatchNorm2d(i), nn.Conv2d(i, o, 3, stride, 1, bias=False)
        s.bn2, s.conv2 = nn.BatchNorm2d(o), nn.Conv2d(o, o, 3, 1, 1, bias=False)
        s.downsample = nn.Conv2d(i, o, 1, stride, bias=False) if stride != 1 or i != o else None

    def forward(s, x):
        a = F.relu(s.bn1(x))
        return s.conv2(F.relu(s.bn2(s.conv1(a)))) + (s.downsample(a) if s.downsample else x)


case("pre_activation.same", PreActivation(4, 4, 1), [3, 4, 5, 6])
case("pre_activation.wider", PreActivation(3, 5, 2), [2, 3, 7, 6])




def conv_bn(i, o):
    return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]


class Residual(nn.Module):
    def __init__(s, *layers):
        super().__init__()
        s.inner = nn.Sequential(*layers)

    def forward(s, x):
        return x + s.inner(x)


class ResNet9(nn.Module):
    def __init__(s, w):
        super().__init__()
        s.body = nn.Sequential(
            *conv_bn(1, w), *conv_bn(w, 2 * w), nn.MaxPool2d(2), Residual(*conv_bn(2 * w, 2 * w), *conv_bn(2 * w, 2 * w)),
            *conv_bn(2 * w, 4 * w), nn.MaxPool2d(2), *conv_bn(4 * w, 8 * w), nn.MaxPool2d(2),
            Residual(*conv_bn(8 * w, 8 * w), *conv_bn(8 * w, 8 * w)), nn.MaxPool2d(4))
        s.linear = nn.Linear(8 * w, 10, bias=False)

    def forward(s, x):
        return s.linear(s.body(x).flatten(1)) * 0.125


case("res_net9.small", ResNet9(1), [2, 1, 32, 32])


class FastNet(nn.Module):
    def __init__(s, widths):
        super().__init__()
        s.whiten = nn.Conv2d(3, 24, 2, bias=True)
        layers, i = [], 24
        for w in widths:
            layers += [nn.Conv2d(i, w, 3, padding=1, bias=False), nn.MaxPool2d(2), s.bn(w), nn.GELU(),
                       nn.Conv2d(w, w, 3, padding=1, bias=False), s.bn(w), nn.GELU()]
            i = w
        s.blocks = nn.Sequential(*layers, nn.MaxPool2d(3), nn.Flatten())
        s.head = nn.Linear(i, 10, bias=False)

    @staticmethod
    def bn(c):
        return nn.BatchNorm2d(c, eps=1e-12, momentum=0.4)

    def forward(s, x):
        return s.head(s.blocks(F.gelu(s.whiten(x)))) / 9


case("fast_net.small", FastNet([2, 3, 2]), [2, 3, 25, 25])


class Tiny(resnet.ResNet):
    """torchvision's, with fewer channels and any number of stages."""

    def __init__(s, block, layers, width, classes):
        nn.Module.__init__(s)
        s._norm_layer, s.inplanes, s.dilation, s.groups, s.base_width = nn.BatchNorm2d, width, 1, 1, 64
        s.conv1, s.bn1 = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        s.relu, s.maxpool = nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        for number, blocks in enumerate(layers):
            setattr(s, f"layer{number + 1}", s._make_layer(block, width << number, blocks, 1 if number == 0 else 2))
        for number in range(len(layers), 4):
            setattr(s, f"layer{number + 1}", nn.Identity())
        s.avgpool, s.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(s.inplanes, classes)


case("res_net.basic", Tiny(resnet.BasicBlock, [1, 1], 3, 5), [3, 3, 13, 14])
case("res_net.bottleneck", Tiny(resnet.Bottleneck, [1, 1], 1, 5), [3, 3, 13, 14])
config = [efficientnet.MBConvConfig(1, 3, 1, 8, 8, 1), efficientnet.MBConvConfig(2, 3, 2, 8, 8, 2)]
case("efficient_net.small", efficientnet.EfficientNet(config, 0.0, 0.0, num_classes=5, last_channel=16), [2, 3, 11, 12])

for name, block, layers, width in (("basic", resnet.BasicBlock, [1, 1, 1, 1], 2), ("bottleneck", resnet.Bottleneck, [1, 1, 1, 1], 1)):
    model = Tiny(block, layers, width, 7).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5), module.bias.normal_(0, 0.3)
                module.running_mean.normal_(0, 0.3), module.running_var.uniform_(0.5, 2.0)
        x = torch.randn(1, 3, 20, 18)
        out[f"{name}.x"], out[f"{name}.logits"] = x.numpy(), model(x).numpy()
    save_file(model.state_dict(), here / f"ch16_{name}.safetensors")

images = F.avg_pool2d(torch.randn(8, 3, 7, 7), 2, 1)
patches = F.unfold(images, 2).transpose(1, 2).reshape(-1, 12).double().numpy()
values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
values, vectors = values[::-1], vectors[:, ::-1].T
vectors = vectors * np.sign(vectors[np.arange(12), np.abs(vectors).argmax(1)])[:, None]
kernels = (vectors / np.sqrt(values + 5e-4)[:, None]).reshape(12, 3, 2, 2)
out["whitening.images"], out["whitening.values"], out["whitening.kernels"] = images.numpy(), values.copy(), kernels

for i, (shape, to, size) in enumerate([([3, 20, 29], 12, 9), ([3, 13, 9], 12, 10), ([3, 12, 12], 12, 12)]):
    image = torch.rand(shape)
    y = TF.center_crop(TF.resize(image, [to], antialias=True), [size])
    y = TF.normalize(y, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    out[f"prepare.{i}.x"], out[f"prepare.{i}.y"] = image.numpy(), y.numpy()
    out[f"prepare.{i}.options"] = np.array([to, size], dtype=np.int64)

out["versions"] = np.array([f"torch {torch.__version__}", f"torchvision {torchvision.__version__}", f"numpy {np.__version__}"])
np.savez(here / "ch16.npz", **out)
