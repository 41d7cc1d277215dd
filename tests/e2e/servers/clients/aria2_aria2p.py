"""Downloads with aria2p over HTTP, which hears over a WebSocket what became of them. Prints what it was told."""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import aria2p
from websockets.asyncio.client import connect

KEYS = ["gid", "status", "totalLength", "completedLength", "files"]


async def main(address: str) -> None:
    """Download two files, one of which is not there, ask for both, and for one that nobody began."""
    host, port = address.split(":")
    client = aria2p.Client(host=f"http://{host}", port=int(port), secret="")
    said: dict = {"files": []}
    pool = ThreadPoolExecutor(1)

    async def ask(call, *arguments):
        return await asyncio.get_running_loop().run_in_executor(pool, lambda: call(*arguments))

    async with connect(f"ws://{address}/jsonrpc") as hearing:
        said["version"] = (await ask(client.get_version))["version"]
        for name in ("one.txt", "none"):
            gid = await ask(client.add_uri, [f"http://files.example/{name}"])
            pushes = [json.loads(await hearing.recv()) for _ in range(2)]
            assert all(push["params"] == [{"gid": gid}] for push in pushes), "a push of another download"
            said["files"].append([name, *(push["method"] for push in pushes)])
            status = await ask(client.tell_status, gid, KEYS)
            assert status.pop("gid") == gid, "the status of another download"
            said["files"][-1].append(status)
        gid = await ask(client.add_uri, ["http://files.example/later.txt"], {"pause": "true"})
        said["asked"] = [
            await ask(client.tell_active, ["status"]),
            await ask(client.tell_waiting, 0, 10, ["status"]),
            await ask(client.tell_stopped, 0, 10, ["status"]),
        ]
        assert await ask(client.remove, gid) == gid, "another download removed"
        try:
            await ask(client.tell_status, "0123456789abcdef")
        except aria2p.ClientException as error:
            said["refused"] = [error.code, error.message]
    print(json.dumps(said))


asyncio.run(main(sys.argv[1]))
