"""`recorder ship`: captures to a stream.

Rule: see `recorder.fleet.shipping`. Progress goes to standard error, the result to standard output. A capture that cannot be
read does not keep others from being shipped.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recorder.cli.ending import Attached, ending
from recorder.cli.streams import LOGINS, need_library
from recorder.cli.terminal import note, tell
from recorder.errors import InputError
from recorder.escaping import escape
from recorder.fleet.address import EXAMPLE, StreamAddress

if TYPE_CHECKING:
    from recorder.fleet.shipping import Shipped

Captures = Annotated[list[Path], typer.Argument(metavar="CAPTURE...", help="The captures, plain or zstd-compressed.")]
Stream = Annotated[
    str,
    typer.Argument(
        metavar="STREAM",
        help=f"The stream, as {EXAMPLE}; it is created if it does not exist. {LOGINS}",
    ),
]
Follow = Annotated[bool, typer.Option("--follow", help="Go on shipping what is written, until Ctrl-C.")]


def ship(captures: Captures, stream: Stream, follow: Follow = False, attached: Attached = False) -> None:
    """Send captures to a stream of NATS.

    Exit 1 if something could not be sent.
    """
    need_library("`recorder ship`")
    from recorder.fleet.shipping import Shipping  # noqa: PLC0415 - its library is an extra

    address = StreamAddress.parse(stream)
    say: Callable[[str], None] = (lambda text: print(escape(text), flush=True)) if attached else note

    async def one(path: Path, until: asyncio.Event | None) -> int:
        try:
            with closing(Shipping(path, address, say, until)) as shipping:
                if follow and not attached:
                    note(f"shipping {path} to {address}; Ctrl-C ends it")
                found = await shipping.run()
        except InputError as error:
            if error.file != str(path):  # it is about the stream, and so about all captures
                raise
            note(str(error))
            return 2
        tell(_line(path, address, found))
        return int(found.missing > 0)

    async def run() -> list[int]:
        if follow:
            until = ending(attached=attached)
            return await asyncio.gather(*(one(path, until) for path in captures))
        return [await one(path, None) for path in captures]

    raise typer.Exit(max(asyncio.run(run())))


def _line(path: Path, address: StreamAddress, found: Shipped) -> str:
    """The line about the result for a capture."""
    if not found.missing:
        return f"{path}: all {found.lines:,} lines are in {address}"
    return (
        f"{path}: {found.missing:,} of {found.lines + found.missing:,} lines ({found.size:,} bytes) are not in "
        f"{address}{f': {found.why}' if found.why else ''}; `recorder ship {shlex.quote(str(path))} {address}` sends them"
    )
