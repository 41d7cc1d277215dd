"""An assistant made of the Python MCP SDK that is asked, told, cut off, and impatient. Prints what it was told."""

import asyncio
import json
import sys
from contextlib import suppress

from mcp import Client
from mcp_types import CreateMessageResult, ElicitResult, ResourceUpdatedNotification, TextContent


async def sample(_context, params):
    """Answer in the model's place."""
    text = f"answer to {params.messages[0].content.text}"
    return CreateMessageResult(role="assistant", model="none", content=TextContent(type="text", text=text))


async def elicit(_context, _params):
    """Answer in the person's place."""
    return ElicitResult(action="accept", content={"name": "Ada"})


async def before(address: str, said: dict) -> None:
    """As in the protocol's earlier versions, with a session, and streams that are resumed."""
    progress: list = []
    told = asyncio.Event()

    async def hear(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            told.set()

    async def report(done: float, total: float | None, _message: str | None) -> None:
        progress.append([done, total])

    how = {"mode": "legacy", "sampling_callback": sample, "elicitation_callback": elicit, "message_handler": hear}
    async with Client(f"http://{address}/mcp", **how) as client:
        for name, arguments in (("ask_model", {"question": "why"}), ("ask_person", {}), ("hang_up", {})):
            said[name] = (await client.call_tool(name, arguments)).content[0].text
        said["steps"] = (await client.call_tool("steps", {"number": 3}, progress_callback=report)).content[0].text
        said["progress"] = progress
        said["tell"] = (await client.call_tool("tell", {})).content[0].text
        await asyncio.wait_for(told.wait(), 5)
        with suppress(Exception):
            await client.call_tool("wait", {}, read_timeout_seconds=0.3)
        said["after"] = (await client.call_tool("steps", {"number": 0})).content[0].text


async def since(address: str, said: dict) -> None:
    """As in the version without sessions: a subscription is a call whose answer is a stream."""
    async with (
        Client(f"http://{address}/mcp", mode="2026-07-28") as client,
        client.listen(tools_list_changed=True, resource_subscriptions=["note://one"]) as changes,
    ):
        said["change"] = (await client.call_tool("change", {})).content[0].text
        said["changes"] = [type(await anext(changes)).__name__ for _ in range(2)]


async def main(address: str) -> None:
    """One after the other."""
    said: dict = {}
    await before(address, said)
    await since(address, said)
    print(json.dumps(said))


asyncio.run(main(sys.argv[1]))
