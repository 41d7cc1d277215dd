"""`recorder view`.

Rule: tornado is imported inside the command, so that the other commands start fast.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Annotated

import typer

from recorder.api import load_rules
from recorder.cli.ending import Attached, ending
from recorder.cli.streams import Channel, Run, Since, growing, one_stream
from recorder.cli.terminal import note, warn
from recorder.errors import InputError
from recorder.escaping import escape
from recorder.interchange.files import STDIN
from recorder.settings import DEFAULT_PAGE_PORT, Address, ViewSettings, is_loopback

Captures = Annotated[
    list[str],
    typer.Argument(
        metavar="CAPTURE|STREAM",
        help="The capture, or - for standard input; a second one is compared with it, side by side. Or a stream, "
        "nats://HOST/STREAM: what it has, and what is added.",
    ),
]
Follow = Annotated[
    bool, typer.Option("--follow", help="Keep showing new events while another process writes the capture.")
]
Port = Annotated[
    int | None,
    typer.Option(
        help=f"The port of the page (0: any free one). By default {DEFAULT_PAGE_PORT}, or a free one if that is in use."
    ),
]
Marks = Annotated[
    str,
    typer.Option(
        metavar="HOST:PORT", help="The recorder that writes the capture: the page sends scenarios and notes to it."
    ),
]
HostName = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="HOST",
        help="Listen on this address, so that other machines can open the page; needs --token.",
    ),
]
Token = Annotated[str, typer.Option(metavar="TOKEN", help="The secret that other machines must give to open the page.")]

LOOPBACK = "127.0.0.1"
LEAST_TOKEN = 16
"""Fewest characters of a token: a short one can be guessed."""


def view(
    captures: Captures,
    follow: Follow = False,
    port: Port = None,
    host: HostName = LOOPBACK,
    token: Token = "",
    marks: Marks = "",
    run: Run = "",
    channel: Channel = "",
    since: Since = "",
    attached: Attached = False,
) -> None:
    """Show a capture as a page in the browser.

    Also while it is written, with --follow; and side by side with another capture.
    """
    settings = ViewSettings(
        captures=tuple(captures),
        listen=Address(host, DEFAULT_PAGE_PORT if port is None else port),
        anywhere=port is None,
        token=token,
        follow=follow,
        marks=Address.parse(marks) if marks else None,
    )
    check(settings)
    if (address := one_stream(captures, run, channel, since)) is None:
        asyncio.run(show(settings, attached=attached))
        return
    with growing(address, captures[0], run=run, channel=channel, since=since) as copy:
        asyncio.run(show(replace(settings, captures=(copy,), follow=True), attached=attached))


def check(settings: ViewSettings) -> None:
    """Check the settings.

    Raises:
        InputError: they contradict each other, or are not safe.
    """
    if len(settings.captures) > 2:  # noqa: PLR2004 - two are compared
        raise InputError("at most two captures can be shown; give one or two")
    if settings.captures.count(STDIN) > 1:
        raise InputError("standard input can be only one of the captures; give a file for the other")
    if not is_loopback(settings.listen.host) and len(settings.token) < LEAST_TOKEN:
        raise InputError(
            f"--host {settings.listen.host} lets other machines open the page; add --token with a secret of "
            f"{LEAST_TOKEN} characters or more"
        )


async def show(settings: ViewSettings, *, attached: bool = False) -> None:
    """Serve the page until a signal; if attached to another process, until that ends."""
    from recorder.live.server import serve  # noqa: PLC0415 - the other commands start without tornado
    from recorder.live.shown import Shown  # noqa: PLC0415
    from recorder.live.source import Source  # noqa: PLC0415

    until = ending(attached=attached)
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(path, follow=settings.follow))) for path in settings.captures]
        for source in sources:
            source.turn()
        names = ", ".join(source.name for source in sources)

        def started(address: str) -> None:
            print(address if attached else escape(f"{names}: {address}"), flush=True)
            if not attached:
                note("Ctrl-C ends it")

        shown = [Shown(source, marks=settings.marks is not None) for source in sources]
        await serve(shown, settings, started, until, load_rules(settings.captures[0]))
        for source in sources:
            if said := source.trouble or source.torn:
                warn(said)
