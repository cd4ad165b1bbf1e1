"""Java's event stream (DFSInotifyEventInputStream) tells the same of our namespace as of a stock one."""

import re

from harness.cluster import StockCluster, TuskCluster
from harness.java import compile_program


def change_things(shell, tmp_path):
    local = tmp_path / "local"
    local.write_bytes(b"tusk" * 100)
    shell.fs("-mkdir", "-p", "/e/d").ok()
    shell.fs("-put", local, "/e/f").ok()
    shell.fs("-setrep", "1", "/e/f").ok()
    shell.fs("-appendToFile", local, "/e/f").ok()
    shell.fs("-mv", "/e/f", "/e/g").ok()
    shell.fs("-chmod", "600", "/e/g").ok()
    shell.fs("-chown", "alice:staff", "/e/g").ok()
    shell.fs("-touch", "-m", "-t", "20200102:030405", "/e/g").ok()
    shell.fs("-setfattr", "-n", "user.a", "-v", "b", "/e/g").ok()
    shell.fs("-setfattr", "-x", "user.a", "/e/g").ok()
    shell.fs("-truncate", "-w", "400", "/e/g").ok()
    shell.fs("-rm", "-r", "-skipTrash", "/e").ok()


def events_of(cluster, tmp_path):
    with cluster.rpc() as rpc:
        before = rpc.call("getCurrentEditLogTxid")[1][0]
        change_things(cluster.java(), tmp_path)
        after = rpc.call("getCurrentEditLogTxid")[1][0]
    cluster.java().fs("-mkdir", "/end").ok()
    told = cluster.java().run("NamespaceEvents", before, after + 1).ok().splitlines()
    # Times differ from one run to the next.
    return [re.sub(r"(time|ctime|mtime|atime|timestamp)[=:] ?-?\d+", r"\1", line) for line in told]


def test_java_follows_our_namespace_as_it_follows_a_stock_one(tmp_path):
    compile_program("NamespaceEvents")
    with TuskCluster(datanodes=1, config={"dfs.replication": 1}) as ours:
        told = events_of(ours, tmp_path)
        ours.java().admin("-rollEdits").ok()
        again = ours.java().run("NamespaceEvents", 0, 1)
        assert again.code == 0, again.err
    with StockCluster(datanodes=1, config={"dfs.replication": 1}) as stock:
        assert told == events_of(stock, tmp_path)
