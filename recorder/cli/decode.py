"""`recorder decode`: decodes encoded strings, for people and for programs.

Rule: see the package. A string that cannot be decoded does not stop the others.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recorder import capture
from recorder.api import decoder_of, encoded_profile
from recorder.cli.options import Accounts, MovedKey, NetworkIds, knowledge_of
from recorder.cli.terminal import note, tell, warn
from recorder.errors import DecodeError
from recorder.interchange.files import STDIN, read_lines, torn
from recorder.jsonrpc import value_of, value_or_text
from recorder.timeline.annotating import Annotations

if TYPE_CHECKING:
    from recorder.api import Knowledge
    from recorder.profiles.parts import Decoder, Item

WORD = re.compile(rb"[A-Za-z0-9+/=_]+")
"""A line that is one word of these characters is taken for an encoded string, even a broken one."""

SHORT = 24  # characters of a text that an error quotes


def decode(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT|FILE|-",
            help=f"{encoded_profile().text_example}; a file of such strings or of frames; a capture; - for standard input.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Read one string a line, write one JSON object a line; exit 1 if one fails.")
    ] = False,
    full: Annotated[bool, typer.Option("--hex", help="Show all bytes in hex, and those of the string itself.")] = False,
    account: Accounts = None,
    network_id: NetworkIds = None,
    _key: MovedKey = None,
) -> None:
    """Decode encoded strings: transactions, contract data, ids.

    Also proofs and state trees.
    """
    knowledge = knowledge_of(account, network_id)
    decoder = decoder_of(knowledge)
    failed = _as_json(sources, decoder) if as_json else _readable(sources, decoder, knowledge, full=full)
    if failed:
        raise typer.Exit(1 if as_json else 2)


def _as_json(sources: list[str], decoder: Decoder) -> bool:
    failed = False
    for text in _texts(sources):
        item = decoder.item(text)
        failed |= item.problem is not None
        print(item.for_programs(), flush=True)
    return failed


def _texts(sources: list[str]) -> Iterator[str]:
    """One text for each line; a text with a newline may be given as a JSON string."""
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


def _readable(sources: list[str], decoder: Decoder, knowledge: Knowledge, *, full: bool) -> bool:
    failed, first = False, True
    for source in sources:
        found = False
        for place, heading, items in _items(source, decoder, knowledge):
            for item in items:
                print("" if first else "\n", end="")
                found, first = True, False
                if heading:
                    tell(heading)
                    heading = ""  # noqa: PLW2901 - it is printed above the first item only
                if item.problem is not None:
                    failed = True
                    where = ": ".join(filter(None, (place, item.path)))
                    sys.stdout.flush()
                    note(f"{where}: {_reason(source, item.problem)}")
                else:
                    print(item.for_people(full=full))
        if not found:
            warn(f"{source}: nothing in it to decode")
    return failed


def _reason(source: str, problem: Exception) -> str:
    """Why a text cannot be decoded; one that does not begin like an encoded string may be meant as a file name."""
    if _is_file(source) or not isinstance(problem, DecodeError) or problem.offset or problem.path:
        return str(problem)
    return f"no such file, and not an encoded string ({problem.reason})"


def _items(source: str, decoder: Decoder, knowledge: Knowledge) -> Iterator[tuple[str, str, Iterable[Item]]]:
    """What to show of a source: its place, a heading if it is a frame of a capture, and the items."""
    if not _is_file(source):
        yield (source if len(source) <= SHORT else f"{source[:SHORT]}…") or "''", "", [decoder.item(source)]
        return
    lines = read_lines(source)
    first = next(lines, b"")
    if _is_header(first):
        header, events = capture.load(chain([first], lines), file=source, torn=lambda line: warn(torn(source, line)))
        annotations = Annotations(encoded_profile().name, knowledge.keys, knowledge.network_ids, node=header.node)
        for number, event in enumerate(events, 2):
            if (annotation := annotations.see(event)) is not None:
                yield f"{source}:{number}", annotation.sentence, annotation.carrying
    else:
        for number, line in enumerate(chain([first], lines), 1):
            yield f"{source}:{number}", "", _of_line(line.strip(), decoder)


def _is_header(line: bytes) -> bool:
    value = value_of(line)
    return isinstance(value, dict) and "format" in value


def _of_line(line: bytes, decoder: Decoder) -> Sequence[Item]:
    """The strings of a frame or of any text; a line that is one word is taken for an encoded string."""
    if WORD.fullmatch(line):
        return [decoder.item(line.decode())]
    return [item for item in decoder.values(value_or_text(line)) if item.carries]


def _is_file(source: str) -> bool:
    try:
        return source == STDIN or Path(source).is_file()
    except OSError:  # a long text is not a file name
        return False
