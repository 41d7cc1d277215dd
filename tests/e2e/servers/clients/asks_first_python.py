"""An assistant made of the Python MCP SDK, over the protocol's first HTTP transport. Prints what it was told."""

import asyncio
import json
import sys

from mcp import Client
from mcp.client.sse import sse_client
from mcp_types import CreateMessageResult, ElicitResult, TextContent


async def sample(_context, params):
    """Answer in the model's place."""
    text = f"answer to {params.messages[0].content.text}"
    return CreateMessageResult(role="assistant", model="none", content=TextContent(type="text", text=text))


async def elicit(_context, _params):
    """Answer in the person's place."""
    return ElicitResult(action="accept", content={"name": "Ada"})


async def main(address: str) -> None:
    """Be asked, be told, and have several calls in flight."""
    said: dict = {"progress": []}

    async def report(done: float, total: float | None, _message: str | None) -> None:
        said["progress"].append([done, total])

    how = {"mode": "legacy", "sampling_callback": sample, "elicitation_callback": elicit}
    async with Client(sse_client(f"http://{address}/sse"), **how) as client:
        for name, arguments in (("ask_model", {"question": "why"}), ("ask_person", {})):
            said[name] = (await client.call_tool(name, arguments)).content[0].text
        calls = [client.call_tool("steps", {"number": 3}, progress_callback=report)]
        calls += [client.call_tool("steps", {"number": 0}) for _ in range(3)]
        said["steps"] = [result.content[0].text for result in await asyncio.gather(*calls)]
    print(json.dumps(said))


asyncio.run(main(sys.argv[1]))
