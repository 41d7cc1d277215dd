"""The filter language: any text parses, or is refused with a column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.live.filters import FilterError, parse


def names(text):
    """The terms of a filter, by name."""
    return [("-" if term.negated else "") + term.name for term in parse(text)]


def test_all_words_are_known():
    """All terms parse; the cheapest come first."""
    text = 'path:params.amount>10 "a b" method:channels.* party:initiator session:2 kind:error error: open: odd: slow:>500ms'
    assert names(text) == ["session", "kind", "error", "open", "odd", "party", "method", "slow", "text", "path"]


def test_a_word_is_negated():
    """A minus negates a term."""
    assert names("-open: -method:eth_* -text") == ["-open", "-method", "-text"]


def test_values_may_be_quoted():
    """Quotes allow spaces, quotes and colons in a value."""
    (party, text) = parse(r'party:"my \"own\" client" "http://x: y"')
    assert party.value.fullmatch('my "own" client')
    assert text.value == b"http://x: y"


def test_a_url_is_text():
    """A URL is text, in spite of its colon."""
    assert parse("ws://127.0.0.1:3014/")[0].value == b"ws://127.0.0.1:3014/"


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("metod:x", 0, "metod: is not one of"),
        ('open: "never closed', 6, "quote"),
        ("party:", 6, "a name is missing"),
        ("a session:x", 10, "a session is a number"),
        ("kind:reply", 5, "a kind is one of request, answer"),
        ("error:yes", 6, "takes no value"),
        ("slow:quick", 5, "not a duration"),
        ("path:a>b", 5, "not a number"),
        ("path:a[x>1", 5, "path"),
        ("-", 0, "a term is missing"),
    ],
)
def test_what_is_wrong_is_said_at_its_column(text, at, reason):
    """A mistake is reported with its column."""
    with pytest.raises(FilterError, match=reason) as raised:
        parse(text)
    assert raised.value.at == at


@given(
    st.text()
    | st.lists(st.sampled_from([*'-":\\ >~=.[]*', "path:", "slow:", "a", "1", "method:", '"']), max_size=12).map(
        "".join
    )
)
def test_any_text_is_understood_or_refused_at_a_column(text):
    """Any text either parses or is refused with a column."""
    at = 0
    try:
        parse(text)
    except FilterError as error:
        at = error.at
    assert 0 <= at <= len(text)


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("params.amount>10", True),
        ("amount>10.5", True),
        ("amount<11", False),
        ("amount=11.0", True),
        ("amount!=11", False),
        ("$.amount>10", False),
        ("params.to~ALI", True),
        ("params.to=alice", True),
        ("params.list[1]=x", True),
        ("list[*]=x", True),
        ("list[0]=x", False),
        ("params.none=null", True),
        ("params.yes=true", True),
        ("params.absent", False),
        ("params.*>10", True),
        ('"a.b"', False),
        ('params["a.b"]=1', True),
        ("big=123456789012345678901234567890", True),
    ],
)
def test_values_at_paths_are_compared(test, holds):
    """Numbers are compared exactly, also if they are strings."""
    payload = (
        b'{"method":"m","params":{"amount":11,"to":"alice","list":["y","x"],"none":null,"yes":true,'
        b'"a.b":1,"big":123456789012345678901234567890}}'
    )
    try:
        (term,) = parse(f"path:{test}")
    except FilterError:
        assert test == '"a.b"'
        return
    assert term.value.holds(payload) is holds


def test_an_escaped_name_is_found():
    """A member is found even if its name is written with escapes."""
    (term,) = parse("path:params.amount=1")
    assert term.value.holds(b'{"method":"m","params":{"\\u0061mount":1}}')
