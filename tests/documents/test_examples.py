"""Which blocks are examples, what messages are in them, and who sends those."""

import pytest
from recorded import CAPTURES, GENERIC, call, fenced, judged

from recorder.documents import check
from recorder.documents.blocks import blocks
from recorder.documents.examples import example_of, why_none
from recorder.documents.placing import place
from recorder.documents.updating import update

CALL = '{"jsonrpc": "2.0", "id": 1, "method": "sum", "params": [1]}'
RESULT = '{"jsonrpc": "2.0", "id": 1, "result": 1}'


def examples(document):
    """What is an example in each block."""
    return [example_of(block) for block in blocks(document)]


def example(text, language="json", before=""):
    """What is an example in a block."""
    return examples(fenced(text, language, before))[0]


MESSAGES = {
    "a request": (CALL, "json", ["sum"]),
    "of no language": (CALL, "", ["sum"]),
    "as JavaScript": (CALL, "javascript", ["sum"]),
    "a batch": (f"[{CALL}, {CALL}]", "json", ["sum", "sum"]),
    "under headings": (f"#### a ---> node\n{CALL}\n\n#### a <--- node\n{RESULT}", "", ["sum", ""]),
    "behind what is deliberately no JSON": (f"> {{oops\n< {RESULT}\n> {CALL}", "", ["", "sum"]),
    "behind a message that is cut": (f"> {CALL[:-9]}\n< {RESULT}", "", ["sum", ""]),
    "behind arrows": (f"--> {CALL}\n<-- {RESULT}", "", ["sum", ""]),
    "behind an arrow, the result alone": (f'--> {CALL}\n<-- {{"result": 3, ...}}', "", ["sum", ""]),
    "behind an arrow, the error alone": ('<-- {"error": {"code": 1}}', "", [""]),
    "a result alone": ('{"result": 3}', "json", [""]),
    "an error alone": ('{"error": {"code": 1}}', "json", [""]),
    "behind comments": (f"// Request\n{CALL}\n// Result\n{RESULT}", "js", ["sum", ""]),
    "in a command": (f"curl -X POST --data '{CALL}' http://node:8545\n", "bash", ["sum"]),
    "in a command with escapes": (
        'curl -d "{\\"jsonrpc\\": \\"2.0\\", \\"id\\": 1, \\"method\\": \\"sum\\"}"',
        "sh",
        ["sum"],
    ),
    "what a program calls with": ("ws.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'sum' }));", "js", ["sum"]),
    "with quotes around names": (
        'send(JSON.stringify({"jsonrpc": "2.0", "id": ++last, "method": "sum"}, null, 2))',
        "js",
        ["sum"],
    ),
    "what a program assigns": ("const request = { jsonrpc: '2.0', id: 1, method: 'sum' };", "javascript", ["sum"]),
    "what a program returns": ("return { jsonrpc: '2.0', id, method: 'sum', ...more };", "js", ["sum"]),
    "what is part of another object": ("post({ url, body: text({ jsonrpc: '2.0', method: 'sum' }) })", "js", ["sum"]),
    "a batch of a program": ("send([{ id: 1, method: 'a' },\n  { id: f(2, 3), method: 'b' }])", "js", ["a", "b"]),
    "beside the URL of a session": ("new WebSocket('ws://n/?a=b');\nsend({ id: 1, method: 'sum' });", "js", ["sum"]),
    "of older clients": ('{"id": 1, "method": "getinfo", "params": []}', "json", ["getinfo"]),
    "with a member of the protocol's own": ('{"id": 1, "method": "getinfo", "session": "x"}', "json", ["getinfo"]),
    "without jsonrpc": ('{"id": 1, "result": {}}', "json", [""]),
    "that is cut": ('{"jsonrpc": "2.0", "method": "sum", "params": {', "json", ["sum"]),
    "with other quotes": ("{'jsonrpc': '2.0', 'id': 1, 'method': 'sum'}", "json", ["sum"]),
    "in a stream of events": (f"event: message\ndata: {RESULT}\n", "", [""]),
    "behind a request's head": (f"POST / HTTP/1.1\nHost: node\n\n{CALL}", "http", ["sum"]),
}


@pytest.mark.parametrize(
    "command",
    [
        """curl -d '{"jsonrpc": "2.0", "id": 1, "method": "get", "params": ["'$WHO'", 2]}'""",
        """curl -d '{"jsonrpc": "2.0", "id": 1, "method": "get", "params": ["'"${who}"'", 2]}'""",
    ],
)
def test_a_shell_s_variables_are_placeholders(command):
    """Whatever quotes end for them."""
    found = example(command, "sh")
    params = found.messages[0].node.get("params")
    assert ([item.kind for item in params.items], found.problems) == (["any", "number"], [])


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_are_found(name):
    """However a document writes them."""
    text, language, methods = MESSAGES[name]
    assert [message.node.text("method") for message in example(text, language).messages] == methods


COMPUTED = {
    "next++": "any",
    "`a, ${b}`": "any",
    "f({ a: [1, 2] }, 'x,y')": "any",
    "'a' + b": "any",
    "[1, 2].map((one) => ({ one }))": "any",
    "1 /* one */ * 2": "any",
    "undefined": "any",
    "a // of it, all": "any",
    "'a'": "text",
    "-1": "number",
    "[1, 2]": "list",
    "true": "word",
}


@pytest.mark.parametrize("value", COMPUTED)
def test_what_a_program_computes_may_be_anything(value):
    """What follows it is read as it is; a literal counts."""
    found = {}
    for params in (f"[{value}\n, 7]", f"[7, {value}\n]", f"{{ a: {value}\n, [b]: 7, ...c(d), e }}"):
        code = example(f"send({{ id: 1, method: 'sum', params: {params}, ver: 2 }});", "js")
        ((node, _sender),) = code.messages
        given = node.get("params")
        found[params] = [one.kind for one in given.items] or given.get("a").kind
        assert (node.members[-1].name, code.problems) == ("ver", [])
    kind = COMPUTED[value]
    assert [*found.values()] == [[kind, "number"], ["number", kind], kind]


def test_a_mistake_in_a_program_is_told():
    """As in JSON."""
    found = example("send({ jsonrpc: '2.0' id: 1, method: 'sum' });", "js")
    assert [problem.what for problem in found.problems] == ["no comma before what follows"]


def test_a_call_in_a_program_is_rewritten():
    """As little as makes it true: what is computed stays."""
    document = fenced("send({ jsonrpc: '1.0', id: last++, method: 'sum', params: { a: 1, b: f(2) } });", "js")
    (found,) = judged(document, GENERIC)
    assert found == ("stale", 'jsonrpc is "1.0"; "2.0" is recorded')
    assert update(document, "g.md", GENERIC, CAPTURES).text == document.replace("1.0", "2.0")


LEFT_ALONE = {
    "JSON of another kind": ('{"capabilities": {"tools": {}}}', "json"),
    "a schema": ('{"type": "object", "properties": {"jsonrpc": {"const": "2.0"}, "method": {}}}', "json"),
    "a type": ('{\n  jsonrpc: "2.0";\n  id: string | number;\n  method: string;\n}', "typescript"),
    "a program": (f"send({CALL})", "python"),
    "a program that asks for whatever it is given": ("send({ jsonrpc: '2.0', id: next++, method, params })", "js"),
    "a program that answers what it finds": ("send({ jsonrpc: '2.0', id: asked.id, result: found(asked) })", "js"),
    "a request of another library": ("fetch(url, { method: 'POST', headers: { id: '1' }, body })", "js"),
    "a block of a program": ("onopen = () => { jsonrpc: '2.0', id: 1, method: 'sum' }", "js"),
    "a configuration": ('{"method": "POST", "url": "https://x", "params": {}}', "json"),
    "a message of another protocol": ('{"type": "request", "id": 7, "result": {}, "meta": {}}', "json"),
    "an answer of another API": ('{"id": 5, "error": "no such order"}', "json"),
    "behind an arrow, an answer of another API": ('<-- {"result": 3, "page": 1}', ""),
    "a result alone among others": ('{"result": 3}\n{"result": 4}', "json"),
    "an error alone of another API": ('{"error": "no such order"}', "json"),
    "a call of HTTP": ('{"id": 4, "method": "GET", "path": "/x"}', "json"),
    "another API": ("curl 'http://localhost:3013/v2/transactions/th_1'", ""),
    "a diagram": ("a ->> b: sum", "mermaid"),
    "words": ("{ nothing", ""),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_others_are_left_alone(name):
    """They are nobody's business here."""
    assert example(*LEFT_ALONE[name]) is None


WHY_NONE = {
    "blocks of python are not looked into": (CALL, "python"),
    "no JSON object in it, and no URL of a session": ("[1, 2]", "json"),
    "an object with port, host is no message of JSON-RPC": ('{"port": 1, "host": "x"}', "json"),
    "an object with a, b, c, d, e, f, … is no message of JSON-RPC": (
        '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7}',
        "json",
    ),
    "a result or an error alone, and no call right before it": ('{"result": 3}', "json"),
    "no JSON object in it, and its URL of a session is put together": ('new WebSocket("ws://x?a=" + a)', "js"),
    "its URL has no parameters, or is of no session": ("wscat -c ws://node/x", "sh"),
}


@pytest.mark.parametrize("why", WHY_NONE)
def test_what_is_no_example_says_why(why):
    """For people who expect a finding there."""
    (block,) = blocks(fenced(*WHY_NONE[why]))
    assert why_none(block, example_of(block)) == why


INDENTED = '    {"jsonrpc": "2.0", "id": 1,\n     "method": "sum", "params": {"a": 1, "b": 2}}\n'


@pytest.mark.parametrize(("before", "after"), [("", ""), ("<pre>\n", "</pre>\n"), ("- x\n\n", "")])
def test_code_without_a_fence_is_an_example(before, after):
    """It is checked, rewritten and pinned as any other, whatever contains it."""
    code = INDENTED.replace("    ", "      ") if before.startswith("-") else INDENTED
    document = f"{before}{code}{after}"
    assert judged(document, GENERIC) == [("true", "")]
    stale = document.replace("2}", '"2"}')
    assert judged(stale, GENERIC)[0][0] == "stale"
    assert update(stale, "g.md", GENERIC, CAPTURES).text == document
    found = place(document, "g.md", GENERIC, CAPTURES, {"run1.jsonl": "run.jsonl"})
    assert ([one.verdict for one in check(found.text, "g.md", GENERIC, CAPTURES)], len(found.pinned)) == (["true"], 1)
    assert "".join(line for line in found.text.splitlines(keepends=True) if "<!--" not in line) == document
    other = found.text
    for name in ("jsonrpc", "id", "method", "params"):
        other = other.replace(f'"{name}"', '"x"')
    assert update(other, "g.md", GENERIC, CAPTURES).left == []


def test_a_result_alone_answers_the_call_right_before_it():
    """A pinned one too, and not the call before that; behind anything else it is no example."""
    pinned = fenced(call("sum", {"a": 1, "b": 2}, id=1), before="<!-- recorder: run.jsonl line=3 -->")
    asked = fenced(call("sum", {"a": 1, "b": 2}, id=4))
    shown = fenced('{"result": {"sum": "9", "steps": [], "note": null}}')
    for before in (pinned, fenced(call("mul", id=7)) + pinned, asked):
        assert judged(before + shown, GENERIC)[-1] == ("stale", "result.sum is a text; a number is recorded")
        assert judged(before + shown.replace('"9"', "9"), GENERIC)[-1] == ("true", "")
        *_others, answer = check(before + fenced(call("tick", {"at": 1})) + shown, "g.md", GENERIC, CAPTURES)
        assert not answer.is_example
    without_id = fenced(call("sum", {"a": 1, "b": 2}))  # recorded with one, so it is no push
    assert judged(without_id + shown, GENERIC)[-1] == ("stale", "result.sum is a text; a number is recorded")
    error = fenced('{"error": {"code": -32602, "message": "Invalid params"}}')
    assert judged(asked + error, GENERIC)[-1] == ("true", "")


SENDERS = {
    "a heading": ("#### responder ---> node", ("to_node", "responder")),
    "a heading of the other end": ("#### responder <--- node", ("from_node", "responder")),
    "a heading that begins with the node": ("### node -> client", ("from_node", "")),
    "a heading of servers": ("## Client → Server", ("to_node", "")),
    "words of who receives": ("Then the client receives the following:", ("from_node", "")),
    "words of who sends": ("The client sends a request:", ("to_node", "")),
    "words of an answer": ("The FSM responds:", ("from_node", "")),
    "words of a server that receives": ("The server receives this:", ("to_node", "")),
    "words of a client that answers": ("The client replies:", ("to_node", "")),
    "words of nobody": ("Response:", (None, "")),
    "words of both": ("The client sends it and receives:", (None, "")),
    "words that lead to nothing": ("The client sends a request.", (None, "")),
    "words about something else": ("An example:", (None, "")),
}


@pytest.mark.parametrize("name", SENDERS)
def test_senders_are_told(name):
    """By the heading, else by the sentence that leads to the block."""
    before, told = SENDERS[name]
    (message,) = example(CALL, before=before).messages
    assert (message.sender.direction, message.sender.party) == told


def test_a_heading_is_about_the_first_block():
    """What the next one's words say counts for the next one."""
    one, two = examples(fenced(CALL, before="#### a ---> node") + fenced(RESULT, before="The node answers:"))
    assert [one.messages[0].sender.direction, two.messages[0].sender.direction] == ["to_node", "from_node"]


def test_headings_in_a_block_are_about_what_follows_them():
    """Each message has its own."""
    found = example(f"#### a ---> node\n{CALL}\n\n#### b <--- node\n{RESULT}", "").messages
    assert [(one.sender.direction, one.sender.party) for one in found] == [("to_node", "a"), ("from_node", "b")]


@pytest.mark.parametrize(
    "line",
    [
        "$ wscat --connect 'localhost:3014/channel?role=initiator'",
        "wscat -c ws://localhost:3014/channel?role=initiator",
        "$ wscat --connect \\\n  'localhost:3014/channel?role=initiator'",
        "ws://localhost:3014/channel?role=initiator",
        "websocat 'wss://localhost/channel?role=initiator'",
        "const socket = new WebSocket('wss://localhost/channel?role=initiator');",
        "curl 'http://localhost:3014/channel?role=initiator'",
    ],
)
def test_urls_of_sessions_are_found(line):
    """In the commands that open one, and alone."""
    (url,) = example(line, "").urls
    assert url.text.endswith("/channel?role=initiator")
    assert fenced(line, "").count(url.text) == 1


def test_problems_stand_in_the_block():
    """An example of which something is no JSON has where."""
    found = example('{"jsonrpc": "2.0",\n "method": "sum",\n}')
    assert [(one.offset, one.what) for one in found.problems] == [(35, "a comma before `}`")]


def test_comments_are_fine_where_the_block_says_so():
    """In jsonc and JavaScript; in JSON they are none."""
    text = '{"jsonrpc": "2.0", // always\n "method": "sum"}'
    assert [bool(example(text, language).problems) for language in ("jsonc", "js", "json")] == [False, False, True]


def test_json5_and_javascript_may_be_what_they_are():
    """In blocks that are called so alone."""
    text = "{jsonrpc: '2.0', // always\n method: 'sum', params: [1,],}"
    for language in ("json5", "js", "javascript"):
        found = example(text, language)
        assert (found.messages[0].node.text("method"), found.problems) == ("sum", [])
    assert [len(example(text, language).problems) for language in ("jsonc", "json")] == [7, 8]
    text = '{ // so\n"jsonrpc": "2.0", "method": "sum",}'  # as many blocks of JavaScript hold JSON
    assert [len(example(text, language).problems) for language in ("json5", "js")] == [0, 1]


def test_a_masked_secret_is_part_of_a_url():
    """As transcripts print it, with the space in it; the parameters behind it too."""
    (url,) = example("ws://node/v1?token=«token 1»&shop=7", "").urls
    assert url.text == "ws://node/v1?token=«token 1»&shop=7"


@pytest.mark.parametrize("unit", ["({a:", "={a:b(", "({a:`", "({/*", "={a:{a:1}+1},"])
def test_a_program_of_any_length_is_looked_at_in_proportion(unit):
    """However its brackets and quotes are nested, and never closed."""
    (block,) = blocks(fenced(unit * 20_000, "js"))
    assert example_of(block) is None
