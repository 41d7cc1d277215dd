"""Pages in a real browser: they work under their own policy, and nothing that was said does anything."""

from __future__ import annotations

import json
import subprocess

import pytest
from hostile import HOSTILE, rendered
from installing import HERE, npm_folder, program

import recorder
from recorder.transcript import data_folder

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """What happened to pages that a browser opened, searched and unfolded."""
    browser, folder = program("chromium"), tmp_path_factory.mktemp("pages")
    (folder / "node_modules").symlink_to(npm_folder() / "node_modules")
    script = folder / "page.mjs"
    script.write_text((HERE / "clients" / "page_puppeteer.mjs").read_text())

    def use(pages):
        files = []
        for number, page in enumerate(pages):
            files.append(folder / f"{number}.html")
            files[-1].write_text(page)
        command = [program("node"), script, browser]
        done = subprocess.run(command, input="\n".join(map(str, files)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [(file, json.loads(line)) for file, line in zip(files, done.stdout.strip("\n").split("\n"), strict=True)]

    return use


def harmless(said, file):
    """Nothing ran, loaded or complained."""
    assert (said["errors"], said["violations"], said["foreign"], said["handlers"], said["links"]) == ([], [], [], 0, 0)
    assert said["scripts"] == 1
    assert said["asked"] == [f"file://{file}"]
    assert said["styled"], "its own style is let through"
    assert said["injected"]["ran"] is False, "nothing that somebody puts into it runs"
    assert said["injected"]["violations"] > 0


def test_pages_work_in_a_browser(opened):
    """Those of all examples: search, unfolding, and their links."""
    pages = []
    for path in sorted(data_folder("transcripts").glob("*.jsonl")):
        with recorder.load(path) as capture:
            pages.append("".join(recorder.render(capture, "html")))
    for file, said in opened(pages):
        harmless(said, file)
        assert said["events"] == said["cleared"] > said["nothing"] == said["folded"] == 0 < said["open"]
        assert said["arrows"] > 0


def test_a_search_leaves_what_has_all_words(opened):
    """Wherever in a frame they stand."""
    with recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl") as capture:
        ((_file, said),) = opened(["".join(recorder.render(capture, "html"))])
    assert 0 < said["signs"] < said["events"]


def test_nothing_that_was_said_does_anything(opened):
    """Hostile texts wherever an end or a user may put one; each is shown as what it is."""
    for (file, said), text in zip(opened([rendered(text, "html") for text in HOSTILE]), HOSTILE, strict=True):
        harmless(said, file)
        shown = text.replace("\x00", "\ufffd")
        assert any(shown in block or json.dumps(text)[1:-1] in block for block in said["texts"]), text
