"""DataNodes of both kinds under NameNodes of both kinds."""

import pytest

from harness.cluster import OURS, Cluster
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, random_file

BLOCK = 4 << 20
QUICKLY_DEAD = {"dfs.heartbeat.interval": 1, "dfs.namenode.heartbeat.recheck-interval": 1000,
                "dfs.namenode.redundancy.interval.seconds": 1, "dfs.namenode.reconstruction.pending.timeout-sec": 10}


@pytest.mark.parametrize("namenode, guest", [(OURS, "stock"), ("stock", OURS)])
def test_a_datanode_of_the_other_kind_stores_serves_and_replicates(namenode, guest, tmp_path):
    source = random_file(tmp_path / "source", 3 * BLOCK + 999)
    back = tmp_path / "back"
    with Cluster(namenode, [namenode, namenode, guest], QUICKLY_DEAD) as cluster:
        stranger = cluster.datanodes[2]
        java = cluster.java()

        # Both clients write through pipelines that hold both kinds.
        java.fs("-D", f"dfs.blocksize={BLOCK}", "-put", source, "/by-java").ok()
        cluster.dfs("-D", f"dfs.blocksize={BLOCK}", "-put", source, "/by-tusk").ok()
        for name in ("/by-java", "/by-tusk"):
            with cluster.rpc() as rpc:
                blocks = rpc.blocks(name)
            assert len(blocks) == 4
            for block in blocks:
                assert stranger.addresses["data"][1] in {r.transfer_port for r in block.replicas}, f"{name}: {block}"
                assert stranger.block_files(block.block_id)

        # A new replica is copied from one kind to the other.
        java.fs("-D", f"dfs.blocksize={BLOCK}", "-D", "dfs.replication=1", "-put", source, "/one").ok()
        java.fs("-setrep", "3", "/one").ok()

        def replicated():
            with cluster.rpc() as rpc:
                return all(len(block.replicas) == 3 for block in rpc.blocks("/one"))

        wait_until(replicated, 60, "three replicas of each block of /one", every=0.2)

        # What is deleted leaves the disk.
        with cluster.rpc() as rpc:
            deleted = [block.block_id for block in rpc.blocks("/one")]
        java.fs("-rm", "-skipTrash", "/one").ok()
        wait_until(lambda: not any(stranger.block_files(block) for block in deleted), 60,
                   f"{stranger.name} to delete the blocks of /one", every=0.2)

        # Only the stranger is left to serve.
        for node in cluster.datanodes[:2]:
            node.kill()
        for name in ("/by-java", "/by-tusk"):
            cluster.dfs("-get", "-f", name, back).ok()
            assert_same_bytes(source, back)
            java.fs("-get", "-f", name, back).ok()
            assert_same_bytes(source, back)

        # It comes back with all its blocks.
        stranger.restart()
        cluster.wait_serving(datanodes=1)
        java.fs("-get", "-f", "/by-tusk", back).ok()
        assert_same_bytes(source, back)
