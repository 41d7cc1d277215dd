"""`recorder verify`: a capture's parties played against a live node, and what came compared with what was recorded.

Rule: the new capture is made by the recorder itself, as any other; the old one is replaced only on demand, and whole.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer  # noqa: TID251 - this package is its door

from recorder.cli.control import post
from recorder.cli.diff import rules_for, script_of
from recorder.compare import Comparison, compare
from recorder.compare.report import junit, lines, table
from recorder.errors import InputError
from recorder.interchange.files import Capture, write_all
from recorder.keys import parse_keys, with_throwaway
from recorder.replay import Outcome, PlaySettings, Script
from recorder.settings import Address, RecordSettings, Upstream, free_port

MOST = 20
"""Findings that are told in full; the rest is in the new capture."""

LINGER = 0.5
"""Seconds that the node may still say something when all that was recorded has happened."""


def verify(
    recorded: Annotated[Path, typer.Argument(metavar="CAPTURE", help="The capture that says how it should be.")],
    node: Annotated[str, typer.Argument(metavar="URL", help="The live node, as ws://127.0.0.1:3014.")],
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="PARTY=FILE", help="A party's key (32-byte seed in hex, or sk_…); else one is made."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Keep the new capture here; else it is kept if it differs.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="What may differ (TOML); NAME.rules.toml beside the capture counts too.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say the decisions too.")] = False,
    junit_file: Annotated[Path | None, typer.Option("--junit", help="Write the verdicts as JUnit's XML.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Replace the capture by the new one if they differ.")
    ] = False,
    network_id: Annotated[str, typer.Option(help="Of the live network; else the recorded one.")] = "",
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds of silence until the run is given up.")] = 60,
    patience: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds to wait for a frame before going on without it.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Trust a wss:// node certified by this authority (PEM).")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Trust any wss:// node.")] = False,
) -> None:
    """Play a capture's parties against a live node, and compare; exit 1 if it differs."""
    _check(recorded, output, update=update)
    allowed = rules_for(str(recorded), rules)
    networks = (network_id,) if network_id else ()
    script = script_of(str(recorded), networks)
    settings = PlaySettings(
        ends=frozenset(script.parties.values()),
        keys=with_throwaway(parse_keys(key or []), script.accounts),
        network_id=network_id,
        patience=patience if patience is not None else timeout / 2,
        goes_on=True,
    )
    folder = Path(tempfile.mkdtemp(prefix="recorder-verify-"))
    target = output or folder / recorded.name.removesuffix(".zst")
    recording = _recording(recorded, target, node, ca, insecure=insecure)
    keep = False
    try:
        outcome = asyncio.run(play_and_record(script, settings, recording, timeout))
        found = compare(script, script_of(str(target), networks), allowed, streams=True)
        keep = output is None and not found.same and not update
        _tell(found, outcome, script, explain=explain)
        if junit_file is not None:
            write_all([(junit_file, [junit(found, recorded.name)])])
        if update and not found.same:
            write_all([(recorded, [target.read_text(encoding="utf-8")])])
            print(f"updated: {recorded}")
        elif not found.same:
            print(f"the new capture: {target}")
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(int(not found.same and not update))


def _check(recorded: Path, output: Path | None, *, update: bool) -> None:
    if update and recorded.suffix == ".zst":
        raise InputError("--update writes plain captures; decompress it first", file=str(recorded))
    if output is not None and output.resolve() == recorded.resolve():
        raise InputError("is the recorded capture; --update replaces it", file=str(output))


def _recording(recorded: Path, target: Path, node: str, ca: Path | None, *, insecure: bool) -> RecordSettings:
    """How the new capture is made: with what the old one's header says of it."""
    with Capture(recorded) as capture:
        header = capture.header
    return RecordSettings(
        capture=target,
        upstreams=[Upstream(node, Address("127.0.0.1", free_port()))],
        profile=header.profile,
        overwrite=True,
        ca=ca,
        insecure=insecure,
        meta=header.meta,
        quiet=True,
    )


def _tell(found: Comparison, outcome: Outcome, script: Script, *, explain: bool) -> None:
    if not found.same or explain:
        for line in lines(found, explain=explain, most=MOST):
            print(line)
        print()
    for note in outcome.notes if not found.same or explain else []:
        print(f"note: {note}")
    for line in table(found, Path(script.file).name):
        print(line)


async def play_and_record(
    script: Script,
    settings: PlaySettings,
    recording: RecordSettings,
    timeout: float,  # noqa: ASYNC109 - of silence
) -> Outcome:
    """Play parties against a live node through a recorder.

    Raises:
        InputError: the node cannot be reached, with what the recorder says of it.
    """
    from recorder.proxy.host import Host  # noqa: PLC0415 - the other commands start without mitmproxy
    from recorder.server import play_parties  # noqa: PLC0415 - and without websockets

    said: list[str] = []
    host = Host(recording, [], said.append)
    listen = recording.upstreams[0].listen
    listening = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(host.run(lambda: listening.set_result(None)))
    await asyncio.wait((task, listening), return_when=asyncio.FIRST_COMPLETED)
    try:
        return await play_parties(
            script,
            settings,
            f"ws://{listen}",
            begin=lambda name: asyncio.to_thread(post, "scenario", {"name": name}, listen),
            timeout=timeout,
            linger=LINGER,
        )
    except InputError as error:
        raise InputError(said[0] if said else str(error)) from error
    finally:
        host.stop()
        await task
