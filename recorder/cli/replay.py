"""`recorder replay`.

Rule: websockets is imported inside the command, so that the other commands start fast.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recorder.api import CAPTURES, load_rules, load_script, play_settings
from recorder.cli.ending import ending
from recorder.cli.options import (
    Authority,
    CaptureName,
    Headers,
    Insecure,
    NetworkId,
    RulesFile,
    Secrets,
    SigningKeys,
    check_files,
    refuse,
)
from recorder.cli.recording import SILENCE
from recorder.cli.terminal import Terminal, coloured, printing, warn
from recorder.errors import InputError
from recorder.keys import parse_keys
from recorder.masking import Masking
from recorder.model import AnyEvent
from recorder.replay import Mode, Outcome, PlaySettings
from recorder.settings import Address, parse_headers, parse_secrets, split_path
from recorder.sinks.console import Console
from recorder.timeline import Script
from recorder.timeline.script import NODE

if TYPE_CHECKING:
    from recorder.server import MockNode
    from recorder.server.stdio import StdioNode

LISTEN = "127.0.0.1:3014"

OF_NETWORK, OF_PARTIES = frozenset({"listen", "loop"}), frozenset({"header", "secret", "ca", "insecure"})
"""Options for a mock node that listens, and options for played parties."""

Play = Callable[[Callable[[AnyEvent], None] | None], Awaitable[Outcome]]


NodeUrl = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        help="The node to play parties against, as ws://127.0.0.1:3014. A path is used instead of that of its first session.",
    ),
]
Ends = Annotated[str, typer.Option("--as", help="The ends to play: node, or names of parties, separated by commas.")]
Listen = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HOST:PORT",
        help="The address that the mock node listens on; or one for each node of the capture, in its order.",
        show_default=LISTEN,
    ),
]
Stdio = Annotated[
    bool,
    typer.Option("--stdio", help="Play the server on standard input and output, as a command that a client starts."),
]
Matching = Annotated[
    Mode,
    typer.Option(help="What must match in a frame: every value (strict), its shape, or only its method (lenient)."),
]
Speed = Annotated[str, typer.Option(help="instant, recorded, or a number: how many times as fast as recorded.")]
Loop = Annotated[bool, typer.Option("--loop", help="Play the capture again for further parties, until Ctrl-C.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND:FRAME",
        help="Misbehave on purpose: drop, delay, duplicate, close or error, as in drop:12, delay:METHOD=500ms.",
    ),
]
Timeout = Annotated[float | None, typer.Option(min=0, help="Give up when nothing has happened for this many seconds.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Show no traffic, only the result.")]


def replay(
    context: typer.Context,
    path: CaptureName,
    url: NodeUrl = "",
    ends: Ends = NODE,
    listen: Listen = None,
    stdio: Stdio = False,
    mode: Matching = "shape",
    rules: RulesFile = None,
    speed: Speed = "instant",
    loop: Loop = False,
    fault: Faults = None,
    key: SigningKeys = None,
    network_id: NetworkId = "",
    timeout: Timeout = None,
    header: Headers = None,
    secret: Secrets = None,
    ca: Authority = None,
    insecure: Insecure = False,
    quiet: Quiet = False,
) -> None:
    """Play a capture as a mock node, or as its parties.

    Without a URL, as a mock node that answers parties; with one, as parties that talk to that node.
    """
    script = load_script(path, warn=warn)
    played = frozenset(filter(None, map(str.strip, ends.split(","))))
    settings = play_settings(
        script,
        played,
        mode=mode,
        speed=speed,
        faults=fault or (),
        keys=parse_keys(key or []),
        network_id=network_id,
        rules=load_rules(path, rules),
        secrets=parse_secrets(secret or []),
        warn=warn,
    )
    settings = replace(settings, headers=parse_headers(header or []))
    _check(context, url, played, ca, stdio=stdio)
    shown = sys.stderr if stdio else sys.stdout
    with Terminal(shown) as terminal:
        console = Console(terminal, colour=coloured(shown))
        for account in sorted(settings.made, key=lambda one: script.accounts[one].party):
            live, party = script.account_of(settings.keys[account]), script.accounts[account].party
            console.say(f"{party} signs with a key made for this run: {live}")
        if stdio:
            play = partial(_as_server, script, settings, timeout or 0, console.say)
        elif NODE in played:
            play = partial(
                _as_node, script, settings, [*map(Address.parse, listen or [LISTEN])], loop, timeout or 0, console.say
            )
        else:
            silence = SILENCE if timeout is None else timeout
            play = partial(_as_parties, script, settings, url, silence, ca, insecure)
        outcome = asyncio.run(_shown(console, terminal, play, quiet=quiet))
        for line in str(outcome).split("\n"):
            console.say(line)
    raise typer.Exit(int(not outcome.ok))


def _check(context: typer.Context, url: str, played: frozenset[str], ca: Path | None, *, stdio: bool) -> None:
    if NODE in played:
        if "://" not in url and url.endswith(CAPTURES):
            raise InputError(
                "a mock plays one capture; start one for each, or play what `gather` makes of them", file=url
            )
        if url:
            raise InputError(
                f"{url}: a mock node needs no node; name the parties to play with --as, or leave out the URL"
            )
        refuse(
            context,
            OF_PARTIES,
            "a mock node does not connect to anything; name the parties to play with --as, or leave it out",
        )
        if stdio:
            refuse(context, OF_NETWORK, "with --stdio the mock has one client, the one that starts it")
        return
    refuse(
        context,
        OF_NETWORK | {"stdio"},
        "it is for a mock node; parties play once, against the given URL",
    )
    if not url:
        raise InputError("give the URL of the node to play parties against, as in ws://127.0.0.1:3014")
    split_path(url)
    check_files(ca)


async def _shown(console: Console, terminal: Terminal, play: Play, *, quiet: bool) -> Outcome:
    """Play, with the terminal showing what happens, but for secrets."""
    masking = Masking()
    async with printing(console, terminal):
        return await play(None if quiet else lambda event: console.write([masking.event(event)]))


async def _as_node(
    script: Script,
    settings: PlaySettings,
    listen: Sequence[Address],
    loop: bool,
    silence: float,
    say: Callable[[str], None],
    tell: Callable[[AnyEvent], None] | None,
) -> Outcome:
    from recorder.server import MockNode  # noqa: PLC0415 - the other commands start without websockets

    stopped = ending()
    async with MockNode(script, settings, listen, loop=loop, tell=tell) as node:
        say(f"playing {script.file}, listening on {' and '.join(node.urls)}; Ctrl-C ends it")
        outcome = await _played(node, silence, stopped)
        if loop and not node.runs.begun:  # in a run that nobody began, nothing is missing
            say("no client came")
            raise typer.Exit
        return outcome


async def _as_server(
    script: Script,
    settings: PlaySettings,
    silence: float,
    say: Callable[[str], None],
    tell: Callable[[AnyEvent], None] | None,
) -> Outcome:
    from recorder.server.stdio import StdioNode  # noqa: PLC0415 - as above

    stopped, node = ending(), StdioNode(script, settings, tell=tell)
    say(f"playing {script.file} on standard input and output")
    async with node:
        return await _played(node, silence, stopped)


async def _played(node: MockNode | StdioNode, silence: float, stopped: asyncio.Event) -> Outcome:
    """Play until the run is over or the user ends it; returns the outcome."""
    over = asyncio.create_task(node.over(silence))
    asked = asyncio.create_task(stopped.wait())
    await asyncio.wait((over, asked), return_when=asyncio.FIRST_COMPLETED)
    for task in (over, asked):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await over
    return node.outcome()


async def _as_parties(
    script: Script,
    settings: PlaySettings,
    url: str,
    silence: float,
    ca: Path | None,
    insecure: bool,
    tell: Callable[[AnyEvent], None] | None,
) -> Outcome:
    from recorder.server import play_parties  # noqa: PLC0415 - the other commands start without websockets

    return await play_parties(script, settings, url, timeout=silence, ca=ca, insecure=insecure, tell=tell)
