"""The thin script in the user's own mitmproxy: mitmdump, mitmweb, and the relay on a mitmproxy that differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from ports import free_port
from rig import Node, Recording, child, close, frame, http, pair, play, recording, soon, until

ADDON = Path(__file__).parents[2] / "addons" / "record_websockets.py"
PROGRAM = "import sys; from mitmproxy.tools.main import {0}; sys.exit({0}(sys.argv[1:]))"


@pytest.mark.untraced
@pytest.mark.parametrize("tool", ["mitmdump", "mitmweb"])
@pytest.mark.parametrize("path", ["relay", "hooks"])
def test_the_script_records(tmp_path, tool, path):
    """In mitmdump and in mitmweb the script records WebSockets and HTTP, either way, and nothing breaks at the end."""

    async def scene():
        rec, web = Recording(tmp_path / "run.jsonl", free_port()), free_port()
        async with Node().listening() as node:
            mode = f"reverse:http://127.0.0.1:{node.port}@127.0.0.1:{rec.port}"
            wanted = {"capture": rec.file, "recorder_path": path, "capture_meta": "run=1"}
            if tool == "mitmweb":
                wanted |= {"web_open_browser": "false", "web_port": web}
            options = [word for key, value in wanted.items() for word in ("--set", f"{key}={value}")]
            async with child(
                rec, "-c", PROGRAM.format(tool), "-s", str(ADDON), "--mode", mode, *options, module=""
            ) as one:
                await one.says("listening at")
                await until(rec.file.exists)
                (reader, writer), (node_reader, node_writer) = await pair(rec.port, node)
                sent = frame(b'{"jsonrpc":"2.0","method":"m"}', masked=True)
                for count in range(1, 151):  # more than a flow keeps
                    writer.write(sent)
                    await soon(node_reader.readexactly(len(sent)))
                    if count == 1:
                        status, _, _ = await http(
                            rec.port,
                            "POST",
                            "/.recorder/scenario",
                            b'{"name":"x"}',
                            {"Content-Type": "application/json"},
                        )
                        assert status == 200
                if tool == "mitmweb":
                    status, _, _ = await http(web, "GET", "/", b"", {})
                    assert status in {200, 403}  # newer ones ask for a token
                writer.write(close(1000, "bye", masked=True))
                await soon(node_reader.readexactly(11))
                node_writer.write(close(1000, "bye"))
                node_writer.close()
                await soon(reader.read())
                writer.close()
                (closed,) = await rec.ending()
                assert (closed.code, closed.reason, closed.by) == (1000, "bye", "party")
                assert len(rec.frames("text")) == 150
                assert rec.load()[0].meta == {"run": "1"}
                await until(lambda: _count(one, "client connect") == _count(one, "client disconnect"))
                assert await one.end() == 0
                assert [line for line in one.out if "Traceback" in line or "rror" in line] == []

    play(scene())


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("capture_overwrite=maybe", 'oolean must be "true", "false", or have the value omitted'),
        ("capture=/no/such/run.jsonl", "/no/such/run.jsonl: cannot write here: No such file or directory"),
    ],
)
def test_a_wrong_option_ends_mitmdump(tmp_path, option, reason):
    """With what is wrong, and exit code 1; mitmproxy itself would go on without the script, and nothing be recorded."""

    async def scene():
        rec = Recording(tmp_path / "run.jsonl", free_port())
        options = ["--mode", f"reverse:http://127.0.0.1:1@127.0.0.1:{rec.port}", "--set", option]
        if not option.startswith("capture="):
            options += ["--set", f"capture={rec.file}"]
        async with child(rec, "-c", PROGRAM.format("mitmdump"), "-s", str(ADDON), *options, module="") as one:
            await one.says(reason)
            assert await one.wait() == 1

    play(scene())


def _count(one, words):
    return sum(words in line for line in one.out)


def test_on_another_mitmproxy_the_session_falls_back(tmp_path, monkeypatch):
    """When mitmproxy's private parts are not as expected, the session is recorded by hooks, with one warning."""
    from recorder.proxy import takeover

    def other(_layer):
        raise AttributeError("no such part")

    monkeypatch.setattr(takeover, "walk", other)

    async def scene():
        async with Node().listening() as node, recording(tmp_path, node.port) as rec:
            for count in (1, 2):
                (_, writer), (node_reader, _) = await pair(rec.port, node)
                sent = frame(b"hello", masked=True)
                writer.write(sent)
                assert len(await soon(node_reader.readexactly(len(sent)))) == len(sent)
                assert len(rec.frames()) == count
            assert sum("recording by hooks, not by the relay" in line for line in rec.said) == 1

    play(scene())
