"""What was masked when it was recorded stands for whatever a client sends there."""

from mocking import capture

from recorder.jsonrpc import value_of
from recorder.replay import Player, PlaySettings
from recorder.timeline.script import NODE

CALL = '{"id":1,"method":"add","params":["%s","%s"]}'


def recorded():
    """A session with a secret in its URL and one in a call, of which the answer says it again."""
    said = (">", CALL % ("token:«token 2»", "«token 1»")), ("<", '{"id":1,"result":"«token 1»"}')
    return capture(*said, url="ws://node/?token=«token 1»")


def test_a_client_may_send_its_own():
    """And is told it again where the recorded one was, also where it must be as recorded otherwise."""
    node = Player(recorded(), PlaySettings(ends=frozenset({NODE}), mode="strict"))
    node.opened(1, "ws://node/?token=mine", 1.0)
    assert node.received(1, (CALL % ("token:other", "mine")).encode(), 1.0)
    (answer,) = node.due(1.0)
    assert value_of(answer.payload)["result"] == "mine"


def test_a_client_may_send_no_other_where_it_is_the_same():
    """Two uses of one secret are two uses of one."""
    node = Player(recorded(), PlaySettings(ends=frozenset({NODE}), mode="strict"))
    node.opened(1, "ws://node/?token=mine", 1.0)
    assert not node.received(1, (CALL % ("token:other", "another")).encode(), 1.0)


def test_a_party_sends_them_in_a_form_that_a_url_may_have():
    """Nobody knows them; a node that does not ask answers all the same."""
    for scheme in ("ws", "http"):
        script = capture((">", '{"id":1,"method":"a"}', 1), url=f"{scheme}://node/k/«key 1»?token=«token 1»")
        action = next(iter(Player(script, PlaySettings(ends=frozenset({"client"}))).due(1.0)))
        assert action.path == "/k/%C2%ABkey%201%C2%BB?token=%C2%ABtoken+1%C2%BB"
