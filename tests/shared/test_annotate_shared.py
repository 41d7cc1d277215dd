"""Recorded traffic of real nodes and vectors of canonical implementations, where they are at hand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from otherfiles import parse
from typer.testing import CliRunner

from recorder import capture
from recorder.cli.app import app
from recorder.model import Frame, Header, Opened
from recorder.profiles import PROFILES
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation import Annotator
from recorder.timeline.annotating import Annotations
from recorder.transcript import views
from recorder.transcript.template import Template

SHARED = Path(os.environ.get("RECORDER_SHARED", Path(__file__).parents[3] / "shared"))
TRANSCRIPTS = sorted(SHARED.glob("corpus/**/*.md"))
PARTIES = {"initiator", "responder"}
BROKEN = re.compile(r"(ak|ct)_11111111111111111111111111111111273Yts|(ak|ct)_.{0,8}")
"""What the node's own tests send to be refused."""

TEXTS = {
    "tx", "tx-corpus", "update", "object", "poi", "state_trees", "call_state_tree", "code", "lenient", "negative",
    "fate", "fate-corpus", "fate-lenient", "fate-negative", "cb-not-fate-corpus", "store-key-corpus", "store-value-corpus",
}  # fmt: skip
"""Kinds of vectors whose `encoded` is a text that is read whole; `api` reads the text alone, see below."""

pytestmark = [
    pytest.mark.published,
    pytest.mark.untraced,
    pytest.mark.skipif(not TRANSCRIPTS, reason=f"no shared data at {SHARED} (set RECORDER_SHARED)"),
]


def transcript(path: Path) -> list:
    """The events of a published transcript."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        return list(parse(lines, PROFILES["aeternity"], file=str(path)))


def annotations(events: list) -> list:
    """What each frame of a capture means, after a first look at all of it."""
    annotator = Annotator()
    annotator.scan(events)
    return [annotation for event in events if (annotation := annotator.see(event)) is not None]


def check(found: list) -> int:
    """Every string read and written back, every signature a party's; how many signatures there were."""
    for annotation in found:
        for item in annotation.items:
            if item.decoded is None:
                assert BROKEN.fullmatch(item.text), item
            else:
                assert chain.encode(item.decoded) == item.text
    signatures = [s for annotation in found for item in annotation.items for s in item.signers.values()]
    assert all(signature.signer in PARTIES for signature in signatures)
    return len(signatures)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_recorded_traffic(path):
    """Every encoded string is read and written back, and every signature is attributed to a party."""
    check(annotations(transcript(path)))


def test_traffic_of_the_javascript_sdk():
    """The same for what an SDK and a current node said to each other."""
    events: list = []
    for line in (SHARED / "real" / "sdk_frames.jsonl").read_text().splitlines():
        seen = json.loads(line)
        if seen["dir"] == "connect":
            role = seen["role"]
            events.append(Opened(session=seen["conn"], party=role, role=role, url=seen["url"]))
        elif "data" in seen:
            direction = "to_node" if seen["dir"] == "send" else "from_node"
            events.append(capture.frame(seen["data"].encode(), session=seen["conn"], direction=direction))
    assert check(annotations(events)) > 0


@pytest.mark.parametrize("name", ["annotated", "summary"])
def test_templates_take_all_of_it(name):
    """Every transcript renders; an annotated one without its annotations is the published one."""
    header = Header(format=1, run="x", recorder="x", profile="aeternity", info="noted")
    for path in TRANSCRIPTS:
        events = transcript(path)
        text = "".join(Template(name).render(header, views(header, events, annotations=Annotations("aeternity"))))
        if name == "annotated":
            bare = re.sub(r"\n<details>\n.*?\n</details>\n", "", text, flags=re.DOTALL)
            assert bare == path.read_text()
        else:
            assert len(text.splitlines()) >= sum(isinstance(event, Frame) for event in events)


def test_vectors_in_one_process():
    """`recorder decode --json -` gives every vector's `decoded` form, one line each, in order."""
    vectors = [json.loads(line) for line in (SHARED / "spec" / "vectors.jsonl").read_text().splitlines()]
    vectors = [v for v in vectors if v["kind"] in TEXTS or (v["kind"] == "api" and v["decoded"]["prefix"] in IDS)]
    given = "".join(f"{json.dumps(v['encoded'])}\n" for v in vectors)
    result = CliRunner().invoke(app, ["decode", "--json", "-"], input=given)
    lines = result.stdout.splitlines()
    assert (len(lines), result.exit_code) == (len(vectors), 1)
    assert [v["id"] for v, line in zip(vectors, lines, strict=True) if not fits(v["decoded"], line)] == []


IDS = set(chain.PREFIXES) - {"tx", "cb", "ck", "cs", "cv", "pi", "ss"}
"""Prefixes whose texts hold nothing but bytes."""


def fits(wanted: dict | None, line: str) -> bool:
    """Whether a line of output says what a vector wants; more keys are allowed."""
    if wanted is not None and "nested_lists" in wanted:
        return line.count('"list"') >= wanted["nested_lists"]
    found = json.loads(line)
    if wanted is None or "error" in wanted:
        return wanted is None or set(found) == {"error"}
    return found.items() >= wanted.items()
