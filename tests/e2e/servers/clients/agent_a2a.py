"""A client made of the A2A SDK: messages, tasks told piece by piece, a question back, two streams of a task. Prints what it got."""

import asyncio
import sys
from contextlib import suppress

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.helpers.proto_helpers import get_artifact_text, get_message_text, new_text_message
from a2a.types.a2a_pb2 import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    GetTaskRequest,
    ListTasksRequest,
    Role,
    SendMessageRequest,
    SubscribeToTaskRequest,
    TaskState,
)
from a2a.utils.errors import TaskNotFoundError


def send(client, text, **about):
    """Send a message: what comes of it."""
    return client.send_message(SendMessageRequest(message=new_text_message(text, role=Role.ROLE_USER, **about)))


def told(response) -> str:
    """An event in words."""
    kind = response.WhichOneof("payload")
    event = getattr(response, kind)
    if kind == "message":
        return get_message_text(event)
    return get_artifact_text(event.artifact) if kind == "artifact_update" else TaskState.Name(event.status.state)


async def heard(events) -> list:
    """Every event, and what it says."""
    return [(response, told(response)) async for response in events]


async def streams(client) -> None:
    """What is told piece by piece."""
    print([words for _response, words in await heard(send(client, "hello"))])
    work = await heard(send(client, "work"))
    print([words for _response, words in work])
    task = work[0][0].task
    print(len((await client.get_task(GetTaskRequest(id=task.id))).artifacts))
    asked = await heard(send(client, "ask", context_id=task.context_id))
    print([words for _response, words in asked])
    more = await heard(send(client, "more", context_id=task.context_id, task_id=asked[0][0].task.id))
    print([words for _response, words in more])


async def twice(client) -> None:
    """A task that is listened to once more while it is at work."""
    slow = send(client, "slow")
    first = await anext(slow)
    again = client.subscribe(SubscribeToTaskRequest(id=first.task.id))
    _one, other = await asyncio.gather(heard(slow), heard(again))
    print(other[-1][1])
    with suppress(TaskNotFoundError):
        await client.get_task(GetTaskRequest(id="none"))
        print("found")


async def main() -> None:
    """Do it."""
    card = AgentCard(
        supported_interfaces=[
            AgentInterface(protocol_binding="JSONRPC", url=f"http://{sys.argv[1]}/rpc", protocol_version="1.0")
        ],
        capabilities=AgentCapabilities(streaming=True),
    )
    async with httpx.AsyncClient(timeout=20) as http:
        client = ClientFactory(ClientConfig(httpx_client=http, streaming=True)).create(card)
        await streams(client)
        await twice(client)
        at_once = ClientFactory(ClientConfig(httpx_client=http, streaming=False)).create(card)
        print(await asyncio.gather(*(one(at_once, text) for text in ("hello", "b", "c"))))
        print(len((await at_once.list_tasks(ListTasksRequest())).tasks))


async def one(client, text) -> list:
    """What a message alone is answered with."""
    return [words for _response, words in await heard(send(client, text))]


if __name__ == "__main__":
    asyncio.run(main())
