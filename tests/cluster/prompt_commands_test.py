"""What the NameNode wants of our DataNodes reaches them at once: here the next heartbeat comes after a minute."""

import pytest

from harness.cluster import TuskCluster
from harness.file_script import FileScript
from harness.polling import wait_until

BLOCK = 64 << 20
# Far below what a heartbeat by the clock would take, and far above what a loaded machine does to a call.
SOON = 15


@pytest.fixture(scope="module")
def slow_cluster():
    with TuskCluster(datanodes=3, config={"dfs.heartbeat.interval": 60}) as cluster:
        yield cluster


def write(cluster, path, replication):
    with FileScript(cluster) as script:
        script.do(path, "create", replication, BLOCK)
        script.do(path, "write", 10_000)
        script.do(path, "close")


def copies(cluster, block_id):
    return sum(bool(node.block_files(block_id)) for node in cluster.datanodes)


def block_of(cluster, path):
    with cluster.rpc() as rpc:
        return rpc.blocks(path)[0].block_id


def test_the_file_of_a_dead_writer_is_closed(slow_cluster):
    with FileScript(slow_cluster) as writer:
        writer.do("/dead", "create", 3, BLOCK)
        writer.do("/dead", "write", 10_000)
        writer.do("/dead", "hflush")
    with FileScript(slow_cluster) as other:
        other.recover("/dead", within=SOON)
        assert other.read_whole("/dead") == 10_000


def test_a_block_is_copied_and_deleted_again_as_its_replication_changes(slow_cluster):
    write(slow_cluster, "/changing", 1)
    block = block_of(slow_cluster, "/changing")
    for replication in (3, 1, 2):
        with slow_cluster.rpc() as rpc:
            rpc.call("setReplication", (1, "/changing"), (2, replication))
        wait_until(lambda: copies(slow_cluster, block) == replication, SOON, f"{replication} replicas")
    with FileScript(slow_cluster) as reader:
        assert reader.read_whole("/changing") == 10_000


def test_the_replicas_of_a_deleted_file_go(slow_cluster):
    write(slow_cluster, "/deleted", 3)
    block = block_of(slow_cluster, "/deleted")
    with slow_cluster.rpc() as rpc:
        rpc.call("delete", (1, "/deleted"), (2, 0))
    wait_until(lambda: copies(slow_cluster, block) == 0, SOON, "the deletion of all replicas")


def test_datanodes_and_namenode_end_promptly_while_a_heartbeat_is_held(slow_cluster):
    assert slow_cluster.datanodes[0].daemon.terminate(within=SOON) == 0
    assert slow_cluster.namenode.daemon.terminate(within=SOON) == 0
