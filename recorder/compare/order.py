"""What depends on what, and which steps came in another order than those they depend on.

Rule: only dependent steps have an order: those of one direction of a session, a reply and its request, a frame and
what its transaction was sent in before, a party's next session and the one before. Others were concurrent.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator

from recorder.compare.alignment import Pair
from recorder.model import Direction
from recorder.replay import Script, Step
from recorder.sessions import OPPOSITE, REPLY

Edge = tuple[int, int]
"""Recorded steps by index, the second of which depends on the first."""


def out_of_order(
    script: Script, pairs: list[Pair], stream: Callable[[Step], str | None]
) -> list[tuple[Pair, Step, int]]:
    """Pairs whose live step came too early or too late.

    Each with a step that it should have come after or before, and how many more have come in another order with it.

    Args:
        script: what was recorded.
        pairs: recorded and live steps, all sessions together.
        stream: of a frame, the row of its session and direction in which it has its place; None where it has none.
    """
    live = {pair.recorded.index: pair.live.index for pair in pairs}
    inverted = [edge for edge in _edges(script, live, stream) if live[edge[0]] > live[edge[1]]]
    inverted += _inversions(pairs, stream)
    by_index = {pair.recorded.index: pair for pair in pairs}
    found = []
    for knot in _knots(inverted):
        counts = Counter(index for edge in knot for index in edge)
        worst = max(counts, key=lambda index: (counts[index], index))
        edge = next(edge for edge in knot if worst in edge)
        other = edge[0] if edge[1] == worst else edge[1]
        found.append((by_index[worst], by_index[other].recorded, len(counts) - 2))
    return found


def _knots(edges: list[Edge]) -> list[list[Edge]]:
    """Edges in groups that share steps: what went wrong once is in one of them. There may be very many edges."""
    leads: dict[int, int] = {}  # from each step towards the one that its group is known by

    def leader(step: int) -> int:
        while (ahead := leads.setdefault(step, step)) != step:
            leads[step] = step = leads[ahead]
        return step

    for one, other in edges:
        leads[leader(one)] = leader(other)
    knots: dict[int, list[Edge]] = {}
    for edge in dict.fromkeys(edges):
        knots.setdefault(leader(edge[0]), []).append(edge)
    return list(knots.values())


def _inversions(pairs: list[Pair], stream: Callable[[Step], str | None]) -> Iterator[Edge]:
    """Pairs of steps of one session and direction that came the other way round."""
    lanes: dict[tuple[int, str, str], list[Pair]] = {}
    for pair in sorted(pairs, key=lambda one: one.recorded.index):
        step = pair.recorded
        if step.kind == "frame" and (row := stream(step)) is not None:
            lanes.setdefault((step.session, step.direction, row), []).append(pair)
    for lane in lanes.values():
        seen: list[tuple[int, int]] = []  # live and recorded index
        for pair in lane:
            after = bisect_left(seen, (pair.live.index, 0))
            yield from ((recorded, pair.recorded.index) for _live, recorded in seen[after:])
            insort(seen, (pair.live.index, pair.recorded.index))


def _edges(script: Script, matched: dict[int, int], stream: Callable[[Step], str | None]) -> Iterator[Edge]:
    """What else each step depends on, of the steps that came."""
    carriers: dict[bytes, dict[tuple[int, Direction], int]] = {}
    asked: dict[tuple[int, str, str], int] = {}
    ended: dict[str, int] = {}
    for step in script.steps:
        causes: set[int] = set()
        for item in step.carries:
            seen = carriers.setdefault(item, {})
            causes |= {index for (session, direction), index in seen.items() if _caused(step, session, direction)}
            seen[step.session, step.direction] = step.index
        for key in answers(step):
            causes |= {asked[key]} if key in asked else set()
        for key in asks(step):
            asked[key] = step.index
        party = script.parties.get(step.session, "")
        if step.kind == "open" and party in ended:
            causes.add(ended[party])
        elif step.kind == "close":
            ended[party] = step.index
        if step.index in matched and stream(step) is not None:
            yield from ((cause, step.index) for cause in causes if cause in matched)


def _caused(step: Step, session: int, direction: Direction) -> bool:
    """Whether a step can be caused by one that carries the same: the node passes on, a party answers its own node."""
    return direction != step.direction and (step.direction == "from_node" or session == step.session)


def asks(step: Step) -> Iterator[tuple[int, str, str]]:
    """What a request may be answered by: session, direction of the request, and its id or its method's stem."""
    for message in _messages(step):
        if isinstance(message.get("method"), str):
            yield step.session, step.direction, f"method {message['method']}"
            if message.get("id") is not None:
                yield step.session, step.direction, f"id {message['id']!r}"


def answers(step: Step) -> Iterator[tuple[int, str, str]]:
    """Of which request a message is the answer, in the terms of `asks`."""
    asked = OPPOSITE[step.direction]
    for message in _messages(step):
        method, error = message.get("method"), message.get("error")
        if isinstance(method, str):
            if method.endswith(REPLY):
                yield step.session, asked, f"method {method.removesuffix(REPLY)}"
            if ".sign." in method:  # asked for by the request of this stem, answered by the signed transaction
                yield step.session, asked, f"method {method.replace('.sign.', '.').removesuffix('_tx')}"
        elif message.get("id") is not None:
            yield step.session, asked, f"id {message['id']!r}"
        elif isinstance(error, dict) and isinstance(error.get("request"), dict):
            yield step.session, asked, f"method {error['request'].get('method')}"


def _messages(step: Step) -> list[dict[str, object]]:
    items = step.message if isinstance(step.message, list) else [step.message]
    return [item for item in items if isinstance(item, dict)]
