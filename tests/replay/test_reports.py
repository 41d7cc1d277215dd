"""Which pushes report on a call that is still open."""

import pytest
from mocking import capture

from recorder.bindings import Kinds
from recorder.replay.reports import Reports

A, B = ('{"id":1,"method":"do","params":{"token":7}}', '{"id":2,"method":"do","params":{"token":8}}')
ON_A, ON_B = ('{"method":"told","params":{"token":7}}', '{"method":"told","params":{"token":8}}')
TO_A, TO_B = '{"id":1,"result":0}', '{"id":2,"result":0}'


def calls(*said, **more):
    """By the place of each report, that of its call."""
    script = capture(*said, **more)
    return Reports(script.steps, lambda session: Kinds(script.profile(session), script.handed)).calls


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([(">", A), (">", B), ("<", ON_A), ("<", ON_B), ("<", TO_A), ("<", TO_B)], {3: 1, 4: 2}),
        ([(">", A), (">", B), ("<", ON_A), ("<", TO_A), ("<", ON_A), ("<", TO_B)], {3: 1}),
        ([("<", ON_A), (">", A), (">", B), ("<", ON_A), ("<", TO_A), ("<", TO_B)], {}),
        ([(">", A), (">", B), ("<", '{"method":"x"}'), ("<", TO_A), ("<", TO_B)], {}),
        ([(">", A), (">", B), ("<", ON_A), ("<", TO_B)], {}),
    ],
    ids=["each on its own call", "not after the answer", "what the node said first", "no token", "no answer"],
)
def test_a_push_reports_on_the_open_call_that_brought_its_token(said, found):
    """On no other call: not on one that is answered, and not because of a value that the node had said before."""
    assert calls(*said) == found


def test_over_http_the_exchange_shows_it():
    """Nothing has to be found out there."""
    said = [(">", A, 1), (">", B, 2), ("<", ON_A, 1), ("<", ON_B, 2), ("<", TO_A, 1), ("<", TO_B, 2)]
    assert calls(*said, url="http://n/") == {}
