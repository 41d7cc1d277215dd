"""What a user sets is checked once, and what is wrong is said with what to write instead."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.errors import InputError
from recorder.settings import (
    Address,
    RecordSettings,
    Upstream,
    is_loopback,
    parse_api,
    parse_moment,
    parse_speed,
    parse_upstreams,
    split_path,
)

NODE = "ws://127.0.0.1:3014"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:4014", Address("127.0.0.1", 4014)),
        ("localhost:1", Address("localhost", 1)),
        ("0.0.0.0:65535", Address("0.0.0.0", 65535)),
        ("[::1]:4014", Address("::1", 4014)),
        ("4014", Address("127.0.0.1", 4014)),
        (":4014", Address("127.0.0.1", 4014)),
    ],
)
def test_an_address_is_a_host_and_a_port(text, address):
    """A port alone listens on this machine's loopback; IPv6 stands in brackets."""
    assert Address.parse(text) == address


hosts = st.ip_addresses().map(str) | st.from_regex(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", fullmatch=True)


@given(hosts, st.integers(1, 65535))
def test_an_address_is_read_back_as_it_was(host, port):
    """What is printed of an address can be given again."""
    address = Address(host, port)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "localhost:",
        "localhost:65536",
        "localhost:-1",
        "localhost:80a",
        "1" * 5000,
        "::1:4014",
        "[::1:4014",
        "::1]:4014",
        "[localhost]:80",
        "ws://localhost:80",
        "a b:80",
        "a/b:80",
        "a:80\n",
        "a:²",
    ],
)
def test_what_is_no_address_is_refused(text):
    """An address that cannot be listened on is refused with an example."""
    with pytest.raises(InputError, match=r"is not an address to listen on; write HOST:PORT, as in 127\.0\.0\.1:4014$"):
        Address.parse(text)


@given(st.text())
def test_no_text_is_worse_than_no_address(text):
    """Whatever is given is an address or an InputError."""
    with suppress(InputError):
        assert 0 <= Address.parse(text).port < 65536


@pytest.mark.parametrize("port", [-1, 65536])
def test_an_address_outside_the_ports_cannot_be_made(port):
    """The constructor checks too, whoever calls it."""
    with pytest.raises(InputError, match="is not a port to listen on; write one from 1 to 65535"):
        Address("localhost", port)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        *((private, True) for private in ("127.0.0.1", "127.0.0.2", "::1", "0:0::1", "localhost")),
        *((public, False) for public in ("", "0.0.0.0", "::", "::0", "0:0::0", "10.1.1.1", "node.example")),
    ],
)
def test_what_only_this_machine_reaches(host, own):
    """Loopback addresses are private, all interfaces are not, however they are written."""
    assert is_loopback(host) is own


@pytest.mark.parametrize(
    ("listen", "reached"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::", "::1"),
        ("::0", "::1"),
        ("0:0:0:0:0:0:0:0", "::1"),
        ("10.1.1.1", "10.1.1.1"),
        ("node.example", "node.example"),
    ],
)
def test_all_addresses_of_a_machine_are_reached_by_its_loopback(listen, reached):
    """Of the same family, however they are written: nothing can be sent to all of them."""
    assert Address(listen, 4014).reached == Address(reached, 4014)


@pytest.mark.parametrize(
    ("url", "listen", "loops"),
    [
        ("ws://localhost:4014", "127.0.0.1:4014", True),
        ("ws://LOCALHOST:4014", "[::1]:4014", True),
        ("ws://127.0.0.1:4014", "localhost:4014", True),
        ("ws://[0:0:0:0:0:0:0:1]:4014", "[::1]:4014", True),
        ("ws://[::ffff:127.0.0.1]:4014", "127.0.0.1:4014", True),
        ("ws://127.0.0.1:4014", "0.0.0.0:4014", True),
        ("ws://localhost:4014", "[::0]:4014", True),
        ("ws://0.0.0.0:4014", "127.0.0.1:4014", True),
        ("http://node.example", "Node.example:80", True),
        ("ws://127.0.0.1:4015", "127.0.0.1:4014", False),
        ("ws://127.0.0.2:4014", "127.0.0.1:4014", False),
        ("ws://localhost:4014", "127.0.0.2:4014", False),
        ("ws://127.0.0.1:4014", "[::]:4014", False),
        ("ws://node.example:4014", "127.0.0.1:4014", False),
    ],
)
def test_a_node_is_not_where_the_recorder_listens(url, listen, loops):
    """However both are written: the recorder would call itself."""
    assert Upstream(url, Address.parse(listen)).loops is loops


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        (NODE, "reverse:http://127.0.0.1:3014@127.0.0.1:4014"),
        ("ws://node", "reverse:http://node:80@127.0.0.1:4014"),
        ("wss://node/", "reverse:https://node:443@127.0.0.1:4014"),
        ("http://node:8545", "reverse:http://node:8545@127.0.0.1:4014"),
        ("https://node", "reverse:https://node:443@127.0.0.1:4014"),
        ("WSS://[::1]:3014", "reverse:https://[::1]:3014@127.0.0.1:4014"),
    ],
)
def test_an_upstream_is_a_mode_of_mitmproxy(url, mode):
    """A node's URL and where to listen become a reverse mode, with TLS where the URL says so."""
    assert Upstream(url, Address("127.0.0.1", 4014)).mode == mode


def test_mitmproxy_takes_an_address_without_brackets():
    """With them it would look for a machine of this name."""
    assert Upstream(NODE, Address("::1", 4014)).mode == "reverse:http://127.0.0.1:3014@::1:4014"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:3014",
        "ftp://node",
        "ws://",
        "ws://:3014",
        "ws://node:0",
        "ws://node:99999",
        "ws://node:x",
        "ws://[::1",
        "ws://user:secret@node",
    ],
)
def test_what_is_no_nodes_url_is_refused(url):
    """A URL that no node can have is refused with an example."""
    with pytest.raises(InputError, match=r"is not a node's URL; write it as ws://127\.0\.0\.1:3014"):
        Upstream(url, Address("127.0.0.1", 4014))


@pytest.mark.parametrize("url", ["ws://node:3014/channel?a=b", "ws://node:3014?role=initiator", "ws://node:3014#a"])
def test_a_url_with_parameters_is_refused(url):
    """Each party brings its own."""
    with pytest.raises(InputError, match=r"leave out the query; each party sends its own$"):
        parse_upstreams([url], [])


def listens(urls: int, given_: list[str]) -> list[str]:
    """Where it is listened for so many nodes."""
    return [str(upstream.listen) for upstream in parse_upstreams([NODE] * urls, given_)]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ([], ["127.0.0.1:4014", "127.0.0.1:4015"]),
        (["0.0.0.0:5000"], ["0.0.0.0:5000", "0.0.0.0:5001"]),
        (["5001", "5000"], ["127.0.0.1:5001", "127.0.0.1:5000"]),
    ],
)
def test_missing_listens_count_up(given_, expected):
    """Each node has an address; those not given follow the last one, or begin at 4014."""
    assert listens(2, given_) == expected


def test_upstreams_are_paired_in_order():
    """The first --listen is for the first URL."""
    assert parse_upstreams(["ws://a", "ws://b"], ["1", "2"]) == [
        Upstream("ws://a", Address("127.0.0.1", 1)),
        Upstream("ws://b", Address("127.0.0.1", 2)),
    ]


def test_any_number_of_upstreams_may_take_a_free_port():
    """Port 0 is no place of its own, and no port follows it; one node twice would still be one."""
    assert [one.listen.port for one in parse_upstreams(["ws://a", "ws://b", "ws://c"], ["0", "0"])] == [0, 0, 0]
    with pytest.raises(InputError, match="ws://a is given twice; give each node once"):
        parse_upstreams(["ws://a", "ws://a"], ["0", "0"])


def test_more_listens_than_nodes_are_refused():
    """An address without a node is a mistake."""
    with pytest.raises(InputError, match="2 --listen for 1 node URLs; give one for each"):
        listens(1, ["1", "2"])


def test_counting_beyond_the_last_port_is_refused():
    """There is no port after the last."""
    with pytest.raises(InputError, match="65536 is not a port"):
        listens(2, ["65535"])


@pytest.mark.parametrize("given_", [["4014", "4014"], ["4015", "4014"], ["localhost:4014", "[::1]:4014"]])
def test_an_address_listens_for_one_node_only(given_):
    """Two nodes cannot share an address, whether it was given or counted, and however it is written."""
    with pytest.raises(InputError, match="is the --listen of two nodes; give each its own"):
        listens(3, given_)


def test_settings_have_the_documented_defaults():
    """What a user leaves out is the relay, a timed sync, and no traffic unrecorded."""
    settings = RecordSettings(capture=Path("run.jsonl"), upstreams=[])
    assert (settings.path, settings.sync, settings.on_write_error) == ("relay", "timer", "close")
    assert (settings.overwrite, settings.insecure, settings.quiet, settings.meta) == (False, False, False, {})


@pytest.mark.parametrize(("text", "speed"), [("instant", 0), ("recorded", 1), ("2", 2), ("0.5", 0.5)])
def test_a_speed_is_a_factor(text, speed):
    """`instant` waits for nothing."""
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "0", "-1", "inf", "nan", "fast"])
def test_what_is_no_speed_is_told(text):
    """With what to write instead."""
    with pytest.raises(InputError, match="write instant, recorded, or how many times"):
        parse_speed(text)


@pytest.mark.parametrize(
    ("url", "split"),
    [
        ("ws://node:3014", ("ws://node:3014", "")),
        ("ws://node:3014/", ("ws://node:3014", "")),
        ("https://[::1]:1/devtools/browser/9a0b", ("https://[::1]:1", "/devtools/browser/9a0b")),
    ],
)
def test_a_live_nodes_url_may_have_a_path(url, split):
    """Where parties are played, a path stands for the recorded one."""
    assert split_path(url) == split


@pytest.mark.parametrize("url", ["ws://node/x?a=1", "ws://node#x", "node/x", "ftp://node/x"])
def test_a_live_nodes_url_has_no_parameters(url):
    """These each session brings; and what is no URL is none here either."""
    with pytest.raises(InputError, match=r"leave out the query|not a node's URL"):
        split_path(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:3013", "https://node/below/"])
def test_an_api_has_an_http_url(url):
    """It may have a path."""
    assert parse_api(url, "--faucet") == url


@pytest.mark.parametrize(
    "url", ["ws://node", "node:3013", "http://", "https://node/?a=1", "http://user@node", "http://n:0"]
)
def test_what_is_no_apis_url(url):
    """It is said of which option, and how to write it."""
    with pytest.raises(InputError, match=r"^--faucet '.*': write it as http://HOST:PORT, or https://HOST/PATH$"):
        parse_api(url, "--faucet")


@pytest.mark.parametrize(
    ("url", "asked", "path"),
    [
        ("http://n", "/", "/"),
        ("http://n", "/a?b=/c", "/a?b=/c"),
        ("http://n/", "/a", "/a"),
        ("https://n/v3/key", "/", "/v3/key"),
        ("https://n/v3/key", "/?x=1", "/v3/key?x=1"),
        ("https://n/v3/key", "/v3/key", "/v3/key"),
        ("https://n/v3/key/", "/v3/key/more?x=1", "/v3/key/more?x=1"),
        ("https://n/v3/key", "/v3/keys", "/v3/key/v3/keys"),
        ("ws://n/channel", "/channel?role=initiator", "/channel?role=initiator"),
    ],
)
def test_the_path_of_a_node_stands_before_what_parties_ask_for(url, asked, path):
    """Once: a party that only replaces the node's host and port knows it already."""
    assert Upstream(url, Address("127.0.0.1", 4014)).path_for(asked) == path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01", 1_000_000_000),
        ("1970-01-02", 86_400_000_000_000),
        ("1970-01-01 00:00:01", 1_000_000_000),
        ("1970-01-01T02:00:01+02:00", 1_000_000_000),
        ("1970-01-01t00:00:01.000000001z", 1_000_000_001),
        ("2026-01-31T12:00:00,5", 1_769_860_800_500_000_000),
        ("1969-12-31", None),
        ("2262-01-01", None),
        ("2026-02-30", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_moment_is_read_to_the_nanosecond(text, expected):
    """And any other text is none."""
    assert parse_moment(text) == expected
