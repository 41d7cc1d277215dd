"""How fast other tools' files are written and read: megabytes of the file a second, from and to a capture on disk.

Rule: one function a format, which makes a capture that suits it; what is timed is what the commands do.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import traffic

from recorder import capture
from recorder.interchange.files import Capture, staging, write_capture
from recorder.interchange.formats import FORMATS, Source
from recorder.model import AnyEvent, Header, Opened

HEADER = Header(format=capture.FORMAT, run="bench", recorder="0")
NOON = 1_769_860_800_000_000_000
FRAMES, SIZE = 200_000, 300


def har() -> Iterator[AnyEvent]:
    """A WebSocket with all of the frames."""
    yield Opened(time=NOON, session=1, party="client-1", url="ws://127.0.0.1:3014/")
    messages = [traffic.message(SIZE, number) for number in range(traffic.VARIANTS)]
    for number in range(FRAMES):
        way = "from_node" if number % 2 else "to_node"
        yield capture.frame(messages[number % len(messages)], time=NOON + number * 1000, session=1, direction=way)


BENCHES: dict[str, Callable[[], Iterator[AnyEvent]]] = {"har": har}


def measure(name: str, folder: Path) -> tuple[float, float]:
    """Megabytes a second that are written, and read."""
    module, target = FORMATS[name].load(), folder / f"run.{name}"
    write_capture(folder / "run.jsonl", HEADER, BENCHES[name]())
    began = time.process_time()
    with staging() as stage:
        module.write(Capture(folder / "run.jsonl"), target, stage)
    written = time.process_time()
    write_capture(folder / "back.jsonl", HEADER, module.read(Source(target)))
    read = time.process_time()
    size = target.stat().st_size / 1e6
    return size / (written - began), size / (read - written)


def main() -> None:
    """Print a line for each format."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", default=list(BENCHES))
    for name in parser.parse_args().names:
        with tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder:
            written, read = measure(name, Path(folder))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name}: written at {written:.0f} MB/s, read at {read:.0f} MB/s; at most {most:.0f} MiB of memory")


if __name__ == "__main__":
    main()
