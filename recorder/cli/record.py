"""`recorder record`.

Rule: mitmproxy is imported inside the command, so that the other commands start fast.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from recorder.cli.options import Authority, Insecure, Mask, MaskNone, Overwrite, ProfileName
from recorder.cli.terminal import Terminal, printing
from recorder.errors import InputError
from recorder.masking import Masking
from recorder.profiles import AUTO, check_profile
from recorder.settings import OnWriteError, RecordSettings, Sync, Way, parse_meta, parse_upstreams
from recorder.sinks.console import Console
from recorder.sinks.summary import Summary

Urls = Annotated[
    list[str],
    typer.Argument(
        metavar="URL", help="The node, as ws://127.0.0.1:3014 (or wss, http, https); several make one capture."
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="The capture to write.")]
Listen = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST:PORT", help="Where parties connect instead (port 0: any free one); one for each URL."),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Show no traffic, only trouble and the summary.")]
Meta = Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Put this into the capture's header.")]
Certificate = Annotated[Path | None, typer.Option(help="Certificate and key (PEM) for parties that connect with TLS.")]
Syncing = Annotated[Sync, typer.Option(help="When the disk itself must have the capture.")]
WriteErrors = Annotated[OnWriteError, typer.Option(help="What to do with traffic that cannot be recorded.")]
TakenBy = Annotated[Way, typer.Option(help="How frames are taken from mitmproxy.")]


def record(
    upstreams: Urls,
    output: Output = Path("run.jsonl"),
    listen: Listen = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
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
) -> None:
    """Record what parties and a node say to each other, until Ctrl-C."""
    check_profile(profile)
    Masking(mask or (), profile, off=mask_none)  # or say what is wrong
    for file in (ca, cert):
        if file is not None and not file.is_file():
            raise InputError("no such file", file=str(file))
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
    )
    raise typer.Exit(asyncio.run(run(settings)))


async def run(settings: RecordSettings) -> int:
    """Record with the terminal as a sink; the exit code."""
    from recorder.timeline.annotating import Annotations  # noqa: PLC0415 - the other commands start without it

    with Terminal(sys.stdout) as terminal:
        console = Console(
            terminal, colour=sys.stdout.isatty(), annotations=Annotations(settings.profile), profile=settings.profile
        )
        return await _recorded(settings, console, terminal)


async def _recorded(settings: RecordSettings, console: Console, terminal: Terminal) -> int:
    from recorder.proxy.host import Host  # noqa: PLC0415 - as above
    from recorder.suspects import looks_secret  # noqa: PLC0415

    summary = Summary()
    host = Host(settings, [summary] if settings.quiet else [summary, console], console.say)

    def started() -> None:
        for upstream, address in zip(settings.upstreams, host.addresses, strict=True):
            console.say(f"listening on {address}, in front of {upstream.url}")
        if settings.insecure:
            console.say("--insecure: the node's certificate is not verified, anybody may be in between")
        console.say(f"recording to {settings.capture}; Ctrl-C ends it")

    async with printing(console, terminal):
        code = await host.run(started)
    others = host.recorder.unrecorded
    for line in summary.lines():
        console.say(line)
    if others:
        console.say(f"{others} other HTTP request{'s' * (others != 1)} passed unrecorded")
    for line in [] if settings.mask_none else looks_secret(settings.capture, settings.profile):
        console.say(line)
    console.say(f"capture: {settings.capture}")
    return code
