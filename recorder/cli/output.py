"""Options of commands that write a capture.

Rule: quick to import, because a recorded client waits: imports no other part of the recorder.
"""

from __future__ import annotations

from typing import Annotated

import typer

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the capture if it exists.")]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME|PATH|TEXT|/REGEX/",
        help="Mask this secret too: a name (password), a path (params[0]), a text ('token:*') or a regular expression "
        "('/sk-\\w+/'); may be given again.",
    ),
]
ShipTo = Annotated[
    str,
    typer.Option(
        "--ship", metavar="STREAM", help="Send the capture to this stream of NATS, as nats://127.0.0.1:4222/TRAFFIC."
    ),
]
MaskNone = Annotated[bool, typer.Option("--mask-none", help="Mask no secrets: for captures that stay on your machine.")]
