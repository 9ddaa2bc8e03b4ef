"""PyTorch's side of `tests/interop/run safetensors`: reads ours.safetensors in a folder, checks it, writes theirs.safetensors.

    python tests/interop/safetensors_check.py FOLDER
"""
import pathlib
import sys

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import nn

folder = pathlib.Path(sys.argv[1])
ours = load_file(folder / "ours.safetensors")

# Arrays whose every bit is known to both sides.
known = {
    "known.special": torch.tensor([float("inf"), float("-inf"), -0.0, 1e-45, torch.finfo(torch.float32).max, float("nan")]),
    "known.f64": torch.arange(6, dtype=torch.float64).reshape(2, 3) / 7,
    "known.i64": torch.tensor([-(2**63), 2**63 - 1, -1]),
    "known.i32": torch.tensor([[-(2**31)], [2**31 - 1]], dtype=torch.int32),
    "known.u8": torch.tensor([0, 127, 255], dtype=torch.uint8),
    "known.scalar": torch.tensor(2.5),
    "known.empty": torch.zeros(0, 3),
    'known.a "quoted" \\ name, ü': torch.ones(1),
}
for name, want in known.items():
    found = ours[name]
    assert found.dtype == want.dtype and found.shape == want.shape, f"{name}: {found.dtype} {found.shape}"
    assert found.numpy().tobytes() == want.numpy().tobytes(), f"{name}: {found} is not {want}"
with safetensors.safe_open(folder / "ours.safetensors", "pt") as file:
    texts = file.metadata()
assert texts == {"written by": 'Gradus, "chapter 7"'}, texts


def network():
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def prefixed(state):
    return {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}


model = network()
model.load_state_dict(prefixed(ours))  # strict: every name and every shape
with torch.no_grad():
    off = (model(ours["x"]) - ours["y"]).abs().max().item()
assert off <= 1e-6, f"the network's output is off by {off}"
print(f"torch {torch.__version__}, safetensors {safetensors.__version__}: read {len(ours)} arrays and {texts}; "
      f"known arrays agree in every bit; output off by {off:.1e}")

torch.manual_seed(0)
model, x = network(), torch.randn(6, 4)
with torch.no_grad():
    theirs = {f"model.{name}": value for name, value in model.state_dict().items()} | {"x": x, "y": model(x)}
save_file(theirs | known, folder / "theirs.safetensors", {"format": "pt"})
