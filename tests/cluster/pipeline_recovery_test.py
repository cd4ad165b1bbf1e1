"""DataNodes that are lost while our client writes and reads: killed, and frozen."""

import pytest

from harness.cluster import TuskCluster
from harness.file_script import TO_THE_END, FileScript
from harness.pipelines import (BLOCK, CLIENT, CLUSTER, check_every_replica, freeze, node_at, thaw,
                               write_while_a_datanode_is_lost)
from harness.polling import wait_until


@pytest.fixture(scope="module")
def cluster():
    with TuskCluster(datanodes=4, config=CLUSTER) as running:
        yield running


@pytest.fixture
def script(cluster):
    with FileScript(cluster, settings=CLIENT) as running:
        yield running


@pytest.fixture(autouse=True)
def all_datanodes_are_back(cluster):
    yield
    for node in cluster.datanodes:
        thaw(node)
        if not node.daemon.running():
            node.start()
    cluster.wait_serving(datanodes=4)


def test_files_are_written_on_when_a_datanode_is_killed(cluster, script):
    victim, written = write_while_a_datanode_is_lost(cluster, script, "/killed", lambda node: node.kill())
    check_every_replica(cluster, written)
    victim.start()
    cluster.wait_serving(datanodes=4)
    check_every_replica(cluster, written)


def test_files_are_written_on_when_a_datanode_freezes(cluster, script):
    victim, written = write_while_a_datanode_is_lost(cluster, script, "/frozen", freeze)
    thaw(victim)
    cluster.wait_serving(datanodes=4)
    check_every_replica(cluster, written)


def test_a_file_is_appended_to_although_one_of_its_datanodes_is_gone(cluster, script):
    written = {}
    for number in range(6):
        path = f"/appended-{number}"
        script.do(path, "create", 3, BLOCK)
        written[path] = script.do(path, "write", 100_000 + 511 * number)
        script.do(path, "close")
        script.do(path, "append")
    with cluster.rpc() as rpc:
        victim = node_at(cluster, rpc.blocks("/appended-0")[0].replicas[0].transfer_port)
    victim.kill()
    steps = []
    for path in written:
        steps += [script.start(path, "write", 77_777), script.start(path, "hflush"), script.start(path, "close")]
        written[path] += 77_777
    for step in steps:
        step.result()
    for path, length in written.items():
        assert script.read_whole(path) == length
    check_every_replica(cluster, written)


def test_a_new_block_goes_around_a_datanode_that_is_gone(cluster, script):
    cluster.datanodes[0].kill()
    written = {}
    for number in range(4):
        path = f"/blocks-{number}"
        script.do(path, "create", 3, BLOCK)
        script.start(path, "write", 3 * BLOCK + 5)
        written[path] = script.do(path, "close")
    for path, length in written.items():
        assert length == 3 * BLOCK + 5
        assert script.read_whole(path) == length
    check_every_replica(cluster, written)


def test_a_reader_goes_on_from_another_replica(cluster, script):
    length = 24 * BLOCK
    script.do("/read", "create", 2, 32 * BLOCK)
    script.do("/read", "write", length)
    script.do("/read", "close")
    with cluster.rpc() as rpc:
        first, second = (node_at(cluster, replica.transfer_port) for replica in rpc.blocks("/read")[0].replicas)
    script.do("/read", "open")
    done = script.do("/read", "read", 100_000)
    freeze(first)
    done += script.do("/read", "read", 12 * BLOCK)
    # Whichever it reads from now, one of the two times it had to change.
    thaw(first)
    second.kill()
    done += script.do("/read", "read", TO_THE_END)
    assert done == length


def test_what_was_flushed_is_there_for_a_new_reader_after_its_writer_is_gone(cluster, script):
    with FileScript(cluster, settings=CLIENT) as writer:
        writer.do("/left", "create", 3, BLOCK)
        writer.do("/left", "write", BLOCK + 300_001)
        flushed = writer.do("/left", "hflush")
        writer.do("/left", "write", 200)
        writer.kill()
    wait_until(lambda: script.read_whole("/left") >= flushed, 10, "the flushed bytes")
    script.recover("/left")
    assert flushed <= script.read_whole("/left") <= flushed + 200
