"""An editor made of pygls. Prints what it was told."""

import asyncio
import json
import sys
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

URI = "file:///words.txt"
TEXT = "alpha\nTODO: beta\ngamma\n"
HERE = {"text_document": types.TextDocumentIdentifier(URI), "position": types.Position(1, 2)}


async def main(address: str) -> None:
    """Open a document, ask several things in flight together, run a command that reports, and end."""
    host, port = address.split(":")
    client = LanguageClient("editor", "1")
    said: dict = {"diagnostics": [], "progress": []}
    tokens: list = []
    diagnosed = asyncio.Event()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        said["diagnostics"] += [[one.message, one.range.start.line] for one in params.diagnostics]
        diagnosed.set()

    @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
    def create(params: types.WorkDoneProgressCreateParams) -> None:
        tokens.append(params.token)

    @client.feature(types.PROGRESS)
    def progress(params: types.ProgressParams) -> None:
        said["progress"].append([params.token in tokens, params.value["kind"], params.value.get("percentage")])

    await client.start_ws(host, int(port))
    capabilities = types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True))
    begun = await client.initialize_async(types.InitializeParams(capabilities=capabilities, root_uri="file:///"))
    said["server"] = begun.server_info.name
    client.initialized(types.InitializedParams())
    document = types.TextDocumentItem(URI, "words", 1, TEXT)
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    completions, hover = await asyncio.gather(
        client.text_document_completion_async(types.CompletionParams(**HERE)),
        client.text_document_hover_async(types.HoverParams(**HERE)),
    )
    said["words"] = [item.label for item in completions]
    said["hover"] = hover.contents
    await diagnosed.wait()
    said["lines"] = await client.workspace_execute_command_async(types.ExecuteCommandParams("words.count", [URI]))
    tokens.append(str(uuid4()))
    said["symbols"] = await client.workspace_symbol_async(types.WorkspaceSymbolParams("x", work_done_token=tokens[-1]))
    try:
        await client.workspace_execute_command_async(types.ExecuteCommandParams("words.none", []))
    except JsonRpcException as error:
        said["refused"] = error.code
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    print(json.dumps(said))


asyncio.run(main(sys.argv[1]))
