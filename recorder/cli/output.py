"""Options of commands that write a capture, and the check of its name.

Rule: quick to import, because a client waits while `recorder stdio` starts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recorder.errors import InputError
from recorder.settings import check_plain

Output = Annotated[Path, typer.Option("-o", "--output", help="The capture file to write.")]
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


def check_new(output: Path, *, overwrite: bool) -> None:
    """Refuse to replace a file that has something in it, unless the user wants that.

    Raises:
        InputError: there is such a file.
    """
    if not overwrite and output.is_file() and output.stat().st_size:
        raise InputError("exists already; name another file, or replace it with --overwrite", file=str(output))


def check_capture(output: Path, *, overwrite: bool) -> None:
    """Refuse a name under which no capture is to be written.

    Raises:
        InputError: it is that of a compressed file, or of one that is not to be replaced.
    """
    check_plain(output)
    check_new(output, overwrite=overwrite)
