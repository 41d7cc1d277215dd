"""Pinned blocks: held against the frame that their pin names, and written from it.

Rule: pure; what a pin shows of its frame is all that a block may say. A block is written in its own style, whatever
contains it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from recorder.capture import pretty
from recorder.documents.blocks import Block
from recorder.documents.exact import exact
from recorder.documents.examples import COMMENTED, Example, example_of, sender_of
from recorder.documents.matching import Match
from recorder.documents.pins import Pin, Source, pinned
from recorder.documents.reading import read
from recorder.documents.recordings import Group, Recorded
from recorder.documents.verdicts import Judged, Result
from recorder.documents.written import Edit, Node, Problem
from recorder.errors import InputError
from recorder.jsonrpc import value_of

_FIRST = re.compile(r"[{\[\"]")
_UNIT = re.compile(r"[{\[][ \t]*\n([ \t]+)")


def hold(file: str, block: Block, source: Source) -> Result:
    """A pinned block, held against its frame.

    Args:
        file: the document.
        block: with a pin.
        source: where pins lead to.
    """
    judged = Judged("a pinned example")
    result = Result(file, block, [judged])
    try:
        pin = Pin.parse(block.pin or "")
        if pin.form or not block.fence:
            _hold_rendering(result, judged, pin, source)
            return result
        message = pinned(pin, source)
        whole = value_of(source.excerpt(replace(pin, elide=0), message))
        result.shown = source.excerpt(pin, message)
    except InputError as error:
        judged.because("broken", 0, str(error))
        return result
    judged.name, judged.at = message.name, message.at
    example = example_of(block)
    if example is not None and len(example.messages) > 1:
        result.shown = None
        judged.because("broken", 0, f"{len(example.messages)} messages stand in the block; a pin is about one")
        return result
    node, problems = _value(block, example)
    if not block.closed:
        problems.append(Problem(0, "the block is never closed", f"a line of `{block.fence}` is missing"))
    result.problems = problems
    for problem in problems:
        judged.because("broken", problem.offset, str(problem))
    if node is None:
        return result
    judged.match = Match(node, _alone(message), [*exact(node, whole)])
    for one in judged.match.findings:
        judged.because("stale", one.offset, str(one), one.path)
    sender = sender_of(block, node.start)
    if sender.direction not in {None, message.group.direction}:
        said = f"{sender.said!r} names the sender" if sender.said else "the words before it name the sender"
        judged.because("wrong direction", node.start, f"{message.name} is sent by the other end; {said}")
    return result


def _hold_rendering(result: Result, judged: Judged, pin: Pin, source: Source) -> None:
    """Hold what stands between comments against what the template makes of the stretch."""
    block = result.block
    judged.name = f"{pin.form} of {pin.capture}"
    if not block.closed:
        judged.because(
            "broken", 0, "what the pin shows has no end; put `<!-- /recorder -->` behind it, in no list and no quote"
        )
        return
    rendered = f"\n{source.rendered(pin).strip(chr(10))}\n\n"
    result.shown = rendered.encode()
    if block.text != rendered:
        at = next((at for at, (one, other) in enumerate(zip(block.text, rendered, strict=False)) if one != other), 0)
        judged.because("stale", at, f"it is not what `recorder render -t {pin.form}` makes of these frames")


def _alone(message: Recorded) -> Group:
    """A group of this message alone."""
    group = message.group
    return Group(group.key, group.label, group.direction, group.profile, message.message, [message.at], count=1)


def _value(block: Block, example: Example | None) -> tuple[Node | None, list[Problem]]:
    """The value that stands in a block; None where none does."""
    if example is not None and example.messages:
        return example.messages[0].node, example.problems
    if (first := _FIRST.search(block.text)) is None:
        return None, [Problem(0, "nothing of the pinned frame stands in the block")]
    node, problems = read(block.text, first.start(), comments=block.language in COMMENTED or not block.language)
    return node, problems


def written(result: Result, document: str) -> Edit | None:
    """What makes a pinned block show its frame, as an edit of the document; None where nobody can tell.

    Args:
        result: of a pinned block that is not true.
        document: that it stands in.
    """
    block = result.block
    if result.shown is None or not block.closed:
        return None
    if not block.fence:
        text = result.shown.decode()
        return Edit(*block.inside, text.replace("\n", "\r\n") if "\r\n" in document else text)
    match = result.judged[0].match
    node = match.node if match is not None and not result.problems else None
    further = outside(block, document)
    newline = "\r\n" if "\r\n" in document[block.start : block.end] else "\n"
    if node is not None and (block.text[: node.start].strip() or block.text[node.end :].strip()):
        lines = _laid_out(result.shown, block.text[node.start : node.end]).split("\n")
        return Edit(block.offset(node.start), block.offset(node.end - 1) + 1, f"{newline}{further}".join(lines))
    lines = _laid_out(result.shown, block.text).split("\n")
    return Edit(*block.inside, "".join(f"{further}{line}{newline}" for line in lines))


def outside(block: Block, document: str) -> str:
    """What further lines of a block begin with: the signs of quotes around it, and spaces."""
    return re.sub(r"[^>\s]", " ", document[document.rfind("\n", 0, block.start) + 1 : block.start])


def _laid_out(shown: bytes, text: str) -> str:
    """JSON as a block has it: in one line where its own is, else indented as it is."""
    own = text.strip()
    if own and "\n" not in own:
        return pretty(shown, indent=0) or ""
    unit = _UNIT.search(own)
    indent = unit[1] if unit else "  "
    return re.sub(r"^ +", lambda found: indent * len(found[0]), pretty(shown, indent=1) or "", flags=re.MULTILINE)
