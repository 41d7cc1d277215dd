"""What looks like a secret is named, with what masks it."""

import io

import pytest

from recorder import capture
from recorder.model import Header, Opened
from recorder.suspects import Suspects, suspects

HEADER = Header(format=capture.FORMAT, run="by hand", recorder="0.1.0")


def said(*bodies, url="ws://node/rpc"):
    """What is said of a capture with these frames."""
    events = [Opened(session=1, party="client", url=url)]
    events += [capture.frame(body, session=1, direction="to_node") for body in bodies]
    found = Suspects()
    found.read(io.BytesIO(capture.dump_all([HEADER, *events])))
    return found.lines()


def test_a_text_that_says_that_it_is_one():
    """Each value counts once, however often it comes; methods of one family are named as such."""
    bodies = (b'{"method":"aria2.%s","params":["token:secret"]}' % name for name in (b"addUri", b"tellStatus"))
    assert said(*bodies) == ["1 value looks like a secret: params[0] of aria2.*; --mask 'token:*' masks it"]


def test_members_that_are_named_so():
    """In requests, answers and batches."""
    (line,) = said(
        b'{"method":"login","params":{"password":"hunter2"}}',
        b'[{"id":1,"result":{"accessToken":"abcd-efgh"}}]',
    )
    found, _, masks = line.partition("; ")
    assert found == "2 values look like secrets: params.password of login, result.accessToken"
    assert masks == "--mask password --mask accessToken masks them"


def test_a_key_in_the_path_of_a_url():
    """Where many providers have it; the option that is named masks it."""
    (line,) = said(url="wss://node/v3/9aa3d95b3bc440fa88ea12eaa4456161")
    assert line == "1 value looks like a secret: the URL's path; --mask '//v3/([^/?]+)/' masks it"


@pytest.mark.parametrize(
    "body",
    [
        b'{"params":{"password":"\xc2\xabpassword 1\xc2\xbb","token":12,"secret":"x"}}',
        b'{"method":"tools/call","params":{"_meta":{"progressToken":"abcd-efgh"}}}',
        b'{"method":"$/progress","params":{"token":"abcd-efgh"}}',
        b'{"result":{"nextPageToken":"abcd-efgh"}}',
        b'{"result":{"token":"0x6b175474e89094c44da98b954eedeac495271d0f"}}',
        b'{"params":{"max_tokens":"many words"}}',
        b'{"params":{"text":"the token: is a word"}}',
        b"no json token:abcd",
    ],
    ids=[
        "masked, a number, short",
        "the protocol's own",
        "a method's own",
        "of a page",
        "an address",
        "no secret",
        "in a text",
        "no JSON",
    ],
)
def test_what_is_none_is_not_named(body):
    """Else nobody would read the line."""
    assert said(body, url="ws://node/devtools/browser/2c2a2a3c-1b0a-4b8a-9d5e-0d1f2e3a4b5c") == []


def test_a_capture_on_disk_is_read_to_its_torn_end(tmp_path):
    """The last line may be half a line."""
    frame = capture.dump(capture.frame(b'{"params":{"password":"hunter2"}}', session=1, direction="to_node"))
    (tmp_path / "a.jsonl").write_bytes(capture.dump(HEADER) + frame + frame[:20])
    assert suspects(tmp_path / "a.jsonl", "auto").lines() == [
        "1 value looks like a secret: params.password; --mask password masks it"
    ]
