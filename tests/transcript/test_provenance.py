"""Where a transcript comes from, and whether that has changed."""

import hashlib
from html.parser import HTMLParser

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import parse

import recorder
from recorder.capture import FORMAT
from recorder.errors import InputError
from recorder.model import Header
from recorder.transcript import Excerpt, data_folder
from recorder.transcript.provenance import changed, provenance

DIGEST = "0" * 64
CAPTURE = data_folder("transcripts") / "two_withdrawals.jsonl"


def comment(name="run.jsonl", digest=DIGEST, started=0, **meta):
    """The end of a transcript."""
    return provenance(name, digest, Header(format=FORMAT, run="r", recorder="0", started=started, meta=meta))


def test_the_comment_says_capture_hash_date_and_node():
    """The date is the recording's, unless the metadata give one."""
    started = 1_700_000_000_000_000_000
    assert comment(started=started, node="7.2.0") == (
        f"\n<!-- recorded: run.jsonl, sha256 {DIGEST}, date 2023-11-14, node 7.2.0 -->\n"
    )
    assert comment(started=started, date="2019-03-13").endswith("date 2019-03-13 -->\n")
    assert comment() == f"\n<!-- recorded: run.jsonl, sha256 {DIGEST} -->\n"


@given(st.text(), st.text(alphabet="<>!- \n") | st.text())
def test_nothing_ends_the_comment_early(name, value):
    """As a browser reads it."""

    class Comments(HTMLParser):
        found = ""

        def handle_comment(self, data):
            self.found += data

        def handle_data(self, data):
            assert not data.strip()

        def handle_starttag(self, tag, attrs):
            raise AssertionError(tag, attrs)

    reader = Comments()
    text = comment(name, x=value)
    reader.feed(text)
    reader.close()
    assert text == f"\n<!--{reader.found}-->\n"
    assert text.count("\n") == 2


def test_a_changed_capture_is_noticed_by_its_hash():
    """Not where there is nothing to compare with."""
    assert changed(comment(), comment(digest="1" * 64)) == "run.jsonl"
    assert changed(comment(), comment(node="7")) == changed("", comment()) == changed(comment(), "") == ""


@pytest.mark.parametrize("template", ["transcript", "summary", "html"])
def test_every_template_ends_with_it(template):
    """With the hash that `sha256sum` gives."""
    with recorder.load(CAPTURE) as capture:
        text = "".join(recorder.render(capture, template, provenance=True))
    digest = hashlib.sha256(CAPTURE.read_bytes()).hexdigest()
    assert text.splitlines()[-1].startswith(f"<!-- recorded: two_withdrawals.jsonl, sha256 {digest}, ")


def test_a_compressed_capture_has_the_hash_of_what_is_in_it(tmp_path):
    """It is the same capture."""
    path = tmp_path / "two_withdrawals.jsonl.zst"
    path.write_bytes(zstandard.compress(CAPTURE.read_bytes()))
    with recorder.load(path) as capture:
        text = "".join(recorder.render(capture, provenance=True))
    assert hashlib.sha256(CAPTURE.read_bytes()).hexdigest() in text


@pytest.mark.parametrize("alias", [True, False])
def test_import_leaves_it_out(alias):
    """It is no part of the last section, nor of a legend before it."""

    def events(**options):
        with recorder.load(CAPTURE) as capture:
            text = "".join(recorder.render(capture, **options))
        return [*parse(text.splitlines(keepends=True), "auto")]

    assert events(excerpt=Excerpt(alias=alias), provenance=True) == events()


def test_standard_input_comes_from_nowhere():
    """It has no name, and is gone when it has been read."""
    with recorder.load(CAPTURE) as capture:
        capture.path = "-"
        with pytest.raises(InputError, match="give its file"):
            recorder.render(capture, provenance=True)
