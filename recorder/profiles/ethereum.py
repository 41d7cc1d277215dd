"""Ethereum's JSON-RPC: geth, hardhat, anvil, ganache and compatible nodes.

Rule: bound is what a chain cannot repeat when it begins again at genesis: hashes, ids that the node makes, times, nonces,
gas prices, signatures. Compared is what its users see: balances, results of calls, logs, addresses, block numbers, gas
used. All hashes are of one kind, under any name: the same hash must be the same everywhere.
Sources: the execution API's OpenRPC document; EIPs 155, 1559, 2718, 2930, 4844 and 7702 for raw transactions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from recorder.difference import Difference, Path, name_of, path_text, value_at
from recorder.model import Opened
from recorder.profiles.base import Profile
from recorder.profiles.parts import Comparing, Comparison, Identities
from recorder.profiles.rlp import Malformed, decode_list
from recorder.profiles.sentences import Words, method_of
from recorder.profiles.values import as_object, as_text, by_each, by_method
from recorder.wording import counted

OURS = re.compile(
    r"(?:eth|web3|evm|anvil|hardhat)_[A-Za-z]\w*|net_(?:version|listening|peerCount)"
    r"|txpool_(?:content|contentFrom|inspect|status)|debug_(?:trace|getRaw|storageRange)\w+"
)
"""Methods that no other protocol has."""

HASH, RAW, FILTER, SUBSCRIPTION, SNAPSHOT = "hash", "raw transaction", "filter", "subscription", "snapshot"
TIME, NONCE, GAS_PRICE, TIP, BLOB_FEE = "timestamp", "nonce", "gas price", "priority fee", "blob fee"


NAMES = by_each(
    (HASH, "hash blockHash parentHash transactionHash transactions uncles mixHash prevRandao parentBeaconBlockRoot"),
    ("state", "stateRoot root"),
    ("transactions", "transactionsRoot"),
    ("receipts", "receiptsRoot"),
    (RAW, "raw"),
    (SUBSCRIPTION, "subscription"),
    (TIME, "timestamp blockTimestamp"),
    (NONCE, "nonce"),
    ("base fee", "baseFeePerGas"),
    (GAS_PRICE, "gasPrice effectiveGasPrice"),
    ("highest fee", "maxFeePerGas"),
    (TIP, "maxPriorityFeePerGas reward"),
    (BLOB_FEE, "maxFeePerBlobGas blobGasPrice baseFeePerBlobGas"),
    ("signature", "r s"),
    ("size", "size"),
)
"""Kinds by the name of the member; elements of a list have the list's."""

RESULTS = by_each(
    (HASH, "eth_sendTransaction eth_sendRawTransaction eth_getFilterChanges eth_subscription"),
    (FILTER, "eth_newFilter eth_newBlockFilter eth_newPendingTransactionFilter"),
    (SUBSCRIPTION, "eth_subscribe"),
    (SNAPSHOT, "evm_snapshot"),
    (NONCE, "eth_getTransactionCount"),
    (GAS_PRICE, "eth_gasPrice"),
    (TIP, "eth_maxPriorityFeePerGas"),
    (BLOB_FEE, "eth_blobBaseFee"),
    (RAW, "debug_getRawTransaction"),
)
"""Kinds of a result that is not an object, and of a list's elements, by method."""

FIRST_PARAMS = by_each(
    (RAW, "eth_sendRawTransaction"),
    (SUBSCRIPTION, "eth_unsubscribe"),
    (FILTER, "eth_getFilterChanges eth_getFilterLogs eth_uninstallFilter"),
    (SNAPSHOT, "evm_revert"),
    (TIME, "evm_setNextBlockTimestamp"),
)
HASHED = re.compile(r"eth_get(?:Block|Transaction|Uncle)\w*|debug_(?:trace|getRaw)\w+|eth_get(?:Balance|Code|Proof)")
"""Methods a parameter of which may be a hash; with others (`eth_getStorageAt`, `web3_sha3`) 32 bytes are data."""

_HASH_FORM = re.compile("0x(?!0{64})[0-9a-fA-F]{64}")
_QUANTITY = re.compile("0x[0-9a-fA-F]{1,64}")

_FEES = ("maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input", "accessList")
_SIGNED = ("yParity", "r", "s")
LEGACY = ("nonce", "gasPrice", "gas", "to", "value", "input", "v", "r", "s")
TYPED = {
    1: ("chainId", "nonce", "gasPrice", "gas", "to", "value", "input", "accessList", *_SIGNED),
    2: ("chainId", "nonce", *_FEES, *_SIGNED),
    3: ("chainId", "nonce", *_FEES, "maxFeePerBlobGas", "blobVersionedHashes", *_SIGNED),
    4: ("chainId", "nonce", *_FEES, "authorizationList", *_SIGNED),
}
"""The fields of a raw transaction in their order, by its type, under the names that a node gives them."""

LEAST_RAW = 160
_RAW_BEGINS = ("0x01", "0x02", "0x03", "0x04", "0xf8", "0xf9", "0xfa")
_BYTES = frozenset({"to", "input"})
"""How a raw transaction begins, how long one is at least (two numbers of 32 bytes sign it), which fields are not numbers."""

SOON = 60  # seconds between two blocks that another run made in the same second
MINED = frozenset({"blockHash", "blockNumber", "transactionIndex", "blockTimestamp"})
"""Members that say in which block a transaction is."""


class Following(Comparison):
    """The protocol's part in the comparison of two captures."""

    def follows(self, recorded: Any, live: Any, differences: Sequence[Difference]) -> dict[Difference, str]:
        """The times of other blocks, the parity of other signatures, and whether a transaction was in a block by then."""
        outer = ((one, one.path[:-1]) for one in differences)
        told = ((one, _follows(value_at(recorded, at, _read), value_at(live, at, _read), one)) for one, at in outer)
        return {one: why for one, why in told if why}


def _follows(ours: Any, theirs: Any, one: Difference) -> str:
    before, after = quantity(one.recorded), quantity(one.live)
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return ""
    if one.field in MINED and None in (ours.get("blockHash", ""), theirs.get("blockHash", "")):
        return "a transaction that is not in a block yet"
    if before is None or after is None:
        return ""
    if one.field in {"v", "yParity"}:
        return "another signature" if ours.get("r") != theirs.get("r") else ""
    if NAMES.get(one.field) == TIME and abs(after - before) <= SOON:
        return "another block" if any(ours.get(name) != theirs.get(name) for name in ("hash", "blockHash")) else ""
    return ""


def _read(value: Any) -> Any:
    """A raw transaction as its fields; any other value as it is."""
    return transaction_of(value) if isinstance(value, str) else value


# Raw transactions


def transaction_of(text: str) -> dict[str, Any] | None:
    """The fields of a signed raw transaction, written as a node writes them; None for any other text."""
    if len(text) < LEAST_RAW or not text.startswith(_RAW_BEGINS):
        return None
    try:
        data = bytes.fromhex(text[2:])
        names = TYPED.get(data[0], LEGACY)
        fields = decode_list(data if names is LEGACY else data[1:])
    except (ValueError, Malformed):
        return None
    if fields and isinstance(fields[0], list):  # as it is sent, with its blobs
        fields = fields[0]
    if len(fields) != len(names):
        return None
    found = {name: _written(name, field) for name, field in zip(names, fields, strict=True)}
    return found if names is LEGACY else {"type": hex(data[0]), **found}


def _written(name: str, field: Any) -> Any:
    if isinstance(field, list):
        return [_written("input", item) for item in field]
    written = f"0x{field.hex()}" if name in _BYTES else hex(int.from_bytes(field))
    return written if field or name != "to" else None


# Words


_SELECTORS = """
06fdde03 name() 95d89b41 symbol() 313ce567 decimals() 18160ddd totalSupply() 8da5cb5b owner()
70a08231 balanceOf(address) dd62ed3e allowance(address,address) 7ecebe00 nonces(address)
a9059cbb transfer(address,uint256) 23b872dd transferFrom(address,address,uint256) 095ea7b3 approve(address,uint256)
40c10f19 mint(address,uint256) 3644e515 DOMAIN_SEPARATOR() 6352211e ownerOf(uint256) c87b56dd tokenURI(uint256)
081812fc getApproved(uint256) 42842e0e safeTransferFrom(address,address,uint256)
b88d4fde safeTransferFrom(address,address,uint256,bytes) a22cb465 setApprovalForAll(address,bool)
e985e9c5 isApprovedForAll(address,address) 2f745c59 tokenOfOwnerByIndex(address,uint256)
01ffc9a7 supportsInterface(bytes4) 00fdd58e balanceOf(address,uint256) 4e1273f4 balanceOfBatch(address[],uint256[])
0e89341c uri(uint256) f242432a safeTransferFrom(address,address,uint256,uint256,bytes)
2eb2c2d6 safeBatchTransferFrom(address,address,uint256[],uint256[],bytes) d0e30db0 deposit() 2e1a7d4d withdraw(uint256)
ac9650d8 multicall(bytes[]) 252dba42 aggregate((address,bytes)[]) 82ad56cb aggregate3((address,bool,bytes)[])
bce38bd7 tryAggregate(bool,(address,bytes)[])
"""
SELECTORS = dict(zip(*[iter(_SELECTORS.split())] * 2, strict=True))
"""Functions of ERC-20, 721, 1155, of wrapped ether and of Multicall, by the first 4 bytes of their signature's hash."""

ETHER, GIGA, LEAST_ETHER = 10**18, 10**9, 10**12
DATA_WORD, SELECTED = 64, len("0x70a08231")
"""Characters of 32 bytes, and of what names a function."""

MOST_SECONDS, DEEP = 1 << 34, 8
"""Seconds that are a date; how deep details go."""


def quantity(value: Any) -> int | None:
    """A quantity as a number (some nodes write it as one); None if it is not a quantity."""
    number = int(value, 16) if isinstance(value, str) and _QUANTITY.fullmatch(value) else value
    return number if type(number) is int else None


def amount(value: Any) -> str:
    """Wei as ETH; a very small amount as wei."""
    if (wei := quantity(value)) is None:
        return ""
    return f"{wei} wei" if 0 < wei < LEAST_ETHER else f"{_decimal(wei, ETHER)} ETH"


def _price(value: Any) -> str:
    return "" if (wei := quantity(value)) is None else f"{_decimal(wei, GIGA)} gwei"


def _decimal(value: int, unit: int) -> str:
    return f"{value // unit}.{value % unit:0{len(str(unit)) - 1}d}".rstrip("0").rstrip(".")


def _number(value: Any) -> str:
    return "" if (found := quantity(value)) is None else str(found)


def _time(value: Any) -> str:
    if (seconds := quantity(value)) is None or not 0 <= seconds < MOST_SECONDS:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _status(value: Any) -> str:
    return {"0x1": "success", "0x0": "reverted"}.get(value, "") if isinstance(value, str) else ""


def _short(value: Any) -> str:
    """An address, a hash or a tag."""
    if not isinstance(value, str):
        return ""
    return value if len(value) <= len("0x90f8…c9c1") else f"{value[:6]}…{value[-4:]}"


def function(data: Any) -> str:
    """The function that call data names, with its arguments as far as they are plain words; empty for unknown ones."""
    name, _, types = SELECTORS.get(data[2:10].lower(), "").partition("(") if isinstance(data, str) else ("", "", "")
    if not name:
        return ""
    given = []
    for at, kind in enumerate(filter(None, types.removesuffix(")").split(","))):
        word = data[10 + at * DATA_WORD :][:DATA_WORD]
        told = _argument(kind, word) if len(word) == DATA_WORD else ""
        given.append(told or "…")
        if not told:
            break
    return f"{name}({', '.join(given)})"


def _argument(kind: str, word: str) -> str:
    if kind == "address":
        return _short(f"0x{word[-40:]}")
    if kind.startswith("uint") and kind[-1] != "]":
        return _number(f"0x{word}")
    return {"bool": str(word[-1:] == "1").lower(), "bytes32": _short(f"0x{word}")}.get(kind, "")


def _call(params: Any) -> str:
    return _does(_read(params[0] if isinstance(params, list) and params else None))


def _does(call: Any) -> str:
    """What a call or a transaction does: `transfer(0xffcf…09f0, 5) of 0xe78a…ab24`, `1.5 ETH to 0xffcf…09f0`."""
    if not isinstance(call, Mapping):
        return ""
    given = call.get("input") or call.get("data")
    data = given if isinstance(given, str) else ""
    to, value = _short(call.get("to")), amount(call.get("value"))
    if not to:
        return f"a new contract of {len(data) // 2 - 1} bytes" if len(data) > len("0x") else ""
    if len(data) < SELECTED:
        return f"{value or '0 ETH'} to {to}"
    paid = f" with {value}" if quantity(call.get("value")) else ""
    return f"{function(data) or f'{data[:SELECTED]}(…)'} of {to}{paid}"


def _texts(params: Any) -> str:
    """What a call is about, if its params are texts: hashes, accounts, tags."""
    return " ".join(filter(None, map(_short, params))) if isinstance(params, list) else ""


def _pushed(params: Any) -> str:
    """What a subscription tells: its params name no kind, so the form of what it brings does."""
    told = params.get("result") if isinstance(params, Mapping) else None
    if isinstance(told, str):
        return f"newPendingTransactions {_short(told)}"
    if not isinstance(told, Mapping):
        return "" if told is None else "syncing"
    if "topics" in told:
        return f"logs of {_short(told.get('address'))}"
    if "parentHash" in told:
        return f"newHeads {_short(told.get('number'))}"
    return f"newPendingTransactions {_short(told.get('hash'))}" if "nonce" in told else "syncing"


def _word(result: Any) -> str:
    """What a contract returns, if it is one number: addresses, hashes and texts fill the first half of a word."""
    plain = isinstance(result, str) and len(result) == len("0x") + DATA_WORD and not result[2:34].strip("0")
    return _number(result) if plain else ""


def _block(result: Any) -> str:
    held = as_object(result).get("transactions")
    count = counted(len(held) if isinstance(held, list) else 0, "transaction")
    return f"block {_number(result.get('number'))} with {count}" if isinstance(result, Mapping) else ""


def _receipt(result: Any) -> str:
    given = as_object(result)
    told = f"{_status(given.get('status'))} in block {_number(given.get('blockNumber'))}".lstrip()
    return f"{told}, {_number(given.get('gasUsed'))} gas" if given else ""


CALLS: dict[str, Callable[[Any], str]] = by_each(
    (_call, "eth_call eth_estimateGas eth_createAccessList"),
    (_call, "eth_sendTransaction eth_signTransaction eth_sendRawTransaction"),
    (_pushed, "eth_subscription"),
    (_texts, "eth_getBlockByNumber eth_getBlockByHash eth_getBlockReceipts evm_revert debug_traceTransaction"),
    (_texts, "eth_getTransactionByHash eth_getTransactionReceipt eth_getTransactionCount eth_getBalance eth_getCode"),
    (_texts, "eth_subscribe eth_unsubscribe eth_getFilterChanges eth_getFilterLogs eth_uninstallFilter"),
)
"""What a call is about, by its method."""

ANSWERS: dict[str, Callable[[Any], str]] = by_each(
    (amount, "eth_getBalance"),
    (_short, "eth_sendTransaction eth_sendRawTransaction"),
    (_word, "eth_call"),
    (_price, "eth_gasPrice eth_maxPriorityFeePerGas eth_blobBaseFee"),
    (_number, "eth_blockNumber eth_chainId eth_getTransactionCount eth_estimateGas"),
    (_block, "eth_getBlockByNumber eth_getBlockByHash"),
    (_receipt, "eth_getTransactionReceipt"),
    (_does, "eth_getTransactionByHash"),
)
"""What an answer says, by the method of its request."""

READ: dict[str, Callable[[Any], str]] = by_each(
    (_number, "number blockNumber transactionIndex logIndex nonce size chainId gas gasUsed gasLimit cumulativeGasUsed"),
    (_price, "gasPrice effectiveGasPrice baseFeePerGas maxFeePerGas maxPriorityFeePerGas"),
    (amount, "value"),
    (_time, "timestamp blockTimestamp"),
    (_status, "status"),
    (function, "input data"),
)
"""What a member says, by its name."""


def _details(value: Any, path: Path) -> Iterator[str]:
    """A line for each member that says more when it is read."""
    if isinstance(value, str) and (transaction := transaction_of(value)):
        value = transaction
        yield from (f"{path_text((*path, name))}: {value[name]}" for name in ("type", "to") if value.get(name))
    members = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, item in members:
        read = READ.get(name) if isinstance(name, str) else None
        if read is not None:
            if told := read(item):
                yield f"{path_text((*path, name))}: {told}"
        elif len(path) < DEEP:
            yield from _details(item, (*path, name))


def _subject(method: str, value: Any) -> Any:
    """What a message is about: the transaction of a call, what a subscription brings; else all of it."""
    if method == "eth_subscription" and isinstance(value, Mapping):
        return value.get("result")
    return value[0] if CALLS.get(method) is _call and isinstance(value, list) and value else value


PASSPHRASES: dict[str, Any] = by_each(
    (0, "personal_newAccount"),
    ("*", "personal_importRawKey"),
    (1, "personal_unlockAccount personal_sendTransaction personal_signTransaction"),
    (2, "personal_sign"),
)
"""By method, the parameter that opens an account of the node's own, or is its key."""


class Ethereum(Profile):
    """What an Ethereum node and its clients say to each other."""

    name = "ethereum"
    one_to_one = frozenset({HASH, FILTER, SUBSCRIPTION, SNAPSHOT})
    by_content = frozenset({RAW})
    constants = frozenset({"chainId"})
    secrets = tuple(f"{method} params[{index}]" for method, index in PASSPHRASES.items())
    polled = frozenset(
        [
            "eth_blockNumber",
            "eth_chainId",
            "eth_getBlockByNumber",
            "eth_getTransactionByHash",
            "eth_getTransactionReceipt",
        ]
    )
    polled_for_news = frozenset({"eth_getFilterChanges"})
    batches_by_time = True
    words = Words(
        call=by_method(CALLS, object),
        answer=by_method(ANSWERS, object),
        details=lambda method, value: _details(_subject(method, value), ()),
    )

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether a method is one that no other protocol has."""
        return any(OURS.fullmatch(method_of(message)) for message in messages)

    def thread(self, message: Any) -> str:
        """Each subscription tells one thing after the other."""
        return as_text(value_at(message, ("params", "subscription")))

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """By the name of the member; if a value has none, by the method and its place."""
        name = name_of(path)
        if name == "params":
            kind = FIRST_PARAMS.get(method, "") if path == ("params", 0) else ""
            kind = kind or (HASH if HASHED.fullmatch(method) else "")
        else:
            kind = RESULTS.get(method, "") if name == "result" else NAMES.get(name, "")
        return "" if kind == HASH and not _HASH_FORM.fullmatch(str(value)) else kind

    def fixed(self, method: str, path: Path, value: Any) -> bool:
        """The tables above know what a node hands out: addresses and data that are sent back are compared."""
        return isinstance(value, str) and value.startswith("0x")

    def compare_text(self, comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
        """Raw transactions are compared field by field."""
        ours, theirs = transaction_of(recorded), transaction_of(live)
        if ours is None or theirs is None:
            return False
        comparing.bindings.bind(RAW, recorded, live)
        with comparing.within(len(path), "transaction"):
            comparing.value(ours, theirs, path)
        return True

    def kind_of_text(self, text: str) -> str:
        """Data and quantities are hexadecimal."""
        return "0x" if text.startswith("0x") else ""

    def comparison(self, recorded: Identities, live: Identities) -> Comparison:
        """What follows from a block or a signature that is another."""
        return Following(recorded, live)


PROFILE = Ethereum()
