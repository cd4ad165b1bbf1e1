"""Replicas that are lost or damaged come back."""

from collections import Counter

from harness.cluster import TuskCluster
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, digest, random_file

# A DataNode is dead after 2 * recheck + 10 * heartbeat = 12 s.
QUICKLY_DEAD = {"dfs.heartbeat.interval": 1, "dfs.namenode.heartbeat.recheck-interval": 1000,
                "dfs.namenode.redundancy.interval.seconds": 1, "dfs.namenode.reconstruction.pending.timeout-sec": 10}
BLOCK = 4 << 20


def test_blocks_are_back_at_three_replicas_within_a_minute_of_a_datanode_being_dead(tmp_path):
    source = random_file(tmp_path / "source", 5 * BLOCK + 777)
    with TuskCluster(datanodes=4, config=QUICKLY_DEAD) as cluster:
        cluster.dfs("-D", f"dfs.blocksize={BLOCK}", "-put", source, "/file").ok()
        with cluster.rpc() as rpc:
            holders = Counter(r.datanode_uuid for block in rpc.blocks("/file") for r in block.replicas)
            victim_uuid = holders.most_common(1)[0][0]
            replica = next(r for block in rpc.blocks("/file") for r in block.replicas
                           if r.datanode_uuid == victim_uuid)
        cluster.node_of(replica).kill()

        def dead():
            with cluster.rpc() as rpc:
                return victim_uuid in rpc.datanodes("DEAD")

        wait_until(dead, 40, "the killed DataNode to be declared dead")

        def healed():
            with cluster.rpc() as rpc:
                blocks = rpc.blocks("/file")
            holders = [{r.datanode_uuid for r in block.replicas} - {victim_uuid} for block in blocks]
            return all(len(uuids) == 3 for uuids in holders)

        wait_until(healed, 60, "three live replicas of each block", every=0.2)
        back = tmp_path / "back"
        cluster.dfs("-get", "/file", back).ok()
        assert_same_bytes(source, back)


def flip_a_bit(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def test_a_flipped_bit_is_never_returned_and_is_repaired(tmp_path):
    source = random_file(tmp_path / "source", 3 * BLOCK + 4321)
    with TuskCluster(datanodes=4, config=QUICKLY_DEAD) as cluster:
        cluster.dfs("-D", f"dfs.blocksize={BLOCK}", "-put", source, "/file").ok()
        with cluster.rpc() as rpc:
            blocks = rpc.blocks("/file")
        good, damaged = {}, {}
        for block in blocks:
            node = cluster.node_of(block.replicas[0])
            path, = node.block_files(block.block_id)
            good[block.block_id] = digest(path)
            flip_a_bit(path, block.length // 2)
            damaged[block.block_id] = block.replicas[0].datanode_uuid

        back = tmp_path / "back"

        def repaired():
            cluster.dfs("-get", "-f", "/file", back).ok()
            assert_same_bytes(source, back)
            with cluster.rpc() as rpc:
                now = rpc.blocks("/file")
            for block in now:
                if block.corrupt or len(block.replicas) != 3:
                    return False
                for replica in block.replicas:
                    files = cluster.node_of(replica).block_files(block.block_id)
                    if not files or digest(files[0]) != good[block.block_id]:
                        return False
            return True

        wait_until(repaired, 90, "three good replicas of each block", every=0.5)
