"""Every diagram is one that Mermaid's own parser takes, whatever the traffic holds."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest
from hostile import HOSTILE, rendered
from installing import HERE, npm_folder, program

import recorder
from recorder.transcript import data_folder

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOST_CHARACTERS = 50_000  # that Mermaid draws
SHARED = Path(os.environ.get("RECORDER_SHARED") or data_folder("transcripts").parents[1] / "shared")
SIGNS = [
    "end",
    "loop x",
    "participant p9 as q",
    "a; b #35; c # d",
    "%% comment",
    "%%{init: {'theme': 'dark'}}%%",
    "wrap: x",
    "nowrap: y",
    ":wrap: z",
    "<script>alert(1)</script>",
    "</pre>```",
    "a->>b: c",
    "$$x^2$$",
    "\n\n```\n# heading",
    "\x00\x1b[2J\u2028\u202e",
    "@{ 'type': 'database' }",
    "as as as",
    "«é» 🦊 ﬂ°°35¶ß",
    "---\ntitle: x\n---",
    '"',
    "\\",
    "",
    " ",
]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory):
    """What Mermaid says of diagrams."""
    folder = tmp_path_factory.mktemp("mermaid")
    (folder / "node_modules").symlink_to(npm_folder() / "node_modules")
    script = folder / "parser.mjs"
    script.write_text((HERE / "clients" / "mermaid_parser.mjs").read_text())

    def parse(texts):
        done = subprocess.run(
            [program("node"), script], input=json.dumps(texts), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return parse


def diagrams(capture):
    """Those in the rendering of a capture."""
    return DIAGRAM.findall("".join(recorder.render(capture, "sequence")))


def drawn(text):
    """Those of a timeline in which a text stands everywhere."""
    made = rendered(text, "sequence")
    assert DIAGRAM.sub("", made).strip() == "", "all of it is diagrams"
    return DIAGRAM.findall(made)


def test_mermaid_takes_the_examples(parsed):
    """Those of every recorded example."""
    texts = [
        text for path in sorted(data_folder("transcripts").glob("*.jsonl")) for text in diagrams(recorder.load(path))
    ]
    assert set(parsed(texts)) == {"sequence"}


def test_mermaid_takes_hostile_texts(parsed):
    """As names, labels, notes, scenarios: alone, and glued together at random."""
    chance = random.Random(1)
    mixed = ["".join(chance.choices([*SIGNS, *HOSTILE, *map(chr, range(128))], k=6)) for _one in range(200)]
    texts = [text for hostile in [*SIGNS, *HOSTILE, *mixed] for text in drawn(hostile)]
    assert set(parsed(texts)) == {"sequence"}


def test_mermaid_refuses_what_is_no_diagram(parsed):
    """So that the tests above mean something."""
    assert parsed(["sequenceDiagram\n p0->>"])[0].startswith("Parse error")


def test_mermaid_takes_published_transcripts(parsed, tmp_path):
    """Thousands of frames of real nodes, in parts that are not too long."""
    documents = sorted(SHARED.glob("corpus/**/*.md"))
    if not documents:
        pytest.skip("no published transcripts are there")
    from recorder.cli.importing import import_

    texts = []
    for document in documents:
        import_(document, tmp_path / "one.jsonl", overwrite=True)
        texts += diagrams(recorder.load(tmp_path / "one.jsonl"))
    assert max(map(len, texts)) < MOST_CHARACTERS
    assert set(parsed(texts)) == {"sequence"}
