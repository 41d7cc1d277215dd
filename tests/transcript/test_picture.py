"""The rows of a picture."""

from recorder.transcript.diagram import Step
from recorder.transcript.picture import Picture, PlacedStep, fitted, pictures


def test_each_part_of_a_diagram_is_a_picture():
    """With the lifelines that are named in it."""
    part = [Step("begin"), Step("lifeline", 0, 0, "a"), Step("arrow"), Step("end")]
    assert pictures([*part, *part]) == [Picture(["a"], [PlacedStep(Step("arrow"), 0)], 1)] * 2
    assert pictures([]) == []


def test_a_loop_reaches_to_its_last_row():
    """It has a row for how often it came; a box has none, for a page has sections."""
    loop, arrow, note = Step("loop"), Step("arrow"), Step("note")
    steps = [Step("begin"), Step("box"), arrow, loop, arrow, arrow, Step("close"), note, Step("close"), Step("end")]
    (picture,) = pictures(steps)
    assert picture.places == [
        PlacedStep(arrow, 0),
        PlacedStep(loop, 1, 3),
        PlacedStep(arrow, 2),
        PlacedStep(arrow, 3),
        PlacedStep(note, 4),
    ]
    assert picture.rows == 5


def test_a_label_that_is_too_long_for_its_place_keeps_an_errors_code():
    """Its arrow shows whom it is to; what fits stays whole."""
    refusal = "refuses client-1's robot.status: error -32001 not ready"
    assert fitted(refusal, 100) == refusal
    assert fitted(refusal, 30) == "error -32001 not ready"
    assert fitted(refusal, 16) == "error -32001 no…"
    assert fitted("answers client-1's robot.status: ready", 12) == "answers cli…"
