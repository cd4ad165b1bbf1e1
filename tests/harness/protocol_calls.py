"""The same calls of Hadoop's protobuf protocols to two NameNodes, and where their answers differ.

A step is a call with its request as fields of the message. What an answer holds can be named (`save`) and used in later
requests (`Saved`), for each cluster its own. Before answers are compared, times are left out, and identifiers, stamps and
addresses become the number in which they were first seen, so that two clusters can say the same.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .polling import wait_until
from .text_format import Name, at_path, parse, render

_PROTOCOLS = "org.apache.hadoop."
CLIENT = _PROTOCOLS + "hdfs.protocolPB.ClientNamenodeProtocolPB"
NAMENODE = _PROTOCOLS + "hdfs.protocolPB.NamenodeProtocolPB"
USER_MAPPINGS = _PROTOCOLS + "security.protocolPB.RefreshUserMappingsProtocolPB"


@dataclass
class Saved:
    """A part of an earlier answer, perhaps with some of its fields replaced."""
    path: str
    replaced: dict = field(default_factory=dict)


@dataclass
class Call:
    method: str
    request: dict
    user: str
    save: str
    protocol: str = CLIENT
    # Why the answers are not compared; and the class of exception that ours has to be then, if any.
    apart: str = ""
    ours_throws: str = ""

    def __str__(self):
        return f"{self.user or 'superuser'}: {self.method} {str(self.request)[:300]}"


@dataclass
class Stored:
    """Waits until every block of a file has so many replicas."""
    path: str
    replicas: int


@dataclass
class Until:
    """Repeats a call until its answer has a field, and compares that answer."""
    call: Call
    field: str


@dataclass
class IfDone:
    """Steps that follow only where the last one was not refused by stock: they restore what it changed."""
    steps: list


@dataclass
class ClientCall:
    """A call of the harness's ClientCalls: what takes a whole client, as writing a file does."""
    user: str
    words: tuple


def call(method, user="", save="", protocol=CLIENT, **request):
    return Call(method, request, user, save, protocol)


def refused(step, why, throws="java.lang.UnsupportedOperationException"):
    """A call that ours refuses by a decision, and stock carries out or refuses otherwise."""
    step.apart, step.ours_throws = why, throws
    return step


def apart(step, why):
    """A call that both carry out, each in its way."""
    step.apart = why
    return step


def client(user, *words):
    return ClientCall(user, words)


class Answers:
    """One cluster: its JVM, what was saved of its answers, and the numbers for what only it calls so."""

    def __init__(self, calls):
        self._calls = calls
        self._saved = {}
        self._numbers = {}
        self._new = []

    def begin(self):
        """A step: what it numbers can be forgotten again."""
        self._new = []

    def forget(self):
        """For an answer that differs, so that those after it need not."""
        for kind, value in self._new:
            del self._numbers[kind][value]

    def carry_out(self, step):
        if isinstance(step, ClientCall):
            return self._calls.call(step.user, *step.words)
        if isinstance(step, Stored):
            wait_until(lambda: self._stored(step), 30, f"{step.replicas} replicas of the blocks of {step.path}")
            return ""
        if isinstance(step, Until):
            return wait_until(lambda: self._answer_with(step), 30, f"{step.field} in the answer to {step.call}")
        answer = self._calls.call(step.user, "rpc", step.protocol, step.method, render(self._resolved(step.request)))
        if _is_refusal(answer):
            return self._comparable_text(answer)
        fields = parse(answer)
        if step.save:
            self._saved[step.save] = fields
        return render(self._comparable(fields))

    def _answer_with(self, step):
        answer = self.carry_out(step.call)
        try:
            at_path(parse(answer), step.field)
        except (IndexError, ValueError):
            return None
        return answer

    def _stored(self, step):
        request = render({"src": step.path, "offset": 0, "length": 1 << 40})
        located = parse(self._calls.call("", "rpc", CLIENT, "getBlockLocations", request))
        blocks = [value for name, value in at_path(located, "locations") if name == "blocks"]
        return all(sum(name == "locs" for name, _ in block) == step.replicas for block in blocks)

    def _resolved(self, value):
        if isinstance(value, dict):
            return {name: self._resolved(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._resolved(each) for each in value]
        if isinstance(value, Saved):
            name, _, path = value.path.partition(".")
            found = at_path(self._saved[name], path)
            if isinstance(found, str):
                return Name(found)
            kept = [(name, each) for name, each in found if name not in value.replaced]
            return kept + parse(render(self._resolved(value.replaced)))
        return value

    def _number(self, kind, value):
        known = self._numbers.setdefault(kind, {})
        if value not in known:
            known[value] = len(known)
            self._new.append((kind, value))
        return f"{kind}{known[value]}"

    def _comparable(self, fields):
        return [(name, self._comparable_field(name, value)) for name, value in fields
                if name not in _UNEQUAL and (name not in _DEFAULTS or _DEFAULTS[name] != value)]

    def _comparable_field(self, name, value):
        if isinstance(value, list):
            return self._comparable(value)
        if name in _NUMBERED and value not in ("0", "18446744073709551615", '""'):
            return self._number(_NUMBERED[name], value)
        if name in _TIMES and len(value) > 12:
            return "now"
        if name == "remainingEntries" and value != "0":
            return "some"  # of a page that is not the first ours does not count them: clients ask whether there are any
        return self._comparable_text(value)

    def _comparable_text(self, text):
        for pattern, kind in _IN_TEXT:
            text = re.sub(pattern, lambda match: match.group(1) + self._number(kind, match.group(2)), text)
        text = re.sub(r"\bs\d{8}-\d{6}\.\d{3}", "name-of-now", re.sub(r"DFSClient_[\w-]+", "client", text))
        return re.sub(r"\b1\d{12}\b", "now", re.sub(r"127\.0\.0\.1(:\d+)?", "address", text))


# Fields that say something of a machine, a moment or chance.
_UNEQUAL = {"capacity", "dfsUsed", "remaining", "blockPoolUsed", "lastUpdate", "lastUpdateMonotonic", "xceiverCount",
            "ipAddr", "hostName", "datanodeUuid", "xferPort", "infoPort", "ipcPort", "infoSecurePort", "nonDfsUsed",
            "lastBlockReportTime", "lastBlockReportMonotonic", "storageUuid", "storageIDs", "numBlocks", "used",
            "cacheCapacity", "cacheUsed", "buildVersion", "pending_deletion_blocks", "cookie"}
# Fields that say nothing with their default: there or not, a client reads the same.
_DEFAULTS = {"failed": "false", "mount": '""', "keyBytes": '""'}

_NUMBERED = {"fileId": "inode", "inodeId": "inode", "dirId": "inode", "id": "inode", "blockId": "block", "poolId": "pool",
             "generationStamp": "stamp", "genStamp": "stamp", "clusterId": "cluster", "clusterID": "cluster",
             "blockPoolId": "pool", "blockPoolID": "pool", "namespceID": "namespace", "namespaceID": "namespace",
             "snapshotID": "snapshot", "txid": "transaction", "firstTxid": "transaction", "lastTxid": "transaction",
             "syncTxid": "transaction"}
_TIMES = {"modification_time", "access_time", "mtime", "cTime"}
# In messages: what stands before, and the identifier.
_IN_TEXT = [(r"()(BP-\d+-[\d.]+-\d+)", "pool"), (r"(blk_\d+_)(\d{4,})", "stamp"), (r"(blk_)(\d{10,})", "block"),
            (r"((?:\binode |[iI]d[ =:]+|/\.inodes/))(\d{5,})", "inode"), (r"(\(inode )(\d{5,})", "inode"),
            (r"(genstamp |GS=)(\d{4,})", "stamp")]


def _is_refusal(answer):
    return bool(re.match(r"[\w.$]+(Exception\w*|Error|AccessControlException|InvalidToken): ", answer))


def differences(both, steps):
    """Carries out the steps on (stock's Answers, ours), and says in which they answered differently."""
    found = []
    stock = ""
    with ThreadPoolExecutor(2) as pool:
        waiting = list(reversed(steps))
        while waiting:
            step = waiting.pop()
            if isinstance(step, IfDone):
                if not _is_refusal(stock):
                    waiting += reversed(step.steps)
                continue
            for answers in both:
                answers.begin()
            stock, ours = pool.map(lambda answers: answers.carry_out(step), both)
            if getattr(step, "apart", ""):
                if step.ours_throws and not ours.startswith(step.ours_throws + ": "):
                    found.append(f"{step}\n  ours:  {ours}")
            elif stock != ours:
                found.append(f"{step}\n  stock: {stock}\n  ours:  {ours}")
                for answers in both:
                    answers.forget()
    return found
