"""A capture as a diagram: who its lifelines are, what its arrows say, what is folded, and where it is parted."""

import json
import re

import pytest

from recorder.capture import FORMAT, frame
from recorder.model import Closed, Header, Note, Opened, Refused, Scenario
from recorder.timeline.annotating import Annotations
from recorder.transcript import views
from recorder.transcript.diagram import Diagram, mermaid
from recorder.transcript.template import Template

HEADER = Header(format=FORMAT, run="r", recorder="0")


def opened(session=1, party="a", url="ws://n:1/"):
    """A session that opens."""
    return Opened(session=session, party=party, url=url)


def call(method="m", session=1, **others):
    """A request of a party."""
    return frame(json.dumps({"id": 1, "method": method, **others}).encode(), session=session, direction="to_node")


def answer(session=1, **others):
    """What the node answers."""
    return frame(json.dumps({"id": 1, **others}).encode(), session=session, direction="from_node")


def items(*events):
    """What is printed of events."""
    return views(HEADER, events, annotations=Annotations("generic"))


def steps(*events, most=200):
    """The steps of their diagram."""
    diagram = Diagram(most)
    return [step for event in items(*events) for step in diagram.see(event)] + diagram.end()


def text(*events, template="sequence"):
    """Their rendering."""
    return "".join(Template(template).render(HEADER, items(*events)))


def arrows(*events):
    """Lines of arrows in it."""
    return re.findall(r"^ +(p\d.*)$", text(*events), re.MULTILINE)


def test_a_diagram_says_in_words_who_says_what_to_whom():
    """Parties and the node as lifelines, where they first speak; an answer's line is dashed."""
    drawn = text(opened(), call(params={"x": 1}), answer(result=2), Closed(session=1))
    assert drawn == (
        "\n```mermaid\nsequenceDiagram\n    participant p0 as a\n    participant p1 as node\n"
        "    p0->>p1: opens a connection\n    p0->>p1: calls m, x 1\n    p1-->>p0: answers a#39;s m: 2\n"
        "    p0->>p1: closes the connection\n```\n"
    ).replace("#39;", "'")


def test_nothing_is_drawn_of_nothing():
    """No empty block, which Mermaid would refuse to draw."""
    assert text() == ""


def test_a_failed_tool_is_red():
    """A protocol may say in a result that a call failed."""
    asked, failed = call("tools/call", params={"name": "pay"}), answer(result={"content": [], "isError": True})
    drawn = "".join(
        Template("sequence").render(HEADER, views(HEADER, [opened(), asked, failed], annotations=Annotations("mcp")))
    )
    assert re.findall(r"^ +p1.*$", drawn, re.MULTILINE) == ["    p1--xp0: answers a's tools/call: failed"]


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("summary", "- a's m x 1 has no answer"),
        ("html", '<p class="event error" id="f5">a&#39;s m x 1 has no answer</p>'),
        ("sequence", "    Note over p0,p1: a's m x 1 has no answer"),
    ],
)
def test_a_call_without_an_answer_is_marked(template, line):
    """It stands where the session ends; a call that has been answered is not marked."""
    found = Template(template)
    events = [opened(), call(params={"x": 1}), call(id=2), answer(id=2, result=1), Closed(session=1)]
    shown = views(
        HEADER, events, annotations=Annotations("generic"), follow=found.following, unanswered=found.unanswered
    )
    drawn = "".join(found.render(HEADER, shown))
    assert [one for one in drawn.splitlines() if one.startswith(("-", "<p", "    Note")) and "no answer" in one] == [
        line
    ]


def test_an_error_is_red():
    """With a cross at its end; so is what a node refuses in no JSON-RPC."""
    drawn = text(opened(), call(), answer(error={"code": 3, "message": "no"}))
    assert "    rect rgba(255, 0, 0, 0.15)\n    p1--xp0: refuses a's m: error 3 no\n    end\n" in drawn
    assert "p1--xp0: a is refused: 401 Unauthorized" in text(Refused(status=401, url="ws://n:1/", party="a"))


def test_a_batch_is_one_arrow():
    """That says of how many messages, and what each says."""
    batch = frame(b'[{"id":1,"method":"x"},{"id":2,"method":"y"}]', session=1, direction="to_node")
    assert arrows(opened(), batch)[-1] == "p0->>p1: batch of 2: calls x#59; calls y"


def test_notes_stand_over_those_they_are_about():
    """A party's over its lifeline, nobody's over all."""
    drawn = text(opened(), Note(text="of all"), Note(text="two\nlines", party="a"))
    assert "    Note over p0,p1: of all\n    Note over p0,p0: two#92;nlines\n" in drawn


def test_a_scenario_is_a_box_with_its_name():
    """Each one its own; what stands before the first is in none."""
    kinds = [step.kind for step in steps(opened(), Scenario(name="x"), call(), Scenario(name="y"), call())]
    assert kinds == [
        *("begin", "lifeline", "lifeline", "arrow"),
        *("box", "arrow", "close", "box", "arrow", "close", "end"),
    ]
    assert "    Note over p0,p1: x\n" in text(opened(), Scenario(name="x"), call())


def test_two_nodes_are_two_lifelines():
    """The first by its name, others by their addresses too; sessions with one node share its line."""
    names = [
        step.text for step in steps(opened(), opened(2, "b", "ws://n:2/x"), opened(3, "c")) if step.kind == "lifeline"
    ]
    assert names == ["a", "node", "b", "node n:2", "c"]


def test_a_node_that_nobody_knows_the_address_of_is_the_first():
    """As in an imported transcript, whose sessions were open before."""
    names = [
        step.text for step in steps(opened(url=""), call(), opened(2, "b"), call(session=1)) if step.kind == "lifeline"
    ]
    assert names == ["a", "node", "b"]


@pytest.mark.parametrize(("count", "folded"), [(5, 0), (6, 6), (40, 40)])
def test_what_comes_again_and_again_is_folded(count, folded):
    """A run of one call; five are not worth it."""
    found = [step for step in steps(opened(), *[call("tick")] * count, call("other")) if step.kind in {"loop", "arrow"}]
    assert [step.text for step in found if step.kind == "loop"] == ([f"{folded} times"] if folded else [])
    assert sum(step.text == "calls tick" for step in found) == (1 if folded else count)
    assert found[-1].text == "calls other"


def test_a_poll_is_folded_with_its_answers():
    """What its answers all say is kept; what had begun to come again stands behind it."""
    polls = [event for number in range(9) for event in (call("job.status"), answer(result=f"at {number}"))]
    found = [step.text for step in steps(opened(), *polls, call("job.status"), call("stop"))]
    assert found[4:] == [
        *("9 times", "calls job.status", "answers a's job.status: at …", ""),
        *("calls job.status", "calls stop", ""),
    ]


def test_nothing_is_lost_or_turned_around_where_nothing_is_folded():
    """All arrows in their order, whatever looked like the beginning of a run."""
    methods = "abcabdabcaabbccddaabbccddaabc"
    drawn = [step.text for step in steps(opened(), *map(call, methods)) if step.kind == "arrow"]
    assert drawn[1:] == [f"calls {method}" for method in methods]


def test_a_long_diagram_comes_in_parts():
    """Each with its lifelines and its scenario's box: Mermaid draws no more than 50,000 characters."""
    pushes = [call(method, id=None) for method in "xyz"]
    kinds = [step.kind for step in steps(Scenario(name="s"), opened(), *pushes, most=2)]
    part = ["begin", "lifeline", "lifeline", "box", "arrow", "arrow", "close", "end"]
    assert kinds == part * 2


def parts(*events, most):
    """The labels of the arrows of each part."""
    made = []
    for step in steps(*events, most=most):
        if step.kind == "begin":
            made.append([])
        elif step.kind == "arrow":
            made[-1].append(step.text)
    return made


@pytest.mark.parametrize("count", [300, 3000])
def test_equal_calls_are_one_diagram_however_many_they_are(count):
    """What is folded counts once towards the length of a part, and each call stands before its answer."""
    assert parts(opened(), *[event for _ in range(count) for event in (call(), answer(result=1))], most=200) == [
        ["opens a connection", "calls m", "answers a's m: 1"]
    ]


def test_a_part_does_not_end_between_a_call_and_its_answer():
    """It becomes a little longer instead."""
    pairs = [event for method in "abcdef" for event in (call(method), answer(result=method))]
    assert [len(part) for part in parts(opened(), *pairs, most=4)] == [5, 4, 4]


def test_a_call_that_nobody_answers_keeps_only_its_own_part_open():
    """And that not for long."""
    events = [call("a"), *(call(f"p{number}", id=None) for number in range(12))]
    assert [len(part) for part in parts(opened(), *events, most=4)] == [5, 4, 4, 1]


def test_what_is_held_of_a_diagram_is_bounded():
    """However long the run, or whatever else comes."""
    diagram = Diagram()
    for event in items(opened(), *[call("tick")] * 500, *[call(f"m{number}") for number in range(500)]):
        diagram.see(event)
    assert len(diagram._runs._held) + len(diagram._runs._unit) + len(diagram._runs._next) < 20


@pytest.mark.parametrize(
    ("label", "written"),
    [("a; b", "a#59; b"), ("#1", "#35;1"), ("<b>", "#60;b#62;"), ("wrap: x", "wrap#58; x"), ("→ é: 1", "→ é: 1")],
)
def test_a_label_is_text_to_mermaid(label, written):
    """Signs of its own language stand by their numbers."""
    assert mermaid(label) == written


def test_a_summary_has_no_markup_of_what_was_said():
    """Neither of a message nor of a note, and each is one line of the list."""
    drawn = text(opened(), call(params={"x": "*b* [x](y)"}), Note(text="<script>\n_i_"), template="summary")
    assert drawn.split("\n") == [
        "- a opens a connection",
        r"- a calls m, x \*b\* \[x\](y)",
        r"- info: &lt;script> \_i\_",
        "",
    ]


def test_a_batch_of_answers_stands_beside_all_its_methods():
    """As the batch that it answers."""
    asked = frame(b'[{"id":1,"method":"x"},{"id":2,"method":"y"}]', session=1, direction="to_node")
    answered = frame(b'[{"id":1,"result":1},{"id":2,"error":{"code":3}}]', session=1, direction="from_node")
    drawn = text(opened(), asked, answered, template="table")
    assert "| a | `--->` | x, y | batch of 2: " in drawn
    assert "| a | `<---` | x, y | batch of 2: " in drawn


def test_a_table_says_who_says_what():
    """One row an event, in the words of a summary."""
    note, refused = Note(text="a\nnote", party="a"), Refused(status=401, url="ws://n/", party="b")
    batch = frame(b'[{"method":"x_1"},{"method":"_y"}]', session=1, direction="to_node")
    drawn = text(opened(), call(), answer(result="<b>|`"), note, refused, batch, Closed(session=1), template="table")
    assert drawn.split("\n") == [
        "| who | | method | what it says |",
        "| --- | --- | --- | --- |",
        "| a | `--->` | | opens a connection |",
        "| a | `--->` | m | calls m |",
        r"| a | `<---` | m | answers a's m: &lt;b>\|\` |",
        "| a | | | a note |",
        "| b | `<---` | | b is refused: 401 Unauthorized |",
        r"| a | `--->` | x_1, \_y | batch of 2: notifies node: x_1; notifies node: \_y |",
        "| a | `--->` | | closes the connection |",
        "",
    ]
