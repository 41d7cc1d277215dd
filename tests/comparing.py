"""Whether what was gathered is what recorders wrote."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

SESSION = re.compile(rb'"session":(\d+)')


def traffic(path: Path) -> Counter[tuple[bytes, ...]]:
    """What a capture holds: the lines of each session in their order, without its number, which gathering may change."""
    sessions: dict[bytes, list[bytes]] = defaultdict(list)
    for line in path.read_bytes().split(b"\n")[1:-1]:  # neither the header nor an incomplete line
        found = SESSION.search(line)
        sessions[found[1] if found else b""].append(SESSION.sub(b"", line, count=1))
    return Counter(map(tuple, sessions.values()))


def assert_once(captures: list[Path], gathered: Path) -> None:
    """Every event that stands in the captures is in the gathered one: once, whole, in the order of its session."""
    written = sum((traffic(path) for path in captures), Counter())
    there = traffic(gathered)
    if there == written:
        return
    lines = Counter(line for session in written.elements() for line in session)
    told = Counter(line for session in there.elements() for line in session)
    missing, more = lines - told, told - lines
    raise AssertionError(
        f"{missing.total()} of {lines.total()} lines are missing, {more.total()} more are there"
        f"{': ' + repr([*(missing | more)][:3]) if missing or more else ': another order'}"
    )
