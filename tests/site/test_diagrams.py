"""Sequence diagrams as the site draws them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import diagrams
import markdown
import pytest
from pymdownx.superfences import SuperFencesException

from recorder.transcript import data_folder
from recorder.transcript.diagram import Step

SOURCE = """\
sequenceDiagram
    participant p0 as alice #38; co
    participant p1 as node
    rect rgba(128, 128, 128, 0.12)
    Note over p0,p1: a #60;scenario#62;
    p0->>p1: calls sum
    loop 3 times
    p1-->>p0: answers
    end
    rect rgba(255, 0, 0, 0.15)
    p1--xp0: refuses
    end
    end
"""
SEQUENCES = sorted((data_folder("transcripts") / "sequence").glob("*.md"))


def drawn(source):
    """The picture, as XML."""
    return ET.fromstring(diagrams.fence(source))


def test_steps_are_those_that_were_written():
    """With labels as they were before Mermaid's escapes."""
    assert [*diagrams.steps(SOURCE)] == [
        Step("begin"),
        Step("lifeline", 0, 0, "alice & co"),
        Step("lifeline", 1, 0, "node"),
        Step("box"),
        Step("note", 0, 1, "a <scenario>"),
        Step("arrow", 0, 1, "calls sum", "call"),
        Step("loop", 0, 0, "3 times"),
        Step("arrow", 1, 0, "answers", "answer"),
        Step("close"),
        Step("box"),
        Step("arrow", 1, 0, "refuses", "error"),
        Step("close"),
        Step("close"),
    ]


def test_every_step_is_drawn():
    """Lifelines by their names, then each step from the top down, answers dashed, errors in their colour."""
    texts = drawn(SOURCE).findall(".//text")
    shown = [(text.find("title").tail if len(text) else text.text, int(text.get("y"))) for text in texts]
    assert [text for text, _y in shown] == [
        "alice & co",
        "node",
        "a <scenario>",
        "calls sum",
        "3 times",
        "answers",
        "refuses",
    ]
    assert [y for _text, y in shown[2:]] == sorted({y for _text, y in shown[2:]})
    tips = [path.get("fill") for path in drawn(SOURCE).iter("path") if path.get("fill")]
    assert tips == [diagrams.COLOURS[style] for style in ("call", "answer", "error")]


def test_a_label_that_is_too_long_is_cut():
    """Whoever points at it sees all of it."""
    label = drawn(SOURCE.replace("calls sum", "calls " + "x" * 100)).findall(".//text")[3]
    assert label.find("title").text == "calls " + "x" * 100
    assert len(label.find("title").tail) <= diagrams.LABEL


@pytest.mark.parametrize("path", SEQUENCES, ids=lambda path: path.stem)
def test_what_the_recorder_renders_is_drawn(path):
    """Of every protocol, arrow by arrow."""
    for source in re.findall(r"^```mermaid\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL):
        arrows = len(re.findall(r"^ *p\d+-", source, re.MULTILINE))
        assert arrows == sum(1 for path in drawn(source).iter("path") if path.get("fill")) > 0


def test_what_the_recorder_does_not_render_ends_the_build():
    """Nobody looks for a diagram that is not there."""
    fences = {"custom_fences": [{"name": "mermaid", "class": "diagram", "format": diagrams.fence}]}
    page = markdown.Markdown(extensions=["pymdownx.superfences"], extension_configs={"pymdownx.superfences": fences})
    with pytest.raises(SuperFencesException, match="not 'graph TD'"):
        page.convert("```mermaid\ngraph TD\n```\n")
