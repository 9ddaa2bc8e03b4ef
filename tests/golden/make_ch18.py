"""Golden values for chapter 18: PyTorch's recurrent networks on fixed inputs, forward and gradients.

    pip install torch numpy
    python tests/golden/make_ch18.py

Writes ch18.npz beside this script. `p.PATH` is a parameter with its gradient, stacked. Cases:

- KIND.N for tanh, relu, lstm, gru: `nn.RNN`, `nn.LSTM` and `nn.GRU` over a grid of options; `options` is layers,
  bidirectional, bias, batch_first; with `lengths` the sequences are packed, with `h0` they begin with that state. The loss is
  the sum of the outputs and last states times `grad`, `dhn` and `dcn`;
- KIND_cell.N: one step of `nn.RNNCell`, `nn.LSTMCell` and `nn.GRUCell`;
- classifier.N: embedding, LSTM in both directions, mean over the real tokens, linear layer: the model of the speed
  comparison, small; its parameters go by our names;
- attention.N: Bahdanau's attention, written out with linear layers;
- seq2seq.0: an encoder (GRU, both ways) and a decoder (GRUCell) with that attention, and teacher forcing.
"""
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(18)
out = {}


def put(case, **entries):
    for key, value in entries.items():
        value = value.detach().numpy() if isinstance(value, torch.Tensor) else np.array(value)
        out[f"{case}.{key}"] = value.copy()


def put_parameters(case, module):
    for path, p in module.named_parameters():
        put(case, **{f"p.{path}": torch.stack([p, p.grad])})


KINDS = {"tanh": (nn.RNN, dict(nonlinearity="tanh")), "relu": (nn.RNN, dict(nonlinearity="relu")), "lstm": (nn.LSTM, {}),
         "gru": (nn.GRU, {})}
# batch, time, input, hidden, layers, bidirectional, bias, batch_first, lengths, state
GRID = [(2, 4, 3, 5, 1, False, True, True, None, False),
        (3, 5, 4, 3, 1, True, True, False, None, True),
        (2, 3, 2, 4, 3, False, False, True, None, True),
        (4, 6, 3, 4, 2, True, True, True, (3, 6, 1, 6), True),
        (3, 4, 5, 2, 1, False, True, False, (2, 4, 3), True),
        (3, 5, 2, 3, 2, True, False, False, (1, 1, 4), False),
        (2, 3, 3, 17, 1, False, True, True, (3, 2), True)]
for kind, (module, extra) in KINDS.items():
    for i, (batch, time, size, hidden, layers, both, bias, batch_first, lengths, state) in enumerate(GRID):
        case = f"{kind}.{i}"
        net = module(size, hidden, layers, bias=bias, batch_first=batch_first, bidirectional=both, **extra)
        x = torch.randn(*((batch, time) if batch_first else (time, batch)), size, requires_grad=True)
        shape = (layers * (2 if both else 1), batch, hidden)
        h0 = torch.randn(shape, requires_grad=True)
        c0 = torch.randn(shape, requires_grad=True)
        start = ((h0, c0) if kind == "lstm" else h0) if state else None
        if lengths:
            packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=batch_first, enforce_sorted=False)
            y, last = net(packed, start)
            y, _ = pad_packed_sequence(y, batch_first=batch_first, total_length=time)
            put(case, lengths=np.array(lengths))
        else:
            y, last = net(x, start)
        hn, cn = last if kind == "lstm" else (last, None)
        grad, dhn, dcn = torch.randn_like(y), torch.randn(shape), torch.randn(shape)
        loss = (y * grad).sum() + (hn * dhn).sum()
        if kind == "lstm":
            loss = loss + (cn * dcn).sum()
        loss.backward()
        put(case, options=np.array([size, hidden, layers, both, bias, batch_first]), x=x, y=y, hn=hn, grad=grad, dhn=dhn,
            dx=x.grad)
        if state:
            put(case, h0=h0, dh0=h0.grad)
        if kind == "lstm":
            put(case, cn=cn, dcn=dcn)
            if state:
                put(case, c0=c0, dc0=c0.grad)
        put_parameters(case, net)

CELLS = {"tanh": lambda *a: nn.RNNCell(*a), "relu": lambda *a: nn.RNNCell(*a, nonlinearity="relu"),
         "lstm": nn.LSTMCell, "gru": nn.GRUCell}
for kind, cell in CELLS.items():
    for i, (batch, size, hidden) in enumerate([(1, 2, 3), (4, 5, 2)]):
        case = f"{kind}_cell.{i}"
        net = cell(size, hidden)
        x = torch.randn(batch, size, requires_grad=True)
        h = torch.randn(batch, hidden, requires_grad=True)
        c = torch.randn(batch, hidden, requires_grad=True)
        dh, dc = torch.randn(batch, hidden), torch.randn(batch, hidden)
        if kind == "lstm":
            hn, cn = net(x, (h, c))
            ((hn * dh).sum() + (cn * dc).sum()).backward()
            put(case, c=c, cn=cn, dcn=dc, dc=c.grad)
        else:
            hn = net(x, h)
            (hn * dh).sum().backward()
        put(case, x=x, h=h, hn=hn, dhn=dh, dx=x.grad, dh=h.grad)
        put_parameters(case, net)

for i, (batch, time, layers) in enumerate([(3, 5, 1), (4, 4, 2)]):
    case = f"classifier.{i}"
    emb, rnn = nn.Embedding(11, 4), nn.LSTM(4, 3, layers, batch_first=True, bidirectional=True)
    head = nn.Linear(6, 3)
    ids = torch.randint(0, 11, (batch, time))
    lengths = torch.randint(1, time + 1, (batch,))
    lengths[0] = time
    real = torch.arange(time)[None] < lengths[:, None]
    packed = pack_padded_sequence(emb(ids), lengths, batch_first=True, enforce_sorted=False)
    y, _ = pad_packed_sequence(rnn(packed)[0], batch_first=True, total_length=time)
    logits = head(y.sum(1) / lengths[:, None])
    grad = torch.randn_like(logits)
    logits.backward(grad)
    put(case, ids=ids, real=real, y=logits, grad=grad, layers=layers)
    for name, module in dict(embedding=emb, lstm=rnn, head=head).items():
        for path, p in module.named_parameters():
            put(case, **{f"p.{name}.{path}": torch.stack([p, p.grad])})

# Attention of Bahdanau, Cho and Bengio (2015): scores v . tanh(W q + U k_t), over the real places only.
for i, (batch, time, query, key, size) in enumerate([(2, 4, 3, 5, 6), (3, 5, 4, 2, 3)]):
    case = f"attention.{i}"
    w, u, v = nn.Linear(query, size, bias=False), nn.Linear(key, size), nn.Linear(size, 1, bias=False)
    q = torch.randn(batch, query, requires_grad=True)
    k = torch.randn(batch, time, key, requires_grad=True)
    lengths = torch.randint(1, time + 1, (batch,))
    real = torch.arange(time)[None] < lengths[:, None]
    scores = v(torch.tanh(w(q)[:, None] + u(k)))[..., 0]
    weights = scores.masked_fill(~real, -torch.inf).softmax(1)
    context = (weights[..., None] * k).sum(1)
    grad = torch.randn_like(context)
    (context * grad).sum().backward()
    put(case, q=q, k=k, real=real, weights=weights, y=context, grad=grad, dq=q.grad, dk=k.grad)
    for name, module in dict(query=w, key=u, score=v).items():
        for path, p in module.named_parameters():
            put(case, **{f"p.{name}.{path}": torch.stack([p, p.grad])})

# The same attention between an encoder and a decoder.
class Attention(nn.Module):
    def __init__(s, query, key, size):
        super().__init__()
        s.query, s.key, s.score = nn.Linear(query, size, bias=False), nn.Linear(key, size), nn.Linear(size, 1, bias=False)

    def forward(s, q, k, real):
        scores = s.score(torch.tanh(s.query(q)[:, None] + s.key(k)))[..., 0]
        return (scores.masked_fill(~real, -torch.inf).softmax(1)[..., None] * k).sum(1)


class Seq2Seq(nn.Module):
    def __init__(s, source, target, embedding, hidden):
        super().__init__()
        s.source, s.encoder = nn.Embedding(source, embedding), nn.GRU(embedding, hidden, batch_first=True, bidirectional=True)
        s.bridge, s.target = nn.Linear(2 * hidden, hidden), nn.Embedding(target, embedding)
        s.attention, s.cell = Attention(hidden, 2 * hidden, hidden), nn.GRUCell(embedding + 2 * hidden, hidden)
        s.head = nn.Linear(3 * hidden, target)

    def forward(s, ids, real, before):
        packed = pack_padded_sequence(s.source(ids), real.sum(1), batch_first=True, enforce_sorted=False)
        keys, last = s.encoder(packed)
        keys, _ = pad_packed_sequence(keys, batch_first=True, total_length=ids.shape[1])
        state, outputs = torch.tanh(s.bridge(torch.cat([last[0], last[1]], 1))), []
        for word in s.target(before).unbind(1):
            context = s.attention(state, keys, real)
            state = s.cell(torch.cat([word, context], 1), state)
            outputs.append(torch.cat([state, context], 1))
        return s.head(torch.stack(outputs, 1))


net = Seq2Seq(7, 6, 3, 4)
ids, before = torch.randint(0, 7, (3, 5)), torch.randint(0, 6, (3, 4))
real = torch.arange(5)[None] < torch.tensor([3, 5, 2])[:, None]
y = net(ids, real, before)
grad = torch.randn_like(y)
y.backward(grad)
put("seq2seq.0", ids=ids, real=real, before=before, y=y, grad=grad)
put_parameters("seq2seq.0", net)

out["versions"] = np.array([f"torch {torch.__version__}", f"numpy {np.__version__}"])
path = pathlib.Path(__file__).parent / "ch18.npz"
np.savez(path, **out)
print(path, path.stat().st_size, "bytes")
