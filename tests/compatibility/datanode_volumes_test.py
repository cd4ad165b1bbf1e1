"""Volumes of our DataNode that come and go while it runs, by stock Hadoop's dfsadmin under NameNodes of both kinds."""

import pytest

from harness.cluster import OURS, Cluster
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, random_file

BLOCK = 1 << 20
QUICKLY = {"dfs.heartbeat.interval": 1, "dfs.namenode.redundancy.interval.seconds": 1,
           "dfs.namenode.reconstruction.pending.timeout-sec": 10}


def set_volumes(node, folders):
    node.hdfs["dfs.datanode.data.dir"] = ",".join(f"file://{folder}" for folder in folders)
    node.write_configuration()


def reconfigure(java, node):
    """What dfsadmin says of the task when it is over."""
    host, port = node.addresses["ipc"]

    def status():
        said = java.admin("-reconfig", "datanode", f"{host}:{port}", "status").ok()
        return said if "finished" in said else None

    assert "Started reconfiguration task" in java.admin("-reconfig", "datanode", f"{host}:{port}", "start").ok()
    return wait_until(status, 30, "the end of the reconfiguration")


@pytest.mark.parametrize("namenode", [OURS, "stock"])
def test_volumes_are_added_and_removed_by_stock_dfsadmin(namenode, tmp_path):
    source = random_file(tmp_path / "source", 8 * BLOCK + 77)
    back = tmp_path / "back"
    with Cluster(namenode, [OURS, OURS], QUICKLY) as cluster:
        java, node = cluster.java(), cluster.datanodes[0]
        first, second = node.storage, node.home / "second"
        host, port = node.addresses["ipc"]
        assert "dfs.datanode.data.dir" in java.admin("-reconfig", "datanode", f"{host}:{port}", "properties").ok()

        def put(name):
            java.fs("-D", f"dfs.blocksize={BLOCK}", "-D", "dfs.replication=2", "-put", source, name).ok()

        def replicated(name):
            with cluster.rpc() as rpc:
                return all(len(block.replicas) == 2 for block in rpc.blocks(name))

        put("/before")
        set_volumes(node, [first, second])
        assert "SUCCESS: Changed property dfs.datanode.data.dir" in reconfigure(java, node)
        put("/between")
        assert list(second.rglob("blk_*.meta")), "the new volume takes its turn"

        set_volumes(node, [second])
        assert "SUCCESS" in reconfigure(java, node)
        for name in ("/before", "/between"):
            wait_until(lambda: replicated(name), 60, f"the replicas of {name} to be made again", every=0.2)
        with cluster.rpc() as rpc:
            blocks = [block for name in ("/before", "/between") for block in rpc.blocks(name)]
        for block in blocks:
            wait_until(lambda: list(second.rglob(f"blk_{block.block_id}")), 30, f"block {block.block_id} on the second",
                       every=0.2)
        assert list(first.rglob("blk_*.meta")), "no file is removed with its volume"

        # The one that went is put back: what it has is told, and what is one too many is deleted at the NameNode's word.
        set_volumes(node, [second, first])
        assert "SUCCESS" in reconfigure(java, node)
        cluster.datanodes[1].kill()
        for name in ("/before", "/between"):
            cluster.dfs("-get", "-f", name, back).ok()
            assert_same_bytes(source, back)

        # A folder that is somebody's is refused with words.
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "cat").write_text("meow")
        set_volumes(node, [second, first, tmp_path / "photos"])
        said = reconfigure(java, node)
        assert "FAILED" in said and "photos" in said
