"""Logins as NATS has them; and what is wrong with a server, a login or a stream is one line that says what to do."""

import asyncio
from random import Random

import nats
import pytest
from brokers import broker, cluster, cluster_url
from certify import write_certificates
from logins import key, operated, public
from ports import free_port

from recorder.errors import InputError
from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import connected, opened

USER = 'authorization { user: me, password: "pass word" }'
TOKEN = "authorization { token: secret }"
LOGIN = "put USER:PASSWORD@ into the URL, or set NATS_CREDS, NATS_NKEY or NATS_TOKEN"


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """The environment tells no login, unless the test says so."""
    for name in ("CREDS", "NKEY", "USER", "PASSWORD", "CA", "CERT", "KEY", "TOKEN"):
        monkeypatch.delenv(f"NATS_{name}", raising=False)


def use(url, make=True):
    """Connect and open a stream, as a shipper does (a reader makes none)."""

    async def scene():
        address = StreamAddress.parse(url)
        async with connected(address) as client:
            await opened(client, address, make=make)

    asyncio.run(asyncio.wait_for(scene(), 20))


def refused(url, make=True):
    """Why this does not work."""
    with pytest.raises(InputError) as error:
        use(url, make)
    return str(error.value)


def assert_refused(url, shown):
    """That the login is refused, in one line that shows none; the connection may end before the server can say why."""
    said = refused(url)
    assert said.startswith(f"{shown}: the ")
    assert said.endswith(LOGIN)


def test_a_login_in_the_url(tmp_path):
    """Of a user; the error of a wrong one does not show it."""
    with broker(tmp_path, USER) as one:
        use(one.url("T", "me:pass%20word@"))
        assert_refused(one.url("T", "me:wrong@"), one.url("T"))
        assert_refused(one.url("T"), one.url("T"))


def test_a_token(tmp_path, monkeypatch):
    """In the URL, or in the environment."""
    with broker(tmp_path, TOKEN) as one:
        use(one.url("T", "secret@"))
        assert_refused(one.url("T"), one.url("T"))
        monkeypatch.setenv("NATS_TOKEN", "secret")
        use(one.url("T"))


def test_a_user_of_the_environment(tmp_path, monkeypatch):
    """As of the `nats` command."""
    monkeypatch.setenv("NATS_USER", "me")
    monkeypatch.setenv("NATS_PASSWORD", "pass word")
    with broker(tmp_path, USER) as one:
        use(one.url("T"))


def test_a_key(tmp_path, monkeypatch):
    """Of which the file has the seed."""
    mine, other = key("user"), key("user")
    (tmp_path / "mine.nk").write_bytes(bytes(mine.seed))
    (tmp_path / "other.nk").write_bytes(bytes(other.seed))
    with broker(tmp_path / "broker", f"authorization {{ users: [ {{ nkey: {public(mine)} }} ] }}") as one:
        monkeypatch.setenv("NATS_NKEY", str(tmp_path / "mine.nk"))
        use(one.url("T"))
        monkeypatch.setenv("NATS_NKEY", str(tmp_path / "other.nk"))
        assert_refused(one.url("T"), one.url("T"))


def test_credentials(tmp_path, monkeypatch):
    """Of a user of an account, which an operator made."""
    options, credentials = operated()
    (tmp_path / "me.creds").write_text(credentials)
    with broker(tmp_path / "broker", options) as one:
        monkeypatch.setenv("NATS_CREDS", str(tmp_path / "me.creds"))
        use(one.url("T"))
        monkeypatch.delenv("NATS_CREDS")
        assert_refused(one.url("T"), one.url("T"))


@pytest.mark.parametrize("name", ["NATS_CREDS", "NATS_NKEY", "NATS_CERT"])
def test_a_file_that_is_not_there(monkeypatch, name):
    """Is named, with the variable that names it."""
    monkeypatch.setenv(name, "none.pem")
    assert refused("nats://127.0.0.1:1/T") == f"none.pem: {name}: no such file"


def test_tls(tmp_path, monkeypatch):
    """The server must be who it says, by the authority that is named; it may want a certificate, too."""
    write_certificates(tmp_path)
    certificate = f'cert_file: "{tmp_path / "cert.pem"}", key_file: "{tmp_path / "cert.pem"}"'
    authority = f'ca_file: "{tmp_path / "ca.pem"}", verify: true'
    for wants in (False, True):
        with broker(tmp_path / f"{wants}", f"tls {{ {certificate}{', ' + authority if wants else ''} }}") as one:
            url = one.url("T").replace("127.0.0.1", "localhost")
            monkeypatch.delenv("NATS_CA", raising=False)
            assert "TLS failed: CERTIFICATE_VERIFY_FAILED; set NATS_CA to the file" in refused(url)
            monkeypatch.setenv("NATS_CA", str(tmp_path / "ca.pem"))
            if wants:
                assert refused(url).startswith(url)
                monkeypatch.setenv("NATS_CERT", str(tmp_path / "cert.pem"))
                monkeypatch.setenv("NATS_KEY", str(tmp_path / "cert.pem"))
            use(url)
            use(url.replace("nats://", "tls://"))


def test_a_certificate_that_is_none(tmp_path, monkeypatch):
    """Is said, with the variables."""
    (tmp_path / "ca.pem").write_text("none")
    monkeypatch.setenv("NATS_CA", str(tmp_path / "ca.pem"))
    assert refused("nats://127.0.0.1:1/T").startswith("NATS_CA, NATS_CERT and NATS_KEY: ")


def test_no_server():
    """At one address or at several."""
    url = f"nats://127.0.0.1:{free_port()}"
    assert refused(f"{url}/T") == f"{url}/T: cannot connect: Connection refused; is the server there?"
    assert refused(f"{url},127.0.0.1:{free_port()}/T").endswith("is the server there?")


def test_one_server_of_several_is_enough(tmp_path):
    """Wherever it stands in the address."""
    with broker(tmp_path) as one:
        use(f"nats://127.0.0.1:{free_port()},127.0.0.1:{one.port}/T")
        use(f"nats://127.0.0.1:{one.port},127.0.0.1:{free_port()}/T")


def test_a_server_without_streams(tmp_path):
    """How it is started with them."""
    with broker(tmp_path) as one:
        one.kill()
        configuration = tmp_path / "nats.conf"
        kept = [line for line in configuration.read_text().splitlines() if not line.startswith("jetstream")]
        configuration.write_text("\n".join(kept))
        one.start()
        one.ready()
        expected = f"{one.url('T')}: this server has no JetStream; start it with `nats-server --jetstream`"
        assert refused(one.url("T")) == expected


def test_a_stream_that_is_not_there(tmp_path):
    """Is made by who ships; who reads is told how it comes about."""
    with broker(tmp_path) as one:
        assert refused(one.url("T"), make=False) == (
            f"{one.url('T')}: there is no such stream; `recorder ship` makes one, and so does "
            "`nats stream add T --subjects 'T.>'`"
        )
        use(one.url("T"))
        use(one.url("T"), make=False)


def test_a_stream_of_something_else(tmp_path):
    """Is not used; nor is a name whose subjects another stream has."""

    async def others(port):
        client = await nats.connect(f"nats://127.0.0.1:{port}")
        await client.jetstream().add_stream(name="T", subjects=["orders.>"])
        await client.jetstream().add_stream(name="OTHER", subjects=["SHIPS.>"])
        await client.close()

    with broker(tmp_path) as one:
        asyncio.run(others(one.port))
        assert refused(one.url("T")) == (
            f"{one.url('T')}: the stream takes other subjects; give it 'T.>', or name another stream"
        )
        assert refused(one.url("SHIPS")) == (
            f"{one.url('SHIPS')}: the stream cannot be used: subjects overlap with an existing stream"
        )


def test_a_login_that_may_not_publish(tmp_path):
    """Is said once, however many messages are refused: a server answers none of them."""
    said = []
    rights = 'authorization { users: [ { user: me, password: x, permissions: { publish: "$JS.API.>" } } ] }'

    async def scene(one):
        address = StreamAddress.parse(one.url("T", "me:x@"))
        async with connected(address, say=said.append) as client:
            for number in range(3):
                await client.publish(f"T.{number}", b"")
            await client.flush()  # its ping overtakes what waits to be sent
            async with asyncio.timeout(20):
                while not said:  # noqa: ASYNC110 - what is waited for sets no event
                    await asyncio.sleep(0.01)
            await client.flush()  # the server has answered to all of it
        assert said == [f'{address}: permissions violation for publish to "t.0"']

    with broker(tmp_path, rights) as one:
        asyncio.run(scene(one))


def test_a_lost_connection_comes_back(tmp_path):
    """To another server of the cluster; both are said."""
    said = []

    async def scene(servers):
        address = StreamAddress.parse(cluster_url(servers, "T"))
        async with connected(address, say=said.append) as client:
            port = client.connected_url.port
            next(one for one in servers if one.port == port).kill()
            async with asyncio.timeout(20):
                while len(said) < 2:  # noqa: ASYNC110 - what is waited for sets no event
                    await asyncio.sleep(0.01)
            assert client.is_connected
            assert said == [f"the connection to {address} is lost", f"the connection to {address} is back"]

    with cluster(tmp_path) as servers:
        asyncio.run(scene(servers))


def test_who_is_cancelled_leaves_no_connection(tmp_path, monkeypatch):
    """At any moment: while it connects, while it is connected, and while it ends."""
    connect, made, random = asyncio.open_connection, [], Random(1)

    async def counted(*target, **how):
        reader, writer = await connect(*target, **how)
        made.append(writer)
        return reader, writer

    async def use_for_a_moment(url):
        async with connected(StreamAddress.parse(url)):
            await asyncio.sleep(0)

    async def scene(url):
        for _ in range(100):
            task = asyncio.create_task(use_for_a_moment(url))
            await asyncio.wait({task}, timeout=random.uniform(0.0, 0.01))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    monkeypatch.setattr(asyncio, "open_connection", counted)
    with broker(tmp_path) as one:
        asyncio.run(scene(one.url("T")))
    assert made
    assert [writer for writer in made if not writer.transport.is_closing()] == []
