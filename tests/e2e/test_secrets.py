"""What nobody else is to read stands in no capture and on no terminal, and comes to the node as it was sent."""

import pytest
from rig import Node, frame, pair, play, record, soon, until

from recorder import wire

ADD = b'{"jsonrpc":"2.0","id":1,"method":"aria2.addUri","params":["token:hunter2",["magnet:x"]]}'
PATH = "/v3/key?token=hunter2&role=initiator"


async def talk(node, one):
    """A call by a party that says a secret in its URL and in the call, which the node gets as it is."""
    (_, writer), (reader, _) = await pair(one.rec.port, node, path=PATH)
    sent = frame(ADD, masked=True)
    writer.write(sent)
    heard = wire.Reader(masked=True).feed(await soon(reader.readexactly(len(sent))))
    assert [payload for _, payload, _ in heard] == [ADD]
    await until(one.rec.frames)
    assert f"GET {PATH} ".encode() in node.requests[-1]


@pytest.mark.parametrize("way", ["relay", "hooks"])
def test_secrets_are_masked_where_somebody_says_so(tmp_path, way):
    """In the URL without asking, in a call by an option; both are seen to be one."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "--mask", "token:*", "--path", way) as one:
            await talk(node, one)
            assert await one.end() == 0
            assert one.rec.opened[0].url.endswith("/v3/key?token=«token 1»&role=initiator")
            assert [payload.decode() for _, _, payload in one.rec.frames()] == [
                ADD.decode().replace("hunter2", "«token 1»")
            ]
            assert "hunter2" not in one.rec.file.read_text() + "\n".join(one.out)
            assert not any("looks like" in line for line in one.out)

    play(scene())


def test_what_looks_like_a_secret_is_named_at_the_end(tmp_path):
    """Bodies stay as they were, and whoever commits the capture knows what stands there."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port) as one:
            await talk(node, one)
            assert await one.end() == 0
            assert one.rec.frames() == [("to_node", "text", ADD)]
            line = "1 value looks like a secret: params[0] of aria2.addUri; --mask 'token:*' masks it"
            assert line in one.out

    play(scene())


def test_nothing_is_masked_where_nobody_wants_it(tmp_path):
    """And nothing is said of it either."""

    async def scene():
        async with Node().listening() as node, record(tmp_path, node.port, "--mask-none") as one:
            await talk(node, one)
            assert await one.end() == 0
            assert one.rec.opened[0].url.endswith(PATH)
            assert not any("looks like" in line for line in one.out)

    play(scene())
