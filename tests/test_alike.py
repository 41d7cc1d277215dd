"""Texts that look like others."""

import base64
import functools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.alike import ALPHABETS, alike

BASE58 = ALPHABETS[4]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("0b6e1c1e-1d5c-4f7e-9d7a-0b9f6c3f5e21", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}"),
        ("0x" + "1a" * 20, "0x[0-9a-f]{40}"),
        ("DEADBEEF00", "[0-9A-F]{10}"),
        ("0123456789", "[0-9a-f]{10}"),
        ("GEZDGNBVGY3TQOJQ", "[A-Z]{5,}[A-Z2-7]*"),
        ("mfrggzdfmy", "[a-z]{10}"),
        ("aB3_x-Y.z+9=", r"[a-z][A-Z][0-9]_[a-z]-[A-Z]\.[a-z]\+[0-9]="),
        ("", ""),
    ],
)
def test_the_other_form_looks_as_the_first(text, form):
    """Of the same size and in the same letters; another for each number, and none that depends on the text."""
    made = alike(text, 1)
    assert re.fullmatch(form, made)
    assert made == alike(text, 1)
    assert not text or made not in {text, alike(text, 2)}


@given(st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(letters, min_size=8)), st.integers(1, 10**6))
def test_the_other_is_written_in_the_same_alphabet(text, number):
    """In the smallest that the text is written in, and is as long: whoever decodes the text can decode the other."""
    made = alike(text, number)
    smallest = next(letters for letters in ALPHABETS if {*text} <= {*letters})
    assert len(made) == len(text)
    assert {*made} <= {*smallest}


def token(claims):
    """A JSON web token."""
    parts = (json.dumps(one).encode() for one in ({"alg": "HS256", "typ": "JWT"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "c2lnbmVk"])


def test_the_claims_of_a_web_token_stay_readable():
    """Its header and the numbers in it stay, its texts and its signature do not."""
    claims = {"sub": "alice", "exp": 1795000000, "roles": ["admin", {"of": "shop-7"}], "on": True}
    head, told, signature = alike(token(claims), 5).split(".")
    made = json.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))
    assert head == token({}).split(".")[0]
    assert {**made, "sub": "", "roles": []} == {**claims, "sub": "", "roles": []}
    assert re.fullmatch("[a-z]{5}", made["sub"])
    assert re.fullmatch(r"\['[a-z]{5}', \{'of': '[a-z]{4}-[0-9]'\}\]", str(made["roles"]))
    assert {"alice", "admin", "shop-7", "c2lnbmVk"}.isdisjoint({made["sub"], *map(str, made["roles"]), signature})


def number(text):
    """What a text in base58 encodes."""
    return functools.reduce(lambda sum_, letter: sum_ * 58 + BASE58.index(letter), text, 0)


@given(st.binary(min_size=20, max_size=70).filter(lambda data: data[0] > 1))
def test_what_is_written_in_base58_has_as_many_bytes(data):
    """Signatures and accounts are of a fixed size, and clients look."""
    value, text = int.from_bytes(data, "big"), ""
    while value:
        value, letter = divmod(value, 58)
        text = BASE58[letter] + text
    sizes = [(number(one).bit_length() + 7) // 8 for one in (text, alike(text, 1))]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("name", ["x", "xy", "xyz"])
def test_a_cursor_that_holds_an_object_stays_readable(name, padded):
    """Its texts are others; numbers are no secret."""
    cursor = base64.urlsafe_b64encode(json.dumps({"after": name, "of": 5}).encode()).decode()
    made = alike(cursor if padded else cursor.rstrip("="), 3)
    told = json.loads(base64.urlsafe_b64decode(made + "=" * (-len(made) % 4)))
    assert (len(told["after"]), told["of"]) == (len(name), 5)
    assert told["after"].isalpha()
    assert len(made) % 4 == 0 if padded else not made.endswith("=")


@pytest.mark.parametrize("text", ["eyJh.eyJ.x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWI.c2ln"])
def test_what_only_looks_like_a_web_token_is_a_text(text):
    """Its claims are no JSON."""
    assert [len(part) for part in alike(text, 1).split(".")] == [len(part) for part in text.split(".")]
