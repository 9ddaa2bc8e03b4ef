"""Reads the event files that the example `events` of chapter 14 wrote, with TensorBoard's own reader, and compares.

Beside each run's events lies expected.json: what was written, as plain numbers.
"""

import json
import pathlib
import sys

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder = pathlib.Path(sys.argv[1])
everything = {"scalars": 0, "histograms": 0, "images": 0}


def read(run):
    events = EventAccumulator(str(run), size_guidance=dict.fromkeys(everything, 0))
    events.Reload()
    return events


for run in sorted(path.parent for path in folder.rglob("expected.json")):
    expected = json.loads((run / "expected.json").read_text())
    events = read(run)
    tags = events.Tags()
    for kind in everything:
        assert sorted(tags[kind]) == sorted(expected[kind]), (run, kind, tags[kind])
    points = 0
    for tag, wanted in expected["scalars"].items():
        # Values are 32-bit floats in the file; the JSON holds the same 32-bit numbers.
        got = [[event.step, event.value] for event in events.Scalars(tag)]
        assert got == wanted, (run, tag, got, wanted)
        points += len(got)
    for tag, wanted in expected["histograms"].items():
        for event, (step, count, total, limits, buckets) in zip(events.Histograms(tag), wanted, strict=True):
            value = event.histogram_value
            assert (event.step, value.num, value.sum) == (step, count, total), (tag, event)
            assert value.bucket_limit == limits and value.bucket == buckets, (tag, value)
    for tag, wanted in expected["images"].items():
        for event, (step, height, width) in zip(events.Images(tag), wanted, strict=True):
            assert (event.step, event.height, event.width) == (step, height, width), (tag, event)
            assert event.encoded_image_string.startswith(b"\x89PNG\r\n\x1a\n")
            try:
                import io

                from PIL import Image

                image = Image.open(io.BytesIO(event.encoded_image_string))
                image.load()
                assert image.size == (width, height)
            except ImportError:
                print("  (Pillow is not there: the picture was not decoded)")
    print(
        f"  {run.name}: {points} points of {len(expected['scalars'])} curves, "
        f"{len(expected['histograms'])} histograms, {len(expected['images'])} pictures agree"
    )

# Damage must be noticed: one flipped bit in the middle of a record.
run = next(folder.rglob("expected.json")).parent
path = next(run.glob("events.out.tfevents.*"))
data = bytearray(path.read_bytes())
data[len(data) // 2] ^= 1
path.write_bytes(data)
expected = json.loads((run / "expected.json").read_text())
try:
    events = read(run)
    scalars = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
except Exception as error:  # whatever the reader raises for a bad checksum
    scalars = {}
    print(f"  a flipped bit raises {type(error).__name__}")
read_points = sum(map(len, scalars.values()))
assert read_points < sum(map(len, expected["scalars"].values())), "a flipped bit went unnoticed"
print(f"tensorboard {tensorboard.__version__} reads our event files")
