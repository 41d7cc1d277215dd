"""`recorder stdio`.

Rule: a client waits for its server to start, so nothing is imported that is not needed. Standard output is the
server's, and so is standard error unless the traffic is shown, or shipped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from recorder.cli.output import Mask, MaskNone, Overwrite, ShipTo
from recorder.errors import CaptureWriteError
from recorder.secret_names import secrets_of_command
from recorder.settings import check_plain
from recorder.sinks import Sink
from recorder.sinks.capture_file import CaptureFile, new_header
from recorder.stdio import Session, end_by, relay, url_of

if TYPE_CHECKING:  # imported only if something is masked
    from recorder.masking import Masking

TIME = "{time}"

Command = Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="The server, with its arguments.")]
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", help=f"The capture file to write; {TIME} in its name gives each start its own file."
    ),
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show the traffic on standard error.")]


def stdio(
    command: Command,
    output: Output = Path("run.jsonl"),
    overwrite: Overwrite = False,
    mask: Mask = None,
    mask_none: MaskNone = False,
    verbose: Verbose = False,
    ship: ShipTo = "",
) -> None:
    """Run a server over standard input and output, and record it.

    Its client starts this command in the place of the server's own.
    """
    started = datetime.now(UTC)
    path = output.expanduser().with_name(output.name.replace(TIME, started.strftime("%Y%m%dT%H%M%S.%fZ")))
    check_plain(path)
    masking, url = _masking(command, mask or [], off=mask_none), url_of(command)
    if masking is not None:
        url = masking.url(url)
    header = new_header(started=time.time_ns(), upstreams=[url])
    file = CaptureFile(path, header, overwrite=overwrite)
    shown: AbstractContextManager[list[Sink]] = _shown(path, mask_none=mask_none) if verbose else nullcontext([])
    try:
        with _shipped(file, ship) if ship else nullcontext():
            with shown as others:
                returned = relay(command, Session([file, *others], url, masking))
            file.close()
    except CaptureWriteError as error:
        print(f"recorder: {error}; the server was stopped", file=sys.stderr)
        raise typer.Exit(1) from error
    finally:
        file.close()
    raise typer.Exit(returned if returned >= 0 else end_by(-returned))


def _masking(command: list[str], patterns: list[str], *, off: bool) -> Masking | None:
    """The masking; None if nothing can be masked."""
    if not (patterns or any("://" in word for word in command) or any(secrets_of_command(command))):
        return None
    from recorder.masking import Masking  # noqa: PLC0415 - a tenth of a second

    return Masking(patterns, off=off)


@contextmanager
def _shipped(file: CaptureFile, stream: str) -> Iterator[None]:
    """`recorder ship` beside the server; in the end it has some seconds for the rest."""
    from recorder.cli.attached import Ship  # noqa: PLC0415 - quick start without --ship

    beside = Ship(file.path, stream)
    file.begin()  # it reads the header
    beside.begin(lambda line: print(line, file=sys.stderr))
    try:
        yield
    finally:
        beside.end()


@contextmanager
def _shown(path: Path, *, mask_none: bool) -> Iterator[list[Sink]]:
    """A sink that prints the traffic, and at the end the figures of the capture."""
    from recorder.cli.summary import summarise  # noqa: PLC0415 - quick start without --verbose
    from recorder.cli.terminal import TURN_EVERY, Terminal, coloured  # noqa: PLC0415 - as above
    from recorder.profiles import AUTO  # noqa: PLC0415 - as above
    from recorder.sinks.console import Console  # noqa: PLC0415 - as above
    from recorder.sinks.counting import Counting  # noqa: PLC0415 - as above
    from recorder.suspects import looks_secret  # noqa: PLC0415 - as above
    from recorder.timeline.annotating import Annotations  # noqa: PLC0415 - as above

    with Terminal(sys.stderr) as terminal, closing(Counting(path, AUTO)) as counting:
        console = Console(terminal, colour=coloured(sys.stderr), annotations=Annotations(AUTO))
        over = Event()

        def show() -> None:
            while not over.wait(TURN_EVERY):
                if terminal.ready:
                    console.turn()

        thread = Thread(target=show, daemon=True)
        thread.start()
        try:
            yield [console]
        finally:
            over.set()
            thread.join()
            counting.begin()
            summarise(counting, console, sys.stderr)
            for line in [] if mask_none else looks_secret(path, AUTO):
                console.say(line)
