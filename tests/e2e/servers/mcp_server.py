"""A small server of our own, made of the MCP SDK, on standard input and output."""

import asyncio

from mcp.server import MCPServer
from mcp.server.mcpserver import Context

server = MCPServer("notes", version="1")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
async def count(to: int, context: Context) -> str:
    """Count, and say how far it is."""
    for number in range(1, to + 1):
        await context.report_progress(number, to)
        await asyncio.sleep(0.05)
    return f"counted to {to}"


@server.tool()
def fail(why: str) -> str:
    """Fail."""
    raise ValueError(why)


@server.resource("note://{name}")
def note(name: str) -> str:
    """A note, whatever it is called; with letters that are no ASCII."""
    return f"das heißt {name}"


if __name__ == "__main__":
    server.run("stdio")
