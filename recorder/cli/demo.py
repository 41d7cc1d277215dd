"""`recorder demo`: the whole job on real sockets, with nothing else installed or running.

Rule: what the demo shows is what the commands do; it uses them through the same calls.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer  # noqa: TID251 - this package is its door

from recorder.api import load, load_script, render_split
from recorder.cli.control import post
from recorder.errors import InputError
from recorder.interchange.files import write_all
from recorder.replay import NODE, PlaySettings
from recorder.settings import Address, RecordSettings, Upstream, free_port
from recorder.transcript import data_folder

SCENARIO = "two_withdrawals"

NEXT = """\
That was {frames} frames between an initiator, a responder and their node, through a real proxy:

  {capture}   what was on the wire, one line an event
  {transcript}      what you just read

Where to go next:

  recorder record ws://127.0.0.1:3014 -o run.jsonl    record your own node; parties connect to 127.0.0.1:4014
  recorder render run.jsonl                           read it as Markdown
  recorder --help                                     everything else
"""


def demo(folder: Annotated[Path, typer.Option("-o", "--output", help="Where to write.")] = Path("demo")) -> None:
    """Record a scenario of two conflicting withdrawals, and show its transcript."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make this folder: {error.strerror}", file=str(folder)) from error
    capture, transcript = folder / f"{SCENARIO}.jsonl", folder / f"{SCENARIO}.md"
    frames = asyncio.run(_record(capture))
    with load(capture) as recorded:
        texts = {name: "".join(pieces) for name, pieces in render_split(recorded, "scenario")}
    write_all([(transcript, [texts[SCENARIO]])])
    print(texts[SCENARIO])
    print(NEXT.format(frames=frames, capture=capture, transcript=transcript))


async def _record(capture: Path) -> int:
    """Play the committed capture through a recorder, both as its node and as its parties; how many frames it took."""
    from recorder.proxy.host import Host  # noqa: PLC0415 - the other commands start without mitmproxy
    from recorder.server import MockNode, play_parties  # noqa: PLC0415 - and without websockets

    script = load_script(data_folder("transcripts") / f"{SCENARIO}.jsonl")
    listen = Address("127.0.0.1", free_port())
    async with MockNode(script, PlaySettings(ends=frozenset({NODE}))) as node:
        upstream = Upstream(node.urls[0], listen)
        host = Host(RecordSettings(capture=capture, upstreams=[upstream], overwrite=True), [], print)
        listening = asyncio.get_running_loop().create_future()
        recording = asyncio.create_task(host.run(lambda: listening.set_result(None)))
        await asyncio.wait((recording, listening), return_when=asyncio.FIRST_COMPLETED)
        try:
            outcome = await play_parties(
                script,
                PlaySettings(ends=frozenset(script.parties.values())),
                f"ws://{listen}",
                begin=lambda name: asyncio.to_thread(post, "scenario", {"name": name}, listen),
            )
        finally:
            host.stop()
            await recording
    if not outcome.ok:
        raise InputError((outcome.unexpected + outcome.unused)[0])
    return sum(step.kind == "frame" for step in script.steps)
