"""What is the same in every run of a script."""

from mocking import capture

from recorder.capture import frame
from recorder.model import Header, Opened
from recorder.profiles import PROFILES
from recorder.replay import Player, PlaySettings
from recorder.replay.needs import Needs
from recorder.replay.plan import Plan
from recorder.timeline import read

SETTINGS = PlaySettings(ends=frozenset({"node"}))
ASKED = capture((">", '{"id":1,"method":"a"}'), ("<", '[{"id":1,"result":0}]'))


def test_the_head_of_an_answer():
    """Status and headers are those of the first frame of its exchange over HTTP."""
    named = [("x-one", "1")]
    events = [
        Opened(session=1, party="a", url="http://n/"),
        frame(b'{"id":1,"method":"a"}', session=1, direction="to_node", exchange=1),
        frame(b'{"method":"push"}', session=1, direction="from_node", exchange=1, status=201, headers=named),
        frame(b'{"id":1,"result":1}', session=1, direction="from_node", exchange=1),
        frame(b'{"id":2,"method":"a"}', session=1, direction="to_node", exchange=2),
    ]
    plan = Plan(read(Header(format=2, run="r", recorder="0"), events), SETTINGS)
    assert plan.head(1, 1) == (201, tuple(named))
    assert plan.head(1, 2) is None


def test_what_a_frame_needs():
    """Nothing, where it is none of the node's."""
    plan = Plan(ASKED, SETTINGS)
    opening, request, answer = ASKED.steps
    assert plan.needs(answer) == Needs(frozenset({request.index}))
    assert plan.needs(request) == plan.needs(opening) == Needs(frozenset())


def test_labels_and_layouts_are_made_once():
    """Of each message and each frame."""
    script = capture(("<", '{"method":"channels.info","params":{"data":{"event":"open"}}}'), profile="aeternity")
    plan, step = Plan(script, SETTINGS), script.steps[1]
    assert plan.label(step.parts[0]) == "channels.info open"
    assert plan.label(step.parts[0]) is plan.label(step.parts[0])
    assert plan.layout(step) is plan.layout(step)
    assert plan.kinds(1).profile is PROFILES["aeternity"]


def test_what_is_known_of_messages_is_kept_for_many_runs():
    """For one, it is not worth its memory."""
    asked = ASKED.steps[1].parts[0]
    once, often = Plan(ASKED, SETTINGS), Plan(ASKED, SETTINGS, loops=True)
    assert once.own(asked) is None
    assert often.own(asked) is often.own(asked) is not None
    assert often.digest(asked) is often.digest(asked)
    assert once.digest(asked) == often.digest(asked)


def test_runs_of_one_plan_share_nothing_else():
    """Each begins anew: what one client said is nothing to the next."""
    plan = Plan(ASKED, SETTINGS)
    for identity in (b"5", b"6"):
        player = Player(ASKED, SETTINGS, plan)
        player.opened(1, "ws://n/", 1.0)
        player.received(1, b'{"id":%s,"method":"a"}' % identity, 1.0)
        (answer,) = player.due(1.0)
        assert answer.payload == b'[{"id":%s,"result":0}]' % identity
        assert player.end().ok
