"""Playing ends of a capture, in memory."""

import hashlib
import json

import channel
import pytest
from msgspec import structs
from play import Play

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.report import finding_lines
from recorder.jsonrpc import value_of
from recorder.model import SECOND, Closed, Header, Opened
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import decoded
from recorder.replay import Begin, Close, Fault, Open, Player, PlaySettings, Send
from recorder.timeline import read
from recorder.timeline.script import NODE
from recorder.timeline.urls import query

LIFE = channel.live()
SCRIPT = LIFE.script()
PARTIES = frozenset(SCRIPT.parties.values())
INITIATOR = LIFE.accounts["initiator"]
SEEDS = {account: hashlib.sha256(account.encode()).digest() for account in SCRIPT.accounts}
HEADER = Header(format=1, run="x", recorder="0")
PAIR = [
    Opened(session=1, party="a", url="ws://n/x?role=a"),
    frame(b'{"id":1,"method":"ask"}', session=1, direction="to_node", time=10**9),
    frame(b'{"id":1,"result":"ok"}', session=1, direction="from_node", time=2 * 10**9),
    Closed(session=1, time=3 * 10**9),
]


@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
def test_a_life_plays_with_fresh_keys(mode):
    """No mismatch, nothing unused, every signature verifies, and a comparison finds nothing."""
    play = Play(SCRIPT, mode=mode)
    assert play.ok, play.outcomes
    total, verified = play.signatures()
    assert total == verified > 20
    found = compare(SCRIPT, read(LIFE.header, play.events, "live.jsonl"))
    assert [list(finding_lines(finding)) for finding in found.findings] == []


@pytest.mark.parametrize(
    "other",
    [
        {"nonce": 70_000, "responder_nonce": 300},
        {"name": "another node", "rounds": 9},
    ],
)
def test_parties_play_with_a_node_that_counts_otherwise(other):
    """Nonces of more bytes, and so other fees, other rounds: parties sign what this node asks them to sign."""
    node = channel.live(**other).script("node.jsonl")
    play = Play(SCRIPT, keys=SEEDS, mode="shape", node_script=node)
    assert play.outcomes.parties.unused == []
    assert play.outcomes.node.unexpected == []
    total, verified = play.signatures()
    assert total == verified > 20
    found = compare(SCRIPT, read(LIFE.header, play.events, "live.jsonl"), streams=True)
    assert [list(finding_lines(finding)) for finding in found.findings] == []


def test_a_party_keeps_each_of_its_accounts():
    """Each has its own key; one that the node did not know is not replaced, for this one shall refuse it too."""
    life = channel.several()
    play = Play(life.script())
    assert play.ok, play.outcomes
    total, verified = play.signatures()
    assert total == verified > 10
    opened = [query(event.url)["initiator_id"] for event in play.events if isinstance(event, Opened)]
    live = [chain.account_of(play.keys[account]) for account in (INITIATOR, life.accounts["initiator"])]
    assert opened == [channel.NOBODY, *(account for account in live for _ in range(2))]
    assert compare(life.script(), read(life.header, play.events, "live.jsonl")).findings == ()


def test_without_keys_recorded_signatures_are_kept():
    """Nothing has changed, so that nothing must be signed."""
    play = Play(SCRIPT, keys={})
    assert play.ok, play.outcomes


def test_a_foreign_key_is_said():
    """A party that is given no key cannot sign what has changed for the other's."""
    play = Play(SCRIPT, keys={INITIATOR: SEEDS[INITIATOR]})
    assert any("is by an unknown key" in note for note in play.outcomes.parties.notes)


def node(events=PAIR, **settings):
    """A player of a node."""
    return Player(read(HEADER, events, "r.jsonl"), PlaySettings(ends=frozenset({NODE}), **settings))


def test_a_node_waits_for_its_request():
    """And answers with the live id."""
    player = node()
    session = player.wants("/x?role=a")
    player.opened(session, "/x?role=a", 0.0)
    assert list(player.due(0.0)) == []
    player.received(session, b'{"id":77,"method":"ask"}', 1.0)
    (action,) = player.due(1.0)
    assert json.loads(action.payload) == {"id": 77, "result": "ok"}
    assert not player.over
    player.closed(session, 2.0)
    assert player.over
    assert player.end().ok


def test_what_nobody_recorded_is_explained_and_answered():
    """So that its client does not wait for ever."""
    player = node()
    player.opened(1, "/x?role=a", 0.0)
    assert not player.received(1, b'{"id":5,"method":"surprise"}', 0.0)
    (action,) = player.due(0.0)
    assert json.loads(action.payload)["error"]["code"] == -32001
    outcome = player.end()
    assert outcome.unexpected[0].startswith("a surprise extra: it came, and was not recorded\n  not r.jsonl:3 ask:")
    assert [one.split(": ")[0] for one in outcome.unused] == ["r.jsonl:3", "r.jsonl:4", "r.jsonl:5"]


def test_the_end_of_a_session_that_is_still_open_is_told_apart():
    """Its client may close it later; of one that is closed, or never came, all that is left is missing."""
    player = node()
    assert player.end().unclosed == []
    player.opened(1, "/x?role=a", 0.0)
    player.received(1, b'{"id":5,"method":"ask"}', 0.0)
    assert len(list(player.due(0.0))) == 1
    (close,) = player.end().unclosed
    assert close.startswith("r.jsonl:5: a close missing")
    assert close in player.end().unused


def test_a_node_pushes_nothing_that_its_party_has_not_caused():
    """However long the party takes: what it did last before the push is the cause."""
    player = node([*PAIR[:2], frame(b'{"method":"push"}', session=1, direction="from_node")], patience=3.0)
    player.opened(1, "/x?role=a", 10.0)
    assert list(player.due(13.0)) == []
    player.received(1, b'{"id":1,"method":"ask"}', 20.0)
    assert [action.payload for action in player.due(20.0)] == [b'{"method":"push"}']


def test_speed():
    """As recorded, or so many times as fast."""
    player = node(speed=2)
    player.opened(1, "/x?role=a", 0.0)
    player.received(1, b'{"id":1,"method":"ask"}', 5.0)
    assert list(player.due(5.4)) == []
    assert player.wake(5.0) == 5.5
    assert [type(action) for action in player.due(5.5)] == [Send]


def test_what_follows_one_by_one_keeps_its_pace():
    """Each so long after what it waits for as it was then, not after what caused them all."""
    said = [
        (b'{"id":1,"method":"ask"}', "to_node"),
        *((b'{"method":"p%d"}' % number, "from_node") for number in (1, 2)),
    ]
    said.append((b'{"id":1,"result":0}', "from_node"))
    events = [Opened(session=1, party="a", url="ws://n/x?role=a", time=SECOND)]
    events += [frame(one, session=1, direction=way, time=at * SECOND) for at, (one, way) in enumerate(said, 2)]
    player = node(events, speed=1)
    player.opened(1, "/x?role=a", 0.0)
    player.received(1, said[0][0], 5.0)
    sent = [(at, action.payload) for at in (5.0, 6.0, 7.0, 8.0) for action in player.due(at)]
    assert sent == [(6.0, said[1][0]), (7.0, said[2][0]), (8.0, said[3][0])]


def test_faults():
    """A dropped answer is one that happened."""
    player = node(faults=(Fault.parse("drop:2"),))
    player.opened(1, "/x?role=a", 0.0)
    player.received(1, b'{"id":1,"method":"ask"}', 0.0)
    assert list(player.due(0.0)) == []
    player.closed(1, 0.0)
    assert player.over


def test_a_session_of_another_role_or_path_is_not_wanted():
    """Each live session is the recorded one that it can be."""
    events = [
        Opened(session=1, party="initiator", url="ws://n/channel?role=initiator&x=1"),
        Opened(session=2, party="initiator", url="ws://n/channel?role=initiator&x=2"),
    ]
    script = read(LIFE.header, events)
    player = Player(script, PlaySettings(ends=frozenset({NODE})))
    assert player.wants("/channel?role=initiator&x=2") == 2
    assert player.wants("/channel?role=responder") == 0
    assert player.wants("/other?role=initiator") == 0


def test_a_party_says_who_it_is():
    """Its URL has the live account, also where none was recorded."""
    events = [Opened(session=e.session, party=e.party) if isinstance(e, Opened) else e for e in LIFE.events]
    player = Player(read(LIFE.header, events), PlaySettings(ends=frozenset({"initiator", "responder"}), keys=SEEDS))
    actions = list(player.due(0.0))
    assert [type(action) for action in actions] == [Begin, Open]
    parameters = query(actions[1].path)
    assert parameters["role"] == "initiator"
    assert parameters["initiator_id"] == chain.account_of(SEEDS[INITIATOR])


def test_contracts_have_the_id_that_follows():
    """A party computes it from its own account and the live round, before any frame tells it; its account's is the same."""
    owner = INITIATOR
    contract = chain.contract_id(owner, 2)
    seeds = LIFE.seeds
    life = channel.Life()
    life.open("initiator")
    life.channel = chain.channel_id(owner, 1, LIFE.accounts["responder"])
    update = {"op": "OffChainNewContract", "owner": owner}
    unsigned = life.signed(life.offchain(2))
    life.tell("initiator", "sign.update", {"signed_tx": unsigned, "updates": [update]})
    asks = {"contract_id": contract, "accounts": [f"ak{contract[2:]}", f"ok{contract[2:]}"]}
    life.send("initiator", {"method": "channels.update.call_contract", "params": asks})
    assert seeds == life.seeds
    player = Player(life.script(), PlaySettings(ends=frozenset({"initiator"}), keys=SEEDS, mode="shape"))
    list(player.due(0.0))
    live = chain.account_of(SEEDS[INITIATOR])
    text = decoded(unsigned)
    value = text.value | {
        "fields": text.value["fields"] | {"transaction": _round(text.value["fields"]["transaction"], 7)}
    }
    message = value_of(life.events[1].payload)
    message["params"]["data"] = {"signed_tx": chain.encode(value, "tx"), "updates": [update | {"owner": live}]}
    assert player.received(1, json.dumps(message).encode(), 0.0)
    (action,) = player.due(0.0)
    came = chain.contract_id(live, 7)
    wanted = {"contract_id": came, "accounts": [f"ak{came[2:]}", f"ok{came[2:]}"]}
    assert json.loads(action.payload)["params"] == wanted


def _round(transaction, number):
    return transaction | {"fields": transaction["fields"] | {"round": number}}


def test_a_party_goes_on_without_what_a_node_leaves_out():
    """It waits once for the same frame, and for what it must sign it waits for ever."""
    script = LIFE.script("r.jsonl")
    left_out = next(step for step in script.steps if step.name == "channels.info")
    node_script = read(LIFE.header, [e for at, e in enumerate(LIFE.events, 2) if at != left_out.line], "node.jsonl")
    play = Play(script, mode="shape", node_script=node_script, goes_on=True)
    assert [line.split(": ")[0] for line in play.outcomes.parties.unused] == [f"r.jsonl:{left_out.line}"]
    assert len(play.outcomes.parties.notes) == 1
    asked = next(step for step in script.steps if step.name == "channels.sign.initiator_sign")
    node_script = read(LIFE.header, [e for at, e in enumerate(LIFE.events, 2) if at != asked.line], "node.jsonl")
    unused = Play(script, mode="shape", node_script=node_script, goes_on=True).outcomes.parties.unused
    assert (
        f"r.jsonl:{asked.line + 1}: initiator channels.initiator_sign missing: it was recorded, and never came"
        in unused
    )


def test_a_party_that_went_on_still_waits_for_what_it_signs():
    """An opening recorded late is made when nothing else comes, and what it caused is signed when it has come."""
    events = [structs.replace(event, time=0) for event in LIFE.events]
    opening = next(at for at, event in enumerate(events) if isinstance(event, Opened) and event.session == 2)
    signed = next(step for step in LIFE.script().steps if step.name == "channels.initiator_sign").line - 2
    begun = sorted(events[opening:signed], key=lambda event: event.session)
    script = read(LIFE.header, [*events[:opening], *begun, *events[signed:]])
    player = Player(script, PlaySettings(ends=PARTIES, goes_on=True))
    assert [type(action) for action in player.due(0.0)] == [Begin, Open]
    for event in events[2:opening]:
        player.received(event.session, event.payload, 0.0)
    assert [action.session for action in player.due(5.0)] == [2]
    for event in sorted(begun, key=lambda event: -event.session):
        assert list(player.due(6.0)) == []
        if not isinstance(event, Opened):
            assert player.received(event.session, event.payload, 6.0)
    assert [json.loads(action.payload)["method"] for action in player.due(6.0)] == ["channels.initiator_sign"]


def test_who_goes_on_without_an_answer_waits_for_those_to_later_calls():
    """Another party goes on meanwhile; the first one ends its session when all of its calls are answered."""
    calls, answers = ([b'{"id":%d,%s}' % (at, what) for at in range(3)] for what in (b'"method":"a"', b'"result":1'))
    up, down = ({"session": 1, "direction": way} for way in ("to_node", "from_node"))
    first = [frame(calls[0], **up, exchange=1), frame(answers[0], **down, exchange=1)]
    second = [frame(calls[1], **up, exchange=2), frame(answers[1], **down, exchange=2)]
    opened = [Opened(session=at, party=party, url="http://n/") for at, party in enumerate("ab", 1)]
    other = frame(calls[2], session=2, direction="to_node", exchange=1)
    events = [*opened, *first, *second, Closed(session=1), other]
    player = Player(
        read(Header(format=2, run="r", recorder="0"), events), PlaySettings(ends=frozenset("ab"), goes_on=True)
    )

    def does(now):
        return [getattr(action, "payload", type(action)) for action in player.due(now)]

    assert does(0.0)[-1] == calls[0]
    assert does(3.0) == [calls[2]]
    player.received(1, answers[0], 3.0, exchange=1)
    assert does(3.0) == [calls[1]]
    player.received(1, answers[1], 4.0, exchange=2)
    assert does(4.0) == [Close]


def test_a_frame_left_out_is_waited_for_once():
    """What comes then and is the same all the same is that of the next request, not that of the one before."""
    asked, told = b'{"method":"ask","params":{}}', b'{"method":"told","params":{}}'
    said = [frame(one, session=1, direction=way) for one, way in ((asked, "to_node"), (told, "from_node"))]
    script = read(LIFE.header, [Opened(session=1, party="a", url="ws://n/"), *(said * 4)])
    player = Player(script, PlaySettings(ends=frozenset({"a"}), goes_on=True))
    assert [type(action) for action in player.due(0.0)] == [Open, Send]
    assert [type(action) for action in player.due(5.0)] == [Send]
    for _ in range(2):
        assert player.received(1, told, 5.0)
        assert [type(action) for action in player.due(5.0)] == [Send]
    assert player.received(1, told, 5.0)
    assert [line.split(":")[1] for line in player.end().unused] == ["4"]  # the first, which comes late after all
    assert player.received(1, told, 5.0)
    assert player.over


def test_a_further_result_is_one_of_its_own_call():
    """Under a subscription that tells nothing more, an event like one of another subscription is not expected."""
    calls = [b'{"id":%d,"method":"subscribe","params":["%d"]}' % (at, at) for at in (1, 2)]
    told = [[b'{"id":%d,"result":{"block":%d}}' % (at, block) for block in (1, 2)] for at in (1, 2)]
    acknowledged = [b'{"id":%d,"result":{}}' % at for at in (1, 2)]
    up, down = ({"session": 1, "direction": way} for way in ("to_node", "from_node"))
    asked = [
        frame(calls[0], **up),
        frame(acknowledged[0], **down),
        frame(calls[1], **up),
        frame(acknowledged[1], **down),
    ]
    heard = [frame(one, **down) for one in (told[0][0], told[1][0], told[1][1])]
    script = read(
        Header(format=2, run="r", recorder="0"), [Opened(session=1, party="a", url="ws://n/"), *asked, *heard]
    )
    player = Player(script, PlaySettings(ends=frozenset({"a"})))
    for answer in acknowledged:
        assert list(player.due(0.0))
        assert player.received(1, answer, 0.0)
    assert list(player.due(0.0)) == []
    assert player.received(1, told[0][0], 0.0)
    assert not player.received(1, told[0][1], 0.0)
    assert player.received(1, told[1][0], 0.0)
    assert player.received(1, told[1][1], 0.0)
    assert player.over
