"""`recorder stats`.

Rule: prints the same figures as the end of a recording, in full.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from recorder.api import statistics
from recorder.cli.terminal import columns, tell, warn
from recorder.interchange.files import Capture
from recorder.jsonrpc import text_of
from recorder.stats import as_json, lines


def stats(
    path: Annotated[str, typer.Argument(metavar="CAPTURE", help="The capture; - for standard input.")],
    json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON object.")] = False,
) -> None:
    """Show statistics of a capture: calls, errors, how long answers took, which calls are still open."""
    with Capture(path, warn) as capture:
        counted = statistics(capture)
    if json:
        print(text_of(as_json(counted)).decode())
        return
    for line in lines(counted, width=columns(sys.stdout)):
        tell(line)
