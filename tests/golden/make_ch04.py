"""Golden values of chapter 4: losses and their gradients, from PyTorch in 32 bits.

Writes tests/golden/ch04.npz. Needs torch and numpy; run as
    python tests/golden/make_ch04.py

Inputs are named  GROUP/SHAPE/NAME  and shared by the cases of a group. LOSS/cases is text, one line for each case:
    shape=SHAPE,option=value,..
LOSS/values holds, for one case after the other, the elements of the loss and of the gradient of each differentiable
input. (One array for each case would make the file ten times as large.)
The gradient from above is 0.75, 1.0, 1.25, .. 2.25, 0.75, .. over the elements of the loss, as in
chapters/ch04_losses/tests/losses/support.rs. Losses that PyTorch lacks are written out below: contrastive (Hadsell, Chopra and
LeCun 2006), sigmoid focal (torchvision.ops.focal_loss) and CORAL (coral_pytorch.losses).
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

REDUCTIONS = ["mean", "sum", "none"]
out = {"versions": np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])}
cases = {}  # for each loss: lines and values
generator = torch.Generator().manual_seed(4)


def name_of(shape):
    return "x".join(map(str, shape))


def keep(group, shape, **inputs):
    """Stores the inputs of a group under its shape, and gives them back."""
    for name, value in inputs.items():
        out[f"{group}/{name_of(shape)}/{name}"] = value.numpy()
    return inputs


def normal(shape, std=1.0):
    return std * torch.randn(shape, generator=generator)


def uniform(shape, low, high):
    return low + (high - low) * torch.rand(shape, generator=generator)


def labels(shape, classes):
    return torch.randint(classes, shape, generator=generator)


def case(loss_name, shape, f, inputs, **options):
    """Runs f on inputs, of which all need gradients, and stores the loss and the gradients."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    loss = f(*leaves)
    upstream = (0.75 + 0.25 * (torch.arange(loss.numel()) % 7)).reshape(loss.shape)
    loss.backward(upstream)
    lines, values = cases.setdefault(loss_name, ([], []))
    lines.append(",".join([f"shape={name_of(shape)}"] + [f"{k}={v}" for k, v in options.items()]))
    values.extend(x.detach().numpy().ravel() for x in [loss] + [leaf.grad for leaf in leaves])


def reduce(terms, reduction):
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda x: x}[reduction](terms)


# Numbers.
for shape in [(7,), (3, 5), (2, 3, 4)]:
    v = keep("numbers", shape, x=normal(shape, 1.5), y=normal(shape, 1.5))
    x, y = v["x"], v["y"]
    for r in REDUCTIONS:
        case("mse", shape, lambda x: F.mse_loss(x, y, reduction=r), [x], reduction=r)
        case("mae", shape, lambda x: F.l1_loss(x, y, reduction=r), [x], reduction=r)
        for d in [0.5, 1.0, 2.5]:
            case("huber", shape, lambda x: F.huber_loss(x, y, delta=d, reduction=r), [x], delta=d, reduction=r)
        for b in [0.0, 0.5, 1.0]:
            case("smooth_l1", shape, lambda x: F.smooth_l1_loss(x, y, beta=b, reduction=r), [x], beta=b, reduction=r)

# Classes.
for shape in [(4, 3), (5, 10), (2, 3, 4), (2, 4, 2, 3)]:
    hard = labels((shape[0],) + shape[2:], shape[1])
    some = hard.clone()
    some.view(-1)[1] = 2
    some.view(-1)[0] = 1
    v = keep(
        "classes", shape, z=normal(shape, 3.0), hard=some, soft=torch.softmax(normal(shape), 1),
        weight=uniform((shape[1],), 0.5, 2.0),
    )
    z, hard, soft, weight = v["z"], v["hard"], v["soft"], v["weight"]
    log_p = torch.log_softmax(z, 1)
    for r in REDUCTIONS:
        for w in [None, weight]:
            w_name = "no" if w is None else "yes"
            for ignore in [-100, 2]:
                for s in [0.0, 0.1]:
                    case(
                        "cross_entropy", shape,
                        lambda z: F.cross_entropy(
                            z, hard, weight=w, ignore_index=ignore, label_smoothing=s, reduction=r),
                        [z], target="hard", weight=w_name, ignore=ignore, smoothing=s, reduction=r,
                    )
                case(
                    "nll", shape,
                    lambda x: F.nll_loss(x, hard, weight=w, ignore_index=ignore, reduction=r),
                    [log_p], weight=w_name, ignore=ignore, reduction=r,
                )
            for s in [0.0, 0.1]:
                case(
                    "cross_entropy", shape,
                    lambda z: F.cross_entropy(z, soft, weight=w, label_smoothing=s, reduction=r),
                    [z], target="soft", weight=w_name, ignore=-100, smoothing=s, reduction=r,
                )
    for r in REDUCTIONS + ["batchmean"]:
        case("kl_div", shape, lambda x: F.kl_div(x, soft, reduction=r), [log_p], log="no", reduction=r)
        case(
            "kl_div", shape, lambda x: F.kl_div(x, soft.log(), reduction=r, log_target=True),
            [log_p], log="yes", reduction=r,
        )


# Yes or no.
def sigmoid_focal_loss(x, y, alpha, gamma, reduction):
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    p_t = p * y + (1 - p) * (1 - y)
    loss = ce * ((1 - p_t) ** gamma)
    if alpha >= 0:
        loss = (alpha * y + (1 - alpha) * (1 - y)) * loss
    return reduce(loss, reduction)


for shape in [(9,), (4, 3)]:
    v = keep(
        "yes_no", shape, x=normal(shape, 2.0), y=labels(shape, 2).float(), soft=uniform(shape, 0.0, 1.0),
        weight=uniform((shape[0],) + (1,) * (len(shape) - 1), 0.5, 2.0), pos_weight=uniform(shape[-1:], 0.5, 5.0),
    )
    x, y, soft = v["x"], v["y"], v["soft"]
    for r in REDUCTIONS:
        for t in ["y", "soft"]:
            for w in ["no", "yes"]:
                for p in ["no", "yes"]:
                    case(
                        "bce_with_logits", shape,
                        lambda x: F.binary_cross_entropy_with_logits(
                            x, v[t], weight=v["weight"] if w == "yes" else None,
                            pos_weight=v["pos_weight"] if p == "yes" else None, reduction=r),
                        [x], target=t, weight=w, pos_weight=p, reduction=r,
                    )
        for alpha in [-1, 0.25, 0.8]:
            for gamma in [0.0, 1.0, 2.0, 3.5]:
                case(
                    "focal", shape, lambda x: sigmoid_focal_loss(x, y, alpha, gamma, r), [x],
                    alpha=alpha, gamma=gamma, reduction=r,
                )


# Ranks.
def coral_loss(logits, levels, importance, reduction):
    terms = F.logsigmoid(logits) * levels + (F.logsigmoid(logits) - logits) * (1 - levels)
    return reduce(-torch.sum(terms * importance, dim=1), reduction)


for shape in [(6, 1), (5, 4)]:
    v = keep("ranks", shape, z=normal(shape, 2.0), y=labels(shape[:1], shape[1] + 1), importance=uniform(shape[1:], 0.5, 2.0))
    levels = (v["y"][:, None] > torch.arange(shape[1])).float()
    for r in REDUCTIONS:
        case("coral", shape, lambda z: coral_loss(z, levels, 1.0, r), [v["z"]], importance="no", reduction=r)
        case(
            "coral", shape, lambda z: coral_loss(z, levels, v["importance"], r), [v["z"]], importance="yes", reduction=r
        )


# Vectors.
def contrastive_loss(a, b, y, margin, reduction):
    d = ((a - b) ** 2).sum(-1).sqrt()
    terms = y * d**2 / 2 + (1 - y) * torch.clamp(margin - d, min=0) ** 2 / 2
    return reduce(terms, reduction)


for shape in [(6, 3), (8, 5)]:
    v = keep("vectors", shape, a=normal(shape), b=normal(shape), c=normal(shape), y=labels(shape[:1], 2))
    a, b, c, y = v["a"], v["b"], v["c"], v["y"]
    for r in REDUCTIONS:
        for m in [0.5, 2.0, 5.0]:
            case("contrastive", shape, lambda a, b: contrastive_loss(a, b, y, m, r), [a, b], margin=m, reduction=r)
            for swap in [False, True]:
                case(
                    "triplet", shape,
                    lambda a, b, c: F.triplet_margin_loss(a, b, c, margin=m, swap=swap, reduction=r),
                    [a, b, c], margin=m, swap=swap, reduction=r,
                )
        for m in [-0.2, 0.0, 0.4]:
            case(
                "cosine_embedding", shape,
                lambda a, b: F.cosine_embedding_loss(a, b, 2 * y - 1, margin=m, reduction=r),
                [a, b], margin=m, reduction=r,
            )

for loss_name, (lines, values) in cases.items():
    out[f"{loss_name}/cases"] = np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)
    out[f"{loss_name}/values"] = np.concatenate(values)
path = Path(__file__).with_name("ch04.npz")
np.savez(path, **out)
print(f"{path}: {path.stat().st_size} bytes, {len(out)} arrays")
