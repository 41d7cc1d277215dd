"""What looks like a secret is named, with what masks it."""

import io
import shlex

import pytest

from recorder import capture
from recorder.masking import Masking
from recorder.model import Header, Opened
from recorder.suspects import Suspects, looks_secret

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


def test_each_place_is_named():
    """Where they are many, each has a line, so that one recording with the options masks all."""
    names = (b"password", b"secret", b"apiKey", b"passphrase", b"refresh_token")
    body = b'{"method":"m","params":{%s}}' % b",".join(b'"%s":"abcd-%s"' % (name, name) for name in names)
    options = " ".join(f"--mask {name.decode()}" for name in names)
    assert said(body) == [
        f"5 values look like secrets; {options} masks them:",
        *(f"  params.{name.decode()} of m" for name in names),
    ]


def test_items_of_a_list_are_one_place():
    """Else an answer with a hundred of them would have a hundred lines."""
    assert said(b'{"result":[%s]}' % b",".join(b'{"token":"abcd-%d"}' % n for n in range(100))) == [
        "100 values look like secrets: result[*].token; --mask token masks them"
    ]


@pytest.mark.parametrize(
    ("params", "option"),
    [
        (b'{"card":{"number":"4111111111111111"}}', "'pay params.card.number'"),
        (b'{"n":4111111111111111}', "'pay params.n'"),
        (b'{"n":"5500 0055 5555 5559"}', "'pay params.n'"),
        (b'{"n":"3782-822463-10005"}', "'pay params.n'"),
        (b'["6011000990139424"]', "'pay params[0]'"),
        (b'{"card":"4222222222222"}', "'pay params.card'"),
        (b'{"to":"DE89370400440532013000"}', "'pay params.to'"),
        (b'{"to":"GB29 NWBK 6016 1331 9268 19"}', "'pay params.to'"),
        (b'["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uh"]', "'pay params[0]'"),
        (b'{"cvc":"123"}', "cvc"),
        (b'{"cardCvv":1234}', "cardCvv"),
        (b'{"pin":"4711"}', "pin"),
        (b'{"otp":123456}', "otp"),
    ],
)
def test_what_is_a_secret_by_its_form(params, option):
    """Numbers of cards and accounts by their check digits, tokens, and codes by name and form; the option masks them."""
    body = b'{"method":"pay","params":%s}' % params
    (line,) = said(body)
    assert line.endswith(f"; --mask {option} masks it")
    assert said(Masking([*shlex.split(option)]).body(body)) == []


@pytest.mark.parametrize(
    "params",
    [
        b'{"n":"4111111111111112"}',
        b'{"n":"1234567890123452"}',
        b'{"n":4200000000000000}',
        b'{"ean":"4006381333931"}',
        b'{"at":1796049539618686046}',
        b'{"n":[4111111111111111,4111111111111113,4242424242424243]}',
        b'{"to":"DE89370400440532013001"}',
        b'{"code":"AB12CDEFGHIJKLMNOP"}',
        b'{"pin":13}',
        b'{"pin":"GPIO4"}',
        b'{"otp":true}',
        b'{"cvv":"visible"}',
        b'{"spin":4711,"pinned":"4711"}',
        b'{"pincode":"560001"}',
    ],
    ids=[
        *("check digit", "no issuer", "a round amount", "a product", "a time", "other numbers beside it"),
        *("check digits of an account", "a code", "a pin of a board", "its name", "no code", "a word"),
        *("other words", "a postal code"),
    ],
)
def test_other_numbers_and_codes_are_not_named(params):
    """A check digit is right by chance once in ten times, so first digits, length and neighbours count too."""
    assert said(b'{"method":"m","params":%s}' % params) == []


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
    assert looks_secret(tmp_path / "a.jsonl", "auto") == [
        "1 value looks like a secret: params.password; --mask password masks it"
    ]
