"""TLS towards the node, towards the parties, and both."""

from __future__ import annotations

import socket
import ssl

import pytest
from certify import node_tls
from rig import Node, Recording, child, close, frame, http, pair, play, recording, reset, soon, until

from recorder.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")  # mitmproxy 11 does


@pytest.mark.parametrize("path", ["relay", "hooks"])
@pytest.mark.parametrize(("up", "down"), [(True, False), (False, True), (True, True)], ids=["node", "party", "both"])
def test_sessions_over_tls(tmp_path, certificates, path, up, down):
    """Frames pass and are recorded with TLS towards the node, the party, or both, verified with the user's own CA."""
    party_tls = ssl.create_default_context(cafile=certificates / "ca.pem") if down else None
    settings = {"ca": certificates / "ca.pem"} if up else {}
    settings |= {"cert": certificates / "cert.pem"} if down else {}

    async def scene():
        listening = Node().listening(node_tls(certificates) if up else None)
        scheme = "wss" if up else "ws"
        async with listening as node, recording(tmp_path, node.port, scheme=scheme, path=path, **settings) as rec:
            node.after = frame(b"with the 101")
            (reader, writer), (node_reader, node_writer) = await pair(rec.port, node, tls=party_tls)
            big = frame(b"x" * 1_000_000, masked=True)
            for sent in (frame(b"hello", masked=True), big):
                writer.write(sent)
                await soon(node_reader.readexactly(len(sent)))
            down_ = frame(b"y" * 1_000_000)
            node_writer.write(down_)
            assert await soon(reader.readexactly(len(node.after + down_))) == node.after + down_
            assert [len(payload) for _, _, payload in rec.frames()] == [12, 5, 1_000_000, 1_000_000]
            assert rec.opened[0].url.startswith("wss://localhost" if up else "ws://localhost")
            word = close(1000, masked=True)
            writer.write(word)
            assert len(await soon(node_reader.readexactly(len(word)))) == len(word)
            node_writer.write(close(1000))
            node_writer.close()
            assert await soon(reader.read()) == close(1000)
            writer.close()
            (closed,) = await rec.ending()
            assert (closed.code, closed.by, closed.lost) == (1000, "party", "")
            assert rec.said == []

    play(scene())


def test_crashes_over_tls(tmp_path, certificates):
    """Over TLS on both sides too, a reset arrives as a reset, and an end without Close frame as that."""
    party_tls = ssl.create_default_context(cafile=certificates / "ca.pem")
    settings = {"ca": certificates / "ca.pem", "cert": certificates / "cert.pem", "scheme": "wss"}

    async def scene():
        async with (
            Node().listening(node_tls(certificates)) as node,
            recording(tmp_path, node.port, **settings) as rec,
        ):
            for crash in (reset, lambda writer: writer.close()):
                (_, writer), (node_reader, node_writer) = await pair(rec.port, node, tls=party_tls)
                writer.write(frame(b"last", masked=True))
                await soon(node_reader.readexactly(10))
                crash(writer)
                try:
                    assert await soon(node_reader.read()) == b""
                except ConnectionResetError:
                    assert crash is reset
                node_writer.close()
            closed = await rec.ending(2)
            assert [(c.code, c.by, c.lost) for c in closed] == [(1006, "party", "reset"), (1006, "party", "eof")]

    play(scene())


def test_an_unknown_authority_is_refused(tmp_path, certificates):
    """A node whose certificate nobody vouches for is not talked to: 502, and a line that names the two options."""

    async def scene():
        async with (
            Node().listening(node_tls(certificates)) as node,
            recording(tmp_path, node.port, scheme="wss") as rec,
        ):
            status, _, _ = await http(rec.port, "GET", "/channel", b"", {})
            assert status == 502
            (said,) = rec.said
            assert "TLS with the node failed" in said
            assert "--ca FILE" in said
            assert not node.requests

    play(scene())


def test_a_party_that_does_not_trust_the_recorder_is_told(tmp_path, certificates):
    """A party that wants TLS is answered with a certificate nobody knows: a line names the option that gives another."""
    party_tls = ssl.create_default_context(cafile=certificates / "ca.pem")

    async def scene():
        async with Node().listening() as node, recording(tmp_path, node.port) as rec:
            with pytest.raises(ssl.SSLCertVerificationError):
                await pair(rec.port, node, tls=party_tls)
            await until(lambda: rec.said)
            (said,) = rec.said
            assert said.startswith("TLS with a party failed: ")
            assert "--cert FILE" in said

    play(scene())


def test_a_certificate_comes_with_its_key(tmp_path, certificates):
    """A file that lacks one of them is refused in a line."""

    async def scene():
        with pytest.raises(InputError, match=r"ca\.pem: it has no certificate with its key \(PEM, not encrypted\)$"):
            async with recording(tmp_path, 1, cert=certificates / "ca.pem"):
                pass

    play(scene())


def test_insecure_trusts_anybody(tmp_path, certificates):
    """With --insecure the same node is talked to."""

    async def scene():
        async with (
            Node().listening(node_tls(certificates)) as node,
            recording(tmp_path, node.port, scheme="wss", insecure=True) as rec,
        ):
            await pair(rec.port, node)
            await until(lambda: len(rec.opened) == 1)

    play(scene())


def test_nothing_but_tcp_is_listened_on(tmp_path):
    """In front of a node with TLS too: what comes over QUIC would be no session."""

    async def scene():
        async with recording(tmp_path, 1, scheme="wss", insecure=True) as rec:
            with socket.socket(type=socket.SOCK_DGRAM) as free:
                free.bind(("127.0.0.1", rec.port))

    play(scene())


def test_insecure_is_said_aloud(tmp_path):
    """`--insecure` prints what it gives up."""

    async def scene():
        rec = Recording(tmp_path / "run.jsonl")
        arguments = ("record", "wss://localhost:1", "--insecure", "--listen", "0", "-o", str(rec.file))
        async with child(rec, *arguments) as one:
            await one.says("--insecure: the node's certificate is not verified")
            await one.says("recording to")
            assert await one.end() == 0

    play(scene())
