"""Judges the examples of one document, in their order: against what was recorded, and against each other.

Rule: what a document says in one place holds in the next: an account that its URL calls the initiator's stays that, and a
result answers the request that was shown with its id. What no recording has is `unseen`, never wrong; what a client may
leave out follows from recordings of its calls, what a node sends from the nearest recorded message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recorder.difference import Path, path_text, short_json, value_at
from recorder.documents.examples import Example, Sender, WrittenMessage
from recorder.documents.matching import BUILT, QUOTED, SURE, Finding, Match, Pair, has, kinds_at, match, near
from recorder.documents.openings import misspelt, opening
from recorder.documents.recordings import At, Group, Key, Recordings, each_of, kind_of_value
from recorder.documents.verdicts import Judged, Verdict
from recorder.documents.written import Node
from recorder.model import ARROWS, OPPOSITE

MOST = 400
"""Groups that an example without a method is held against."""


class Judge:
    """Judges the examples of one document.

    Args:
        recordings: what was recorded.
    """

    def __init__(self, recordings: Recordings) -> None:
        self._recorded = recordings
        # ids of the document, with the URL parameter that gives each; empty for several
        self._whose: dict[str, str] = {}
        self._asked: dict[str, Judged] = {}  # the requests shown before, by their ids as they are written
        self._asking: tuple[Judged, Node, Sender] | None = None  # a request that was shown last, and who sends it
        self._captures: Counter[str] = Counter()

    def example(self, example: Example) -> list[Judged]:
        """What an example is: its URLs, then message by message; nothing of URLs of something else, or a result of anything."""
        if example.bare and self._asking is None:
            return []
        judged = [*filter(None, (opening(url, self._recorded, self._whose) for url in example.urls))]
        judged += [self._message(message) for message in example.messages]
        for one in example.problems if judged else ():
            judged[0].because("broken", one.offset, str(one))
        return judged

    def pinned(self, shown: Iterable[Judged]) -> None:
        """Remember requests that pinned blocks show, for answers that are not."""
        for judged in shown:
            if judged.match is not None:
                self._shown(judged.match.node, _kind_of(judged.match.node), Sender(), judged)

    # Messages

    def _message(self, message: WrittenMessage) -> Judged:
        node, sender = message
        kind = _kind_of(node)
        judged = Judged(self._name(node, kind), call=None if kind == "call" else self._answered(node))
        groups = self._candidates(node, kind, judged)
        judged.unseen_call = not groups and kind == "call" and bool(node.text("method"))
        if groups:
            self._hold(node, sender, groups, judged)
        self._flaws(node, judged)
        self._shown(node, kind, sender, judged)
        if judged.at is not None:
            self._captures[judged.at.capture] += 1
        return judged

    def _name(self, node: Node, kind: str) -> str:
        method = node.text("method")
        if kind == "call":
            return " ".join(filter(None, (method or "a call", *self._telling(node))))
        answered = self._method(node)
        return f"{kind} of {answered}" if answered else f"{'an' if kind == 'error' else 'a'} {kind}"

    def _telling(self, node: Node) -> list[str]:
        params = node.get("params")
        data = params.get("data") if params is not None else None
        names = dict.fromkeys(name for profile in self._recorded.profiles for name in profile.telling)
        return [text for name in names if data is not None and (text := data.text(name))]

    def _answered(self, node: Node) -> Judged | None:
        """The request that was shown before, which an answer is of."""
        identity = node.get("id")
        if identity is None:
            return self._asking[0] if self._asking is not None else None
        return self._asked.get(_written(identity))

    def _method(self, node: Node) -> str:
        """The method of the request that an answer is of; empty where none was shown."""
        answered = self._answered(node)
        return answered.method if answered is not None else ""

    def _shown(self, node: Node, kind: str, sender: Sender, judged: Judged) -> None:
        """Remember a request that was shown, until its answer is: documents use one id for all that they show."""
        identity, judged.method = node.get("id"), node.text("method")
        self._asking = None
        if kind != "call":
            self._asked.pop(_written(identity), None)
        elif judged.method and (_is_plain(identity) if identity is not None else _asks(judged)):
            self._asked[_written(identity)] = judged
            self._asking = judged, node, sender

    def _candidates(self, node: Node, kind: str, judged: Judged) -> Sequence[Group]:
        """The recorded messages that it may be; where there are none, it has its verdict."""
        if kind == "call":
            return self._calls(node, judged)
        if kind == "error":
            return self._errors(node, judged)
        method = self._method(node)
        if method:
            return self._recorded.about(Key("result", method)) or self._of_misspelt(node, method, judged)
        results = self._recorded.groups("result")
        found = [group for group in results if _may_be(node.get("result"), group.value.get("result"))]
        if not found:
            judged.because("unseen", node.start, f"no recording has {'such a' if results else 'a'} result")
        return found

    def _of_misspelt(self, node: Node, method: str, judged: Judged) -> Sequence[Group]:
        """The candidates for a result whose request was never recorded: results of the method that is likely meant."""
        likely = near(method, self._recorded.methods, SURE) if method not in self._recorded.methods else ""
        meant = self._recorded.about(Key("result", likely)) if likely else []
        if any(not match(node, group, self._recorded).findings for group in meant):
            return meant
        judged.because("unseen", node.start, f"no recording has a result of {method}")
        return []

    def _calls(self, node: Node, judged: Judged) -> Sequence[Group]:
        method = node.get("method")
        if method is None or method.kind != "text" or method.elided:
            return self._recorded.groups("call")
        found = self._recorded.about(Key("call", method.value))
        if not found:
            what = f"no recording has {method.value}{_meant(method.value, self._recorded.methods)}"
            judged.because("unseen", method.start, what, ("method",))
            return []
        telling = self._telling(node)
        if not telling:
            return found
        label = " ".join((method.value, *telling))
        labels = {group.label for group in found}
        if label in labels:
            return [group for group in found if group.label == label]
        if labels == {method.value}:
            return found
        judged.because("unseen", method.start, f"no recording has {label}{_meant(label, labels)}")
        return []

    def _errors(self, node: Node, judged: Judged) -> list[Group]:
        found = self._recorded.groups("error")
        error = node.get("error")
        written, whole = _codes(error)
        same = [group for group in found if (group.key.about == written if whole else {*written} <= {*group.key.about})]
        words, method = _words(error), self._method(node)
        if not same and all(words):  # the code changed, where the node says the same to the same call
            of_call = [one for one in found if method in {"", *one.answered}]
            same = [one for one in of_call if words == each_of(one.value["error"], "message")]
        if not found or not same:
            said = "/".join(map(str, written))
            judged.because("unseen", (error or node).start, f"no recording has an error {said}".rstrip(), ("error",))
        return same

    def _hold(self, node: Node, sender: Sender, groups: Sequence[Group], judged: Judged) -> None:
        """Hold a message against the recorded ones that it may be."""
        said = [group for group in groups if sender.direction in {None, group.direction}]
        other = [group for group in groups if group not in said]
        best, near_by = self._nearest(node, said)
        if other and (best is None or best.findings):
            opposite, as_near = self._nearest(node, other)
            if opposite is not None and not opposite.findings:
                self._from_elsewhere(node, sender, opposite, judged)
                return
            if best is None and sender.said:
                judged.because("unseen", node.start, f"no recording has {judged.name} as {sender.said!r} shows it")
                return
            if best is None:
                best, near_by = opposite, as_near
        assert best is not None
        judged.match, judged.at = best, self._frame(best, sender)
        judged.known = self._known(best)
        if best.findings:
            judged.differs(_severity(best), best.findings)
        else:
            self._held_ids(best, near_by, sender, judged)
            self._paired(node, near_by, sender, judged)
        if best.group.key.kind == "error":
            self._quoted(node, judged)
        self._remarks(node, best, judged)

    def _nearest(self, node: Node, groups: Sequence[Group]) -> tuple[Match | None, list[Match]]:
        """The nearest recorded message, and those that are as near."""
        found = [match(node, group, self._recorded) for group in groups[:MOST]]
        for one in found:
            one.findings = [*self._allowed(one, groups)]
        best = min(found, key=lambda one: (one.distance[0], one.group.only_refused, one.distance), default=None)
        as_near = [one for one in found if best is not None and one.distance[0] == best.distance[0]]
        if best is not None:
            best.findings = _of_another_kind(best)
        return best, as_near

    def _allowed(self, found: Match, groups: Sequence[Group]) -> Iterable[Finding]:
        """The findings that other messages of its kind do not excuse."""
        request = found.group.is_request
        taken = [] if found.group.only_refused else [group.value for group in groups if not group.only_refused]
        for one in found.findings:
            if one.kind == "empty":
                if any(has(group.value, one.path) for group in groups):
                    yield one._replace(kind="extra")
            elif one.kind == "type":
                if not self._also(one, found, groups, request=request):
                    yield one
            elif request and one.kind == "missing":
                if not any(_optional(value, one.path) for value in taken):
                    yield one
            elif not (
                request and one.kind == "extra" and any(one.said in kinds_at(value, one.path) for value in taken)
            ):
                yield one

    def _also(self, one: Finding, found: Match, groups: Sequence[Group], *, request: bool) -> bool:
        """Whether other messages have a value of that kind there: any in a request, null and what may be null elsewhere."""
        recorded = kind_of_value(next(pair.recorded for pair in found.pairs if pair.path == one.path))
        if one.said == recorded or not (request or "null" in {one.said, recorded}):
            return False
        return any(one.said in kinds_at(group.value, one.path) for group in groups)

    def _from_elsewhere(self, node: Node, sender: Sender, found: Match, judged: Judged) -> None:
        assert sender.direction is not None
        judged.match, judged.at = found, self._frame(found, Sender())
        arrow = ARROWS[OPPOSITE[sender.direction]]
        what = f"is recorded as {judged.at.party or 'client'} {arrow} node alone; {sender.reason}"
        judged.because("wrong direction", node.start, f"{judged.name} {what}")

    def _frame(self, found: Match, sender: Sender) -> At:
        """The frame to name: of the party that the document names, and of the capture that most examples before were found in."""
        frames = found.group.frames
        of_party = [at for at in frames if sender.party and at.party == sender.party] or frames
        return max(of_party, key=lambda at: self._captures[at.capture])

    def _quoted(self, node: Node, judged: Judged) -> None:
        """Hold the request that an error quotes against recorded requests, as a message of its own."""
        error = node.get("error")
        request = error.get("request") if error is not None else None
        if request is None or not request.members or not request.text("method"):
            return
        inner = Judged("the request that it quotes")
        groups = [group for group in self._calls(request, inner) if group.direction == "to_node"]
        best, _near = self._nearest(request, groups)
        if best is not None and best.findings and _severity(best) == "stale":
            judged.differs("stale", [one._replace(path=(*QUOTED, *one.path)) for one in best.findings])

    def _remarks(self, node: Node, found: Match, judged: Judged) -> None:
        if found.group.key.kind == "call" and judged.verdict in {"true", "stale"}:
            with_id, recorded = node.get("id") is not None, "id" in found.group.value
            if recorded and not with_id and not node.elided:
                judged.remarks.append("it has no id, and so asks for no answer; the recorded call has one")

    # Ids

    def _held_ids(self, best: Match, others: list[Match], sender: Sender, judged: Judged) -> None:
        """Hold the ids of a message against those that stand there in recorded ones."""
        shown = [pair for pair in best.pairs if self._is_id(pair, best)]
        if not shown:
            return
        ways = [(ids, at) for one in others for (_party, ids), at in one.group.ids.items()]
        named = [(ids, at) for ids, at in ways if not sender.party or at.party == sender.party]
        least: list[tuple[Pair, str, str]] | None = None
        good: list[Mapping[Path, Any]] = []
        for ids, at in named or ways:
            way = dict(ids)
            wrong = self._amiss(shown, way)
            if not wrong:
                good.append(way)
            if least is None or len(wrong) < len(least):
                least, judged.at = wrong, at if wrong or judged.at is None else judged.at
        if least and not good:
            for pair, what, meant in least:
                judged.because("stale", pair.node.start, f"{path_text(pair.path)} {what}", pair.path, meant)
        for path, node, _recorded in shown if good else ():
            owners = {way.get(path) for way in good}
            owner = next(iter(owners))
            if len(owners) == 1 and isinstance(owner, str):
                self._whose.setdefault(node.value, owner)

    def _paired(self, node: Node, others: list[Match], sender: Sender, judged: Judged) -> None:
        """Hold the id of a result against that of the request right before it, where it can answer no other method's."""
        identity = node.get("id")
        if self._asking is None or identity is None or not _is_plain(identity) or self._answered(node):
            return
        call, request, asker = self._asking
        asked, method = request.get("id"), call.method
        if asked is None or asker.party not in {"", sender.party}:
            return
        if all(one.group.key == Key("result", method) for one in others if not one.findings):
            what = f"id is {short_json(identity.value)}; that of the {method} before it, which it answers, is {short_json(asked.value)}"
            judged.because("stale", identity.start, what, ("id",), asked.value)

    def _named(self, owner: Any) -> str:
        """The id that a parameter gives in this document; empty where none does, or several ids have its name."""
        found = [value for value, name in self._whose.items() if name == owner]
        return found[0] if len(found) == 1 else ""

    def _known(self, found: Match) -> dict[str, str]:
        """The ids of the recorded message, and those that stand for them in the document."""
        known = {str(pair.recorded): str(pair.node.value) for pair in found.pairs if self._is_id(pair, found)}
        for _party, ids in [*found.group.ids][:1]:  # the first message's
            for path, owner in ids:
                if named := self._named(owner):
                    known.setdefault(str(value_at(found.group.value, path)), named)
        return known

    def _is_id(self, pair: Pair, found: Match) -> bool:
        node, profile = pair.node, found.group.profile
        return node.kind == "text" and not node.elided and profile.kind_of_text(node.value) in profile.one_to_one

    def _amiss(self, shown: Sequence[Pair], way: Mapping[Path, Any]) -> list[tuple[Pair, str, str]]:
        """The ids that cannot be whose they are in a recorded message."""
        of_value: dict[str, Any] = {}
        of_owner: dict[Any, str] = {}
        wrong = []
        for pair in shown:
            owner, value = way.get(pair.path), pair.node.value
            if owner is None:
                continue
            whose = self._whose.get(value)
            if isinstance(owner, str) and whose and whose != owner:
                wrong.append((pair, f"is {whose} in this document; {owner} is recorded there", self._named(owner)))
            elif of_value.setdefault(value, owner) != owner:
                what = f"is {short_json(value)} as elsewhere in the message; others are recorded there"
                wrong.append((pair, what, self._named(owner)))
            elif of_owner.setdefault(owner, value) != value:
                said = f"{short_json(value)}, and {short_json(of_owner[owner])} elsewhere in the message"
                wrong.append((pair, f"is {said}; one and the same is recorded there", of_owner[owner]))
        return wrong

    # Encoded texts

    def _flaws(self, node: Node, judged: Judged) -> None:
        for one in node.walk():
            if one.kind != "text" or one.elided:
                continue
            if (flaw := misspelt(one.value, self._recorded.profiles)) is None:
                continue
            offset, what = flaw
            known = judged.match.pairs if judged.match is not None else ()
            if any(pair.node is one and pair.recorded == one.value for pair in known):
                continue  # a node refused it, and that is the example
            path = next((pair.path for pair in known if pair.node is one), None)
            judged.because("broken", one.start + 1 + offset, f"{short_json(one.value)}: {what}", path)


def _kind_of(node: Node) -> str:
    error, result = node.get("error"), node.get("result")
    if error is not None and (result is None or error.value is not None or error.kind != "word"):
        return "error"
    return "result" if result is not None else "call"


def _meant(name: str, known: Iterable[str]) -> str:
    """A question for the known name that is likely meant; empty where none is like it."""
    likely = near(name, known, SURE)
    return f"; is {likely} meant?" if likely else ""


def _is_plain(identity: Node) -> bool:
    """Whether an id is written out."""
    return identity.kind in {"number", "text"} and not identity.elided


def _asks(judged: Judged) -> bool:
    """Whether a message that is shown without an id is recorded with one, as what is answered is."""
    return judged.match is not None and "id" in judged.match.group.value


def _may_be(written: Node | None, recorded: Any) -> bool:
    """Whether a result may be one of a method that nobody names: none of its kind says nothing about it."""
    if written is None or written.kind == "any":
        return True
    kind = kind_of_value(recorded)
    return BUILT.get(written.kind) == (kind if kind in BUILT.values() else None)


def _written(identity: Node | None) -> str:
    return "" if identity is None else f"{identity.kind} {identity.value}"


def _words(error: Node | None) -> tuple[str, ...]:
    """What an error says in words, and what its reasons say; an empty text where that is not written."""
    return (
        ("",) if error is None else (error.text("message"), *(one.text("message") for one in _those(error, "message")))
    )


def _those(error: Node, name: str) -> list[Node]:
    """The reasons of an error that have a member."""
    data = error.get("data")
    reasons = [] if data is None else data.items if data.kind == "list" else [data]
    return [one for one in reasons if one.get(name) is not None]


def _codes(error: Node | None) -> tuple[tuple[Any, ...], bool]:
    """The codes that are written of an error, and whether none is left out."""
    if error is None or error.kind != "object":
        return (), False
    data = error.get("data")
    nodes = [error.get("code"), *(one.get("code") for one in _those(error, "code"))]
    whole = all(node is not None and node.kind in {"number", "text"} for node in nodes)
    whole = whole and not error.elided and not (data is not None and (data.elided or data.kind == "any"))
    return tuple(node.value for node in nodes if node is not None and node.kind in {"number", "text"}), whole


def _optional(value: Any, path: Path) -> bool:
    return has(value, path[:-1]) and not has(value, path)


def _severity(found: Match) -> Verdict:
    """Stale, or unseen where the recordings cannot tell: a client gives what none gave, or a word or an object is new."""
    untold = {"extra", "unknown"} if found.group.is_request else {"unknown"}
    return "unseen" if all(one.kind in untold for one in found.findings) else "stale"


def _of_another_kind(found: Match) -> list[Finding]:
    """The findings; of an object most of whose members are in no recording, one that says so in place of one for each."""
    extra = Counter(one.path[:-1] for one in found.findings if one.kind == "extra" and isinstance(one.path[-1], str))
    known = Counter(pair.path[:-1] for pair in found.pairs)
    new = {path for path, count in extra.items() if count > max(1, known[path])}
    kept, told = [], set()
    for one in found.findings:
        parent = one.path[:-1]
        if parent not in new:
            kept.append(one)
        elif parent not in told:
            told.add(parent)
            kept.append(Finding("unknown", parent, one.offset, "is of a kind that no recording has"))
    return kept
