"""What of a true example may be pinned."""

from recorded import CAPTURES, CHANNELS, GENERIC, URL, call, fenced

from recorder.documents import check
from recorder.documents.unpinned import OPENING, unpinned


def parts(document, recordings=GENERIC):
    """What each part of the document's only example is about, and whose."""
    (result,) = check(document, "g.md", recordings, CAPTURES)
    found = unpinned(result)
    return [(part.about, part.party) for part in found.parts] if found else None


def test_messages_are_known_by_what_they_are_about():
    """And by the party that the document names."""
    about = (("call", "sum"), "sum", "to_node")
    assert parts(fenced(call("sum", {"a": 1, "b": 2}, id=1), before="#### ada ---> node")) == [(about, "ada")]


def test_urls_are_openings():
    """Each is one part."""
    assert parts(fenced(f"$ wscat -c '{URL.format('initiator')}'", "sh"), CHANNELS) == [(OPENING, "")]


def test_what_no_recording_has_is_of_no_entry():
    """Nothing of it can be pinned."""
    assert parts(fenced(call("nowhere", id=1))) is None
