"""Options of commands that write a capture.

Rule: light, for who is recorded waits: imports no part of the recorder.
"""

from __future__ import annotations

from typing import Annotated

import typer

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the capture if it exists.")]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME|PATH|TEXT|/REGEX/",
        help="Mask this too: password, params[0], 'token:*', or '/sk-\\w+/'; may be given again.",
    ),
]
MaskNone = Annotated[bool, typer.Option("--mask-none", help="Mask nothing: on your own machine, for yourself.")]
