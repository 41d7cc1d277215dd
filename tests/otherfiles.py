"""Other tools' files, read and written as the commands do it: by the table of formats, and all or nothing."""

import asyncio

from recorder.api import load_script
from recorder.capture import FORMAT
from recorder.interchange.files import Capture, staging, write_capture
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.interchange.markdown import numbered
from recorder.model import Frame, Header, Note, Opened, Scenario
from recorder.replay import PlaySettings
from recorder.server import play_parties
from recorder.server.thread import NodeThread
from recorder.timeline.script import NODE

ARROWS = {"to_node": ">", "from_node": "<"}


def imported(path, *, warned=None, **how):
    """The events of a file, in the format that it is recognised as; `warned` collects what is warned of."""
    source = Source(path, warn=(warned if warned is not None else []).append, **how)
    return list(format_of(source).load().read(source))


def parse(lines, profile, **how):
    """The events of a transcript's lines."""
    return (event for _line, event in numbered(lines, profile, **how))


def exported(name, events, target, **header):
    """Write events in a format; what it cannot hold."""
    capture = target.parent / "of-the-events.jsonl"
    write_capture(capture, Header(format=FORMAT, run="r", recorder="0", **header), events)
    with Capture(capture) as opened, staging() as stage:
        return FORMATS[name].load().write(opened, target, stage)


def played(events, folder):
    """Plays events against themselves, both ends: what came of it, and where the node was."""
    write_capture(folder / "a.jsonl", Header(format=FORMAT, run="r", recorder="0"), events)
    script = load_script(folder / "a.jsonl")
    with NodeThread(script, PlaySettings(ends=frozenset({NODE}))) as node:
        settings = PlaySettings(ends=frozenset(script.parties.values()))
        return asyncio.run(play_parties(script, settings, node.urls[0])), node.urls[0]


def shown(events):
    """Events in short: frames with their arrow and their payload, names and texts of others."""
    found = []
    for event in events:
        if isinstance(event, Frame):
            found.append(f"{ARROWS[event.direction]} {event.payload.decode(errors='replace')}")
        elif isinstance(event, Note):
            found.append(f"# {event.text}")
        elif isinstance(event, Scenario):
            found.append(f"= {event.name}")
        else:
            found.append(f"{type(event).__name__.lower()} {event.url if isinstance(event, Opened) else ''}".strip())
    return found
