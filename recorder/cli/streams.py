"""Captures from a stream, for the commands that take one in the place of files.

Rule: what a command does with a capture it does with a file: here a stream becomes files.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recorder.errors import InputError, lacking
from recorder.fleet.address import EXAMPLE, StreamAddress, is_stream
from recorder.model import SECOND
from recorder.settings import parse_duration

if TYPE_CHECKING:
    from recorder.fleet.fetching import Fetched, Wanted

Run = Annotated[
    str, typer.Option(metavar="ID", help="Of a stream, only this run: its id, or how it begins; see `gather`.")
]
Channel = Annotated[str, typer.Option(metavar="ID", help="Of a stream, only the sessions that speak of this channel.")]
Since = Annotated[
    str,
    typer.Option(
        metavar="TIME|DURATION", help="Of a stream, only what it took since then: 2h ago, or 2026-11-29T12:00:00Z."
    ),
]
EXTRA = "fleet"


def one_stream(captures: list[str], *options: str) -> StreamAddress | None:
    """The stream that is given in the place of captures; None if files are.

    Raises:
        InputError: both are given, or options of a stream with files.
    """
    if not any(map(is_stream, captures)):
        if any(options):
            raise InputError(f"--run, --channel and --since are for a stream; give one, as in {EXAMPLE}")
        return None
    if len(captures) > 1:
        raise InputError("give one stream, or files; `recorder ship` puts a file into a stream")
    return StreamAddress.parse(captures[0])


def wanted(run: str, channel: str, since: str) -> Wanted:
    """What options say to take out of a stream.

    Raises:
        InputError: they are no such, or a library is missing.
    """
    try:
        from recorder.fleet.fetching import Wanted  # noqa: PLC0415 - for those who have a stream
    except ModuleNotFoundError as error:
        raise lacking("a stream", "nats-py", EXTRA) from error
    return Wanted(run, channel, _moment(since) if since else 0)


def _moment(text: str) -> int:
    if (seconds := parse_duration(text)) is not None:
        return time.time_ns() - round(seconds * SECOND)
    try:
        return round(datetime.fromisoformat(text).astimezone().timestamp()) * SECOND
    except ValueError:
        raise InputError(f"--since {text!r}: write a duration, as in 10min or 2h, or a time") from None


@contextmanager
def fetched(address: StreamAddress, what: Wanted) -> Iterator[list[Fetched]]:
    """The captures of a stream, on disk while the block runs."""
    from recorder.cli.terminal import note  # noqa: PLC0415
    from recorder.fleet.fetching import fetch  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="recorder-") as folder:
        yield fetch(address, what, Path(folder), note)
