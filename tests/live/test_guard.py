"""Access control of the page."""

import pytest

from recorder.live.guard import Asked, Guard

OWN = Guard("127.0.0.1", 4080)


@pytest.mark.parametrize("host", ["127.0.0.1:4080", "localhost:4080", "LOCALHOST:4080", "[::1]:4080", "127.0.0.2:4080"])
def test_this_machines_own_addresses_are_answered(host):
    """Every name of this machine is allowed."""
    assert OWN.refusal(Asked({"host": host})) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example:4080", "127.0.0.1:4081", "127.0.0.1", "", "10.0.0.1:4080", "127.0.0.1.nip.io:4080", "localhost:x"],
)
def test_a_name_that_was_rebound_is_refused(host):
    """A rebound name is refused, because it is in the Host header."""
    assert OWN.refusal(Asked({"host": host}))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:4080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_is_refused(headers):
    """Requests of other sites are refused, even to read."""
    assert OWN.refusal(Asked({"host": "127.0.0.1:4080", **headers}))[0] == 403


def test_only_the_page_itself_changes_something():
    """A change needs the page's Origin and JSON, which a form cannot send."""
    own = {"host": "127.0.0.1:4080", "origin": "http://127.0.0.1:4080", "content-type": "application/json; charset=x"}
    assert OWN.refusal(Asked(own, changes=True)) is None
    assert OWN.refusal(Asked(own | {"content-type": "text/plain"}, changes=True))[0] == 415
    assert OWN.refusal(Asked({"host": "127.0.0.1:4080", "content-type": "application/json"}, changes=True))[0] == 403


def test_elsewhere_a_token_is_asked_for():
    """With a token, every request needs it."""
    guard = Guard("0.0.0.0", 4080, "a-long-secret-token")
    asked = {"host": "192.168.1.7:4080"}
    assert guard.refusal(Asked(asked))[0] == 401
    assert guard.refusal(Asked(asked, token="wröng"))[0] == 401
    assert guard.refusal(Asked(asked, token="a-long-secret-token")) is None
    assert guard.refusal(Asked({"host": "evil.example:4080"}, token="a-long-secret-token"))[0] == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::0"])
@pytest.mark.parametrize(
    ("name", "own"), [("localhost", True), ("192.168.1.7", True), ("[fd00::7]", True), ("evil.example", False)]
)
def test_on_all_interfaces_the_page_is_at_every_address_of_the_machine(host, name, own):
    """But not at names, which somebody else may have chosen."""
    assert (Guard(host, 4080).refusal(Asked({"host": f"{name}:4080"})) is None) is own
