"""`recorder view`.

Rule: tornado is imported inside the command, so that the other commands start fast.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack, closing
from typing import Annotated

import typer

from recorder.cli.terminal import note, tell, warn
from recorder.errors import InputError
from recorder.interchange.files import STDIN
from recorder.settings import Address, ViewSettings

Captures = Annotated[
    list[str],
    typer.Argument(metavar="CAPTURE", help="The capture; a second one is compared with it; - is standard input."),
]
Follow = Annotated[bool, typer.Option("--follow", help="Show what comes, too: another process writes the capture.")]
Port = Annotated[int, typer.Option(help="Where the page is (port 0: any free one).")]
HostName = Annotated[
    str, typer.Option("--host", metavar="HOST", help="Show it to other machines, which need the token.")
]
Token = Annotated[str, typer.Option(metavar="TOKEN", help="What whoever opens it from elsewhere must know.")]

LOOPBACK = "127.0.0.1"
LEAST_TOKEN = 16
"""Characters of a token: one that can be tried out is none."""


def view(
    captures: Captures,
    follow: Follow = False,
    port: Port = 4080,
    host: HostName = LOOPBACK,
    token: Token = "",
) -> None:
    """Show a capture as a page, or two side by side."""
    settings = ViewSettings(captures=tuple(captures), listen=Address(host, port), token=token, follow=follow)
    check(settings)
    asyncio.run(show(settings))


def check(settings: ViewSettings) -> None:
    """Refuse what cannot be shown, or not so.

    Raises:
        InputError: with what to do instead.
    """
    from recorder.live.guard import is_loopback  # noqa: PLC0415 - for those who show a page

    if len(settings.captures) > 2:  # noqa: PLR2004 - two are compared
        raise InputError("two captures are compared side by side; name one, or two")
    if settings.captures.count(STDIN) > 1:
        raise InputError("standard input is one capture; name the other's file")
    if not is_loopback(settings.listen.host) and len(settings.token) < LEAST_TOKEN:
        raise InputError(
            f"--host {settings.listen.host} shows the capture to other machines: give --token a text of "
            f"{LEAST_TOKEN} characters or more that they need"
        )


async def show(settings: ViewSettings) -> None:
    """Serve the page until a signal."""
    from recorder.live.server import serve  # noqa: PLC0415 - the other commands start without tornado
    from recorder.live.shown import Shown  # noqa: PLC0415
    from recorder.live.source import Source  # noqa: PLC0415

    until = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, until.set)
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(path, follow=settings.follow))) for path in settings.captures]
        for source in sources:
            source.turn()
        names = ", ".join(source.name for source in sources)

        def started(address: str) -> None:
            tell(f"{names}: {address}")
            note("Ctrl-C ends it")

        await serve([Shown(source) for source in sources], settings, started, until)
        for source in sources:
            if said := source.trouble or source.torn:
                warn(said)
