"""Commands about snapshots, random ones among them, and what is said to them."""

import random
import re

from .namenode_rpc import NameNodeRpc
from .polling import wait_until

DIFF = "org.apache.hadoop.hdfs.tools.snapshot.SnapshotDiff"
LIST_DIRECTORIES = "org.apache.hadoop.hdfs.tools.snapshot.LsSnapshottableDir"
LIST_SNAPSHOTS = "org.apache.hadoop.hdfs.tools.snapshot.LsSnapshot"


def said(outcome):
    """What a command said, without what differs from run to run: dates and the address of the cluster."""
    # Without the client's log, a stack trace in it, and the empty lines that come with stock's error messages.
    text = re.sub(r"(?m)^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ .*|\t(at|\.\.\.) .*|[\w.]+(Exception|Error): .*|)\n", "",
                  outcome.out + outcome.err)
    text = re.sub(r"\n'", "'", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)
    text = re.sub(r"hdfs://127\.0\.0\.1:\d+", "", text)
    text = re.sub(r"s\d{8}-\d{6}\.\d{3}", "NAME-OF-NOW", text)
    # Columns are as wide as the widest date.
    return outcome.code, re.sub(r" +", " ", text)


def run_command(cluster, command, local, settings=None):
    tools = cluster.java(settings=settings)
    words = [word.format(local=local) for word in command.split()]
    tool, words = words[0], words[1:]
    if tool in ("allow", "disallow"):
        return tools.admin(f"-{tool}Snapshot", *words)
    if tool == "diff":
        return tools.run(DIFF, *words)
    if tool == "directories":
        return tools.run(LIST_DIRECTORIES)
    if tool == "snapshots":
        return tools.run(LIST_SNAPSHOTS, *words)
    done = tools.fs(f"-{tool}", *words)
    if tool == "truncate" and done.code == 0:
        wait_until_closed(cluster, words[-1])
    return done


def wait_until_closed(cluster, path):
    """`-truncate -w` waits for the new length alone, which the block may have before its recovery has ended."""
    with NameNodeRpc(cluster.namenode.addresses["rpc"]) as namenode:
        wait_until(lambda: namenode.call("isFileClosed", (1, path))[1][0], 30, f"{path} is closed")


def random_commands(seed, count, snapshots_before=0):
    """Changes of two snapshottable trees and a plain one; a name is used again so that trees meet."""
    rand = random.Random(seed)
    taken, number = [], snapshots_before

    def path():
        return rand.choice(["/r1", "/r2", "/r3"]) + "".join(
            "/" + rand.choice("abc") for _ in range(rand.randint(1, 3)))

    yield from ("mkdir -p /r1 /r2 /r3", "allow /r1", "allow /r2")
    for _ in range(count):
        kind = rand.randrange(10)
        if kind < 2:
            yield f"mkdir {path()}"
        elif kind < 4:
            yield f"put -f {{local}} {path()}"
        elif kind == 4:
            yield f"rm -r -skipTrash {path()}"
        elif kind < 7:
            yield f"mv {path()} {path()}"
        elif kind == 7:
            yield f"chmod {rand.choice(['700', '755', '711'])} {path()}"
        elif kind == 8:
            yield f"appendToFile {{local}} {path()}"
        elif taken and rand.randrange(3) == 0:
            tree, name = taken.pop(rand.randrange(len(taken)))
            yield f"deleteSnapshot {tree} {name}"
        else:
            tree = rand.choice(["/r1", "/r2"])
            if sum(one[0] == tree for one in taken) < 3:
                number += 1
                taken.append((tree, f"s{number}"))
                yield f"createSnapshot {tree} s{number}"
    yield from ("directories", "ls -R /r1", "ls -R /r2", "ls -R /r3")
    for tree, name in taken:
        yield f"ls -R {tree}/.snapshot/{name}"
        yield f"count {tree}/.snapshot/{name}"
        yield f"diff {tree} {name} ."
        for other_tree, other in taken:
            if other_tree == tree and other != name:
                yield f"diff {tree} {name} {other}"
