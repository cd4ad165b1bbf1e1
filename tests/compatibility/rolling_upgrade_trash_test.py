"""What our DataNode keeps of deleted blocks while a stock NameNode is in a rolling upgrade."""

from harness.cluster import OURS, Cluster
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, random_file

QUICKLY = {"dfs.heartbeat.interval": 1, "dfs.namenode.redundancy.interval.seconds": 1,
           "dfs.namenode.startup.delay.block.deletion.sec": 0}


def test_blocks_deleted_during_a_rolling_upgrade_go_to_trash_until_it_is_finalized(tmp_path):
    source = random_file(tmp_path / "source", 300_000)
    with Cluster("stock", [OURS], QUICKLY) as cluster:
        java, node = cluster.java(), cluster.datanodes[0]

        def kept(name):
            """Where its only block is: "current", "trash" or nowhere."""
            found = {path.parts[path.parts.index("subdir0") - 2] for path in node.block_files(blocks[name])}
            return found.pop() if found else None

        blocks = {}
        for name in ("/during", "/after"):
            java.fs("-D", "dfs.replication=1", "-put", source, name).ok()
            with cluster.rpc() as rpc:
                blocks[name] = rpc.blocks(name)[0].block_id
        for words in (("-safemode", "enter"), ("-rollingUpgrade", "prepare"), ("-safemode", "leave")):
            java.admin(*words).ok()
        wait_until(lambda: "goes to trash" in node.daemon.errors(), 30, "the DataNode to hear of the upgrade")
        file, = node.block_files(blocks["/during"])
        java.fs("-rm", "-skipTrash", "/during").ok()
        wait_until(lambda: kept("/during") == "trash", 60, "the block to go to trash", every=0.2)
        assert_same_bytes(source, next(iter(node.block_files(blocks["/during"]))))

        # A restart alone brings nothing back, one with -rollback does.
        node.restart()
        assert kept("/during") == "trash"
        node.daemon.terminate()
        node.daemon.argv.append("-rollback")
        node.launch()
        node.daemon.wait_for_output(r"2 files restored from trash", 30, "errors")
        assert file.exists()
        node.wait_ready()
        node.daemon.argv.remove("-rollback")
        node.restart()
        cluster.wait_serving()

        # The NameNode, which was not rolled back, deletes it once more.
        wait_until(lambda: kept("/during") != "current", 60, "the block to be deleted again", every=0.2)
        java.admin("-rollingUpgrade", "finalize").ok()
        wait_until(lambda: kept("/during") is None, 30, "the trash to be emptied", every=0.2)
        java.fs("-rm", "-skipTrash", "/after").ok()
        wait_until(lambda: kept("/after") is None, 60, "the block to be deleted", every=0.2)
