"""torchvision's side of `tests/interop/run torchvision`: makes networks with random weights and made-up running statistics,
writes them and what they say about some images; then reads what we have written back.

    python tests/interop/torchvision_check.py write|read FOLDER
"""
import pathlib
import sys

import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn

mode, folder = sys.argv[1], pathlib.Path(sys.argv[2])
NAMES = ["resnet18", "resnet50", "efficientnet_b0"]


def network(name):
    torch.manual_seed(NAMES.index(name))
    model = getattr(torchvision.models, name)().eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.0), module.bias.normal_(0, 0.2)
                module.running_mean.normal_(0, 0.2), module.running_var.uniform_(0.8, 1.5)
    return model


if mode == "write":
    cases = {"images": torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(7))}
    for name in NAMES:
        model = network(name)
        with torch.inference_mode():
            cases[name] = model(cases["images"]).clone()
        save_file(model.state_dict(), folder / f"{name}.safetensors")
    save_file(cases, folder / "cases.safetensors")
else:
    for name in NAMES:
        model, ours = network(name), load_file(folder / f"{name}.ours.safetensors")
        theirs = {key: value.clone() for key, value in model.state_dict().items()}
        model.load_state_dict(ours)  # strict: the same names and shapes
        assert all(torch.equal(value, theirs[key]) for key, value in model.state_dict().items()), name
        print(f"{name}: {len(ours)} arrays read back by torchvision, equal")
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
