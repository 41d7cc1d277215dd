"""`recorder demo`: the whole job on real sockets, with nothing else installed or running.

Rule: the demo makes the same calls as the commands that it shows.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from recorder.api import load, load_script, render_split
from recorder.cli.demo_fleet import demo_fleet
from recorder.cli.recording import play_and_record
from recorder.errors import InputError
from recorder.interchange.files import write_all
from recorder.replay import PlaySettings
from recorder.settings import Address, RecordSettings, Upstream
from recorder.timeline.script import NODE
from recorder.transcript import data_folder

SCENARIO = "two_withdrawals"

NEXT = """\
That was {frames} frames between an initiator, a responder and their node, through a real proxy:

  {capture}   what was on the wire, one line an event
  {transcript}      what you just read

Where to go next:

  the same, transactions decoded      recorder render {capture} -t annotated
  a mock node, for your own clients   recorder replay {capture}
  your own node, parties at 4014      recorder record ws://127.0.0.1:3014 -o run.jsonl
  everything else                     recorder --help
"""


def demo(
    folder: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")] = Path("demo"),
    fleet: Annotated[
        bool, typer.Option("--fleet", help="Record on three hosts that ship to a broker, and gather one timeline.")
    ] = False,
) -> None:
    """Record an example scenario, and show its transcript.

    Two parties of a channel withdraw at the same time.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make this folder: {error.strerror}", file=str(folder)) from error
    if fleet:
        asyncio.run(demo_fleet(folder))
        return
    capture, transcript = folder / f"{SCENARIO}.jsonl", folder / f"{SCENARIO}.md"
    frames = asyncio.run(_record(capture))
    with load(capture) as recorded:
        texts = {name: "".join(pieces) for name, pieces in render_split(recorded, "scenario")}
    write_all([(transcript, [texts[SCENARIO]])])
    print(texts[SCENARIO])
    print(NEXT.format(frames=frames, capture=capture, transcript=transcript))


async def _record(capture: Path) -> int:
    """Play the committed capture through a recorder, both as its node and as its parties; how many frames it took."""
    from recorder.server import MockNode  # noqa: PLC0415 - the other commands start without websockets

    script = load_script(data_folder("transcripts") / f"{SCENARIO}.jsonl")
    parties = PlaySettings(ends=frozenset(script.parties.values()))
    async with MockNode(script, PlaySettings(ends=frozenset({NODE}))) as node:
        upstream = Upstream(node.urls[0], Address("127.0.0.1", 0))
        outcome = await play_and_record(
            script, parties, RecordSettings(capture=capture, upstreams=[upstream], overwrite=True)
        )
    if not outcome.ok:
        raise InputError((outcome.unexpected + outcome.unused)[0])
    return sum(step.kind == "frame" for step in script.steps)
