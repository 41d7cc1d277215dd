"""A language server made of pygls, over WebSockets: it minds the word TODO, knows three words and counts lines.

Rule: it shows what language servers do on their own: diagnostics, a question to the client, a progress with its token.
"""

import asyncio
import sys
from uuid import uuid4

from lsprotocol import types
from pygls.lsp.server import LanguageServer

WORDS = ("alpha", "beta", "gamma")
server = LanguageServer("words", "1")


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    """Say where the document still says TODO."""
    lines = enumerate(params.text_document.text.splitlines())
    found = [
        types.Diagnostic(types.Range(types.Position(line, 0), types.Position(line, len(text))), "still to do")
        for line, text in lines
        if "TODO" in text
    ]
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, found))


@server.feature(types.TEXT_DOCUMENT_COMPLETION)
def completion(_params: types.CompletionParams) -> list[types.CompletionItem]:
    """Every word."""
    return [types.CompletionItem(word) for word in WORDS]


@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(params: types.HoverParams) -> types.Hover:
    """The number of the line."""
    return types.Hover(f"line {params.position.line}")


@server.command("words.count")
async def count(ls: LanguageServer, uri: str) -> int:
    """Count a document's lines, and say how far it is under a token of the server's own."""
    token = str(uuid4())
    await ls.work_done_progress.create_async(token)
    ls.work_done_progress.begin(token, types.WorkDoneProgressBegin("counting"))
    lines = ls.workspace.get_text_document(uri).lines
    for number, _line in enumerate(lines, 1):
        await asyncio.sleep(0.01)
        ls.work_done_progress.report(token, types.WorkDoneProgressReport(percentage=100 * number // len(lines)))
    ls.work_done_progress.end(token, types.WorkDoneProgressEnd())
    return len(lines)


@server.feature(types.WORKSPACE_SYMBOL)
def symbols(ls: LanguageServer, params: types.WorkspaceSymbolParams) -> list:
    """None, found under the client's own token."""
    token = params.work_done_token
    ls.work_done_progress.begin(token, types.WorkDoneProgressBegin("searching"))
    ls.work_done_progress.end(token, types.WorkDoneProgressEnd())
    return []


if __name__ == "__main__":
    print("starting", flush=True)
    server.start_ws("127.0.0.1", int(sys.argv[1]))
