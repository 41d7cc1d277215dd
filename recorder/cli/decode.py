"""`recorder decode`: what encoded strings say, for people and for programs.

Rule: see the package. One text that cannot be read does not keep the others from being read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recorder import capture
from recorder.api import Knowledge
from recorder.cli.terminal import tell, warn
from recorder.errors import InputError
from recorder.escaping import escape
from recorder.interchange.files import STDIN, read_lines, torn
from recorder.jsonrpc import value_of

if TYPE_CHECKING:  # the other commands start without the chain's libraries
    from recorder.profiles.aeternity.annotation import Annotator, Item

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="NAME=ak_…", help="Whose account this is, to say who signed; may be given again."),
]
NetworkIds = Annotated[
    list[str] | None,
    typer.Option(
        "--network-id", metavar="ID", help="What transactions may be signed for, besides ae_mainnet, ae_uat, ae_dev, …"
    ),
]
PREFIXED = re.compile(r"[a-z]{2}_")
WORD = re.compile(rb"[A-Za-z0-9+/=_]+")
"""A line that is one word of these characters is taken for an encoded string, whatever is wrong with it."""

NO_FILE = "no such file, and no encoded text such as tx_…"
SHORT = 24  # characters of a text that an error quotes


def decode(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="TEXT|FILE|-", help="tx_…, cb_…, …; a file of them, of frames, or a capture; - reads."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Read one string a line, write one JSON object a line; exit 1 if one fails.")
    ] = False,
    full: Annotated[bool, typer.Option("--hex", help="Show bytes whole, and those of the text itself.")] = False,
    key: Keys = None,
    network_id: NetworkIds = None,
) -> None:
    """Show what an encoded string says: a transaction, contract data, a proof, state trees, an id."""
    from recorder.profiles.aeternity.annotation import Annotator  # noqa: PLC0415 - the other commands start without it

    knowledge = knowledge_of(key, network_id)
    annotator = Annotator(knowledge.keys, knowledge.network_ids)
    failed = _as_json(sources, annotator) if as_json else _readable(sources, annotator, full=full)
    if failed:
        raise typer.Exit(1 if as_json else 2)


def knowledge_of(keys: list[str] | None, network_ids: list[str] | None) -> Knowledge:
    """What the options tell.

    Raises:
        InputError: an option that is no NAME=ak_….
    """
    pairs = [item.partition("=") for item in keys or ()]
    for name, _equals, account in pairs:
        if not name or not account.startswith("ak_"):
            raise InputError(f"--key {name!r}: write it as NAME=ak_…")
    return Knowledge({name: account for name, _equals, account in pairs}, tuple(network_ids or ()))


def _as_json(sources: list[str], annotator: Annotator) -> bool:
    from recorder.profiles.aeternity.annotation.tree import machine_readable  # noqa: PLC0415

    failed = False
    for text in _texts(sources):
        item = annotator.item(text)
        failed |= item.problem is not None
        print(machine_readable(item), flush=True)
    return failed


def _texts(sources: list[str]) -> Iterator[str]:
    """One text a line; a text that holds a newline may stand as a JSON string."""
    for source in sources:
        if not _is_file(source):
            yield source
            continue
        for line in read_lines(source):
            text = line.removesuffix(b"\n").decode(errors="replace")
            if text.startswith('"'):
                value = value_of(text)
                text = value if isinstance(value, str) else text
            yield text


def _readable(sources: list[str], annotator: Annotator, *, full: bool) -> bool:
    from recorder.profiles.aeternity.annotation.tree import readable  # noqa: PLC0415

    failed, first = False, True
    for source in sources:
        found = False
        for place, heading, items in _items(source, annotator):
            for item in items:
                print("" if first else "\n", end="")
                found, first = True, False
                if heading:
                    tell(heading)
                    heading = ""  # noqa: PLW2901 - it stands above the first of its items
                if item.problem is not None:
                    failed = True
                    where = ": ".join(filter(None, (place, item.path)))
                    reason = item.problem if _is_file(source) or PREFIXED.match(source) else NO_FILE
                    sys.stdout.flush()
                    print(escape(f"recorder: {where}: {reason}"), file=sys.stderr)
                else:
                    print(readable(item, full=full))
        if not found:
            warn(f"{source}: nothing in it to decode")
    return failed


def _items(source: str, annotator: Annotator) -> Iterator[tuple[str, str, Iterable[Item]]]:
    """What to show of a source: where it stands, a heading if it comes from a capture, and the items."""
    if not _is_file(source):
        yield (source if len(source) <= SHORT else f"{source[:SHORT]}…") or "''", "", [annotator.item(source)]
        return
    lines = read_lines(source)
    first = next(lines, b"")
    if _is_header(first):
        _header, events = capture.load(chain([first], lines), file=source, torn=lambda line: warn(torn(source, line)))
        for number, event in enumerate(events, 2):
            if (annotation := annotator.see(event)) is not None:
                yield f"{source}:{number}", annotation.sentence, annotation.carrying
    else:
        for number, line in enumerate(chain([first], lines), 1):
            yield f"{source}:{number}", "", _of_line(line.strip(), annotator)


def _is_header(line: bytes) -> bool:
    value = value_of(line)
    return isinstance(value, dict) and "format" in value


def _of_line(line: bytes, annotator: Annotator) -> list[Item]:
    """The strings of a frame or of any text; a line that is one word is taken for an encoded string."""
    from recorder.profiles.annotation import parsed  # noqa: PLC0415

    if WORD.fullmatch(line):
        return [annotator.item(line.decode())]
    return [item for item in annotator.values(parsed(line)) if item.carries]


def _is_file(source: str) -> bool:
    try:
        return source == STDIN or Path(source).is_file()
    except OSError:  # a long text is no file's name
        return False
