"""An assistant made of the Python MCP SDK, which starts its server. Prints what it was told."""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters


async def main(command: str, *arguments: str) -> None:
    """Initialize, list tools, call several of them in flight together, one of which fails, read a note, and end."""
    said: dict = {"progress": []}

    async def progress(done: float, total: float | None, _message: str | None) -> None:
        said["progress"].append([done, total])

    server = StdioServerParameters(command=command, args=list(arguments), env=dict(os.environ))
    async with Client(server) as client:
        said["tools"] = [tool.name for tool in (await client.list_tools()).tools]
        long = client.call_tool("count", {"to": 3}, progress_callback=progress)
        calls = [long, *(client.call_tool("add", {"a": a, "b": 2}) for a in (1, 2, 3))]
        said["results"] = [result.content[0].text for result in await asyncio.gather(*calls)]
        failed = await client.call_tool("fail", {"why": "on purpose"})
        said["failed"] = [failed.is_error, failed.content[0].text]
        said["note"] = (await client.read_resource("note://größer")).contents[0].text
    print(json.dumps(said))


asyncio.run(main(*sys.argv[1:]))
