"""Pins: what they say, and which message they are about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import CAPTURES, Captures, call, said

from recorder.documents.pins import Pin, pinned
from recorder.errors import InputError

FOUND = {
    "": 3,
    "method=sum": 3,
    "method=sum nth=2": 5,
    "method='result of sum'": 4,
    "method='error of sum'": 8,
    "method='l*g'": 9,
    "line=6": 6,
    "party=client line=6": 6,
    "scenario=end": 11,
}


def followed(text):
    """The messages that a pin is about."""
    pin = Pin.parse(text)
    return pinned(pin, CAPTURES.messages(pin.capture))


@pytest.mark.parametrize("text", FOUND)
def test_a_pin_is_about_the_first_message_that_fits(text):
    """Or the one whose number it gives."""
    (found,) = followed(f"run.jsonl {text}")
    assert found.at.line == FOUND[text]


def test_a_pin_with_several_methods_is_about_messages_in_turn():
    """Each is the first behind the one before; `nth` is where they begin."""
    for text, lines in {
        "method=sum method=tick": [3, 11],
        "method=sum method='result of sum'": [3, 4],
        "method=sum method='result of sum' nth=2": [5, 6],
        "method=sum method=sum method=sum": [3, 5, 7],
        "method='*' method='*' scenario=''": [3, 4],
    }.items():
        pin = Pin.parse(f"run.jsonl {text}")
        assert [one.at.line for one in pinned(pin, CAPTURES.messages("run.jsonl"), len(lines))] == lines


def test_a_pattern_is_one_of_rules():
    """`*` is anything, and no other sign is more than itself."""
    captures = Captures(**{"odd.jsonl": [*said((">", call("a")), (">", call("[a]")), (">", call("?")))]})
    for text, line in {"'[a]'": 4, "'?'": 5, "'*'": 3}.items():
        (found,) = pinned(Pin.parse(f"odd.jsonl method={text}"), captures.messages("odd.jsonl"))
        assert found.at.line == line


REFUSED = {
    "": "the pin cannot be read",
    "run.jsonl method=x": "run.jsonl has none of what the pin asks for (run.jsonl method=x); ask for another, or pin it anew",
    "run.jsonl method=tick nth=2": "run.jsonl has only 1 of what the pin asks for (run.jsonl method=tick nth=2)",
    "run.jsonl methd=sum": "the pin has 'methd=sum'; it may have scenario=, party=, method=, line=",
    "run.jsonl sum": "the pin has 'sum'; it may have",
    "run.jsonl line=3 line=4 line=99": "run.jsonl has nothing at line 99 of what the pin asks for",
    "run.jsonl line=3 line=4 as=table": "the pin has line= twice, and as=table; name a stretch of frames by from= and to=",
    "run.jsonl method=sum method=tick as=table": "the pin has method= twice, and as=table; name a stretch of frames by",
    "run.jsonl method=tick method=sum": "run.jsonl has none of what the pin asks for",
    "run.jsonl method=sum method=tick nth=4": "run.jsonl has only 3 of what the pin asks for",
    "run.jsonl line=0": "the pin has 'line=0'; give a number from 1",
    "run.jsonl elide=x": "the pin has 'elide=x'; give a number from 1",
    "run.jsonl party=a party=b": "the pin has party= twice; give it once",
    "run.jsonl method='sum": "the pin cannot be read: No closing quotation",
    "run.jsonl as=html": "the pin has as=html; it may be transcript, timestamped,",
    "run.jsonl from=3": "the pin has from= or to=, a stretch of frames; say with as= how they are shown",
    "other.jsonl": "other.jsonl: cannot read: No such file or directory",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_pin_that_leads_nowhere_says_what_to_do(text):
    """In one line."""
    with pytest.raises(InputError) as error:
        followed(text)
    assert str(error.value).startswith(REFUSED[text])
    assert "\n" not in str(error.value)


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=9)


@given(
    st.builds(
        Pin,
        TEXTS,
        scenario=TEXTS | st.just(""),
        methods=st.lists(TEXTS, max_size=2).map(tuple),
        lines=st.lists(st.integers(1, 10**8), max_size=3).map(tuple),
        nth=st.integers(1, 99),
        form=st.just(""),
        show=st.lists(TEXTS, max_size=2).map(tuple),
        elide=st.integers(0, 99),
    )
)
def test_a_pin_is_read_as_it_is_written(pin):
    """Whatever its names hold."""
    assert Pin.parse(str(pin)) == pin
