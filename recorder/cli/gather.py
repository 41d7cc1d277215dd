"""`recorder gather`: one timeline of the captures of several hosts.

Rule: see the package `gathering`; this prints a line about each clock.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from recorder import capture
from recorder.cli.ending import Attached, ending
from recorder.cli.output import Output, Overwrite, check_capture
from recorder.cli.streams import Channel, Run, Since, fetched, one_stream, wanted
from recorder.cli.terminal import note, tell, warn
from recorder.errors import InputError
from recorder.gathering import Clock, Gathered
from recorder.gathering import gather as gathered
from recorder.gathering.merging import renewed
from recorder.gathering.printed import held_line, impossible_line, lines
from recorder.interchange.files import staging
from recorder.sinks.capture_file import new_header

if TYPE_CHECKING:
    from recorder.fleet.address import StreamAddress
    from recorder.fleet.fetching import Fetched, Wanted
    from recorder.fleet.ordering import Line


def gather(
    captures: Annotated[
        list[str],
        typer.Argument(
            metavar="CAPTURE...|STREAM",
            help="The captures; times are set to the clock of the first. Or a stream, nats://HOST/STREAM: all that it has.",
        ),
    ],
    output: Output,
    run: Run = "",
    channel: Channel = "",
    since: Since = "",
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", help="Of a stream: write what it has and what is added, until Ctrl-C or the end of all runs."
        ),
    ] = False,
    overwrite: Overwrite = False,
    attached: Attached = False,
) -> None:
    """Gather the captures of several hosts into one timeline.

    Exit 1 if no order keeps every effect after its cause.
    """
    check_capture(output, overwrite=overwrite)
    if (address := one_stream(captures, run, channel, since)) is None:
        if follow:
            raise InputError(
                "--follow is for a stream, as in nats://127.0.0.1:4222/TRAFFIC; `recorder view --follow` shows a file"
            )
        _tell(gathered([Path(name) for name in captures], output, warn), output)
    elif follow:
        asyncio.run(_follow(address, wanted(run, channel, since), output, attached=attached))
    else:
        with fetched(address, wanted(run, channel, since)) as found:
            _merge(found, output)


async def _follow(address: StreamAddress, what: Wanted, output: Path, *, attached: bool) -> None:
    """Write what a stream has and what comes."""
    from recorder.fleet.following import follow  # noqa: PLC0415 - for those who have a stream

    with closing(StreamCapture(output, address.stream)) as made:
        await follow(address, what, made.write, note, ending(attached=attached), endless=attached)
    tell(f"{output}: {made.events:,} events of {len(made.runs):,} runs")


def _merge(found: list[Fetched], output: Path) -> None:
    """Make one capture of those that were fetched; a single one stays as it is."""
    if len(found) > 1:
        _tell(gathered([one.path for one in found], output, warn, [one.name for one in found]), output)
        return
    with staging() as stage, stage.open(output) as file, found[0].path.open("rb") as whole:
        shutil.copyfileobj(whole, file)
    tell(f"{output}: {found[0].events} events of run {found[0].name}")


def _tell(made: Gathered, output: Path) -> None:
    for line in lines(made.names, made.clocks):
        tell(line)
    if made.held:
        warn(held_line(made.names, made.held, made.clocks))
    for pair in made.impossible:
        tell(impossible_line(made.names, pair))
    tell(f"{output}: {made.events} events of {len(made.names)} captures")
    if made.impossible:
        raise typer.Exit(1)


class StreamCapture:
    """The capture that is made of a stream while it grows: begun as soon as the stream is there.

    Args:
        path: the file; what is there is replaced.
        stream: the name of the stream.

    Attributes:
        events: how many it has.
        runs: the ids of their runs.
    """

    def __init__(self, path: Path, stream: str) -> None:
        self._path, self._stream = path, stream
        self._file: BinaryIO | None = None
        self._sessions: dict[tuple[str, int], bytes] = {}  # their numbers in this capture
        self.events, self.runs = 0, set[str]()

    def write(self, lines: list[Line]) -> None:
        """Write the next lines."""
        file = self._file = self._file or self._begun()
        file.write(b"".join(map(self._renewed, lines)))
        file.flush()
        self.events += len(lines)
        self.runs.update(line.run for line in lines)

    def _renewed(self, line: Line) -> bytes:
        number = b""
        if line.session:
            number = self._sessions.setdefault((line.run, line.session), b"%d" % (len(self._sessions) + 1))
        return renewed(line.text, Clock(0, 0, line.behind), number)

    def _begun(self) -> BinaryIO:
        try:
            file = self._path.open("wb")
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror}", file=str(self._path)) from error
        file.write(capture.dump(new_header(started=time.time_ns(), meta={"stream": self._stream})))
        return file

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
