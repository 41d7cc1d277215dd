"""Captures from a stream, for the commands that take a stream instead of files.

Rule: commands work with files; here a stream becomes files. The library of streams is imported only if there is a stream.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recorder.cli.terminal import note
from recorder.errors import InputError, lacking
from recorder.fleet.address import EXAMPLE, StreamAddress, is_stream
from recorder.model import SECOND
from recorder.settings import parse_duration, parse_moment

if TYPE_CHECKING:
    from recorder.fleet.fetching import Fetched, Wanted

Run = Annotated[str, typer.Option(metavar="ID", help="Of a stream: only the run with this id, or whose id begins so.")]
Channel = Annotated[str, typer.Option(metavar="ID", help="Of a stream: only the sessions of this channel.")]
Since = Annotated[
    str,
    typer.Option(
        metavar="DURATION|TIME",
        help="Of a stream: only what has come in the last 10min, 2h or 3d, or since a time (UTC unless it has a time zone).",
    ),
]

LOGINS = "Log in by NATS_CREDS, NATS_NKEY and the like, or by USER:PASSWORD@ in the URL."
"""For the help of commands that only work with a stream."""

LOOK = 0.02
"""Seconds between two looks for the file that another process is to begin."""

PATIENCE = 5
"""Seconds that this process has to end."""


def need_library(what: str) -> None:
    """Refuse what needs the library of streams, if that is not installed.

    Raises:
        InputError: it is not installed.
    """
    if find_spec("nats") is None:
        raise lacking(what, "nats-py", "fleet")


def one_stream(captures: list[str], *options: str) -> StreamAddress | None:
    """The stream that is given instead of captures; None if files are given.

    Raises:
        InputError: both are given, or options of a stream with files, or the library of streams is missing.
    """
    if not any(map(is_stream, captures)):
        if any(options):
            raise InputError(f"--run, --channel and --since are for a stream; give one, as in {EXAMPLE}")
        return None
    if len(captures) > 1:
        raise InputError("give one stream and nothing else; `recorder ship` puts captures into a stream")
    need_library("a stream")
    return StreamAddress.parse(captures[0])


def wanted(run: str, channel: str, since: str) -> Wanted:
    """What to take out of a stream, by the options.

    Raises:
        InputError: `--since` is malformed.
    """
    from recorder.fleet.fetching import Wanted  # noqa: PLC0415 - see the rule

    return Wanted(run, channel, _moment(since) if since else 0)


def _moment(text: str) -> int:
    if (seconds := parse_duration(text)) is not None:
        now = time.time_ns()
        return now - round(min(seconds * SECOND, now))
    if (moment := parse_moment(text)) is None:
        raise InputError(f"--since {text!r}: write a duration, as in 10min or 2h, or a time (UTC)")
    return moment


@contextmanager
def fetched(address: StreamAddress, what: Wanted) -> Iterator[list[Fetched]]:
    """The captures of a stream, on disk while the block runs."""
    from recorder.fleet.fetching import fetch  # noqa: PLC0415 - see the rule

    with tempfile.TemporaryDirectory(prefix="recorder-") as folder:
        yield fetch(address, what, Path(folder), note)


@contextmanager
def one_capture(address: StreamAddress, what: Wanted) -> Iterator[Path]:
    """All captures of a stream as one, on disk while the block runs."""
    from recorder.gathering import gather  # noqa: PLC0415 - as above

    with fetched(address, what) as found:
        path = found[0].path
        if len(found) > 1:
            path = path.with_name(f"{address.stream}.jsonl")
            gather([one.path for one in found], path, names=[one.name for one in found])
        yield path


@contextmanager
def growing(address: StreamAddress, url: str, **options: str) -> Iterator[str]:
    """The path of a temporary capture, which another process writes of a stream while the block runs.

    Args:
        address: the address of the stream.
        url: the same as it was given, with the login.
        options: options for `gather`.

    Raises:
        typer.Exit: that process cannot read the stream, and has said why.
    """
    told = [part for name, value in options.items() if value for part in (f"--{name}", value)]
    with tempfile.TemporaryDirectory(prefix="recorder-") as folder:
        path = Path(folder) / f"{address.stream}.jsonl"
        command = [sys.executable, "-m", "recorder", "gather", url, "-o", str(path), "--follow", "--attached", *told]
        process = subprocess.Popen(  # noqa: S603 - this program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # so that Ctrl-C reaches only this one
        )
        try:
            while not (path.exists() and path.stat().st_size):
                if process.poll() is not None:
                    raise typer.Exit(process.returncode)
                time.sleep(LOOK)
            note(f"a copy of what is shown grows in {path}")
            yield str(path)
        finally:
            try:
                process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
