"""What documents show of what was recorded: methods, events, errors."""

from recorded import CAPTURES, CHANNELS, GENERIC, INITIATOR, RESPONDER, call, fenced, info, transfer

from recorder.documents import check
from recorder.documents.coverage import Row, coverage, lines


def covered(document, against):
    """The rows of a document."""
    return coverage(against, [*check(document, "g.md", against, CAPTURES)])


def test_methods_and_errors_are_counted():
    """What is shown in a way that is stale is shown too; a result shows nothing of its own."""
    document = fenced(call("tick", {"on": 1})) + fenced(call("mul")) + fenced({"jsonrpc": "2.0", "id": 9, "result": 1})
    assert covered(document, GENERIC).rows == (
        Row("error", "error -32602", 1, 0),
        Row("method", "log", 1, 0),
        Row("method", "mul", 0, 1),
        Row("method", "sum", 3, 0),
        Row("method", "tick", 1, 1),
    )


def test_events_are_counted_each():
    """By what tells them apart."""
    found = covered(fenced(info("open")) + fenced(info("closed")) + fenced(transfer(INITIATOR, RESPONDER)), CHANNELS)
    rows = {row.name: (row.kind, row.recorded, row.shown) for row in found.rows}
    assert rows["channels.info open"] == ("event", 2, 1)
    assert rows["channels.info fsm_up"] == ("event", 1, 0)
    assert rows["channels.info closed"] == ("event", 0, 1)
    assert rows["channels.update.new"] == ("method", 1, 1)


def test_the_table_has_what_is_missing():
    """With `verbose` everything; the last line says how much is shown."""
    found = covered(fenced(call("tick", {"at": 1})), GENERIC)
    short, long = [*lines(found)], [*lines(found, verbose=True)]
    assert [line.split()[0] for line in short[1:-1]] == ["error", "log", "sum"]
    assert len(long) == len(short) + 1
    assert short[-1] == "1 of 4 recorded are shown (25 %)"


def test_nothing_recorded_is_shown_altogether():
    """There is no share of nothing."""
    assert [*lines(coverage(type(GENERIC)(), []))] == ["0 of 0 recorded are shown (100 %)"]
