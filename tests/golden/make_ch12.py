"""Golden values for chapter 12: PyTorch's dropout, output and gradient for the masks that it drew; the formulas of
torchvision's stochastic_depth, drop_block2d, MixUp and CutMix, written out; attention with dropout; SGD with weight_decay.

    pip install torch numpy
    python tests/golden/make_ch12.py

Writes ch12.npz beside this script. Every case CASE, named in `cases`, holds CASE.p, CASE.x, CASE.kept (which elements PyTorch kept), CASE.y,
CASE.grad (the gradient of the output) and CASE.dx. Probabilities are multiples of 1/65536, as ours are. What follows is in
f64, under names of its own.
"""
import pathlib

import numpy as np
import torch

torch.manual_seed(12)
out, cases = {}, []
for p in [0.0, 6554 / 65536, 0.25, 0.5, 0.75, 1.0]:
    for shape in [[7], [4, 9], [2, 3, 5], [2, 3, 4, 5]]:
        case = f"p{p:.3f}_{'x'.join(map(str, shape))}"
        cases.append(case)
        x = torch.randn(shape)
        x[x == 0] = 1.0
        x.requires_grad_()
        y = torch.nn.functional.dropout(x, p, training=True)
        grad = torch.randn_like(y)
        y.backward(grad)
        entries = {"p": np.float64(p), "x": x, "kept": y != 0, "y": y, "grad": grad, "dx": x.grad}
        for key, value in entries.items():
            out[f"{case}.{key}"] = value.detach().numpy().copy() if torch.is_tensor(value) else np.asarray(value)
torch.set_default_dtype(torch.float64)


def put(name, **values):
    for key, value in values.items():
        out[f"{name}.{key}"] = value.detach().numpy().copy() if torch.is_tensor(value) else np.asarray(value)


def differentiate(name, f, shape, **more):
    x = (torch.randn(shape) + 3.0).requires_grad_()  # no zeros, so that what was dropped can be seen
    y, kept = f(x)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(name, x=x, y=y, grad=grad, dx=x.grad, kept=kept, **more)


for i, (function, shape, p) in enumerate([
    (torch.nn.functional.dropout1d, [3, 4, 5], 0.5),
    (torch.nn.functional.dropout2d, [2, 5, 2, 3], 0.25),
    (torch.nn.functional.dropout3d, [2, 3, 2, 2, 2], 0.75),
]):
    def f(x):
        y = function(x, p, training=True)
        return y, (y != 0).flatten(2).any(2)
    differentiate(f"dropout2d.{i}", f, shape, p=np.float64(p))


def stochastic_depth(x, p, mode):  # torchvision.ops.stochastic_depth
    survival = 1.0 - p
    size = [x.shape[0]] + [1] * (x.ndim - 1) if mode == "row" else [1] * x.ndim
    noise = torch.empty(size).bernoulli_(survival)
    kept = noise.reshape(-1).bool() if mode == "row" else noise.reshape(()).bool()
    return x * (noise / survival if survival > 0 else noise), kept


for i, (shape, p, mode) in enumerate([([12, 3], 0.5, "row"), ([9, 2, 3], 0.375, "row"), ([3, 2, 2, 2], 0.25, "batch"), ([4, 2], 1.0, "row")]):
    differentiate(f"drop_path.{i}", lambda x: stochastic_depth(x, p, mode), shape, p=np.float64(p), row=np.array(mode == "row"))


def drop_block2d(x, p, block_size, eps=0.0):  # torchvision.ops.drop_block2d, for odd blocks
    N, C, H, W = x.size()
    block_size = min(block_size, W, H)
    gamma = (p * H * W) / ((block_size**2) * ((H - block_size + 1) * (W - block_size + 1)))
    seeds = torch.empty((N, C, H - block_size + 1, W - block_size + 1)).bernoulli_(gamma)
    noise = torch.nn.functional.pad(seeds, [block_size // 2] * 4, value=0)
    noise = torch.nn.functional.max_pool2d(noise, stride=(1, 1), kernel_size=(block_size, block_size), padding=block_size // 2)
    noise = 1 - noise
    return x * noise * (noise.numel() / (eps + noise.sum())), seeds.bool(), gamma


for i, (shape, p, block) in enumerate([([2, 3, 7, 7], 0.2, 3), ([1, 2, 6, 9], 0.4, 5), ([3, 1, 4, 5], 0.3, 1), ([2, 2, 3, 8], 0.2, 7)]):
    gammas = []
    def f(x):
        y, seeds, gamma = drop_block2d(x, p, block)
        gammas.append(gamma)
        return y, seeds
    differentiate(f"drop_block2d.{i}", f, shape, p=np.float64(p), block=np.array(block))
    put(f"drop_block2d.{i}", gamma=np.float64(gammas[0]))

for i, (batch, queries, keys, d, values, p) in enumerate([(2, 3, 4, 5, 2, 0.25), (1, 1, 6, 3, 3, 0.5), (2, 4, 4, 2, 1, 0.0)]):
    q, k, v = (torch.randn(shape, requires_grad=True) for shape in [[batch, queries, d], [batch, keys, d], [batch, keys, values]])
    weights = torch.softmax(q @ k.transpose(1, 2) / d**0.5, -1)
    dropped = torch.nn.functional.dropout(weights, p)
    y = dropped @ v
    grad = torch.randn_like(y)
    y.backward(grad)
    plain = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    put(f"attention_dropout.{i}", q=q, k=k, v=v, kept=dropped != 0, y=y, grad=grad, dq=q.grad, dk=k.grad, dv=v.grad, p=np.float64(p), plain=plain)

for i, lam in enumerate([0.3, 0.85]):
    x, targets, order = torch.randn(4, 2, 5, 7), torch.softmax(torch.randn(4, 3), 1), torch.tensor([2, 3, 1, 0])
    # torchvision.transforms.v2.MixUp and CutMix, with a given partner, share and middle.
    mixed = x.mul(lam).add(x[order].mul(1.0 - lam)), targets.mul(lam).add(targets[order].mul(1.0 - lam))
    r_y, r_x, (H, W) = 3, 1, x.shape[-2:]
    r = 0.5 * (1.0 - lam) ** 0.5
    r_w_half, r_h_half = int(r * W), int(r * H)
    x1, y1 = max(r_x - r_w_half, 0), max(r_y - r_h_half, 0)
    x2, y2 = min(r_x + r_w_half, W), min(r_y + r_h_half, H)
    cut = x.clone()
    cut[..., y1:y2, x1:x2] = x[order][..., y1:y2, x1:x2]
    lam_adjusted = 1.0 - (x2 - x1) * (y2 - y1) / (W * H)
    cut_targets = targets.mul(lam_adjusted).add(targets[order].mul(1.0 - lam_adjusted))
    put(f"mixing.{i}", x=x, targets=targets, order=order, share=np.float64(lam), mixup_x=mixed[0], mixup_targets=mixed[1],
        middle=np.array([r_y, r_x]), cutmix_x=cut, cutmix_targets=cut_targets)

layer = torch.nn.Linear(3, 2)
x = torch.randn(4, 3)
put("decay", weight=layer.weight, bias=layer.bias, x=x)
optimizer = torch.optim.SGD([{"params": [layer.weight], "weight_decay": 0.3}, {"params": [layer.bias]}], lr=0.1)
layer(x).square().sum().backward()
optimizer.step()
put("decay", weight_after=layer.weight, bias_after=layer.bias)

out["cases"] = np.array(cases)
out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch12.npz"), **out)
