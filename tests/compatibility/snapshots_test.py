"""Snapshots: the same commands of stock Hadoop against stock daemons and ours, and our NameNode on stock's edit log."""

import random
import re
import shutil

import pytest

from harness.cluster import OURS, Cluster, StockCluster, TuskCluster
from harness.namenode_rpc import NameNodeRpc
from harness.polling import wait_until
from harness.real_input import random_file

DIFF = "org.apache.hadoop.hdfs.tools.snapshot.SnapshotDiff"
LIST_DIRECTORIES = "org.apache.hadoop.hdfs.tools.snapshot.LsSnapshottableDir"
LIST_SNAPSHOTS = "org.apache.hadoop.hdfs.tools.snapshot.LsSnapshot"
SETTINGS = {"dfs.replication": 1, "dfs.namenode.fs-limits.min-block-size": 1024, "dfs.namenode.snapshot.max.limit": 3}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A stock cluster and one of ours, each with a file that commands may put as {local}."""
    local = random_file(tmp_path_factory.mktemp("input") / "local", 5000)
    with StockCluster(datanodes=1, config=SETTINGS) as stock, TuskCluster(datanodes=1, config=SETTINGS) as ours:
        yield stock, ours, local


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


def run_command(cluster, command, local):
    tools = cluster.java(settings=SETTINGS)
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


def by_name_alone(outcome):
    """Of a report what is there under which name. What was moved away and back Hadoop reports as moved to itself, and
    its directories as modified."""
    code, text = outcome
    lines = [line for line in text.splitlines() if not re.match(r"M\t|R\t(\S+) -> \1$", line)]
    return code, sorted(lines)


def compare(both, commands, view=lambda command, outcome: outcome):
    stock, ours, local = both
    different = []
    for command in commands:
        wanted, got = (view(command, said(run_command(cluster, command, local))) for cluster in (stock, ours))
        if wanted != got:
            different.append(f"{command}\n  stock: {wanted}\n  ours:  {got}")
    assert not different, "\n".join(different)


def test_every_command_says_the_same(both):
    compare(both, """
        directories
        createSnapshot / s
        ls /.snapshot
        mkdir -p /a/dir/deep /b /a/gone
        put {local} /a/file
        put {local} /a/dir/inside
        createSnapshot /a s1
        snapshots /a
        allow /none
        allow /a/file
        allow /a
        allow /a
        allow /
        allow /a/dir
        disallow /b
        directories
        snapshots /a
        ls /a/.snapshot
        ls -d /a/.snapshot
        stat %F%a%n%b /a/.snapshot
        ls /b/.snapshot
        ls /none/.snapshot
        createSnapshot /none s1
        createSnapshot /a/file s1
        createSnapshot /a a:b
        createSnapshot /a .snapshot
        createSnapshot /a s1
        createSnapshot /a s1
        createSnapshot /a
        renameSnapshot /a none s9
        renameSnapshot /a s1 .snapshot
        renameSnapshot /a s1 s0
        renameSnapshot /a s0 s1
        deleteSnapshot /a none
        deleteSnapshot /b s1
        ls -R /a/.snapshot/s1
        cat /a/.snapshot/s1/none
        put {local} /a/.snapshot/s1/new
        mkdir /a/.snapshot/s1/new
        mkdir /a/.snapshot
        mkdir /b/.snapshot
        rm -skipTrash /a/.snapshot/s1/file
        rm -r -skipTrash /a/.snapshot/s1
        mv /a/.snapshot/s1/file /b/file
        mv /a/file /a/.snapshot/s1/other
        cp /a/.snapshot/s1/file /b/copy
        chmod 700 /a/.snapshot/s1/file
        chown nobody /a/.snapshot/s1/file
        setrep 2 /a/.snapshot/s1/file
        touchz /a/.snapshot/s1/file
        appendToFile {local} /a/.snapshot/s1/file
        truncate 1 /a/.snapshot/s1/file
        disallow /a
        rm -r -skipTrash /a
        mv /a /b/a
        mv /b /a/b
        mv /a/b /b
        rm -r -skipTrash /a/gone
        mv /a/dir /a/moved
        appendToFile {local} /a/file
        chmod 700 /a/moved/inside
        mkdir /a/new
        put {local} /a/new/file
        diff /a s1 .
        diff /a . s1
        diff /a s1 none
        diff /b s1 .
        diff /a/moved s1 .
        diff /a/file s1 .
        count /a /a/.snapshot/s1
        count -x /a
        du /a /a/.snapshot/s1
        du -s -x /a
        du -s /a
        ls -R /a/.snapshot/s1
        createSnapshot /a s2
        createSnapshot /a s3
        truncate -w 3000 /a/file
        mv /a/moved /b/outside
        touchz /b/outside/late
        diff /a s1 s2
        diff /a s2 .
        createSnapshot /a s4
        checksum /a/.snapshot/s1/file
        checksum /a/.snapshot/s2/file
        checksum /a/file
        deleteSnapshot /a s2
        count /a
        checksum /a/.snapshot/s1/file
        ls -R /a/.snapshot/s1
        snapshots /a
        deleteSnapshot /a s1
        count /a
        mkdir -p /nest/in
        allow /nest/in
        mv /nest /a/nest
        mv /nest /top
        mv /nest /b/nest
        rm -r -skipTrash /b
        directories
    """.strip().replace("        ", "").splitlines())


def random_commands(seed, count):
    """Changes of two snapshottable trees and a plain one; a name is used again so that trees meet."""
    rand = random.Random(seed)
    taken, number = [], 0

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


@pytest.mark.parametrize("seed", [1, 2])
def test_random_changes_leave_the_same_snapshots(both, seed):
    compare(both, random_commands(seed, 150),
            lambda command, outcome: by_name_alone(outcome) if command.startswith("diff") else outcome)
    compare(both, [f"deleteSnapshot {tree} s{number}" for tree in ("/r1", "/r2") for number in range(1, 40)])
    compare(both, ["disallow /r1", "disallow /r2", "rm -r -skipTrash /r1 /r2 /r3"])


def test_a_difference_is_asked_for_in_pages(tmp_path):
    settings = {**SETTINGS, "dfs.namenode.snapshotdiff.listing.limit": 3}
    commands = ["mkdir -p /d/x /d/y /d/z", "allow /d", "createSnapshot /d s1",
                *[f"touchz /d/{directory}/{name}" for directory in "xyz" for name in "0123"],
                "createSnapshot /d s2", "rm -skipTrash /d/x/0 /d/y/1", "mv /d/z /d/x/z", "diff /d s1 s2",
                "diff /d s2 s1", "diff /d s2 .", "diff /d s1 ."]
    with StockCluster(datanodes=1, config=settings) as stock, TuskCluster(datanodes=1, config=settings) as ours:
        compare((stock, ours, None), commands)


def test_our_namenode_goes_on_with_the_snapshots_of_stocks_edit_log(tmp_path):
    local = random_file(tmp_path / "local", 5000)
    stock = StockCluster(datanodes=1, config=SETTINGS)
    ours = Cluster(OURS, [OURS], stock.config)
    try:
        stock.start()
        commands = list(random_commands(3, 200))
        for command in commands:
            run_command(stock, command, local)
        reads = [command for command in commands if command.split()[0] in ("ls", "count", "directories")]
        wanted = [said(run_command(stock, command, local)) for command in reads]
        stock.kill_all()
        shutil.copytree(stock.namenode.storage, ours.namenode.storage)
        (ours.namenode.storage / "in_use.lock").unlink(missing_ok=True)
        ours.start_namenode()
        for command, before in zip(reads, wanted):
            assert (command, said(run_command(ours, command, local))) == (command, before)
    finally:
        stock.stop()
        ours.stop()
