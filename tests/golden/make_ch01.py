"""Golden values of chapter 1, made with numpy. Run: python tests/golden/make_ch01.py"""

import pathlib

import numpy as np

here = pathlib.Path(__file__).parent

# Files for the reader of .npy and .npz.
small = np.arange(6, dtype="<f4").reshape(2, 3)
np.save(here / "ch01_little.npy", small)
np.save(here / "ch01_big_endian.npy", small.astype(">f4"))
np.save(here / "ch01_fortran.npy", np.asfortranarray(small))
for version in [(2, 0), (3, 0)]:
    with open(here / f"ch01_version_{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, small, version=version)
types = dict(
    f32=np.array([1.5, -2], np.float32),
    f64=np.array([[1e-300], [np.inf]]),
    i32=np.array([-(2**31), 7], np.int32),
    i64=np.array([2**63 - 1, -7]),
    u8=np.array([0, 255], np.uint8),
    bool=np.array([True, False, True]),
    scalar=np.array(3.25),
    empty=np.zeros((0, 3), np.float32),
    text=np.array(["a", "größe", ""]),
    text_fortran=np.asfortranarray(np.array([["a", "b", "c"], ["d", "e", "f"]])),
)
np.savez(here / "ch01_types.npz", **types)
np.savez_compressed(here / "ch01_deflated.npz", **types)

# Values of operations: `NAME` holds what numpy or torch computes from the entries that the test names.
import torch

rng = np.random.default_rng(1)
x = rng.normal(size=(3, 4, 5))
offset = (1000 + rng.normal(size=(4, 100))).astype(np.float32)
ties = rng.integers(0, 4, size=(4, 30))
holes = rng.normal(size=(4, 9))
holes[0, 3] = holes[0, 7] = holes[2, 0] = np.nan
holes[1, 2], holes[1, 5], holes[3, 1] = np.inf, -np.inf, -np.inf
values = dict(versions=np.array([f"numpy {np.__version__}", f"torch {torch.__version__}"]))
values.update(x=x, offset=offset, ties=ties, holes=holes)

for name, axes in [("0", 0), ("1", 1), ("02", (0, 2)), ("12", (1, 2)), ("all", (0, 1, 2))]:
    for ddof in [0, 1]:
        values[f"var_{name}_{ddof}"] = x.var(axis=axes, ddof=ddof)
        values[f"std_{name}_{ddof}"] = x.std(axis=axes, ddof=ddof)
    values[f"logsumexp_{name}"] = np.logaddexp.reduce(x * 300, axis=axes)
    values[f"max_{name}"] = x.max(axis=axes)
    values[f"mean_{name}"] = x.mean(axis=axes)
    values[f"prod_{name}"] = x.prod(axis=axes)
# The truth for f32 far from 0 is what f64 says.
values["offset_var"] = offset.astype(np.float64).var(axis=1, ddof=1)

for axis in [0, 1]:
    for name, a in [("ties", ties), ("holes", holes)]:
        values[f"argsort_{name}_{axis}"] = a.argsort(axis=axis, kind="stable")
        values[f"argmax_{name}_{axis}"] = a.argmax(axis=axis)
        values[f"argmin_{name}_{axis}"] = a.argmin(axis=axis)
        values[f"sort_{name}_{axis}"] = np.sort(a, axis=axis)
        down = torch.sort(torch.tensor(a), dim=axis, descending=True, stable=True)
        values[f"down_{name}_{axis}"], values[f"argdown_{name}_{axis}"] = down.values.numpy(), down.indices.numpy()
        values[f"cumsum_{name}_{axis}"] = a.cumsum(axis=axis)
values["topk"] = torch.tensor(holes).topk(4, dim=1).values.numpy()
unique = np.unique(ties, return_index=True, return_inverse=True, return_counts=True)
for name, part in zip(["values", "first", "inverse", "counts"], unique):
    values[f"unique_{name}"] = part

values["slice_0"] = x[1:3, ::2, -1]
values["slice_1"] = x[::-1, -3:-1, ::-2]
values["slice_2"] = x[-1]
values["slice_3"] = x[..., 1:100:3]
values["slice_4"] = x[:, None, 3:0:-1, None, 0]
values["slice_5"] = x[5:, :, -100:2]
values["slice_6"] = x[2:0:-1, ..., 4::-3]
values["slice_7"] = x[-1:-4:-2, 2:2, 0]
assigned = x.copy()
assigned[::-2, 1:3] = np.arange(5.0)
values["assigned"] = assigned

widths = ((0, 0), (2, 1), (3, 4))
values["pad_constant"] = np.pad(x, widths, constant_values=-7)
values["pad_reflect"] = np.pad(x, widths, mode="reflect")
values["pad_replicate"] = np.pad(x, widths, mode="edge")
values["roll_2"], values["roll_-7"] = np.roll(x, 2, axis=1), np.roll(x, -7, axis=2)
values["tile_0"], values["tile_1"] = np.tile(x, (2, 1, 3)), np.tile(x, (2, 1, 2, 1))
values["repeat"] = np.repeat(x, 3, axis=1)
values["tril"], values["triu"] = np.tril(x, 1), np.triu(x, -1)
values["diagonal"] = x.diagonal(axis1=1, axis2=2)

index = rng.integers(0, 4, size=(2, 6, 5))
values["index"] = index
values["gather"] = torch.tensor(x).gather(1, torch.tensor(index)).numpy()
values["scatter_add"] = torch.zeros(2, 4, 5, dtype=torch.float64).scatter_add(
    1, torch.tensor(index), torch.ones(index.shape, dtype=torch.float64)).numpy()
values["take"] = np.take(x, index[0], axis=1)

specs = ["ij,jk->ik", "ij,jk", "bij,bjk->bik", "bij,bkj->bik", "i,j->ij", "i,i->", "ij,ij->", "ij,ij->ji", "ji,ij->i",
         "ij,kb->", "ba,c", "bhqd,bhkd->bhqk", "ij,k->k", "ij,ij->i", "bij,j->ib", "xi,xi->xi", "Ba,aB", "ij,->ji"]
sizes = dict(i=3, j=4, k=5, b=2, h=2, q=3, d=6, a=3, c=2, x=1, B=2)
values["einsum_specs"] = np.array(specs)
for n, spec in enumerate(specs):
    operands = [rng.normal(size=[sizes[letter] for letter in letters])
                for letters in spec.split("->")[0].split(",")]
    values[f"einsum_{n}_a"], values[f"einsum_{n}_b"] = operands
    values[f"einsum_{n}"] = np.einsum(spec, *operands)

np.set_printoptions(precision=4)
prints = [
    np.arange(6).reshape(2, 3), np.array([-1, 10, 100]), np.array([True, False]), np.array([[True], [True]]),
    np.array([1.0, 2.5, -3.25]), np.array([[1, 2], [3, 4.0]]), np.array([0.1, 1 / 3, 100]), x, holes,
    np.array([1e-5, 1.5]), np.array([1e-5, 1]), np.array([1e8, -2]), np.array([123456.789, 1e-3, -0.0]),
    np.array([np.nan, 1, -np.inf]), np.array([np.nan, 1e20]), np.array([np.inf]), np.array([0.0, 0]), np.zeros((0, 3)),
    np.arange(100), np.arange(30) / 7, np.arange(1001), np.arange(2000).reshape(2, 1000), np.eye(40)[None] * 0.5,
    np.arange(4000).reshape(10, 20, 20), np.arange(16).reshape(2, 2, 2, 2), np.arange(24.0).reshape(2, 12) * 1e10,
    np.array([0.99999, 0.00012]), np.array([0.1], np.float32), np.array([1e-7, 3e-9], np.float32),
    np.linspace(-1, 1, 24).reshape(2, 12).astype(np.float32),
]
for n, a in enumerate(prints):
    values[f"print_{n}"] = a
values["printed"] = np.array([str(a).replace("True", "true").replace("False", "false") for a in prints])
np.savez_compressed(here / "ch01.npz", **values)
