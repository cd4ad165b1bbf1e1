"""Snapshots: the same commands of stock Hadoop against stock daemons and ours, and our NameNode on stock's edit log."""

import re
import shutil

import pytest

from harness.cluster import OURS, Cluster, StockCluster, TuskCluster
from harness.real_input import random_file
from harness.snapshot_commands import random_commands, run_command, said

SETTINGS = {"dfs.replication": 1, "dfs.namenode.fs-limits.min-block-size": 1024, "dfs.namenode.snapshot.max.limit": 3}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A stock cluster and one of ours, each with a file that commands may put as {local}."""
    local = random_file(tmp_path_factory.mktemp("input") / "local", 5000)
    with StockCluster(datanodes=1, config=SETTINGS) as stock, TuskCluster(datanodes=1, config=SETTINGS) as ours:
        yield stock, ours, local


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
        wanted, got = (view(command, said(run_command(cluster, command, local, SETTINGS))) for cluster in (stock, ours))
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
            run_command(stock, command, local, SETTINGS)
        reads = [command for command in commands if command.split()[0] in ("ls", "count", "directories")]
        wanted = [said(run_command(stock, command, local, SETTINGS)) for command in reads]
        stock.kill_all()
        shutil.copytree(stock.namenode.storage, ours.namenode.storage)
        (ours.namenode.storage / "in_use.lock").unlink(missing_ok=True)
        ours.start_namenode()
        for command, before in zip(reads, wanted):
            assert (command, said(run_command(ours, command, local, SETTINGS))) == (command, before)
    finally:
        stock.stop()
        ours.stop()
