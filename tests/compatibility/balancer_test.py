"""Stock Hadoop's balancer, which asks NamenodeProtocol, moves replicas between our DataNodes under our NameNode."""

import os
import tempfile

from harness.cluster import TuskCluster
from harness.java import run_java, write_java_configuration
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, random_file

BALANCER = "org.apache.hadoop.hdfs.server.balancer.Balancer"
BLOCK = 1 << 20


def test_stock_balancer_evens_out_our_datanodes(tmp_path):
    source = random_file(tmp_path / "source", 30 * BLOCK)
    # A DataNode is as large as its disk, of which these blocks are nothing unless most of it is reserved.
    disk = os.statvfs(tempfile.gettempdir())
    # Room for a block of this size is set aside for each replica on its way.
    config = {"dfs.blocksize": BLOCK, "dfs.datanode.du.reserved": disk.f_blocks * disk.f_frsize - 256 * BLOCK}
    with TuskCluster(datanodes=2, config=config) as cluster:
        cluster.dfs("-D", f"dfs.blocksize={BLOCK}", "-D", "dfs.replication=2", "-put", source, "/file").ok()
        newcomer = cluster.add_datanode()
        with cluster.rpc() as rpc:
            def is_told():
                stats = rpc.call("getFsStats")
                return stats[1][0] >= 3 * 250 * BLOCK and stats[2][0] >= 60 * BLOCK

            wait_until(is_told, 30, "heartbeats to say what the DataNodes have")
        conf = write_java_configuration(
            tmp_path / "conf", {"fs.defaultFS": cluster.uri()},
            {"dfs.balancer.getBlocks.min-block-size": 1, "dfs.heartbeat.interval": 1,
             "dfs.namenode.redundancy.interval.seconds": 1})
        outcome = run_java(BALANCER, conf, tmp_path / "home", "-threshold", "2", within=150)
        # One round does it. A second one, which asks whether anything is left, ends 3.4.1 with an exception of its own: the
        # metrics of the first are still registered.
        assert "Balancing took" in outcome.out, outcome.out + outcome.err

        def replicas():
            with cluster.rpc() as rpc:
                return [[r.transfer_port for r in block.replicas] for block in rpc.blocks("/file")]

        wait_until(lambda: all(len(ports) == 2 for ports in replicas()), 60, "what was moved to be deleted at its source")
        moved = sum(newcomer.addresses["data"][1] in ports for ports in replicas())
        assert moved >= 10, f"{moved} of 30 blocks are on the new DataNode\n{outcome.out}{outcome.err}"
        back = tmp_path / "back"
        cluster.dfs("-get", "/file", back).ok()
        assert_same_bytes(source, back)
