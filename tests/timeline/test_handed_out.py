"""Values that one end hands out and the other sends back: which they are, and which never."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.timeline.handed_out import (
    HANDED,
    LONGEST,
    HandedOut,
    Seen,
    canonical,
    handed_out,
    opaque,
    says_id,
    scalars,
)

TOKEN = "8f14e45fceea167a5a36dedd4bea2543"
NODE, PARTY = False, True

OPAQUE = [
    "363674eba8729824",
    "550e8400-e29b-41d4-a716-446655440000",
    "{550E8400-E29B-41D4-A716-446655440000}",
    TOKEN,
    "0x9b55f0ada0068750680822903dd05488d7d9d9ae8df363bb6d1bd4866736a27e",
    "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IMCsV0ulh2A",
    "ch_3MmlLrLkdIwHu7ix0snN0B15",
    "2089b05ecca3d829",
    "dGhlIHNhbXBsZSBub25jZQ==",
    "x-a88dbc7f-624b-41b9-8657-fdb5e2f07474",
    "page@a708e18d77854318689be2b0086ff24c",
]
CHOSEN = [
    "00000000000f4240",
    "",
    "latest",
    "is_connected",
    "in_progress",
    "getTransactionReceipt",
    "notifications/initialized",
    "textDocument/didOpen",
    "application/json",
    "HTTP/1.1",
    "2024-11-05",
    "2024-11-05T12:30:00.000Z",
    "1.10.3-beta.2",
    "127.0.0.1:8545",
    "localhost",
    "file:///home/user/project",
    "https://example.org/a/8f14e45fceea167a5a36dedd4bea2543",
    "Hello, world! How are you?",
    "0x3635c9adc5dea00000",
    "0x1",
    "123456789012345678901",
    "-32700",
    "Method not found",
    "workDoneProgress",
    "SCREAMING_SNAKE_CASE",
    "ada.lovelace1815@example.org",
    "@modelcontextprotocol/server-everything@2026.1.14",
    "aaaaaaaa",
    "x" * 600,
    "10000000000000000000 wei",
]


@pytest.mark.parametrize("text", OPAQUE)
def test_what_nobody_would_choose_is_opaque(text):
    """UUIDs, hashes, and what mixes letters and digits as no word does."""
    assert opaque(text)


@pytest.mark.parametrize("text", CHOSEN)
def test_words_amounts_and_dates_are_not(text):
    """Neither are versions, quantities, addresses of hosts and URLs, and whole documents."""
    assert not opaque(text)


@given(st.uuids())
def test_every_uuid_is_opaque(value):
    """However it is written."""
    assert opaque(str(value))
    assert opaque(str(value).upper())
    assert opaque(value.hex)


@given(st.binary(min_size=16, max_size=64))
def test_every_hash_is_opaque(value):
    """Of 16 bytes or more."""
    assert opaque(value.hex())
    assert opaque(f"0x{value.hex()}")


@given(
    st.binary(min_size=16, max_size=64).filter(
        lambda value: re.search("[a-f]", value.hex()) and not value.hex().isalpha()
    )
)
def test_what_is_named_by_a_hash_is_opaque(value):
    """As the pages, guids and channels of those who drive browsers."""
    assert opaque(f"page@{value.hex()}")
    assert opaque(f"utility_world_{value.hex()}")


@given(st.uuids(), st.sampled_from(["page@", "x-", "channel__"]))
def test_what_is_named_by_a_uuid_is_opaque(value, name):
    """However many of its digits are letters."""
    assert opaque(f"{name}{value}")


WORDS = st.from_regex(re.compile(r"[a-z]{3,11}[g-z]|[A-Z][a-z]{2,10}[g-z]|[A-Z]{3,11}[G-Z]", re.ASCII), fullmatch=True)


@pytest.mark.untraced
@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from(["", "_", "-", ".", "/", " "]))
def test_no_words_are_opaque(words, between):
    """Whatever joins them: `camelCase`, `snake_case`, paths of methods, sentences."""
    assert not opaque(between.join(words))


@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False))
def test_no_amount_is_opaque(number):
    """As decimals write it; hexadecimal quantities are only from 32 digits on."""
    text = format(number, "f")
    assert not opaque(text) or len(text) >= 32
    assert not opaque(f"0x{int(abs(number)) % 16**31:x}")


@given(st.datetimes())
def test_no_date_is_opaque(date):
    """As RFC 3339 writes it."""
    assert not opaque(date.isoformat())
    assert not opaque(f"{date:%Y-%m-%d %H:%M:%S}")


@given(st.text(max_size=LONGEST * 2))
def test_any_text_is_judged(text):
    """Whatever a peer sends."""
    assert opaque(text) in {True, False}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        *((name, True) for name in ("id", "gid", "token", "sessionId", "contextID", "request_id", "progressToken", "nextCursor")),
        *((name, True) for name in ("Mcp-Session-id", "x-handle", "subscription", "filter", "uuid")),
        *((name, False) for name in ("", "grid", "valid", "amount", "paid", "identity", "height", "tokens", "period", "Id")),
    ],
)  # fmt: skip
def test_names_that_say_id(name, says):
    """By their last word, in any of the usual spellings."""
    assert says_id(name) is says


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("params", "contextId"), "contextid"),
        (("params", "context", "id"), "contextid"),
        (("params", "context_id"), "contextid"),
        (("params", "contexts", 0, "id"), "contextsid"),
        (("id",), "id"),
        (("params", "sessions", 0), ""),
        (("params", "amount"), ""),
        ((), ""),
    ],
)
def test_ids_have_one_name(path, name):
    """The same for `context.id` and `contextId`; an element of a list has none."""
    assert canonical(path) == name


def learned(*seen, constants=frozenset()):
    """What is learned from values, each with its end and place."""
    found = handed_out([Seen(*one) for one in seen], constants)
    return found.texts, found.numbers


@pytest.mark.parametrize(
    ("seen", "texts"),
    [
        ([(NODE, ("result", "key"), TOKEN), (PARTY, ("params", 0), TOKEN)], {TOKEN}),
        ([(PARTY, ("params", "key"), TOKEN), (NODE, ("params", "key"), TOKEN)], {TOKEN}),
        ([(NODE, ("result",), TOKEN), (PARTY, ("path",), TOKEN)], {TOKEN}),
        ([(NODE, ("result", "key"), TOKEN), (NODE, ("params", "key"), TOKEN)], {TOKEN}),
        ([(NODE, ("result", "key"), TOKEN), (NODE, ("params", "hash"), TOKEN)], set()),
        ([(NODE, ("params", "key"), TOKEN), (NODE, ("result", "key"), TOKEN)], set()),
        ([(NODE, ("result", "key"), "latest"), (NODE, ("params", "key"), "latest")], set()),
        ([(NODE, ("result", "token"), TOKEN), (NODE, ("params", "token"), TOKEN)], {TOKEN}),
        ([(NODE, ("result", "token"), TOKEN)], set()),
        ([(NODE, ("result", "name"), "latest"), (PARTY, ("params", 0), "latest")], set()),
        ([(NODE, ("result", "gid"), "latest"), (PARTY, ("params", "gid"), "latest")], {"latest"}),
        ([(NODE, ("result", "gid"), "latest"), (PARTY, ("params", 0), "latest")], {"latest"}),
        ([(NODE, ("result", "gid"), "0x1"), (PARTY, ("params", 0), "0x1"), (NODE, ("result", "height"), "0x1")], set()),
        ([(NODE, ("result",), "0x1"), (PARTY, ("params", 0), "0x1")], set()),
        ([(NODE, ("result",), 5), (PARTY, ("params", "amount"), 5)], set()),
        ([(NODE, ("result", "amount"), 5), (PARTY, ("params", "amount"), 5)], set()),
        ([(NODE, ("result", "ok"), True), (PARTY, ("params", "id"), True)], set()),
    ],
)
def test_texts(seen, texts):
    """Opaque ones that come back, or that their end repeats as ids, or goes on with; others only where names say so."""
    assert learned(*seen)[0] == texts


def test_numbers_have_their_names():
    """The same number elsewhere is another thing."""
    seen = [(NODE, ("result", "sessionId"), 7), (PARTY, ("params", "session_id"), 7), (PARTY, ("params", "amount"), 7)]
    assert learned(*seen) == (frozenset(), {("sessionid", 7)})
    handed = HandedOut(*learned(*seen))
    assert handed.kind(("params", "session", "id"), 7) == f"{HANDED} sessionid"
    assert handed.kind(("params", "amount"), 7) == handed.kind(("params", "sessionId"), 8) == ""


def test_constants_of_a_protocol_are_none():
    """However much they look like ids."""
    seen = [(NODE, ("result", "sessionId"), 7), (PARTY, ("params", "sessionId"), 7)]
    assert learned(*seen, constants=frozenset({"sessionId"})) == (frozenset(), frozenset())


def test_whole_messages():
    """With all in them but JSON-RPC's own members."""
    request = {"jsonrpc": "2.0", "id": TOKEN, "method": TOKEN, "params": [{"list": [TOKEN]}]}
    other = str(uuid.UUID(int=7 << 64))
    answer = {"jsonrpc": "2.0", "id": TOKEN, "result": {"id": other}}
    assert learned((PARTY, (), request), (NODE, (), answer)) == (frozenset(), frozenset())
    assert learned((PARTY, (), request), (NODE, (), {"result": TOKEN}))[0] == {TOKEN}
    assert learned((NODE, (), answer), (PARTY, (), {"params": {"id": other}}))[0] == {other}


def test_scalars():
    """Every text and whole number of a message with its place, but for JSON-RPC's own members."""
    message = {"id": 1, "method": "m", "params": {"id": 2, "x": [True, None, "t", 1.5, {"method": 3}]}}
    assert list(scalars(message)) == [
        (("params", "id"), 2),
        (("params", "x", 2), "t"),
        (("params", "x", 4, "method"), 3),
    ]


def test_a_short_text_is_opaque_with_its_like():
    """Some random texts look like words: written as another under the same name, they are handed out as that is."""
    jobs = ["call_7d41c0aa", "call_2056801e", "call_2056a011"]
    repeated = [Seen(NODE, ("params", "toolCallId"), job) for job in jobs for _ in range(2)]
    assert not opaque(jobs[1])
    assert handed_out(repeated).texts >= {jobs[0], jobs[1], jobs[2]}
    back = [Seen(end, ("params", "order"), job[5:]) for job in jobs for end in (NODE, PARTY)]
    assert handed_out(back).texts == {job[5:] for job in jobs}


@pytest.mark.parametrize(
    "others",
    [
        [("params", "order", "call_2056801e")],  # it is not repeated
        [("params", "state", "call_2056801e")] * 2,  # another name
        [("params", "order", "run_20568011e")] * 2,  # written otherwise
        [("params", "order", "call_standard")] * 2,  # a word
        [("params", "order", "call_20240512")] * 2,  # a date
    ],
)
def test_a_short_text_needs_its_like(others):
    """Only what is repeated as an id is, under the same name and in the same form, is handed out so."""
    known = [Seen(end, ("params", "order"), "call_7d41c0aa") for end in (NODE, PARTY)]
    assert handed_out(known + [Seen(NODE, path, text) for *path, text in others]).texts == {"call_7d41c0aa"}


@pytest.mark.parametrize("value", [7, 603182542, "job-17", "sub_822970c2543e"])
@pytest.mark.parametrize(
    ("there", "other"),
    [
        (("result", "jobId"), ("params", "job", "id")),
        (("params", "job", "id"), ("result", "jobId")),
        (("result", "id"), ("params", "id")),
    ],
)
def test_an_id_in_a_result_under_which_pushes_go_on(value, there, other):
    """Whatever its letters happen to be, and whichever of them comes first; a word is none."""
    found = handed_out([Seen(NODE, there, value), Seen(NODE, other, value)])
    assert found.kind(there, value) == found.kind(other, value) != ""
    assert found.kind(("params", "percent"), 7) == ""
    assert handed_out([Seen(NODE, there, "default"), Seen(NODE, other, "default")]).kind(there, "default") == ""
    assert handed_out([Seen(NODE, there, value), Seen(NODE, ("result", "price"), value)]).kind(there, value) == ""


@pytest.mark.parametrize("value", [603182542, "sub-17"])
def test_a_whole_result_that_its_end_repeats_as_an_id(value):
    """What a call is answered with names a subscription, if its pushes have it under the name of one."""
    found = handed_out([Seen(NODE, ("result",), value), Seen(NODE, ("params", "subscription"), value)])
    assert found.kind(("result",), value) == found.kind(("params", "subscription"), value) != ""


def test_a_small_number_is_bound_where_it_is_an_id():
    """As the result of the method that gave it, under its name, and where it is sent back; it is another thing elsewhere."""
    result, pushed, sent = ("result",), ("params", "subscription"), ("params", 0)
    found = handed_out(
        [
            Seen(NODE, result, 7, "subscribe"),
            Seen(NODE, pushed, 7, "news"),
            Seen(NODE, ("params", "price"), 7, "news"),
            Seen(PARTY, sent, 7, "unsubscribe"),
            Seen(NODE, result, 8, "subscribe"),
            Seen(NODE, pushed, 8, "news"),
            Seen(PARTY, ("params", "subscription"), 8, "end"),
        ]
    )
    bound = [(result, "subscribe"), (pushed, "news"), (sent, "unsubscribe")]
    assert {found.kind(path, number, method) for path, method in bound for number in (7, 8)} == {HANDED}
    assert not found.kind(("params", "price"), 7, "news")
    assert not found.kind(result, 7, "count")
    assert not found.kind(sent, 7, "buy")
    assert set(found.of(party=False)) == {(HANDED, 7), (HANDED, 8)}


@pytest.mark.parametrize(("value", "name"), [("main", "subscription"), (603182542, "height"), (True, "subscription")])
def test_a_result_is_what_it_says_elsewhere(value, name):
    """Words, and what is repeated under the name of no id, are compared."""
    found = handed_out([Seen(NODE, ("result",), value), Seen(NODE, ("params", name), value)])
    assert found.kind(("result",), value) == ""


UUID = "0d7c3f0e-5c1b-4e0a-9b57-6f0f2f7a8c11"
STARTED = Seen(NODE, ("result", "job"), UUID, "start")
EVENT = ("result", "events", 0, "job")


@pytest.mark.parametrize(
    "seen",
    [
        [STARTED, Seen(NODE, EVENT, UUID, "wait"), Seen(NODE, EVENT, UUID, "wait")],
        [Seen(NODE, ("result",), UUID, "start"), Seen(NODE, EVENT, UUID, "wait")],
        [Seen(NODE, ("result",), UUID, "start"), Seen(NODE, ("params", "job"), UUID, "progress")],
    ],
)
def test_a_random_uuid_that_its_end_goes_on_with(seen):
    """In the results of other calls too, as with long polling; under any name if it was a whole result."""
    assert handed_out(seen).texts == {UUID}


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param([STARTED], id="it comes once"),
        pytest.param([Seen(NODE, (), {"result": {"job": UUID, "last": {"job": UUID}}}, "start")], id="in one result"),
        pytest.param([STARTED, Seen(NODE, ("result", "owner"), UUID, "wait")], id="under another name"),
        pytest.param([STARTED, Seen(NODE, EVENT, UUID, "wait"), STARTED], id="its method gives it again"),
        pytest.param([Seen(NODE, EVENT, UUID, "list"), STARTED], id="it comes in a list first"),
        pytest.param([Seen(NODE, ("params", "job"), UUID, "news"), STARTED], id="it is pushed first"),
    ],
)
def test_a_uuid_that_may_be_data(seen):
    """What every call would give is compared."""
    assert handed_out(seen).texts == frozenset()


@pytest.mark.parametrize(
    "hashed", [TOKEN, "0d7c3f0e-5c1b-3e0a-9b57-6f0f2f7a8c11", "0d7c3f0e-5c1b-5e0a-9b57-6f0f2f7a8c11"]
)
def test_a_hash_that_results_repeat(hashed):
    """Chains do so; UUIDs of versions 3 and 5 are hashes as well."""
    seen = [Seen(NODE, ("result", "block"), hashed, "send"), Seen(NODE, ("result", "block"), hashed, "get")]
    assert handed_out(seen).texts == frozenset()


def test_who_hands_out_what():
    """Whoever said it first; numbers with their names, and nothing that is masked."""
    seen = [
        Seen(NODE, ("result", "token"), TOKEN),
        Seen(PARTY, ("params", 0), TOKEN),
        Seen(PARTY, ("params", "sessionId"), 7),
        Seen(NODE, ("result", "sessionId"), 7),
        Seen(NODE, ("result", "secret"), "«token 1»"),
    ]
    found = handed_out(seen)
    assert list(found.of(party=False)) == [(HANDED, TOKEN)]
    assert list(found.of(party=True)) == [(HANDED, 7), (f"{HANDED} sessionid", 7)]
