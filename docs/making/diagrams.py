"""Sequence diagrams drawn while the site is built: the browser needs no Mermaid, which would come from another host.

Rule: what the recorder writes as Mermaid is read, and no more of Mermaid; a line that it would not write ends the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from pymdownx.superfences import SuperFencesException

from recorder.profiles.sentences import shortened
from recorder.transcript.diagram import Step
from recorder.transcript.picture import Picture, PlacedStep, pictures

COLUMN, ROW, HEAD = 300, 24, 52
"""Of a lifeline the width, of a step the height, and what is above the first; in the SVG's units, as on the recorder's page."""

LABEL = 43
"""Characters that fit between two lifelines."""

STYLES = {"->>": "call", "-->>": "answer", "--x": "error"}
COLOURS = {"call": "var(--md-typeset-a-color)", "answer": "var(--md-default-fg-color--light)", "error": "#d64545"}
LINES: dict[str, re.Pattern[str]] = {
    "begin": re.compile(r"sequenceDiagram"),
    "lifeline": re.compile(r"participant p(?P<start>\d+) as (?P<text>.*)"),
    "arrow": re.compile(r"p(?P<start>\d+)(?P<style>-->>|->>|--x)p(?P<end>\d+): (?P<text>.*)"),
    "note": re.compile(r"Note over p(?P<start>\d+),p(?P<end>\d+): (?P<text>.*)"),
    "box": re.compile(r"rect rgba\(.*\)"),
    "loop": re.compile(r"loop (?P<text>.*)"),
    "close": re.compile(r"end"),
}


def fence(source: str, *_place: Any, **_more: Any) -> str:
    """What stands on the page for a block of Mermaid; SuperFences asks for it.

    Raises:
        SuperFencesException: a line that the recorder does not write.
    """
    return "".join(map(drawing, pictures(steps(source))))


def steps(source: str) -> Iterator[Step]:
    """The steps of a diagram, back from its Mermaid."""
    for line in filter(None, map(str.strip, source.split("\n"))):
        kind, found = next(
            ((kind, found) for kind, form in LINES.items() if (found := form.fullmatch(line))), ("", None)
        )
        if found is None:
            raise SuperFencesException(
                f"only diagrams as `recorder render -t sequence` writes them are drawn, not {line!r}"
            )
        given = found.groupdict()
        text = re.sub(r"#(\d+);", lambda sign: chr(int(sign[1])), given.get("text", ""))
        style = STYLES.get(given.get("style", ""), "")
        yield Step(kind, int(given.get("start", 0)), int(given.get("end", 0)), text, style)  # type: ignore[arg-type]


def drawing(picture: Picture) -> str:
    """One part of a diagram as SVG, in the colours of the site."""
    width, height = COLUMN * len(picture.names), ROW * picture.rows + HEAD
    shown = [*_lifelines(picture, height), *(shape for place in picture.places for shape in _shapes(place, width))]
    frame = f'viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="Sequence diagram"'
    return f'<figure><svg {frame} font-size="12" fill="currentColor">{"".join(shown)}</svg></figure>'


def _lifelines(picture: Picture, height: int) -> Iterator[str]:
    for number, name in enumerate(picture.names):
        x = _middle(number)
        yield f'<path d="M{x} 28V{height}" stroke="currentColor" stroke-opacity="0.3" stroke-dasharray="4 3"/>'
        yield _box(x - 100, 4, 200, 24)
        yield f'<text x="{x}" y="20" text-anchor="middle" font-weight="bold">{escape(shortened(name, 28))}</text>'


def _shapes(place: PlacedStep, width: int) -> Iterator[str]:
    """What is drawn of a step: a frame, a remark, or an arrow with its label."""
    step, y = place.step, ROW * place.row + HEAD
    if step.kind == "loop":
        yield _box(8, y - 14, width - 16, ROW * (place.until - place.row) + 22, dashes="2 3")
        yield _text(16, y + 2, step.text, LABEL)
    elif step.kind == "note":
        yield _box(_middle(step.start) - 135, y - 13, COLUMN * (step.end - step.start) + 270, 20)
        yield _text(_middle(step.start) - 129, y + 1, step.text, LABEL * (step.end - step.start + 1))
    else:
        start, end = _middle(step.start), _middle(step.end) + 40 * (step.start == step.end)
        back, colour = 8 if end > start else -8, COLOURS[step.style]
        dashes = ' stroke-dasharray="5 3"' if step.style == "answer" else ""
        yield f'<path d="M{start} {y + 4}H{end}" stroke="{colour}"{dashes}/>'
        yield f'<path d="M{end} {y + 4}l{-back} -4v8z" fill="{colour}"/>'
        ink = f' fill="{colour}"' if step.style == "error" else ""
        yield _text(min(start, end) + 12, y - 1, step.text, LABEL * max(1, abs(step.end - step.start)), ink)


def _middle(number: int) -> int:
    return COLUMN * number + COLUMN // 2


def _box(x: int, y: int, width: int, height: int, dashes: str = "") -> str:
    fill = 'fill="none"' if dashes else 'fill-opacity="0.06"'
    line = f'stroke="currentColor" stroke-opacity="0.4" stroke-dasharray="{dashes or "none"}"'
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" {fill} {line}/>'


def _text(x: int, y: int, text: str, most: int, ink: str = "") -> str:
    return f'<text x="{x}" y="{y}"{ink}><title>{escape(text)}</title>{escape(shortened(text, most))}</text>'
