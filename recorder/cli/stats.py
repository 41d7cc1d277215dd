"""`recorder stats`.

Rule: prints the same figures as the end of a recording, in full.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Annotated

import typer

from recorder.api import statistics
from recorder.cli.streams import Channel, Run, Since, one_capture, one_stream, wanted
from recorder.cli.terminal import columns, tell, warn
from recorder.interchange.files import Capture
from recorder.jsonrpc import json_bytes
from recorder.stats import as_json, lines


def stats(
    path: Annotated[
        str,
        typer.Argument(
            metavar="CAPTURE|STREAM",
            help="The capture; - for standard input. Or a stream, nats://HOST/STREAM: its captures.",
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON object.")] = False,
    run: Run = "",
    channel: Channel = "",
    since: Since = "",
) -> None:
    """Show statistics of a capture: calls, errors, latencies.

    Also how each session ended, and which calls are still open.
    """
    with ExitStack() as stack:
        if (address := one_stream([path], run, channel, since)) is not None:
            path = str(stack.enter_context(one_capture(address, wanted(run, channel, since))))
        counted = statistics(stack.enter_context(Capture(path, warn)))
    if json:
        print(json_bytes(as_json(counted)).decode())
        return
    for line in lines(counted, width=columns(sys.stdout)):
        tell(line)
