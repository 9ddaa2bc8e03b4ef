"""The transformers library's side of `tests/interop/run decoders`: reads the models that ours wrote, compares logits.

    python tests/interop/decoders_check.py FOLDER
"""
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file

folder = pathlib.Path(sys.argv[1])
seen = load_file(folder / "logits.safetensors")
ids = seen.pop("ids").long()
for name, ours in seen.items():
    model, info = transformers.AutoModelForCausalLM.from_pretrained(folder / name, output_loading_info=True)
    assert not any(info.values()), f"{name}: {info}"
    with torch.no_grad():
        theirs = model.eval()(ids).logits.reshape(ours.shape)
    worst = (ours - theirs).abs().max().item()
    assert worst < 1e-4, f"{name}: logits differ by {worst}"
    print(f"{name}: read as {type(model).__name__}, logits differ by at most {worst:.1e}")
print(f"transformers {transformers.__version__}, torch {torch.__version__}")
