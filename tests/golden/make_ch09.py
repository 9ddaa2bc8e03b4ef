"""Golden values for chapter 9: ten steps of twelve optimizers in f64, clipping, and a running mean of weights.

    pip install torch numpy
    python tests/golden/make_ch09.py

Writes ch09.npz beside this script. There are three parameters, `decay` [3, 4], `kernel` [4, 3, 2] and `plain` [5], and ten
gradients for each (`before.NAME`, `grads.NAME` [10, ..]). The last is in a group without weight decay. `cases` is the
bytes of a JSON list of options, with the names of the parameters the case moves. `values` has their values after every step, parameter
after parameter, step after step, case after case; `state` their state after the last step, in the order of each case's list
`state`.

Where PyTorch has the optimizer it is asked. Its Muon computes in bfloat16: here that one cast is taken out, so that the
rest of its code runs in f64; it takes matrices only, so `kernel` is shown to it as [4, 6], and `plain` goes to its AdamW.
Lion, LARS and LAMB are written here from their papers.

Clipping (of `decay` and `plain`): `clip.I.max`, `clip.I.norm`, `clip.I.NAME`; with `value` instead of `max` by value.
`ema.D` [10, 12]: the mean of the weights `grads.decay` with decay D, by `AveragedModel`.
"""
import json
import pathlib

import numpy as np
import torch

torch.manual_seed(9)
STEPS = 10
SHAPES = {"decay": (3, 4), "kernel": (4, 3, 2), "plain": (5,)}
before = {name: torch.randn(shape, dtype=torch.float64) for name, shape in SHAPES.items()}
# Of very different sizes from number to number and from step to step, one of them 0 at every step.
grads = {
    name: torch.randn((STEPS, *shape), dtype=torch.float64)
    * 10 ** torch.empty(shape, dtype=torch.float64).uniform_(-4, 2)
    * 10 ** torch.empty((STEPS, *[1] * len(shape)), dtype=torch.float64).uniform_(-1, 1)
    for name, shape in SHAPES.items()
}
grads["plain"][:, 2] = 0
out = {f"before.{name}": value.numpy() for name, value in before.items()}
out |= {f"grads.{name}": value.numpy() for name, value in grads.items()}

cases = []


def add(optimizer, names, rate, **options):
    cases.append({"optimizer": optimizer, "names": names, "rate": rate, **options})


TWO, THREE = ["decay", "plain"], ["decay", "kernel", "plain"]
for momentum, nesterov in [(0, False), (0.9, False), (0.9, True), (0.5, True), (0.99, False)]:
    for decay in [0, 0.03]:
        add("sgd", TWO, 0.1, momentum=momentum, nesterov=nesterov, decay=decay)
for fall, initial in [(0, 0), (0.1, 0), (0, 0.5), (0.02, 2.0)]:
    for decay in [0, 0.03]:
        add("adagrad", TWO, 0.1, fall=fall, initial=initial, eps=1e-10, decay=decay)
for alpha, eps in [(0.99, 1e-8), (0.9, 1e-3)]:
    for momentum in [0, 0.9]:
        for centered in [False, True]:
            for decay in [0, 0.03]:
                add("rmsprop", TWO, 0.01, alpha=alpha, eps=eps, momentum=momentum, centered=centered, decay=decay)
for betas in [(0.9, 0.999), (0.5, 0.9)]:
    for amsgrad in [False, True]:
        for decay in [0, 0.03]:
            add("adam", TWO, 0.01, betas=betas, eps=1e-8, amsgrad=amsgrad, decay=decay)
for betas in [(0.9, 0.999), (0.9, 0.95), (0.5, 0.99), (0.0, 0.9), (0.9, 0.0)]:
    for eps in [1e-8, 1e-3]:
        for decay in [0, 0.01, 0.5]:
            add("adamw", TWO, 0.01, betas=betas, eps=eps, decay=decay)
for betas in [(0.9, 0.99), (0.95, 0.98), (0.0, 0.5)]:
    for decay in [0, 0.1]:
        add("lion", TWO, 0.01, betas=betas, decay=decay)
for momentum, nesterov, steps in [(0.95, True, 5), (0.9, False, 5), (0.5, True, 3)]:
    for adjust in ["original", "match_rms_adamw"]:
        for decay in [0, 0.1]:
            add("muon", THREE, 0.02, momentum=momentum, nesterov=nesterov, steps=steps, adjust=adjust, decay=decay)
for forget, eps, longest in [(-0.8, (None, 1e-3), 1.0), (-0.5, (1e-2, 0.5), 1.0), (-1.0, (None, 1e-3), 1.5)]:
    for decay in [0, 0.1]:
        add("adafactor", THREE, 0.3, forget=forget, eps=eps, longest=longest, decay=decay)
for momentum, trust in [(0.9, 1e-3), (0.0, 0.02)]:
    for decay in [0, 0.03]:
        add("lars", THREE, 5.0, momentum=momentum, trust=trust, decay=decay)
for betas, eps in [((0.9, 0.999), 1e-6), ((0.5, 0.9), 1e-3)]:
    for decay in [0, 0.1]:
        add("lamb", THREE, 0.01, betas=betas, eps=eps, decay=decay)


def norm(x):
    return float(np.sqrt((x * x).sum()))


class Lion:
    """Chen and others 2023, program 1."""

    def __init__(self, case, shape, decay):
        self.betas, self.decay, self.m = case["betas"], decay, np.zeros(shape)

    def step(self, w, g, rate):
        b1, b2 = self.betas
        update = np.sign(b1 * self.m + (1 - b1) * g) + self.decay * w
        self.m = b2 * self.m + (1 - b2) * g
        return w - rate * update

    def state(self):
        return {"exp_avg": self.m}


class Lars:
    """You, Gitman and Ginsburg 2017, algorithm 1; without the ratio where `decays` is false."""

    def __init__(self, case, shape, decay, decays):
        self.case, self.decay, self.decays, self.v = case, decay, decays, np.zeros(shape)

    def step(self, w, g, rate):
        ratio = norm(w) / (norm(g) + self.decay * norm(w)) if self.decays else 1.0
        local = self.case["trust"] * ratio
        self.v = self.case["momentum"] * self.v + rate * local * (g + self.decay * w)
        return w - self.v

    def state(self):
        return {"momentum_buffer": self.v}


class Lamb:
    """You and others 2020, algorithm 2; without the ratio where `decays` is false."""

    def __init__(self, case, shape, decay, decays):
        self.case, self.decay, self.decays, self.t = case, decay, decays, 0
        self.m, self.v = np.zeros(shape), np.zeros(shape)

    def step(self, w, g, rate):
        self.t += 1
        b1, b2 = self.case["betas"]
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        m, v = self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)
        r = m / (np.sqrt(v) + self.case["eps"]) + self.decay * w
        return w - rate * (norm(w) / norm(r) if self.decays else 1.0) * r

    def state(self):
        return {"exp_avg": self.m, "exp_avg_sq": self.v}


def by_hand(case):
    values, rules = {}, {}
    for name in case["names"]:
        values[name] = before[name].numpy().copy()
        decays = name != "plain"
        decay = case["decay"] if decays else 0.0
        shape = SHAPES[name]
        if case["optimizer"] == "lion":
            rules[name] = Lion(case, shape, decay)
        else:
            rules[name] = {"lars": Lars, "lamb": Lamb}[case["optimizer"]](case, shape, decay, decays)
    for step in range(STEPS):
        for name in case["names"]:
            g = grads[name][step].numpy()
            values[name] = rules[name].step(values[name], g, case["rate"] / (1 + step))
        yield {name: value.copy() for name, value in values.items()}
    yield {name: rule.state() for name, rule in rules.items()}


def by_torch(case):
    kind = case["optimizer"]
    muon = kind == "muon"
    shape = lambda name: (4, 6) if muon and name == "kernel" else SHAPES[name]
    params = {n: torch.nn.Parameter(before[n].clone().reshape(shape(n))) for n in case["names"]}
    group = lambda name: {"params": [params[name]], "weight_decay": case["decay"] if name != "plain" else 0.0}
    groups = [group(name) for name in case["names"]]
    rate, opt = case["rate"], torch.optim
    if kind == "sgd":
        made = [opt.SGD(groups, lr=rate, momentum=case["momentum"], dampening=0, nesterov=case["nesterov"])]
    elif kind == "adagrad":
        made = [opt.Adagrad(groups, lr=rate, lr_decay=case["fall"], initial_accumulator_value=case["initial"],
                            eps=case["eps"])]
    elif kind == "rmsprop":
        made = [opt.RMSprop(groups, lr=rate, alpha=case["alpha"], eps=case["eps"], momentum=case["momentum"],
                            centered=case["centered"])]
    elif kind == "adam":
        made = [opt.Adam(groups, lr=rate, betas=case["betas"], eps=case["eps"], amsgrad=case["amsgrad"])]
    elif kind == "adamw":
        made = [opt.AdamW(groups, lr=rate, betas=case["betas"], eps=case["eps"])]
    elif kind == "adafactor":
        made = [opt.Adafactor(groups, lr=rate, beta2_decay=case["forget"], eps=case["eps"], d=case["longest"])]
    else:
        made = [opt.Muon(groups[:-1], lr=rate, momentum=case["momentum"], nesterov=case["nesterov"],
                         ns_steps=case["steps"], adjust_lr_fn=case["adjust"]),
                opt.AdamW(groups[-1:], lr=rate, betas=(0.9, 0.95))]
    for step in range(STEPS):
        for optimizer in made:
            # A rate that changes, as a schedule would change it.
            for group in optimizer.param_groups:
                group["lr"] = case["rate"] / (1 + step)
        for name, param in params.items():
            param.grad = grads[name][step].clone().reshape(shape(name))
        for optimizer in made:
            optimizer.step()
        yield {name: param.detach().numpy().copy() for name, param in params.items()}
    state = {}
    for optimizer in made:
        for name, param in params.items():
            items = optimizer.state.get(param, {}).items()
            found = {k: v.numpy() for k, v in items if torch.is_tensor(v) and k != "step"}
            state.setdefault(name, {}).update(found)
    # Squares before sums, as the steps compute them; PyTorch's order depends on the options.
    late = lambda key: key == "momentum_buffer"
    yield {name: {key: found[key] for key in sorted(found, key=late)} for name, found in state.items()}


class WithoutCast:
    """PyTorch's Muon casts to bfloat16 on its way; for the time of this block it does not."""

    def __enter__(self):
        self.to = torch.Tensor.to
        torch.Tensor.to = lambda tensor, *args, **kw: (
            tensor.clone() if kw.get("dtype") == torch.bfloat16 else self.to(tensor, *args, **kw))

    def __exit__(self, *_):
        torch.Tensor.to = self.to


flat = lambda arrays: np.concatenate([np.zeros(0), *[array.ravel() for array in arrays]])
all_values, all_states = [], []
for case in cases:
    with WithoutCast():
        made = list((by_hand if case["optimizer"] in ["lion", "lars", "lamb"] else by_torch)(case))
    all_values += [values[name] for values in made[:-1] for name in case["names"]]
    found = [(f"{key}.{name}", array) for name in case["names"] for key, array in made[-1][name].items()]
    case["state"] = [name for name, _ in found]
    all_states += [array for _, array in found]
out["values"], out["state"] = flat(all_values), flat(all_states)
# As bytes: numpy spends four on a letter of text.
out["cases"] = np.frombuffer(json.dumps(cases).encode(), dtype=np.uint8)

for decay in [0.9, 0.5]:
    model = torch.nn.Linear(4, 3, bias=False).double()
    averaged = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay))
    means = []
    for step in range(STEPS):
        model.weight.data = grads["decay"][step].clone()
        averaged.update_parameters(model)
        means.append(averaged.module.weight.detach().numpy().ravel().copy())
    out[f"ema.{decay}"] = np.stack(means)

for i, kind, most in [(0, "max", 1.0), (1, "max", 1e-3), (2, "max", 1e9), (3, "value", 0.25), (4, "max", 0.0)]:
    params = {name: torch.nn.Parameter(before[name].clone()) for name in TWO}
    for name, param in params.items():
        param.grad = grads[name][0].clone()
    out[f"clip.{i}.{kind}"] = np.array(most)
    if kind == "max":
        norm = torch.nn.utils.clip_grad_norm_(params.values(), most)
        out[f"clip.{i}.norm"] = norm.numpy()
    else:
        torch.nn.utils.clip_grad_value_(params.values(), most)
    for name, param in params.items():
        out[f"clip.{i}.{name}"] = param.grad.numpy()

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
np.savez(pathlib.Path(__file__).with_name("ch09.npz"), **out)
