"""A chain's HTTP API as far as funding needs it, and a faucet, on a loopback port: what `--fund` and `--faucet` talk to.

Rule: it accepts what a node accepts, and refuses what a node refuses: signatures, nonces, fees and balances are checked.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from recorder.profiles.aeternity import chain

AE = 10**18
BASE_GAS, GAS_A_BYTE, GAS_PRICE = 15_000, 20, 10**9


class RefusedError(Exception):
    """By the node, with its `error_code`."""


class ChainApi:
    """A node's HTTP API, while its `with` block lasts.

    Args:
        balances: in aettos, by account.
        network_id: of the chain.
        looks: how often balances are asked for until what was posted is in a block; None for never.
        others: how many spends of somebody else come between what the next nonce is and its use.
        gives: what the faucet gives, in aettos; None for nothing.
        port: where it listens; 0 for any free one.
        routes: answers (status, and JSON value or bytes) in the place of its own, by method and path.
    """

    def __init__(self, balances=(), *, network_id="ae_uat", looks=0, others=0, gives=5 * AE, port=0, routes=()):
        self.balances, self.routes = dict(balances), dict(routes)
        self.nonces = dict.fromkeys(self.balances, 6)
        self.network_id, self.gives, self._looks, self._others = network_id, gives, looks, others
        self.spends, self._pending = [], []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method, path, body):
        """The status and the value for a request."""
        with self._lock:
            if (method, path) in self.routes:
                return self.routes[method, path]
            match method, path.strip("/").split("/"):
                case "GET", ["v3", "status"]:
                    answer = 200, {"network_id": self.network_id, "syncing": False}
                case "GET", ["v3", "accounts", account]:
                    answer = self._account(account)
                case "GET", ["v3", "accounts", account, "next-nonce"] if account in self.balances:
                    answer = 200, {"next_nonce": self._next(account)}
                case "POST", ["v3", "transactions"]:
                    answer = self._take(json.loads(body)["tx"])
                case "POST", ["account", account]:
                    answer = self._give(account)
                case _:
                    answer = 404, {"reason": "Not found"}
            return answer

    def _next(self, account):
        nonce = self.nonces[account] + 1
        if self._others:
            self._others -= 1
            self.nonces[account] += 1
        return nonce

    def _give(self, account):
        if self.gives is None:
            return 425, {"message": f"The address {account} is graylisted"}
        self._pending.append((account, self.gives))
        return 200, {"tx_hash": "th_1", "balance": str(self.gives)}

    def _account(self, account):
        if self._pending and self._looks is not None:
            self._looks -= 1
            if self._looks < 0:
                for receiver, amount in self._pending:
                    self.balances[receiver] = self.balances.get(receiver, 0) + amount
                self._pending.clear()
        if account not in self.balances:
            return 404, {"reason": "Account not found"}
        return 200, {"id": account, "balance": self.balances[account], "nonce": self.nonces.get(account, 0)}

    def _take(self, text):
        try:
            self._spend(chain.decode(text))
        except RefusedError as error:
            return 400, {"reason": "Invalid tx", "error_code": str(error)}
        return 200, {"tx_hash": chain.tx_hash(chain.decode(text))}

    def _spend(self, signed):
        (part,) = chain.signed_parts(signed)
        assert part.type_name == "spend_tx"
        fields = signed.value["fields"]["transaction"]["fields"]
        sender, amount, fee = fields["sender_id"], fields["amount"], fields["fee"]
        made = chain.Verifier({"sender": sender}, [self.network_id]).verify(signed)
        if [one.signer for one in made] != ["sender"]:
            raise RefusedError("signature_check_failed")
        if fields["nonce"] != self.nonces[sender] + 1:
            raise RefusedError("account_nonce_too_low" if fields["nonce"] <= self.nonces[sender] else "nonce_too_high")
        if fee < (BASE_GAS + GAS_A_BYTE * len(part.transaction)) * GAS_PRICE:
            raise RefusedError("too_low_fee")
        if amount + fee > self.balances[sender]:
            raise RefusedError("insufficient_balance")
        self.nonces[sender] += 1
        self.balances[sender] -= amount + fee
        self.spends.append(fields)
        self._pending.append((fields["recipient_id"], amount))

    def _handler(chain_api):  # noqa: N805 - the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, value = chain_api.answer(self.command, self.path, body)
                answer = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = handle_any  # noqa: N815 - the library's names

            def log_message(self, *_arguments):
                pass

        return Handler
