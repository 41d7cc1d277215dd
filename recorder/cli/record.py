"""`recorder record`.

Rule: mitmproxy is imported inside the command, so that the other commands start fast.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from recorder.cli.attached import AttachedProcess, Page, Ship, Telemetry
from recorder.cli.options import Authority, Insecure, ProfileName, check_files, refuse
from recorder.cli.output import Mask, MaskNone, Output, Overwrite, ShipTo
from recorder.cli.summary import summarise
from recorder.cli.terminal import Terminal, coloured, printing
from recorder.errors import InputError
from recorder.masking import Masking
from recorder.profiles import AUTO, check_profile
from recorder.settings import (
    OnWriteError,
    RecordSettings,
    Sync,
    Way,
    parse_duration,
    parse_meta,
    parse_upstreams,
)
from recorder.sinks.console import Console, LineFilter
from recorder.sinks.counting import Counting
from recorder.stats import waiting
from recorder.wording import counted

Urls = Annotated[
    list[str],
    typer.Argument(
        metavar="URL",
        help="The node, as ws://127.0.0.1:3014 (or wss, http, https); several are recorded into one capture.",
    ),
]
Listen = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HOST:PORT",
        help="The address that parties connect to instead (port 0: any free port); one for each URL.",
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Show no traffic, only warnings and the summary.")]
Meta = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="Put this into the capture's header; may be given again.")
]
Certificate = Annotated[Path | None, typer.Option(help="Certificate and key (PEM) for parties that connect with TLS.")]
Syncing = Annotated[
    Sync, typer.Option(help="When to force the capture to the disk itself: every second, after each frame, or never.")
]
WriteErrors = Annotated[
    OnWriteError,
    typer.Option(help="What to do when the capture cannot be written: close the sessions, or continue unrecorded."),
]
KeepHost = Annotated[
    bool,
    typer.Option(
        "--keep-host", help="Send the node the Host header of the parties, so that URLs it makes lead to the recorder."
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN", help="Show only frames of this method (a pattern, as 'eth_*'); may be given again."
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option("--not", metavar="PATTERN", help="Do not show frames of this method (a pattern); may be given again."),
]
Parties = Annotated[
    list[str] | None, typer.Option("--party", metavar="NAME", help="Show only this party; may be given again.")
]
Errors = Annotated[
    bool, typer.Option("--errors", help="Show only errors, unexpected messages, and sessions that ended badly.")
]
Slow = Annotated[str, typer.Option(metavar="DURATION", help="Mark answers that took this long or longer: 500ms, 2s.")]
View = Annotated[bool, typer.Option("--view", help="Show the traffic as a page in the browser, too.")]
ViewPort = Annotated[int | None, typer.Option(metavar="PORT", help="The page's port (0: any free one).")]
Otel = Annotated[
    str,
    typer.Option(
        "--otel",
        metavar="URL",
        help="Send a span for each call, and metrics, to this OpenTelemetry collector (OTLP over HTTP), as http://127.0.0.1:4318.",
    ),
]
TakenBy = Annotated[Way, typer.Option(help="How frames are read: relay is fast; hooks goes through mitmproxy's hooks.")]


HOST_CHANGED = "the node gets its own name as Host; if it returns URLs made from it (/json/version), use --keep-host"
HOST_KEPT = "the node gets the parties' Host header, and may return URLs made from it"

SHOWING = ("only", "without", "party", "errors", "slow")
"""Parameters for what is shown."""

LOOK, PAUSE = 0.005, 0.005
"""Seconds of counting at a time when the user asks, and the pause for traffic in between."""


def record(
    context: typer.Context,
    upstreams: Urls,
    output: Output = Path("run.jsonl"),
    listen: Listen = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    only: Only = None,
    without: Without = None,
    party: Parties = None,
    errors: Errors = False,
    slow: Slow = "500ms",
    profile: ProfileName = AUTO,
    meta: Meta = None,
    mask: Mask = None,
    mask_none: MaskNone = False,
    ca: Authority = None,
    insecure: Insecure = False,
    cert: Certificate = None,
    sync: Syncing = "timer",
    on_write_error: WriteErrors = "close",
    path: TakenBy = "relay",
    keep_host: KeepHost = False,
    view: View = False,
    view_port: ViewPort = None,
    otel: Otel = "",
    ship: ShipTo = "",
) -> None:
    """Record the traffic between parties and a node, until Ctrl-C."""
    check_profile(profile)
    Masking(mask or (), profile, off=mask_none)  # raises an InputError if one is wrong
    if quiet:
        refuse(context, SHOWING, "--quiet shows no traffic; leave it out")
    if (marked := parse_duration(slow)) is None:
        raise InputError(f"--slow {slow!r}: write a duration, as in 500ms or 2s")
    shows = LineFilter(
        only=only or (), without=without or (), parties=frozenset(party or ()), errors=errors, slow=marked
    )
    check_files(ca, cert)
    settings = RecordSettings(
        capture=output,
        upstreams=parse_upstreams(upstreams, listen or []),
        profile=profile,
        overwrite=overwrite,
        path=path,
        sync=sync,
        on_write_error=on_write_error,
        ca=ca,
        insecure=insecure,
        cert=cert,
        mask=tuple(mask or ()),
        mask_none=mask_none,
        meta=parse_meta(meta or []),
        quiet=quiet,
        keep_host=keep_host,
    )
    beside: list[AttachedProcess] = [Page(output.expanduser(), view_port)] if view or view_port is not None else []
    beside += [Telemetry(output.expanduser(), otel)] if otel else []
    beside += [Ship(output.expanduser(), ship)] if ship else []
    raise typer.Exit(asyncio.run(run(settings, shows, beside)))


async def run(settings: RecordSettings, shows: LineFilter, beside: Sequence[AttachedProcess] = ()) -> int:
    """Record, with the terminal as a sink; returns the exit code."""
    from recorder.timeline.annotating import Annotations  # noqa: PLC0415 - the other commands start without it

    with (
        Terminal(sys.stdout) as terminal,
        closing(Counting(settings.capture.expanduser(), settings.profile)) as counting,
    ):
        console = Console(
            terminal,
            colour=coloured(sys.stdout),
            annotations=Annotations(settings.profile),
            profile=settings.profile,
            shows=shows,
        )
        return await _recorded(settings, console, terminal, counting, beside)


async def _recorded(
    settings: RecordSettings,
    console: Console,
    terminal: Terminal,
    counting: Counting,
    beside: Sequence[AttachedProcess],
) -> int:
    from recorder.proxy.host import Host  # noqa: PLC0415 - as above
    from recorder.suspects import looks_secret  # noqa: PLC0415

    host = Host(settings, [] if settings.quiet else [console], console.say)
    asked: set[asyncio.Task[None]] = set()

    def ask() -> None:
        asked.add(task := asyncio.create_task(_say_open(counting, console)))
        task.add_done_callback(asked.discard)

    loop = asyncio.get_running_loop()

    def say_later(line: str) -> None:
        loop.call_soon_threadsafe(console.say, line)

    def started() -> None:
        counting.begin()
        loop.add_signal_handler(signal.SIGUSR1, ask)
        for upstream, address in zip(settings.upstreams, host.addresses, strict=True):
            console.say(f"listening on {address}, in front of {upstream.url}")
        if settings.insecure:
            console.say("--insecure: the node's certificate is not verified")
        if not settings.quiet:
            console.say(HOST_KEPT if settings.keep_host else HOST_CHANGED)
        console.say(f"recording to {settings.capture}; Ctrl-C ends it, `kill -USR1 {os.getpid()}` lists the open calls")
        for process in beside:
            process.begin(say_later, host.addresses[0])

    async with printing(console, terminal, counting.idle):
        try:
            code = await host.run(started)
        finally:
            await asyncio.gather(*(asyncio.to_thread(process.end) for process in beside))
    others = host.recorder.unrecorded
    summarise(counting, console, sys.stdout)
    if others:
        console.say(f"{counted(others, 'other HTTP request')} passed unrecorded")
    for line in [] if settings.mask_none else looks_secret(settings.capture, settings.profile):
        console.say(line)
    view = f"recorder view {shlex.quote(str(settings.capture))}"
    again = f", `{view}` shows it" if any(isinstance(process, Page) for process in beside) else ""
    console.say(f"capture: {settings.capture}{again}")
    return code


async def _say_open(counting: Counting, console: Console) -> None:
    """Print which calls are open; the traffic goes on meanwhile."""
    while not counting.turn(LOOK):  # noqa: ASYNC110 - the next look is made by nobody else
        await asyncio.sleep(PAUSE)
    found = [*waiting(counting.statistics, counting.statistics.waiting, now=time.time_ns())]
    for line in found or ["no call is open"]:
        console.say(line)
