"""All values of a capture, in the order in which they were said: in messages, URLs and headers.

Rule: pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from recorder.difference import Path
from recorder.headers import credentials_of
from recorder.model import Frame, Opened
from recorder.timeline import urls
from recorder.timeline.handed_out import Seen
from recorder.timeline.listening import in_order
from recorder.timeline.steps import Step, Stream

HEADERS = "headers"
"""The place of a header among the values of a capture."""


def seen(steps: Iterable[Step], streams: Mapping[int, Mapping[int, Stream]]) -> Iterator[Seen]:
    """The values of these steps, and of the requests for streams."""
    listening = in_order(streams)
    for step in steps:
        while listening and listening[0].line < step.line:
            yield from _in_headers(listening.popleft().headers, to_node=True)
        yield from _in_step(step)
    for stream in listening:
        yield from _in_headers(stream.headers, to_node=True)


def _in_step(step: Step) -> Iterator[Seen]:
    """All values in a message, a URL and headers."""
    event, to_node = step.event, step.direction == "to_node"
    if isinstance(event, Opened):
        yield from (Seen(to_node, path, value) for path, value in _in_url(event.url))
        yield from _in_headers(event.answer, to_node=False)
    if isinstance(event, Opened | Frame):
        yield from _in_headers(event.headers, to_node=to_node)
    for part in step.parts:
        yield Seen(to_node, (), part.value, part.method)
    if endpoint := step.endpoint:  # what is in it comes back with all that is posted there
        for path, text in _in_url(endpoint):
            yield from (Seen(by_party, path, text) for by_party in (False, True))


def _in_headers(headers: Iterable[tuple[str, str]], *, to_node: bool) -> Iterator[Seen]:
    return (Seen(to_node, (HEADERS, name.lower()), credentials_of(name, value)[1]) for name, value in headers)


def _in_url(url: str) -> Iterator[tuple[Path, str]]:
    """The values in a URL."""
    yield from ((("url", name), value) for name, value in urls.query(url).items())
    yield from ((("path",), segment) for segment in urls.path(url).split("/"))
