"""Golden values for BERT in chapter 20: post-LN blocks of PyTorch, and tiny models of the transformers library.

    pip install torch numpy transformers
    python tests/golden/make_ch20_bert.py

Writes ch20_bert.npz and the folders ch20_bert/bert and ch20_bert/distilbert (config.json, model.safetensors: random weights)
beside this script. Masks are stored as ours: `real` is true for a real token. Cases:

- post.N: `nn.TransformerEncoderLayer` with norm_first=False and GELU, without dropout;
- bert, distilbert: what `AutoModel` and `AutoModelForMaskedLM` make of the folders: last hidden state, pooled output, and
  the logits at every place;
- bert.train: the masked-LM loss with labels of -100, and gradients of some parameters by the transformers' names;
- tag, span, classify: `BertForTokenClassification`, `BertForQuestionAnswering`, `BertForSequenceClassification` on the
  weights of ch20_bert/bert: logits, loss, and gradients of the head and of the table of tokens;
- cross.N: `nn.TransformerDecoderLayer` with norm_first=True and GELU, without dropout;
- translate: `nn.Transformer` of the same kind with tables, places and a tied output; its parameters go by our names.
"""
import pathlib
import shutil

import numpy as np
import torch
import transformers
from torch import nn

torch.manual_seed(21)
here = pathlib.Path(__file__).parent
out = {}


def put(case, **entries):
    out.update({f"{case}.{key}": value.detach().numpy().copy() for key, value in entries.items()})


def lengths(batch, time):
    real = torch.arange(time)[None] < torch.randint(1, time + 1, (batch, 1))
    real[0] = True
    return real


names = {"self_attn.in_proj_weight": "attention.qkv.weight", "self_attn.in_proj_bias": "attention.qkv.bias",
         "self_attn.out_proj.weight": "attention.output.weight", "self_attn.out_proj.bias": "attention.output.bias",
         "linear1.weight": "mlp.fc1.weight", "linear1.bias": "mlp.fc1.bias",
         "linear2.weight": "mlp.fc2.weight", "linear2.bias": "mlp.fc2.bias",
         "norm1.weight": "norm1.weight", "norm1.bias": "norm1.bias",
         "norm2.weight": "norm2.weight", "norm2.bias": "norm2.bias"}
for i, (batch, time, size, heads, inner, padded, eps) in enumerate(
        [(2, 4, 6, 1, 8, False, 1e-5), (3, 5, 8, 2, 16, True, 1e-12), (2, 6, 8, 4, 12, True, 1e-5)]):
    layer = nn.TransformerEncoderLayer(size, heads, inner, dropout=0.0, activation="gelu", batch_first=True,
                                       norm_first=False, layer_norm_eps=eps)
    for p in layer.parameters():
        p.data += 0.3 * torch.randn_like(p)
    x = torch.randn(batch, time, size, requires_grad=True)
    real = lengths(batch, time) if padded else None
    y = layer(x, src_key_padding_mask=None if real is None else ~real)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"post.{i}", x=x, y=y, grad=grad, dx=x.grad, heads=torch.tensor([heads]), eps=torch.tensor([eps]).double())
    if real is not None:
        put(f"post.{i}", real=real)
    for path, p in layer.named_parameters():
        put(f"post.{i}", **{f"p.{names[path]}": p, f"dp.{names[path]}": p.grad})

WORDS, PLACES = 37, 12


def save(model, name):
    # Larger weights than the first ones, and biases and norms that are not 0 and 1, so that mistakes can be seen.
    for p in model.parameters():
        p.data += 0.2 * torch.randn_like(p)
    model.eval()
    folder = here / "ch20_bert" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    for extra in folder.glob("generation_config.json"):
        extra.unlink()
    return folder


def evaluate(name, folder, ids, real, segments):
    extra = {} if segments is None else {"token_type_ids": segments}
    put(name, ids=ids, real=real)
    if segments is not None:
        put(name, segments=segments)
    with torch.no_grad():
        base = transformers.AutoModel.from_pretrained(folder).eval()
        y = base(ids, attention_mask=real.long(), **extra)
        put(name, hidden=y.last_hidden_state)
        lm = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
        put(name, logits=lm(ids, attention_mask=real.long(), **extra).logits)


ids, real = torch.randint(0, WORDS, (3, 7)), lengths(3, 7)
segments = torch.randint(0, 2, (3, 7))
config = transformers.BertConfig(vocab_size=WORDS, hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
                                 intermediate_size=24, max_position_embeddings=PLACES)
pretraining = transformers.BertForPreTraining(config)
folder = save(pretraining, "bert")
evaluate("bert", folder, ids, real, segments)
with torch.no_grad():
    put("bert", pooled=pretraining.bert(ids, attention_mask=real.long(), token_type_ids=segments).pooler_output)
config = transformers.DistilBertConfig(vocab_size=WORDS, dim=12, n_layers=2, n_heads=2, hidden_dim=20,
                                       max_position_embeddings=PLACES)
evaluate("distilbert", save(transformers.DistilBertForMaskedLM(config), "distilbert"), ids, real, None)

# Training: the model's own loss, in evaluation mode so that nothing is dropped.
lm = transformers.BertForMaskedLM.from_pretrained(folder).eval()
labels = torch.where(real & (torch.rand(3, 7) < 0.5), torch.randint(0, WORDS, (3, 7)), -100)
labels[0, 0] = 5
loss = lm(ids, attention_mask=real.long(), labels=labels).loss
loss.backward()
put("bert.train", ids=ids, real=real, labels=labels, loss=loss)
for path in ["bert.embeddings.word_embeddings.weight", "bert.embeddings.position_embeddings.weight",
             "bert.embeddings.token_type_embeddings.weight", "bert.encoder.layer.0.attention.self.key.weight",
             "bert.encoder.layer.1.output.LayerNorm.bias", "cls.predictions.transform.dense.weight",
             "cls.predictions.bias"]:
    put("bert.train", **{path: dict(lm.named_parameters())[path].grad})


def task(name, model, head, **arguments):
    model = model.eval()
    y = model(ids, attention_mask=real.long(), **arguments)
    y.loss.backward()
    put(name, weight=head(model).weight, bias=head(model).bias, loss=y.loss, dweight=head(model).weight.grad,
        tokens=model.bert.embeddings.word_embeddings.weight.grad)
    return y


tags = torch.where(real, torch.randint(0, 3, (3, 7)), -100)
model = transformers.BertForTokenClassification.from_pretrained(folder, num_labels=3)
put("tag", labels=tags, logits=task("tag", model, lambda m: m.classifier, labels=tags).logits)
model = transformers.BertForQuestionAnswering.from_pretrained(folder)
last = real.sum(1) - 1
y = task("span", model, lambda m: m.qa_outputs, token_type_ids=segments, start_positions=last // 2, end_positions=last)
put("span", start=y.start_logits, end=y.end_logits, labels=torch.stack([last // 2, last], 1), segments=segments)
model = transformers.BertForSequenceClassification.from_pretrained(folder, num_labels=3)
classes = torch.tensor([2, 0, 1])
y = task("classify", model, lambda m: m.classifier, labels=classes)
put("classify", logits=y.logits, labels=classes)

cross = {"self_attn.in_proj_weight": "attention.qkv.weight", "self_attn.in_proj_bias": "attention.qkv.bias",
         "self_attn.out_proj.weight": "attention.output.weight", "self_attn.out_proj.bias": "attention.output.bias",
         "multihead_attn.out_proj.weight": "cross.output.weight", "multihead_attn.out_proj.bias": "cross.output.bias",
         "multihead_attn.in_proj_weight": "cross.in_proj.weight", "multihead_attn.in_proj_bias": "cross.in_proj.bias",
         "linear1.weight": "mlp.fc1.weight", "linear1.bias": "mlp.fc1.bias",
         "linear2.weight": "mlp.fc2.weight", "linear2.bias": "mlp.fc2.bias",
         "norm1.weight": "norm1.weight", "norm1.bias": "norm1.bias", "norm2.weight": "norm2.weight",
         "norm2.bias": "norm2.bias", "norm3.weight": "norm3.weight", "norm3.bias": "norm3.bias"}
for i, (batch, time, keys, size, heads, inner) in enumerate([(2, 4, 3, 6, 2, 8), (3, 3, 5, 8, 4, 10)]):
    layer = nn.TransformerDecoderLayer(size, heads, inner, dropout=0.0, activation="gelu", batch_first=True,
                                       norm_first=True)
    for p in layer.parameters():
        p.data += 0.3 * torch.randn_like(p)
    x, memory = torch.randn(batch, time, size, requires_grad=True), torch.randn(batch, keys, size, requires_grad=True)
    real = lengths(batch, keys)
    forbidden = torch.ones(time, time, dtype=torch.bool).triu(1)
    y = layer(x, memory, tgt_mask=forbidden, memory_key_padding_mask=~real)
    grad = torch.randn_like(y)
    y.backward(grad)
    put(f"cross.{i}", x=x, memory=memory, y=y, grad=grad, dx=x.grad, dmemory=memory.grad, real=real,
        heads=torch.tensor([heads]))
    for path, p in layer.named_parameters():
        put(f"cross.{i}", **{f"p.{cross[path]}": p, f"dp.{cross[path]}": p.grad})

class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(9, 8), nn.Embedding(11, 8)
        self.source_places, self.target_places = (nn.Parameter(torch.randn(8, 8)) for _ in range(2))
        self.stacks = nn.Transformer(8, 2, 2, 2, 12, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)

    def forward(self, source, source_real, target, target_real):
        x = self.source(source) + self.source_places[: source.shape[1]]
        y = self.target(target) + self.target_places[: target.shape[1]]
        forbidden = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        y = self.stacks(x, y, tgt_mask=forbidden, src_key_padding_mask=~source_real,
                        memory_key_padding_mask=~source_real)
        return (y @ self.target.weight.T)[target_real]


def ours(path):
    fixed = {"source.weight": "encoder.embedding.weight", "target.weight": "embedding.weight",
             "source_places": "encoder.positions.weight", "target_places": "positions.weight",
             "stacks.encoder.norm.weight": "encoder.norm.weight", "stacks.encoder.norm.bias": "encoder.norm.bias",
             "stacks.decoder.norm.weight": "norm.weight", "stacks.decoder.norm.bias": "norm.bias"}
    if path in fixed:
        return fixed[path]
    _, stack, _, layer, rest = path.split(".", 4)
    return f"encoder.blocks.{layer}.{names[rest]}" if stack == "encoder" else f"blocks.{layer}.{cross[rest]}"


model = Translator()
for p in model.parameters():
    p.data += 0.2 * torch.randn_like(p)
source, target = torch.randint(0, 9, (3, 6)), torch.randint(0, 11, (3, 5))
source_real, target_real = lengths(3, 6), lengths(3, 5)
logits = model(source, source_real, target, target_real)
grad = torch.randn_like(logits)
logits.backward(grad)
put("translate", source=source, source_real=source_real, target=target, target_real=target_real, logits=logits, grad=grad)
for path, p in model.named_parameters():
    put("translate", **{f"p.{ours(path)}": p, f"dp.{ours(path)}": p.grad})

out["versions"] = np.array([f"torch {torch.__version__}", f"transformers {transformers.__version__}",
                            f"numpy {np.__version__}"])
np.savez(here / "ch20_bert.npz", **out)
