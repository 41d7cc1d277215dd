"""Captures in a stream, of which a test ships as much as it wants, when it wants."""

import tempfile
from pathlib import Path

from shipped import parcels, publish

from recorder import capture


def lines_of(header, events):
    """A capture as its lines."""
    return [capture.dump(header), *map(capture.dump, events)]


def parcels_of(lines, size=4, *, ended=False):
    """All parcels of a capture, of slices of so many lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        path.write_bytes(b"".join(lines))
        return parcels(path, (size,), ended=ended)


def end_of(lines):
    """The parcel that tells the end of a capture."""
    return parcels_of(lines, ended=True)[-1]


def ship(url, made):
    """Put parcels into a stream; what comes twice is there twice."""
    publish(url, made, ids=False)
