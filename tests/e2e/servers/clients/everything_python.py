"""An assistant made of the Python MCP SDK. Prints what it was told."""

import asyncio
import json
import sys

from mcp import Client
from mcp.shared.exceptions import MCPError

LONG = "trigger-long-running-operation"


async def main(address: str) -> None:
    """Initialize, list tools, call several of them in flight together, one of which does not exist, and end."""
    said: dict = {"progress": []}

    async def progress(done: float, total: float | None, _message: str | None) -> None:
        said["progress"].append([done, total])

    async with Client(f"http://{address}/mcp") as client:
        tools = await client.list_tools()
        said["tools"] = [tool.name for tool in tools.tools]
        long = client.call_tool(LONG, {"duration": 0.3, "steps": 3}, progress_callback=progress)
        calls = [long, *(client.call_tool("get-sum", {"a": a, "b": 2}) for a in (1, 2, 3))]
        said["results"] = [result.content[0].text for result in await asyncio.gather(*calls)]
        unknown = await client.call_tool("no-such-tool", {})
        said["unknown"] = [unknown.is_error, unknown.content[0].text]
        try:
            await client.read_resource("demo://resource/none")
        except MCPError as error:
            said["refused"] = error.error.code
    print(json.dumps(said))


asyncio.run(main(sys.argv[1]))
