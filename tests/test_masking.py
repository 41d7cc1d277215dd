"""What is masked, and what stands as it was."""

import json
import time

import pytest
from msgspec import Raw

from recorder.errors import InputError
from recorder.masking import Masking
from recorder.model import Frame, Note, Opened, Refused


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("AUTHORIZATION", "Bearer s", "Bearer «token 1»"),
        ("authorization", "Basic dTpw", "Basic «credentials 1»"),
        ("Authorization", "s", "«authorization 1»"),
        ("Proxy-Authorization", "Negotiate s", "Negotiate «authorization 1»"),
        ("Cookie", "a=s; b=t; c=s", "a=«cookie 1»; b=«cookie 2»; c=«cookie 1»"),
        ("Set-Cookie", "a=s; Path=/; HttpOnly", "a=«cookie 1»; Path=/; HttpOnly"),
        ("X-Api-Key", "s", "«api key 1»"),
        ("apikey", "s", "«apikey 1»"),
        ("X-Auth-Token", "s", "«auth token 1»"),
        ("X-Client-Secret", "s", "«client secret 1»"),
        ("Aws-Credential", "s", "«aws credential 1»"),
        ("Cookie", "", ""),
        ("Mcp-Session-Id", "s", "s"),
        ("WWW-Authenticate", "Bearer realm=s", "Bearer realm=s"),
        ("Access-Control-Allow-Credentials", "true", "true"),
        ("Access-Control-Allow-Headers", "authorization", "authorization"),
        ("Sec-WebSocket-Key", "s", "s"),
        (":authority", "node", "node"),
        ("Accept", "a", "a"),
        ("Referer", "http://page/?token=s&x=1#f", "http://page/?token=«token 1»&x=1#f"),
        ("Location", "/rpc?x=1&api_key=s", "/rpc?x=1&api_key=«api key 1»"),
        ("Link", '<http://u:p@n/?token=s>; rel="next"', '<http://«user 1»@n/?token=«token 1»>; rel="next"'),
        ("Content-Type", "text/plain; charset=utf-8; key=s", "text/plain; charset=utf-8; key=s"),
    ],
)
def test_headers_are_masked_by_their_names(name, value, written):
    """Those that let their sender in, whatever the case, and URLs in others; what is the protocol's own stands."""
    assert Masking().headers([(name, value)]) == [(name, written)]


@pytest.mark.parametrize(
    ("offered", "written"),
    [
        ("bearer, s, mcp", "bearer, «token 1», mcp"),
        ("mcp,access_token,s", "mcp,access_token,«token 1»"),
        ("base64url.bearer.authorization.k8s.io.QUJDREVGR0g", "base64url.bearer.authorization.k8s.io.«token 1»"),
        ("realtime, openai-insecure-api-key.sk-123456", "realtime, openai-insecure-api-key.«token 1»"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8", "«token 1»"),
        ("graphql-transport-ws, mqtt", "graphql-transport-ws, mqtt"),
        ("", ""),
    ],
)
def test_tokens_among_subprotocols_are_masked(offered, written):
    """Where pages put them that can set no header; the chosen one as the offered ones."""
    assert Masking().subprotocols(offered) == written
    assert Masking().headers([("Sec-WebSocket-Protocol", offered)]) == [("Sec-WebSocket-Protocol", written)]


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("ws://n/v3/k?token=a%20b&x=1", "ws://n/v3/k?token=«token 1»&x=1"),
        ("ws://n/?x=1&api_key=s#f", "ws://n/?x=1&api_key=«api key 1»#f"),
        ("ws://n/?access_token=s&password=s", "ws://n/?access_token=«access token 1»&password=«access token 1»"),
        ("ws://u:p@n/", "ws://«user 1»@n/"),
        (
            "http://n/?user=u&pass=s&sig=t&X-Amz-Signature=v",
            "http://n/?user=u&pass=«pass 1»&sig=«sig 1»&X-Amz-Signature=«amz signature 1»",
        ),
        ("http://n/?key=s&max_tokens=5", "http://n/?key=«key 1»&max_tokens=5"),
        ("ws://n/?existing_fsm_id=ba_s&role=initiator", "ws://n/?existing_fsm_id=ba_s&role=initiator"),
        ("ws://n/token=1@x", "ws://n/token=1@x"),
        ("", ""),
    ],
)
def test_urls_are_masked_by_their_parameters(url, written):
    """And who is in front of the host; all else stands byte for byte, and so do the protocols' own parameters."""
    assert Masking().url(url) == written


@pytest.mark.parametrize(
    ("pattern", "body", "written"),
    [
        ("password", '{"params": {"password":"s", "x":1}}', '{"params": {"password":"«password 1»", "x":1}}'),
        ("pin", '{"pin":1234,"ping":1}', '{"pin":"«pin 1»","ping":1}'),
        ("auth", '{"auth":{"a":"s","b":["t"]}}', '{"auth":{"a":"«auth 1»","b":["«auth 2»"]}}'),
        ("password", r'{"p\u0061ssword":"s"}', r'{"p\u0061ssword":"«password 1»"}'),
        ("token:*", '{"params":["token:s",["gid"]]}', '{"params":["token:«token 1»",["gid"]]}'),
        ("a/b:*", r'{"params":["a\/b:s"]}', '{"params":["a/b:«a b 1»"]}'),
        ("token:*", '{"params":["a token:s"]}', '{"params":["a token:s"]}'),
        (r"/sk-\w+/", '["use sk-1 and sk-2, sk-1"]', '["use «secret 1» and «secret 2», «secret 1»"]'),
        (r"/v3\/(\w+)/", '{"url":"ws://n/v3/k?x"}', '{"url":"ws://n/v3/«secret 1»?x"}'),
        ("params[0]", '{"id":1,"params":["s","t"]}', '{"id":1,"params":["«secret 1»","t"]}'),
        ("$.result.*.pin", '{"result":{"a":{"pin":1}}}', '{"result":{"a":{"pin":"«pin 1»"}}}'),
        ("a.b params[0]", '[{"method":"a.b","params":["s"]},{"method":"c","params":["s"]}]',
         '[{"method":"a.b","params":["«secret 1»"]},{"method":"c","params":["s"]}]'),
        ("wallet.* params.words", '{"method":"wallet.open","params":{"words":"s"}}',
         '{"method":"wallet.open","params":{"words":"«words 1»"}}'),
        ("Bearer *", '["Bearer s", "a Bearer s"]', '["Bearer «bearer 1»", "a Bearer s"]'),
        ("the key is *", '["the key is s"]', '["the key is «the key is 1»"]'),
        ('a params["b c"]', '{"method":"a","params":{"b c":"s"}}', '{"method":"a","params":{"b c":"«c 1»"}}'),
        ('params["b c"]', '{"params":{"b c":"s"}}', '{"params":{"b c":"«c 1»"}}'),
        ("password", '{"password":"s" broken', '{"password":"«password 1»" broken'),
        ("/key=(.*)/", "no json, key=s", "no json, key=«secret 1»"),
        ("password", '{"password":null,"id":7}', '{"password":null,"id":7}'),
    ],
)  # fmt: skip
def test_bodies_are_masked_where_somebody_says_so(pattern, body, written):
    """By a name, a text, an expression, a path, of a method; every other byte stands, and JSON stays JSON."""
    assert Masking([pattern]).body(body.encode()).decode() == written


@pytest.mark.parametrize("body", [b'{"password":"s","params":["token:s"]}', b"\xff\xfe", b"", b'{"a":NaN}'])
def test_bodies_stand_where_nobody_says_anything(body):
    """However much something in them looks like a secret."""
    assert Masking().body(body) == body
    assert Masking(["password"]).body(b"\xffpassword") == b"\xffpassword"


def test_a_huge_number_and_deep_nesting_hide_no_secret():
    """What Python can make no value of is masked as all JSON is."""
    body = b'{"a":' + b"9" * 5000 + b"," + b'"b":' + b"[" * 200 + b'{"password":"s"}' + b"]" * 200 + b"}"
    assert Masking(["password"]).body(body) == body.replace(b'"s"', '"«password 1»"'.encode())


@pytest.mark.parametrize(("method", "index"), [("personal_unlockAccount", 1), ("personal_sign", 2)])
def test_a_profile_knows_secrets_of_its_own(method, index):
    """Passphrases of an Ethereum node's accounts, without asking; in another protocol they are none."""
    body = json.dumps({"method": method, "params": ["0xa", "0xb", "0xc"]}).encode()
    secret = json.loads(body)["params"][index]
    for profile in ("auto", "ethereum"):
        params = json.loads(Masking(profile=profile).body(body))["params"]
        assert params[index] == "«secret 1»"
        assert len([one for one in params if one != "«secret 1»"]) == 2
    assert secret in Masking(profile="mcp").body(body).decode()


@pytest.mark.parametrize("text", ["a_" * 30_000, "bearer" + " " * 60_000, "token" * 12_000, ";" * 60_000])
def test_what_peers_choose_holds_up_nobody(text):
    """However long a name or a value is, and whatever is in it."""
    masking = Masking(["token:*"])
    began = time.process_time()
    masking.headers([(text, text), ("Cookie", text), ("Set-Cookie", text), ("Sec-WebSocket-Protocol", text)])
    masking.url(f"ws://n/?{text}={text}")
    assert time.process_time() - began < 2


def test_one_secret_has_one_mark_wherever_it_stands():
    """Two uses of it are seen to be one, and two secrets to be two."""
    masking = Masking(["token:*"])
    assert masking.url("ws://n/?token=s") == "ws://n/?token=«token 1»"
    assert masking.headers([("Authorization", "Bearer s"), ("X-Api-Key", "t")]) == [
        ("Authorization", "Bearer «token 1»"),
        ("X-Api-Key", "«api key 1»"),
    ]
    assert masking.body(b'["token:t","token:u"]').decode() == '["token:«api key 1»","token:«token 2»"]'
    assert masking.url("ws://n/?token=«token 1»") == "ws://n/?token=«token 1»"


def test_what_is_found_is_masked_wherever_it_comes_back():
    """Under another name, by position, in a URL or a header; not within a longer text, and not before it was found."""
    masking = Masking(["accessToken"])
    assert masking.body(b'["s3cret-1"]') == b'["s3cret-1"]'
    assert (
        masking.body(b'{"result":{"accessToken":"s3cret-1"}}')
        == '{"result":{"accessToken":"«access token 1»"}}'.encode()
    )
    again = b'{"method":"s3cret-1","params":["s3cret-1",{"s":"s3cret\\u002d1"},"a s3cret-1","s3cret-10"]}'
    for direction in ("to_node", "from_node"):
        assert masking.bodies[direction](again).decode() == (
            '{"method":"s3cret-1","params":["«access token 1»",{"s":"«access token 1»"},"a s3cret-1","s3cret-10"]}'
        )
    assert masking.url("ws://n/v1/s3cret-1?s=s3cret-1") == "ws://n/v1/«access token 1»?s=«access token 1»"
    assert masking.headers([("X-Session", "s3cret-1")]) == [("X-Session", "«access token 1»")]


def test_what_is_found_in_a_header_of_a_given_name_is_looked_for_too():
    """As one in a body; what headers have by themselves is not: a body stands as it was where nobody says anything."""
    masking = Masking(["X-Tenant"])
    masking.headers([("X-Tenant", "t-0001"), ("X-Api-Key", "k-0001")])
    assert masking.body(b'["t-0001","k-0001"]') == '["«tenant 1»","k-0001"]'.encode()


@pytest.mark.parametrize("count", [1, 100])
def test_many_secrets_are_found_again(count):
    """However many there are; short ones and numbers may stand elsewhere by chance."""
    masking = Masking(["pin"])
    for number in range(count):
        masking.body(b'{"pin":"pin-%d"}' % number)
    assert masking.body(b'{"pin":"abc","a":7,"b":1234}') != b"" != masking.body(b'{"pin":1234}')
    assert masking.body(b'["pin-0","abc",1234]') == '["«pin 1»","abc",1234]'.encode()


def test_an_answer_is_masked_by_the_method_of_its_call():
    """Which it does not name: of its session, whoever has called; of several calls with one id any may be meant."""
    masking = Masking(["auth.* result", "ask error.data"])
    one, other = masking.of_session(), masking.of_session()
    asked, answer = b'{"id":%d,"method":"%s"}', b'{"id":%d,"result":"%s"}'
    for session, method in ((one, b"auth.login"), (other, b"room.list")):
        assert session["to_node"](asked % (1, method)) == asked % (1, method)
    assert one["from_node"](asked % (1, b"auth.who")) == asked % (1, b"auth.who")
    assert other["from_node"](answer % (1, b"a")) == answer % (1, b"a")
    assert one["from_node"](answer % (1, b"b")).decode() == '{"id":1,"result":"«result 1»"}'
    assert one["to_node"](answer % (1, b"c")).decode() == '{"id":1,"result":"«result 2»"}'
    assert one["from_node"](answer % (1, b"d")) == answer % (1, b"d")
    both = one["to_node"](b'[{"id":2,"method":"ask"},{"id":2,"method":"other"}]')
    for number in (1, 2):
        failed = one["from_node"](b'[{"id":2,"error":{"data":"e%d"}}]' % number)
        assert failed.decode() == f'[{{"id":2,"error":{{"data":"«data {number}»"}}}}]'
    assert (both[:1], one["from_node"](answer % (2, b"e"))) == (b"[", answer % (2, b"e"))


def test_a_name_that_is_given_is_one_of_headers_and_parameters_too():
    """Whatever its case."""
    masking = Masking(["X-Tenant"])
    assert masking.headers([("x-tenant", "s")]) == [("x-tenant", "«tenant 1»")]
    assert masking.url("ws://n/?X-Tenant=t") == "ws://n/?X-Tenant=«tenant 2»"


def test_all_of_an_event_is_masked():
    """Its URL first; what has no secrets is the same event."""
    masking, body = Masking(["password"]), b'{"method":"m","params":{"password":"p"}}'
    opened = Opened(
        session=1, party="a", url="ws://n/?token=t", headers=[("Cookie", "s")], answer=[("Set-Cookie", "k=s; Path=/")]
    )
    asked = Frame(session=1, direction="to_node", json=Raw(body), headers=[("X-Api-Key", "t")])
    made, said = masking.event(opened), masking.event(asked)
    assert (made.url, made.headers) == ("ws://n/?token=«token 1»", [("Cookie", "«cookie 1»")])
    assert made.answer == [("Set-Cookie", "k=«cookie 1»; Path=/")]
    assert (said.payload, said.headers) == (
        body.replace(b'"p"', '"«password 1»"'.encode()),
        [("X-Api-Key", "«token 1»")],
    )
    assert masking.event(Refused(status=401, url="ws://n/?token=t")).url == "ws://n/?token=«token 1»"
    calls = Masking(["login result"])
    for number in (1, 2):
        asked = Frame(session=number, direction="to_node", json=Raw(b'{"id":1,"method":"login"}'))
        answered = Frame(session=number, direction="from_node", json=Raw(b'{"id":1,"result":"r"}'))
        assert calls.event(asked) == asked
        assert calls.event(answered).payload.decode() == '{"id":1,"result":"«result 1»"}'
    note = Note(text="token=t")
    assert masking.event(note) is note


def test_nothing_is_masked_where_nobody_wants_it():
    """On one's own machine; and who wants both hears of it."""
    off = Masking(off=True)
    pairs = [("Authorization", "Bearer s"), ("Cookie", "a=b")]
    assert (off.headers(pairs), off.url("ws://n/?token=s")) == (pairs, "ws://n/?token=s")
    assert off.subprotocols("bearer, s") == "bearer, s"
    body = b'{"method":"personal_unlockAccount","params":["a","b"]}'
    assert off.body(body) == body
    with pytest.raises(InputError, match="cannot be used together"):
        Masking(["password"], off=True)


@pytest.mark.parametrize("pattern", ["", "*", "a[", "/(/", "two words here[", "ä"])
def test_a_pattern_that_is_none_is_said(pattern):
    """It would mask nothing, and nobody would notice."""
    with pytest.raises(InputError, match="--mask"):
        Masking([pattern])
