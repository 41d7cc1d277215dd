"""How a run went, in words."""

import pytest

from recorder.replay import Outcome


@pytest.mark.parametrize(
    ("outcome", "fine", "text"),
    [
        (Outcome(), True, "everything recorded came, and nothing else"),
        (Outcome(notes=["a note"]), True, "a note\neverything recorded came, and nothing else"),
        (Outcome(["b"], ["a", "A"], ["c"]), False, "a\nA\nb\nc\n2 extra, 1 missing"),
    ],
)
def test_an_outcome_in_words(outcome, fine, text):
    """What was unexpected first, then what is missing, then notes, then the counts."""
    assert (outcome.ok, str(outcome)) == (fine, text)
