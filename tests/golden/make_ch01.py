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
