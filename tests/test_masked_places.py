"""Which masks a capture was recorded with, as its marks show."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture import frame
from recorder.masked_places import masks_of
from recorder.masking import Masking
from recorder.model import Header, Opened
from recorder.timeline import read

HEADER = Header(format=2, run="r", recorder="0", profile="generic")


def masks(*said, url="ws://node/", headers=()):
    """The masks of a capture of these frames: `> …` or `< …`."""
    events = [Opened(session=1, party="ada", url=url, headers=[*headers])]
    for text in said:
        direction = "to_node" if text[0] == ">" else "from_node"
        events.append(frame(text[2:].encode(), session=1, direction=direction))
    return masks_of(read(HEADER, events))


LOGIN = '> {"id":1,"method":"auth.login","params":%s}'
ANSWER = '< {"id":1,"result":%s}'


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([LOGIN % '{"user":"ada","password":"«password 1»"}'], ["password"]),
        ([LOGIN % '{"user":"«user 1»"}'], ["auth.login params.user"]),
        ([LOGIN % '["ada","«secret 1»"]'], ["auth.login params[1]"]),
        ([LOGIN % '[{"words":["«words 1»","«words 2»"]}]'], ["auth.login params[0].words[*]"]),
        ([LOGIN % "[]", ANSWER % '"«secret 1»"'], ["auth.login result"]),
        ([LOGIN % "[]", ANSWER % '{"all":[{"accessToken":"«access token 1»"}]}'], ["accessToken"]),
        ([LOGIN % '{"token":"page"}', ANSWER % '{"token":"«token 1»"}'], ["auth.login result.token"]),
        ([ANSWER % '"«secret 1»"'], ["$.result"]),
        ([LOGIN % '["token:«token 1»"]'], ["token:*"]),
        ([LOGIN % '["Bearer «bearer 1»"]'], ["Bearer *"]),
        ([LOGIN % '["«user 1» of node.org"]'], ["/(?s)^(.+)\\ of\\ node\\.org$/"]),
        ([LOGIN % '["«user 1»:«password 1»"]'], ["auth.login params[0]"]),
        (['> {"method":"a b","params":["«secret 1»"]}'], ["$.params[0]"]),
        ([LOGIN % '{"a b":"***"}'], ['auth.login params["a b"]']),
        ([LOGIN % '{"all":["ada","«words 1»"]}'], ["auth.login params.all[1]"]),
        ([LOGIN % '{"user":"ada"}'], []),
        (['> "hello"', "< [1]", '> "token:«token 1»"', '< "«token 1»"'], ["token:*"]),
    ],
)
def test_a_secret_is_told_by_its_name_its_text_or_its_place(said, found):
    """By the name alone where it says a secret, and nothing else has it; within a text by what is around it."""
    assert masks(*said) == found


def test_what_is_masked_beside_bodies_is_told_unless_it_is_masked_without_asking():
    """A header, a parameter, a part of a path."""
    headers = [
        ("Authorization", "Bearer «token 1»"),
        ("X-Tenant", "«tenant 1»"),
        ("X-Of", "tenant:«tenant 2»"),
        ("A", "b"),
    ]
    url = "ws://node/v1/«secret 1»/x?token=«token 2»&who=«who 1»&x=1"
    assert masks(url=url, headers=headers) == ["X-Tenant", "tenant:*", "who", "//v1/([^/?#]+)/"]
    assert masks(url="stdio:server --token «token 1»") == []


@given(st.text(), st.text(), st.text().filter(lambda one: not {*"«»"} & {*one}), st.booleans())
def test_what_was_masked_is_masked_again(method, name, around, listed):
    """Whatever methods, members and texts are called."""
    for recorded in ("«secret 1»", f"{around}«secret 1»{around}"):
        texts = (recorded, recorded.replace("«secret 1»", "hunter22"))
        params = [{name: [text] if listed else text} for text in texts]
        old, new = (json.dumps({"id": 1, "method": method, "params": one}) for one in params)
        assert "hunter22" not in Masking(masks(f"> {old}")).body(new.encode()).decode()
