"""An agent of our own, made of the A2A SDK: it answers at once, piece by piece, asks back, and takes its time.

Takes its port.
"""

import asyncio
import sys

import uvicorn
from a2a.helpers.proto_helpers import (
    get_message_text,
    new_task_from_user_message,
    new_text_message,
    new_text_part,
)
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types.a2a_pb2 import AgentCapabilities, AgentCard, AgentInterface
from starlette.applications import Starlette

PIECES = 3


class Agent(AgentExecutor):
    """What it does with a message depends on its words."""

    async def execute(self, context, event_queue):
        """Answer, or begin a task and tell how it goes on."""
        text = get_message_text(context.message)
        if text == "hello":
            await event_queue.enqueue_event(new_text_message("hello", context_id=context.context_id))
            return
        if context.current_task is None:
            await event_queue.enqueue_event(new_task_from_user_message(context.message))
        task = TaskUpdater(event_queue, context.task_id, context.context_id)
        await task.start_work()
        for number in range(PIECES):
            await asyncio.sleep(0.05)
            await task.add_artifact([new_text_part(f"piece {number}")], name="work", last_chunk=number == PIECES - 1)
        if text == "slow":
            await asyncio.sleep(1)
        if text == "ask":
            await task.requires_input(task.new_agent_message([new_text_part("which?")]))
        else:
            await task.complete(task.new_agent_message([new_text_part(f"done: {text}")]))

    async def cancel(self, context, event_queue):
        """End a task."""
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


def main() -> None:
    """Serve."""
    port = int(sys.argv[1])
    card = AgentCard(
        name="agent",
        description="of our own",
        version="1",
        supported_interfaces=[
            AgentInterface(protocol_binding="JSONRPC", url=f"http://127.0.0.1:{port}/rpc", protocol_version="1.0")
        ],
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text"],
        default_output_modes=["text"],
    )
    handler = DefaultRequestHandler(Agent(), InMemoryTaskStore(), card)
    uvicorn.run(Starlette(routes=create_jsonrpc_routes(handler, "/rpc")), host="127.0.0.1", port=port)


if __name__ == "__main__":
    main()
