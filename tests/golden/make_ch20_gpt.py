"""Golden values for the decoder side of chapter 20, with PyTorch and the transformers library.

    pip install torch numpy transformers safetensors
    python tests/golden/make_ch20_gpt.py

Writes ch20_gpt.npz beside this script, and the folders ch20_gpt2 and ch20_llama_* as `save_pretrained` writes them: tiny
models with random weights. Cases:

- mlp.N: Linear, ReLU or tanh-GELU, Linear;
- swiglu.0: `down(silu(gate(x)) * up(x))`;
- gpt.N: the model of the speed comparison, small; its parameters go by our names;
- sampling: logits, and what temperature, top-k (0: none) and top-p (1: none) make of them;
- gpt2, llama.N: logits of the saved models, the gradients of all parameters for one gradient of the logits (by the
  names in the file), and what `generate` says: greedily and with beams.
"""
import json
import pathlib
import shutil

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from torch import nn

torch.manual_seed(20)
here = pathlib.Path(__file__).parent
out = {}


def put(case, **entries):
    out.update({f"{case}.{key}": value.detach().numpy().copy() for key, value in entries.items()})


def layer(case, module, names, shape):
    x = torch.randn(*shape, requires_grad=True)
    y = module(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(case, x=x, y=y, grad=grad, dx=x.grad)
    for path, p in module.named_parameters():
        for theirs, ours in names.items():
            path = path.replace(theirs, ours)
        put(case, **{f"p.{path}": p, f"dp.{path}": p.grad})


for i, activation in enumerate([nn.ReLU(), nn.GELU(approximate="tanh")]):
    layer(f"mlp.{i}", nn.Sequential(nn.Linear(5, 7), activation, nn.Linear(7, 5)), {"0.": "fc1.", "2.": "fc2."}, (2, 3, 5))


class SwiGlu(nn.Module):
    def __init__(s, size, inner):
        super().__init__()
        s.gate_proj, s.up_proj = nn.Linear(size, inner, bias=False), nn.Linear(size, inner, bias=False)
        s.down_proj = nn.Linear(inner, size, bias=False)

    def forward(s, x): return s.down_proj(F.silu(s.gate_proj(x)) * s.up_proj(x))


layer("swiglu.0", SwiGlu(5, 7), {}, (2, 3, 5))


class TBlock(nn.Module):
    def __init__(s, d, h, ff):
        super().__init__()
        s.n1, s.n2, s.qkv, s.o = nn.LayerNorm(d), nn.LayerNorm(d), nn.Linear(d, 3 * d), nn.Linear(d, d)
        s.f1, s.f2, s.h = nn.Linear(d, ff), nn.Linear(ff, d), h

    def forward(s, x):
        B, T, D = x.shape
        q, k, v = (t.view(B, T, s.h, D // s.h).transpose(1, 2) for t in s.qkv(s.n1(x)).chunk(3, -1))
        x = x + s.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(B, T, D))
        return x + s.f2(F.gelu(s.f1(s.n2(x))))


class GPT(nn.Module):
    def __init__(s, vocabulary, time, d, h, ff, layers):
        super().__init__()
        s.emb, s.pos = nn.Embedding(vocabulary, d), nn.Parameter(torch.randn(time, d))
        s.blocks = nn.Sequential(*[TBlock(d, h, ff) for _ in range(layers)])
        s.n = nn.LayerNorm(d)

    def forward(s, x): return F.linear(s.n(s.blocks(s.emb(x) + s.pos[:x.shape[1]])), s.emb.weight)


ours = {"emb.": "embedding.", ".n1.": ".norm1.", ".n2.": ".norm2.", ".qkv.": ".attention.qkv.", ".o.": ".attention.output.",
        ".f1.": ".mlp.fc1.", ".f2.": ".mlp.fc2."}
for i, (batch, time, d, h, ff, layers) in enumerate([(2, 5, 6, 2, 10, 1), (3, 7, 8, 4, 12, 2)]):
    model = GPT(11, 7, d, h, ff, layers)
    for p in model.parameters():
        p.data += 0.2 * torch.randn_like(p)
    ids = torch.randint(0, 11, (batch, time))
    y = model(ids)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"gpt.{i}", ids=ids, y=y, grad=grad, sizes=torch.tensor([d, h, ff, layers]))
    for path, p in model.named_parameters():
        path = path if path != "pos" else "positions.weight"
        path = "norm." + path[2:] if path.startswith("n.") else path
        for theirs, name in ours.items():
            path = path.replace(theirs, name)
        put(f"gpt.{i}", **{f"p.{path}": p, f"dp.{path}": p.grad})


def hugging_face(case, folder, model, vocabulary):
    """Spreads the weights, saves the model, and keeps logits, gradients and generated tokens."""
    model = model.eval().float()
    for name, p in model.named_parameters():
        p.data += (0.1 if p.ndim == 1 else 0.25) * torch.randn_like(p)
    target = here / folder
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target)
    (target / "generation_config.json").unlink(missing_ok=True)
    ids = torch.randint(0, vocabulary, (2, 9))
    y = model(ids).logits
    grad = torch.randn_like(y)
    y.backward(grad)
    put(case, ids=ids, y=y, grad=grad)
    for name, p in model.named_parameters():
        put(case, **{f"dp.{name}": p.grad})
    kinds = dict(do_sample=False, attention_mask=torch.ones(2, 4, dtype=torch.long), max_new_tokens=6, pad_token_id=0,
                 eos_token_id=None, bos_token_id=None)
    put(case, prompt=ids[:, :4], greedy=model.generate(ids[:, :4], **kinds))
    beams = model.generate(ids[:, :4], num_beams=3, length_penalty=1.0, **kinds)
    put(case, beams=beams)


hugging_face("gpt2", "ch20_gpt2", transformers.GPT2LMHeadModel(transformers.GPT2Config(
    vocab_size=29, n_positions=16, n_embd=12, n_layer=2, n_head=3, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    bos_token_id=0, eos_token_id=0)), 29)
llama = dict(vocab_size=29, hidden_size=16, intermediate_size=20, num_hidden_layers=2, max_position_embeddings=64,
             bos_token_id=0, eos_token_id=0, rms_norm_eps=1e-5)
scaled = {"rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 16}
linear = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0}
for i, more in enumerate([dict(num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False),
                          dict(num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True,
                               rope_parameters=scaled),
                          dict(num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=True,
                               rope_parameters=linear)]):
    hugging_face(f"llama.{i}", f"ch20_llama_{i}", transformers.LlamaForCausalLM(
        transformers.LlamaConfig(**llama, **more)), 29)

# Sampling: what the library's processors leave of one distribution.
logits = torch.randn(1, 23) * 2
kinds = [(0.7, 0, 1.0), (1.0, 5, 1.0), (1.0, 0, 0.8), (1.3, 7, 0.6), (2.0, 40, 0.05)]
steps = [transformers.TemperatureLogitsWarper, transformers.TopKLogitsWarper, transformers.TopPLogitsWarper]
for i, kind in enumerate(kinds):
    scores = logits
    for step, value, neutral in zip(steps, kind, (1.0, 0, 1.0)):
        if value != neutral:
            scores = step(value)(None, scores)
    put(f"sampling.{i}", p=F.softmax(scores[0], -1))
put("sampling", logits=logits[0], kinds=torch.tensor(kinds, dtype=torch.float64))

versions = [f"torch {torch.__version__}", f"numpy {np.__version__}", f"transformers {transformers.__version__}"]
np.savez(here / "ch20_gpt.npz", versions=np.array(versions), **out)
print(json.dumps(versions), len(out))
