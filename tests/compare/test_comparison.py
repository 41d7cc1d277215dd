"""Comparing: each deliberate change is one finding with the right path, and what is harmless is none."""

import json
import re

import channel
import pytest
from changes import FOUND, HARMLESS, PONG

from recorder.capture import frame
from recorder.compare import Rules, compare
from recorder.compare.report import finding_lines
from recorder.difference import path_text
from recorder.model import UNRECORDED, Closed, Frame, Header, Opened
from recorder.timeline import read

RECORDED = channel.live()
SCRIPT = RECORDED.script()
FRESH = channel.live(name="fresh", nonce=3, responder_nonce=9, ids=40, port=4100, started=5_000_000_000)
LIVES = {"the same keys": RECORDED, "fresh keys": FRESH}
EACH_LIFE = pytest.mark.parametrize("life", ["the same keys", pytest.param("fresh keys", marks=pytest.mark.untraced)])
DEPOSITED = re.compile(b"deposit_(signed|locked)")
OTHER_LIVES = {
    "fresh keys and hashes": {"name": "other"},
    "other nonces": {"nonce": 41, "responder_nonce": 17},
    "nonces that need more bytes, and so other fees": {"nonce": 5_000, "responder_nonce": 70_000},
    "other ids": {"ids": 7_000},
    "another port": {"port": 5555},
    "another time": {"started": 99},
    "rounds that begin elsewhere": {"rounds": 7},
    "everything at once": {
        "name": "all",
        "nonce": 300,
        "responder_nonce": 2,
        "ids": 9,
        "port": 1,
        "rounds": 2,
        "started": 2,
    },
}


def of(events):
    """A script of changed events."""
    return read(RECORDED.header, events, "live.jsonl")


@EACH_LIFE
@pytest.mark.parametrize("change", FOUND, ids=lambda change: change.name)
def test_a_change_is_one_finding(change, life):
    """It has the right kind, and names the path; nothing else is found, whatever the keys."""
    found = compare(SCRIPT, of(change.apply(LIVES[life].events)))
    texts = ["\n".join(finding_lines(finding)) for finding in found.findings]
    assert [finding.kind for finding in found.findings] == [change.kind], texts
    assert change.text in texts[0]


@pytest.mark.untraced
@EACH_LIFE
@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_is_no_finding(name, life):
    """Values that differ from run to run are bound, and what was concurrent has no order."""
    found = compare(SCRIPT, of(HARMLESS[name](LIVES[life].events)))
    assert [list(finding_lines(finding)) for finding in found.findings] == []


@pytest.mark.parametrize("name", OTHER_LIVES)
def test_another_run_is_no_finding(name):
    """The same life with other keys, nonces, fees, ids, ports and times is the same."""
    found = compare(SCRIPT, channel.live(**OTHER_LIVES[name]).script("live.jsonl"))
    assert [list(finding_lines(finding)) for finding in found.findings] == []


@pytest.mark.parametrize("volatile", [{}, {"name": "other", "rounds": 4}])
def test_rounds_that_jump_are_one_finding(volatile):
    """They may begin anywhere, but then count on; where they jump is told once, not at all frames behind it."""
    found = compare(SCRIPT, channel.live(jump=5, **volatile).script("live.jsonl"))
    assert [finding.kind for finding in found.findings] == ["changed"]
    assert path_text(found.findings[0].details[0].path).endswith(".transaction.round")


def ruled(name, rule):
    """What a changed life has of findings and decisions under a rule."""
    change = next(one for one in FOUND if one.name == name)
    found = compare(SCRIPT, of(change.apply(RECORDED.events)), Rules.parse(f"[[rule]]\n{rule}", "r.toml"))
    return len(found.findings), [decision.text for decision in found.decisions if decision.what == "rule"]


@pytest.mark.parametrize(
    ("name", "rule", "said"),
    [
        ("an extra frame", 'method = "channels.surprise"\nignore = true', "live.jsonl:32 channels.surprise: ignored"),
        ("a missing push", 'method = "channels.info"\nignore = true', "recorded.jsonl:4 channels.info: ignored"),
        (
            "another amount in a request",
            'path = "**.amount"\npresent = true',
            "recorded.jsonl:26 params.amount: allowed",
        ),
        (
            "another result",
            'method = "channels.initiator_sign"\npath = "result"\npresent = true',
            "recorded.jsonl:11 result: allowed",
        ),
    ],
)
def test_rules_let_pass_and_say_so(name, rule, said):
    """Whole frames, or values; by the method of what an answer answers too."""
    findings, decisions = ruled(name, rule)
    assert findings == 0
    assert any(text.startswith(said) for text in decisions), decisions


def test_a_rule_frees_frames_of_their_order():
    """They may come at any time of their session."""
    assert ruled("pushes of one session exchanged", 'method = "nothing"\nunordered = true')[0] == 1
    events = list(RECORDED.events)
    at = next(at for at, event in enumerate(events) if b"OffChainTransfer" in getattr(event, "payload", b""))
    moved = [*events[:at], events[at + 3], *events[at : at + 3], *events[at + 4 :]]
    rule = Rules.parse('[[rule]]\nmethod = "channels.sign.*"\nunordered = true', "r.toml")
    assert len(compare(SCRIPT, of(moved), rule).findings) <= len(compare(SCRIPT, of(moved)).findings)


def test_pushes_of_the_chain_have_an_order_of_their_own():
    """Between runs of a live node; in a fixture that was changed on purpose they are told."""
    events = list(RECORDED.events)
    at = next(at for at, event in enumerate(events) if b"own_deposit_locked" in getattr(event, "payload", b""))
    push = events.pop(at)
    last = next(at for at, event in enumerate(events) if b"OffChainWithdrawal" in getattr(event, "payload", b""))
    ends = [i for i, e in enumerate(events[:last]) if getattr(e, "session", 0) == push.session]
    events.insert(ends[-1] + 1, push)
    assert [finding.kind for finding in compare(SCRIPT, of(events)).findings] == ["order"]


def test_pushes_of_the_chain_may_come_late_with_other_fees():
    """On a chain where nonces need more bytes and blocks more time: what the party did meanwhile was concurrent."""
    events = list(channel.live(name="late", nonce=5_000, responder_nonce=70_000).events)
    there = next(at for at, event in enumerate(events) if b"sign.withdraw_ack" in getattr(event, "payload", b""))
    late = [
        event
        for event in events[:there]
        if getattr(event, "session", 0) == events[there].session and DEPOSITED.search(getattr(event, "payload", b""))
    ]
    events = [event for event in events[: there + 1] if event not in late] + late + events[there + 1 :]
    found = compare(SCRIPT, of(events), streams=True)
    assert [list(finding_lines(finding)) for finding in found.findings] == []


def test_a_ping_without_an_answer_is_a_finding():
    """Any number of pings may come or not, each with its answer."""
    pinged = HARMLESS["pings of the protocol"](RECORDED.events)
    assert compare(of(pinged), SCRIPT).same
    mute = next(at for at, event in enumerate(pinged) if getattr(event, "payload", b"") == PONG)
    found = compare(of(pinged), of(pinged[:mute] + pinged[mute + 1 :]))
    assert [(one.kind, one.step) for one in found.findings] == [("missing", "channels.system.pong")]


def test_one_wrong_transaction_is_told_once():
    """Though every frame from then on carries it."""
    node = channel.live(amount=56).script("live.jsonl")
    found = compare(SCRIPT, node)
    paths = [path_text(detail.path) for finding in found.findings for detail in finding.details]
    assert paths.count("params.data.signed_tx.transaction.amount") == 2  # a deposit, and a withdrawal
    assert any(decision.what == "carried" for decision in found.decisions)


def test_a_session_less_is_one_finding():
    """Whatever was said in it."""
    gone = max(event.session for event in RECORDED.events if hasattr(event, "session"))
    events = [event for event in RECORDED.events if getattr(event, "session", 0) != gone]
    found = compare(SCRIPT, of(events))
    assert [(one.kind, one.step) for one in found.findings] == [("missing", "a whole session (open first)")]


def test_a_session_that_breaks_off_is_one_finding():
    """The first frame that is missing (or extra, the other way round), and how many follow it, in which scenarios."""
    frames = [event for event in RECORDED.events if isinstance(event, Frame) and event.session == 1]
    gone = frames[len(frames) // 2 :]
    events = [event for event in RECORDED.events if not any(event is one for one in gone)]
    left = [step.scenario for step in SCRIPT.steps if any(step.event is one for one in gone)]
    for kind, found in (("missing", compare(SCRIPT, of(events))), ("extra", compare(of(events), SCRIPT))):
        assert [(one.kind, one.scenario, 1 + one.more) for one in found.findings] == [(kind, left[0], len(left))]
        assert found.unreached == (set(left) if kind == "missing" else set())


def test_how_an_unfinished_session_ended_is_not_compared():
    """The recorder was stopped before it did."""
    events = [event for event in RECORDED.events if not isinstance(event, Closed)]
    found = compare(of(events), SCRIPT)
    assert found.same
    assert sum(decision.what == "end" for decision in found.decisions) == 4


def test_a_closing_in_a_transcript_is_only_its_end():
    """The live run was stopped before."""
    written = Closed(session=1, by="", code=UNRECORDED)
    head = Header(format=2, run="x", recorder="0", profile="generic")
    said = [Opened(session=1, party="client"), put('{"method":"news"}', "from_node")]
    found = compare(read(head, [*said, written]), read(head, said))
    assert found.same
    assert [decision.what for decision in found.decisions] == ["end"]


def generic(*frames, url="ws://n/", file="live.jsonl", profile="auto"):
    """A script of a session of any client."""
    opened = Opened(session=1, party="client", url=url)
    return read(Header(format=1, run="x", recorder="0", profile=profile), [opened, *frames], file)


def put(text, direction="to_node", exchange=0, **fields):
    """A frame."""
    return frame(text.encode(), session=1, direction=direction, exchange=exchange, **fields)


def ask(identity, method, params="[]", exchange=0):
    """A request."""
    return put(f'{{"jsonrpc":"2.0","id":{identity},"method":"{method}","params":{params}}}', exchange=exchange)


def answer(identity, result, exchange=0, **fields):
    """An answer."""
    return put(f'{{"jsonrpc":"2.0","id":{identity},"result":{result}}}', "from_node", exchange, **fields)


def told(recorded, live, rules="", **about):
    """The findings between two scripts of frames, as text."""
    scripts = generic(*recorded, file="a", **about), generic(*live, file="b", **about)
    found = compare(*scripts, Rules.parse(rules, "r.toml"))
    return ["\n".join(finding_lines(finding)) for finding in found.findings]


CALLS = [ask(1, "getBlock"), ask(2, "getPrice"), answer(1, '"0xb10c"'), answer(2, '"0x3b"')]


@pytest.mark.parametrize(
    "live",
    [
        [CALLS[1], CALLS[0], CALLS[3], CALLS[2]],
        [CALLS[0], CALLS[1], CALLS[3], CALLS[2]],
        [CALLS[0], CALLS[2], CALLS[1], CALLS[3]],
    ],
)
def test_calls_that_were_in_flight_together_may_come_in_any_order(live):
    """And so may their answers: two that swapped are no difference."""
    assert told(CALLS, live) == []


def test_calls_one_after_the_other_keep_their_order():
    """The second may depend on what came back."""
    one_by_one = [CALLS[0], CALLS[2], CALLS[1], CALLS[3]]
    assert told(one_by_one, [CALLS[1], CALLS[3], CALLS[0], CALLS[2]]) == [
        "a:5 | b:3: client ---> getPrice came in another order\n  should have come after a:3 getBlock"
    ]


def test_one_changed_value_is_one_finding():
    """With its path, called by the method that it answers, whatever order it came in."""
    assert told(CALLS, [CALLS[1], CALLS[0], CALLS[3], answer(1, '"0xbad"')]) == [
        (
            "a:5 | b:6: client <--- a result of getBlock changed\n"
            '  result: "0xb10c" expected, "0xbad" came (they must be equal)'
        )
    ]


def test_an_error_in_the_place_of_a_result_is_one_finding():
    """Of the answer, for it is the same request's, with the reason in words."""
    refused = put('{"jsonrpc":"2.0","id":1,"error":{"code":-1}}', "from_node")
    assert told(CALLS, [*CALLS[:2], refused, CALLS[3]]) == [
        (
            "a:5 | b:5: client <--- a result of getBlock changed\n"
            "  node refuses client's getBlock: error -1\n"
            '  result is missing: "0xb10c"\n'
            '  error was added: {"code": -1}'
        )
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ('{"code":3,"message":"Rejected","data":[{"message":"Participant not found"}],"request":{}}',
         "node refuses client: error 3 Rejected (Participant not found)"),
        ('{"code":3,"message":"no","request":{"method":"getPrice"}}', "node refuses client's getPrice: error 3 no"),
        (f'{{"code":3,"message":"{"why " * 50}"}}', f"node refuses client: error 3 {'why ' * 50}"),
        ('"gone"', "node refuses client: error gone"),
    ],
)  # fmt: skip
def test_the_reason_comes_first_and_whole(error, said):
    """An error that answers nobody is no answer that has changed, and what did not happen because of it is one line."""
    refused = put(f'{{"jsonrpc":"2.0","id":null,"error":{error}}}', "from_node")
    assert told(CALLS, [refused]) == [
        (
            "a:3 | b:3: the runs part here: client ---> getBlock was recorded, client <--- an error came\n"
            f"  {said}\n  3 frames after it did not happen"
        )
    ]
    assert told([refused], [refused]) == []


@pytest.mark.parametrize(
    ("recorded", "live", "says"),
    [(CALLS, CALLS[::2], "missing: it was recorded"), (CALLS[::2], CALLS, "extra: it came")],
)
def test_a_call_is_missing_with_its_answer(recorded, live, says):
    """That is one thing that went wrong; more of the session comes after it."""
    (finding,) = told([*recorded, CALLS[0], CALLS[2]], [*live, CALLS[0], CALLS[2]])
    assert "getPrice, with 1 frame after it, " in finding
    assert says in finding


def test_an_answer_has_the_id_of_its_request():
    """One that has the recorded id instead answers nobody, though it says what was recorded."""
    assert told([ask(1, "a"), answer(1, 1)], [ask(2, "a"), answer(1, 1)]) == [
        "a:4 | b:4: client <--- a result of a changed\n"  # noqa: ISC004 - one text
        "  id: 2 expected, 1 came (elsewhere another value stands for the recorded one)"
    ]


@pytest.mark.parametrize("wrong", ["<html>502</html>", '{"id":2,"resu', '"gone"', ""])
def test_what_is_no_message_has_come_in_the_place_of_one(wrong):
    """That is one thing that went wrong, on whichever side; somewhere else it is one more."""
    talk = [ask(1, "a"), answer(1, 1), ask(2, "b"), answer(2, 2), ask(3, "c"), answer(3, 3)]
    cut = [*talk[:3], put(wrong, "from_node"), *talk[4:]]
    for one, other in ((talk, cut), (cut, talk)):
        (finding,) = told(one, other)
        assert "changed\n  the message: " in finding
    assert len(told(talk, [*talk[:2], put(wrong, "from_node"), *talk[2:]])) == 1
    assert len(told(talk, [*cut[:3], *cut[4:], cut[3]])) == 2


TOKEN, OTHER, THIRD = (
    "8f14e45fceea167a5a36dedd4bea2543",
    "c4ca4238a0b923820dcc509a6f75849b",
    "c81e728d9d4c2f636f067f89cc14862c",
)


def login(token, *asked):
    """A client gets a token and asks with it."""
    calls = [ask(1, "login", '["me"]'), answer(1, f'{{"key":"{token}"}}')]
    for number, one in enumerate(asked, 2):
        calls += [ask(number, "ask", f'{{"with":"{one}"}}'), answer(number, f'{{"of":"{one}"}}')]
    return calls


def test_what_an_end_passes_on_is_wrong_where_it_was_said():
    """A client that uses the wrong id that it got does nothing wrong itself; an end that says it again does."""

    def followed(got, used, pushes):
        told_of = f'{{"method":"news","params":{{"with":"{OTHER}"}}}}'
        return [
            *(ask(1, "follow"), answer(1, f'{{"with":"{got}"}}')),
            *[put(told_of, "from_node")] * pushes,
            *(ask(2, "look", f'{{"with":"{used}"}}'), answer(2, '"seen"')),
            *(ask(3, "leave", f'{{"with":"{used}"}}'), answer(3, f'{{"with":"{used}"}}')),
        ]

    found = told(followed(OTHER, OTHER, 9), followed(THIRD, THIRD, 9))
    assert [one.splitlines()[0].partition(": ")[2] for one in found] == [
        "client <--- a result of follow changed",
        "client <--- a result of leave changed",
    ]
    (own,) = told(followed(OTHER, OTHER, 9), followed(OTHER, THIRD, 9))[:1]
    assert "client ---> look changed" in own


def test_what_was_handed_out_may_be_another():
    """Wherever it is sent back; where yet another comes, it is found there and nowhere else."""
    recorded = login(TOKEN, TOKEN, TOKEN)
    assert told(recorded, login(OTHER, OTHER, OTHER)) == []
    assert told(recorded, recorded) == []
    (finding,) = told(recorded, [*login(OTHER, OTHER, OTHER)[:-1], answer(3, f'{{"of":"{THIRD}"}}')])
    assert f'result.of: "{OTHER}" expected, "{THIRD}" came' in finding


def test_what_was_handed_out_in_the_live_run_alone_does_not_matter():
    """It was another thing in the recorded one."""
    assert len(told(login("plain", "plain"), login(TOKEN, TOKEN))) == 3


def test_two_keys_may_not_become_one():
    """Each stands for one."""
    recorded = [*login(TOKEN, TOKEN), *login(OTHER, OTHER)]
    assert told(recorded, [*login(THIRD, THIRD), *login("0" * 32, "0" * 32)]) == []
    assert told(recorded, [*login(THIRD, THIRD), *login(THIRD, THIRD)]) != []


def test_calls_about_two_things_may_swap():
    """Though only what was handed out tells them apart."""

    def run(one, other, *order):
        calls = [ask(1, "open", '["x"]'), ask(2, "open", '["y"]'), answer(1, f'"{one}"'), answer(2, f'"{other}"')]
        asked = [ask(at + 3, "about", f'["{key}"]') for at, key in enumerate(order)]
        return [*calls, *asked, *(answer(at + 3, f'"about {key == one}"') for at, key in enumerate(order))]

    assert told(run(TOKEN, OTHER, TOKEN, OTHER), run(THIRD, "1" * 32, "1" * 32, THIRD)) == []


BATCH = [
    put('[{"id":1,"method":"a"},{"id":2,"method":"b","params":[1]}]'),
    put('[{"id":1,"result":1},{"id":2,"result":2}]', "from_node"),
]


@pytest.mark.parametrize(
    ("asked", "answered", "found"),
    [
        ('[{"id":9,"method":"b","params":[1]},{"id":8,"method":"a"}]', '[{"id":8,"result":1},{"id":9,"result":2}]', []),
        ('[{"id":1,"method":"a"},{"id":2,"method":"b","params":[1]}]', '[{"id":2,"result":2},{"id":1,"result":1}]', []),
        (
            '[{"id":9,"method":"b","params":[7]},{"id":8,"method":"a"}]',
            '[{"id":8,"result":1},{"id":9,"result":2}]',
            ["a:3 | b:3: client ---> a batch changed\n  [1].params[0]: 1 expected, 7 came (they must be equal)"],
        ),
        (
            '[{"id":9,"method":"b","params":[1]},{"id":8,"method":"a"}]',
            '[{"id":9,"result":7},{"id":8,"result":1}]',
            ["a:4 | b:4: client <--- a batch changed\n  [1].result: 2 expected, 7 came (they must be equal)"],
        ),
        (
            '[{"id":1,"method":"a"},{"id":2,"method":"b","params":[1]}]',
            '[{"id":2,"result":2}]',
            ['a:4 | b:4: client <--- a batch changed\n  [0] is missing: {"id": 1, "result": 1}'],
        ),
    ],
)
def test_batches_in_another_order_are_the_same(asked, answered, found):
    """Requests as well as answers; what has changed is told with the recorded place of its message."""
    assert told(BATCH, [put(asked), put(answered, "from_node")]) == found


def test_rules_of_a_batch_are_about_its_messages():
    """With the method and the path of one, or its place before it."""
    live = [BATCH[0], put('[{"id":1,"result":1},{"id":2,"result":7}]', "from_node")]
    for path in ("result", "[1].result", "[*].result"):
        assert told(BATCH, live, f'[[rule]]\nmethod = "b"\npath = "{path}"\npresent = true') == []


def test_status_of_http():
    """A refusal without a word of JSON-RPC stands in the place of the result."""
    recorded = [ask(1, "a", exchange=1), answer(1, 1, 1)]
    assert told(recorded, [recorded[0], answer(1, 1, 1, status=401)], url="http://n/") == [
        "a:4 | b:4: client <--- a result of a changed\n  status: 200 expected, 401 came (they must be equal)"
    ]
    (finding,) = told(recorded, [recorded[0], put("no", "from_node", 1, status=401)], url="http://n/")
    assert "  status: 200 expected, 401 came" in finding


def test_empty_answers_over_http_count_for_nothing():
    """But for their status, where both have one: a recorder that saw none saw the same."""
    notice = put('{"method":"n"}', exchange=1)
    empty = [Frame(session=1, direction="from_node", exchange=1, status=status, text="") for status in (202, 500)]
    about = {"url": "http://n/"}
    assert told([notice, empty[0]], [notice], **about) == told([notice], [notice, empty[0]], **about) == []
    assert told([notice, empty[0]], [notice, empty[1]], **about) == [
        (
            "a:4 | b:4: client <--- an empty answer changed\n"
            "  node refuses client's n: 500 Internal Server Error\n"
            "  status: 202 expected, 500 came (they must be equal)"
        )
    ]
    assert compare(generic(notice, empty[0], **about), generic(notice, **about)).frames == {"": 1}


def polls(*results):
    """A call that is made again and again."""
    return [one for at, result in enumerate(results, 1) for one in (ask(at, "poll"), answer(at, result))]


@pytest.mark.parametrize(
    ("recorded", "live", "findings"),
    [
        ("112", "12", 0),
        ("12", "1112", 0),
        ("12", "1113", 1),
        ("2", "11112", 0),
        ("123", "1123", 0),
        ("1223", "1233", 0),
        ("1213", "123", 0),
        ("12", "123", 1),
        ("12", "", 1),
        ("", "12", 1),
    ],
)
def test_what_is_repeated_may_come_any_number_of_times(recorded, live, findings):
    """At least once; only the last answers are compared, for what the others say depends on the clock too."""
    rule = '[[rule]]\nmethod = "poll"\nrepeats = true'
    others = [ask(90, "end"), answer(90, 0)]
    assert len(told([*polls(*recorded), *others], [*polls(*live), *others], rule)) == findings


def test_a_poll_that_no_rule_knows_is_told_with_the_rule_for_it():
    """At the first answer that is another; with the rule there is none."""
    recorded, live = polls("1", "2", "3"), polls("1", "1", "3")
    (found,) = told(recorded, live)
    assert found.splitlines()[1:] == [
        "  usually: poll was called until it said this; if a rule says that it `repeats`, only its last answer counts",
        "  result: 2 expected, 1 came (they must be equal)",
    ]
    assert told(recorded, live, '[[rule]]\nmethod = "poll"\nrepeats = true') == []


def test_what_is_repeated_comes_when_the_clock_says():
    """So it has no order; each that is let pass is a decision."""
    rules = Rules.parse('[[rule]]\nmethod = "poll"\nrepeats = true', "r.toml")
    other, poll = [ask(90, "other"), answer(90, 0)], polls("1")
    later = compare(generic(*polls("1", "1"), *other), generic(*poll, *other, ask(2, "poll"), answer(2, 1)), rules)
    assert later.same
    extra = compare(generic(*poll, file="a"), generic(*polls("1", "1"), file="b"), rules)
    assert [one.text for one in extra.decisions] == [
        "b:3 poll: allowed (r.toml rule 1, repeats)",
        "b:4 a result: allowed (r.toml rule 1, repeats)",
    ]


@pytest.mark.parametrize(("recorded", "live"), [("1", ""), ("", "1"), ("1", "1")])
def test_what_is_optional_may_come_or_not(recorded, live):
    """With its answers, on either side; where it came on both, it is compared."""
    rule = '[[rule]]\nmethod = "poll"\noptional = true'
    others = [ask(90, "end"), answer(90, 0)]
    assert told([*polls(*recorded), *others], [*polls(*live), *others], rule) == []
    assert len(told(polls("1"), polls("2"), rule)) == 1


def test_a_rule_binds_a_value():
    """Then any may come, but everywhere the same."""
    rule = '[[rule]]\nmethod = "a"\npath = "**.name"\nbind = true'
    recorded = [ask(1, "a", '{"name":"one"}'), answer(1, '{"name":"one"}')]
    assert told(recorded, [ask(1, "a", '{"name":"two"}'), answer(1, '{"name":"two"}')], rule) == []
    assert len(told(recorded, [ask(1, "a", '{"name":"two"}'), answer(1, '{"name":"three"}')], rule)) == 1


def test_names_of_members_may_have_points():
    """A rule takes a path as it is printed."""
    recorded, live = [ask(1, "a"), answer(1, '{"a.b":{"c":1}}')], [ask(1, "a"), answer(1, '{"a.b":{"c":2}}')]
    (finding,) = told(recorded, live)
    assert 'result["a.b"].c: 1 expected, 2 came' in finding
    assert told(recorded, live, "[[rule]]\npath = 'result[\"a.b\"].c'\npresent = true") == []
    assert told(recorded, live, '[[rule]]\npath = "result.a.b.c"\npresent = true') != []


def test_an_answer_may_still_be_named_by_what_it_is():
    """As before answers were called by their methods."""
    recorded, live = [ask(1, "a"), answer(1, 1)], [ask(1, "a"), answer(1, 2)]
    for name in ("a", "a result"):
        assert told(recorded, live, f'[[rule]]\nmethod = "{name}"\npath = "result"\npresent = true') == []


@pytest.mark.parametrize(("one", "other"), [("is_connected", "is_validator"), ("in_progress", "in_transition")])
def test_words_are_no_encoded_texts(one, other):
    """Of a protocol whose texts look like them: other methods are other methods, other states are other states."""
    assert len(told([ask(1, one)], [ask(1, other)])) == 1
    assert len(told([ask(1, "m"), answer(1, f'"{one}"')], [ask(1, "m"), answer(1, f'"{other}"')])) == 1


@pytest.mark.parametrize("field", ["height", "ttl", "round", "timestamp", "nonce"])
def test_fields_of_one_protocol_are_plain_in_another(field):
    """Nothing is volatile by its name where no protocol says so."""
    recorded, live = ([ask(1, "m"), answer(1, f'{{"{field}":{value}}}')] for value in (1, 2))
    assert len(told(recorded, live)) == 1


def test_a_session_is_never_one_over_another_transport():
    """Each is missing or extra as a whole."""
    assert len(compare(generic(ask(1, "a")), generic(ask(1, "a", exchange=1), url="http://n/")).findings) == 2


@pytest.mark.untraced
@pytest.mark.timeout(20)
def test_thousands_of_frames_that_came_backwards():
    """They are one finding, and take no time."""
    pushes = [put(f'{{"method":"push {number}"}}', "from_node") for number in range(3000)]
    assert len(told(pushes, pushes[::-1])) == 1


def test_what_follows_from_another_value_is_called_so_in_any_protocol():
    """The protocol says why; no protocol's word stands before it."""

    def blocks(*told):
        for identity, (digest, when) in enumerate(told, 1):
            yield ask(identity, "eth_getBlockByNumber", f'["0x{identity}",false]')
            yield answer(identity, f'{{"hash":"0x{digest * 64}","timestamp":"{when}"}}')

    recorded, live = blocks(("a", "0x64"), ("b", "0x64")), blocks(("c", "0x64"), ("d", "0x65"))
    found = compare(generic(*recorded, file="a"), generic(*live))
    assert [one.text for one in found.decisions if one.what == "follows"] == [
        "a:6 result.timestamp: 0x64 recorded, 0x65 came: another block"
    ]
    assert found.same


def ended(*frames, file, time=0, profile="aeternity"):
    """A session that its node ends, with when it wanted that."""
    events = [Opened(session=1, party="initiator"), *frames, Closed(session=1, time=time, by="node", code=1000)]
    return read(Header(format=2, run="x", recorder="0", profile=profile), events, file)


STOP = put('{"id":7,"method":"channels.system","params":{"action":"stop"}}', time=50)
STOPPED = put('{"id":7,"result":"ok"}', "from_node", time=60)
WENT_ON = put('{"method":"channels.info","params":{"data":{"event":"open"}}}', "from_node", time=70)
LATER = put('{"method":"channels.info","params":{"data":{"event":"died"}}}', "from_node", time=70)
DIED = put('{"method":"channels.info","params":{"data":{"event":"died"}}}', "from_node", time=40)


@pytest.mark.parametrize(
    ("recorded", "live", "time", "profile", "kinds"),
    [
        ([DIED, STOP, STOPPED], [DIED, STOP], 0, "aeternity", []),
        ([DIED, STOP], [DIED, STOP, STOPPED], 0, "aeternity", []),
        ([STOP, STOPPED], [STOP], 40, "generic", []),
        ([STOP, STOPPED], [STOP], 51, "generic", ["missing"]),
        ([DIED, STOP, STOPPED], [DIED, STOP], 0, "generic", ["missing"]),
        ([STOP, STOPPED, LATER], [STOP, LATER], 0, "aeternity", ["missing"]),
        ([DIED, STOP, STOPPED, WENT_ON], [DIED, STOP, WENT_ON], 0, "aeternity", ["missing"]),
    ],
)
def test_a_request_that_crossed_with_the_end_need_not_be_answered(recorded, live, time, profile, kinds):
    """A node that has ended a session, by what it says or by closing it, may hear what came too late, or not."""
    one = ended(*recorded, file="a", time=time, profile=profile)
    other = ended(*live, file="b", time=time, profile=profile)
    found = compare(one, other)
    assert [finding.kind for finding in found.findings] == kinds
    assert ("late" in [decision.what for decision in found.decisions]) == (not kinds)


def pushed(method, session=1, **more):
    """A push of the node, or what a party says."""
    return frame(json.dumps({"method": method, **more}).encode(), session=session, direction="from_node")


UPDATE, INFO = pushed("channels.update"), pushed("channels.info", params={"data": {"event": "open"}})
MESSAGE = pushed("channels.message", params={"data": {"message": {"info": "hello"}}})
STATE = [put('{"id":1,"method":"channels.get.offchain_state"}'), put('{"id":1,"result":{}}', "from_node")]


@pytest.mark.parametrize(
    ("recorded", "live", "kinds"),
    [
        ([UPDATE, MESSAGE], [MESSAGE, UPDATE], []),
        ([UPDATE, INFO], [INFO, UPDATE], ["order"]),
        ([*STATE, INFO, UPDATE], [INFO, STATE[0], UPDATE, STATE[1]], []),
        ([*STATE, INFO, UPDATE], [STATE[0], UPDATE, INFO, STATE[1]], ["order"]),
    ],
)
def test_what_nobody_ordered_may_come_in_any_order(recorded, live, kinds):
    """What the other party says, among what both agree on; an answer, among what came of something else."""
    found = compare(*(generic(*said, profile="aeternity", file=name) for said, name in ((recorded, "a"), (live, "b"))))
    assert [finding.kind for finding in found.findings] == kinds


def test_a_request_at_any_time_has_no_order():
    """As those of a browser about targets, which come as their processes do: though one was answered before the next."""
    attach = [put('{"id":1,"method":"Target.setAutoAttach"}'), put('{"id":1,"result":{}}', "from_node")]
    run = [put('{"id":2,"method":"Runtime.runIfWaitingForDebugger"}'), put('{"id":2,"result":{}}', "from_node")]
    assert told([*attach, *run], [*run, *attach], profile="devtools") == []
