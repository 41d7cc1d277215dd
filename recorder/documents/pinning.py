"""Pinned blocks: held against the frames that their pins name, and written from them.

Rule: pure; a block may say only what its pin shows of its frames. It is rewritten in its own style, whatever contains it,
and only where it differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from recorder.capture import pretty
from recorder.documents.blocks import Block
from recorder.documents.exact import exact
from recorder.documents.examples import Example, WrittenMessage, example_of, in_document, manner, quoting, sender_of
from recorder.documents.masks import fits, in_json, spelt
from recorder.documents.matching import Match
from recorder.documents.openings import in_url
from recorder.documents.pins import Pin, Source, pinned
from recorder.documents.reading import read
from recorder.documents.recordings import Group, Recorded
from recorder.documents.verdicts import Judged, Result, Shown
from recorder.documents.writing import Writer, cut
from recorder.documents.written import ELISION, Edit, Problem, indent_of, mended
from recorder.errors import InputError
from recorder.jsonrpc import value_of

CUT = "…"
"""What a pin writes for what it leaves out."""

_FIRST = re.compile(r"[{\[\"]")
_UNIT = re.compile(r"[{\[][ \t]*\n([ \t]+)")


def hold(file: str, block: Block, source: Source) -> Result:
    """A pinned block, held against its frames.

    Args:
        file: the document.
        block: with a pin.
        source: where pins lead to.
    """
    result = Result(file, block, [Judged("a pinned example")])
    try:
        pin = Pin.parse(block.pin or "")
        if pin.form or not block.fence:
            _hold_rendering(result, pin, source)
        elif (example := example_of(block)) is not None and not example.messages:
            _hold_urls(result, pin, example, source)
        else:
            _hold_messages(result, pin, example, source)
    except InputError as error:
        result.judged[0].because("broken", 0, str(error))
    return result


def _hold_messages(result: Result, pin: Pin, example: Example | None, source: Source) -> None:
    block = result.block
    count, batch = (len(example.messages), example.batch) if example is not None else (0, False)
    messages = pinned(pin, source.messages(pin.capture), count, batch=batch)
    written, result.problems = _messages_in(block, example, messages)
    if not pin.methods:
        _agree(messages, written)
    wholes = source.excerpts(replace(pin, elide=0), messages)
    texts = [*map(in_json, source.excerpts(pin, messages))]
    result.judged = [Judged(message.name, at=message.at) for message in messages]
    for problem in result.problems:
        result.judged[0].because("broken", problem.offset, str(problem))
    for number, (message, judged) in enumerate(zip(messages, result.judged, strict=True)):
        if number >= len(written):
            result.shown.append(Shown(texts[number]))
            continue
        node, sender = written[number]
        value = value_of(wholes[number])
        found = exact(node, value)
        result.shown.append(Shown(texts[number], node, found, spelt))
        judged.match = Match(node, _alone(message), found.findings, found.pairs)
        mark = ELISION.search(block.text)
        judged.known = dict(_shortened(value, value_of(texts[number]), mark[0] if mark else CUT))
        judged.differs("stale", found.findings)
        if sender.direction not in {None, message.group.direction}:
            what = f"{message.name} is sent by the other end; {sender.reason}"
            judged.because("wrong direction", node.start, what)


def _hold_urls(result: Result, pin: Pin, example: Example, source: Source) -> None:
    """Hold the URLs of sessions against the openings that the pin names: their paths and parameters, no hosts."""
    openings = pinned(pin, source.openings(pin.capture), len(example.urls))
    result.judged = []
    for url, opening in zip(example.urls, openings, strict=True):
        judged = Judged(opening.name, at=opening.at)
        result.judged.append(judged)
        node = url.node
        parameters = {name: value for name, value in opening.parameters.items() if f"$.{name}" not in pin.drop}
        found = exact(node, parameters)
        result.shown.append(Shown(b"", node, found, in_url))
        judged.differs("stale", found.findings)
        if not fits(opening.path, node.value):
            judged.because("stale", node.start, f"its path is {node.value}; {opening.path} is recorded")


def _hold_rendering(result: Result, pin: Pin, source: Source) -> None:
    """Hold what stands between comments against what the template makes of the stretch."""
    block, judged = result.block, result.judged[0]
    judged.name = f"{pin.form} of {pin.capture}"
    if not block.closed:
        judged.because(
            "broken", 0, "what the pin shows has no end; put `<!-- /recorder -->` behind it, in no list and no quote"
        )
        return
    text, messages = source.rendered(pin)
    rendered = f"\n{text.strip(chr(10))}\n\n"
    result.shown, result.rendered = [Shown(rendered.encode())], [message.group for message in messages]
    if block.text != rendered:
        at = next((at for at, (one, other) in enumerate(zip(block.text, rendered, strict=False)) if one != other), 0)
        judged.because("stale", at, f"it is not what `recorder render -t {pin.form}` makes of these frames")


def _alone(message: Recorded) -> Group:
    """A group of this message alone."""
    group = message.group
    return Group(group.key, group.label, group.direction, group.profile, message.message, [message.at], count=1)


def _shortened(whole: Any, short: Any, mark: str) -> Iterator[tuple[str, str]]:
    """The texts that a pin cuts, with what it leaves of each, and the block's own mark for what is left out."""
    if isinstance(whole, dict) and isinstance(short, dict):
        for name in whole.keys() & short.keys():
            yield from _shortened(whole[name], short[name], mark)
    elif isinstance(whole, list) and isinstance(short, list):
        for one, other in zip(whole, short, strict=False):
            yield from _shortened(one, other, mark)
    elif isinstance(whole, str) and isinstance(short, str) and whole != short:
        yield whole, short.replace(CUT, mark)


def _messages_in(
    block: Block, example: Example | None, messages: Sequence[Recorded]
) -> tuple[Sequence[WrittenMessage], list[Problem]]:
    """The values that stand in a block, and what in them is no JSON; none where nothing of the messages stands there."""
    if example is not None and example.messages:
        return example.messages, [*example.problems]
    text = quoting(block).readable
    first = _FIRST.search(text)
    if first is None or len(messages) > 1:
        return [], [Problem(0, "nothing of what is pinned stands in the block"), *block.problems]
    node, problems = read(text, first.start(), **manner(block, text, first.start()))
    return [WrittenMessage(node, sender_of(block, node.start))], [*problems, *block.problems]


def _agree(messages: Sequence[Recorded], written: Sequence[WrittenMessage]) -> None:
    """Whether each message is about what its block is about: a line may have another message in a newer capture.

    Raises:
        InputError: one calls another method, or is no answer or no error where the block shows one.
    """
    for message, (node, _sender) in zip(messages, written, strict=False):
        method = node.text("method")
        shown = {"method", "result", "error"} & {member.name for member in node.members}
        if (shown and shown.isdisjoint(message.message)) or (method and method != message.message.get("method")):
            said = method or " and ".join(sorted(shown))
            raise InputError(
                f"{message.at} is {message.name}, and the block shows {said}; "
                "say with method= what is pinned, or correct its line"
            )


def edits_of(result: Result) -> Iterator[Edit]:
    """The edits of the document that make a pinned block show its frames; none where they cannot be found."""
    block = result.block
    if not result.shown or not block.closed:
        return
    if not block.fence:
        yield Edit(*block.inside, result.shown[0].text.decode().replace("\n", block.newline))
    elif (edits := _in_place(result) if result.shown[0].text else value_edits(result)) is not None:
        yield from in_document(edits, block)
    elif result.shown[0].text:
        yield from _whole(result)


def value_edits(result: Result) -> list[Edit] | None:
    """The edits of a pinned block's text that replace values by those of its frames; None where more than values differ."""
    if any(reason.verdict != "stale" or reason.path is None for one in result.judged for reason in one.reasons):
        return None
    edits = []
    for shown in result.shown:
        others = shown.exact.others
        if shown.node is None or len(others) < len(shown.exact.findings):
            return None
        for _path, node, recorded in others:
            if isinstance(recorded, dict | list):
                return None
            edits.append(Edit(node.start, node.end, shown.spell(cut(node, recorded))))
    return edits


def _in_place(result: Result) -> list[Edit] | None:
    """The edits of a pinned block's text that change what differs; None where it has nothing of one of its frames."""
    for judged in result.judged:
        if judged.match is None or (judged.match.findings and all(not pair.path for pair in judged.match.pairs)):
            return None
    if result.problems:
        return mended(result.problems) or None
    return [edit for judged in result.judged for edit in Writer(result.block, judged, {}).edits()]


def _whole(result: Result) -> Iterator[Edit]:
    """Edits that write whole messages: each in its own place where it has one, else in place of the whole block."""
    block, shown = result.block, result.shown
    nodes = [] if result.problems else [one.node for one in shown if one.node is not None]
    alone = len(nodes) == 1 and not (block.text[: nodes[0].start].strip() or block.text[nodes[0].end :].strip())
    if not nodes or alone:
        lines = [line for one in shown for line in _laid_out(one.text, block.text).split("\n")]
        yield Edit(*block.inside, "".join(f"{block.outside}{block.margin}{line}{block.newline}" for line in lines))
        return
    for one in shown:
        if one.node is not None and one.exact.findings:
            indent = indent_of(block.text, one.node.start)
            lines = _laid_out(one.text, block.text[one.node.start : one.node.end]).split("\n")
            yield from in_document([Edit(one.node.start, one.node.end, f"\n{indent}".join(lines))], block)


def _laid_out(shown: bytes, text: str) -> str:
    """JSON as a block has it: in one line where its own is, else indented as it is."""
    own = text.strip()
    if own and "\n" not in own:
        return pretty(shown, indent=0) or ""
    unit = _UNIT.search(own)
    indent = unit[1] if unit else "  "
    return re.sub(r"^ +", lambda found: indent * len(found[0]), pretty(shown, indent=1) or "", flags=re.MULTILINE)
