"""OpenRPC documents of what a capture shows; they are written only.

Rule: the document is made in `recorder.openrpc`; see there.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from recorder.interchange.files import Capture, Stage
from recorder.openrpc.drawing import document


def write(capture: Capture, target: Path, stage: Stage) -> Counter[str]:
    """Write the document; its title is the name of the capture."""
    made, lost = document(capture.header, Path(capture.path).name.partition(".")[0], capture)
    with stage.open(target) as file:
        file.write(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return lost
