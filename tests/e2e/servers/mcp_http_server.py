"""A server of our own, made of the Python MCP SDK: it asks back, tells, and lets streams be resumed.

Takes its port, and `first` for the protocol's first HTTP transport.
"""

import sys
from itertools import count

import anyio
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.streamable_http import EventMessage, EventStore
from mcp_types import CreateMessageResult, SamplingMessage, TextContent
from pydantic import BaseModel

server = MCPServer("asks-back")


class Events(EventStore):
    """What was said on each stream, for those who lost it."""

    def __init__(self):
        self.numbers, self.said = count(1), {}

    async def store_event(self, stream_id, message):
        """Keep it under an id of its own."""
        event_id = f"{next(self.numbers)}"
        self.said[event_id] = stream_id, message
        return event_id

    async def replay_events_after(self, last_event_id, send_callback):
        """Say again what came after that on the same stream."""
        stream, _message = self.said.get(last_event_id, (None, None))
        for event_id, (of, message) in list(self.said.items()):
            if of == stream and int(event_id) > int(last_event_id) and message is not None:
                await send_callback(EventMessage(message, event_id))
        return stream


class Answer(BaseModel):
    """What a person is asked for."""

    name: str


@server.tool()
async def ask_model(question: str, ctx: Context) -> str:
    """Have the client's model answer."""
    asked = [SamplingMessage(role="user", content=TextContent(type="text", text=question))]
    answer: CreateMessageResult = await ctx.session.create_message(
        asked, max_tokens=9, related_request_id=ctx.request_id
    )
    return answer.content.text


@server.tool()
async def ask_person(ctx: Context) -> str:
    """Have the client's person answer."""
    given = await ctx.elicit("Who is it?", Answer)
    return f"{given.action} {given.data.name}" if given.action == "accept" else given.action


@server.tool()
async def steps(number: int, ctx: Context) -> str:
    """Take a few, and say so after each."""
    for done in range(number):
        await ctx.report_progress(done + 1, number)
    return f"{number} steps"


@server.tool()
async def hang_up(ctx: Context) -> str:
    """Close the stream before the answer."""
    await ctx.close_sse_stream()
    await anyio.sleep(0.2)
    return "after all"


@server.tool()
async def wait(ctx: Context) -> str:
    """Until the caller has had enough."""
    await anyio.sleep_forever()


@server.tool()
async def tell(ctx: Context) -> str:
    """Say something that belongs to no call: on the stream that the client opened to listen."""
    await ctx.session.send_resource_updated("note://one")
    return "told"


@server.tool()
async def change(ctx: Context) -> str:
    """Tell subscribers of a change."""
    await ctx.notify_tools_changed()
    await ctx.notify_resource_updated("note://one")
    return "changed"


@server.resource("note://one")
def note() -> str:
    """Something to subscribe to."""
    return "one"


first = sys.argv[2:] == ["first"]
app = server.sse_app() if first else server.streamable_http_app(event_store=Events(), retry_interval=50)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="info")
