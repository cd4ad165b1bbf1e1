"""The main job: a real file goes in and comes out again."""

from harness.cluster import TuskCluster
from harness.real_input import assert_same_bytes, real_file


def test_a_real_file_of_300_mb_goes_in_at_replication_3_and_comes_out_equal(tmp_path):
    source = real_file()
    with TuskCluster(datanodes=3) as cluster:
        cluster.dfs("-mkdir", "-p", "/data").ok()
        cluster.dfs("-put", source, "/data/real").ok()

        size = source.stat().st_size
        assert cluster.dfs("-stat", "%r %b", "/data/real").ok().split() == ["3", str(size)]
        with cluster.rpc() as rpc:
            blocks = rpc.blocks("/data/real")
        assert [block.length for block in blocks] == [64 << 20] * (size >> 26) + [size % (64 << 20)]
        for block in blocks:
            assert len({replica.datanode_uuid for replica in block.replicas}) == 3
            for replica in block.replicas:
                stored, = cluster.node_of(replica).block_files(block.block_id)
                assert stored.stat().st_size == block.length

        back = tmp_path / "back"
        cluster.dfs("-get", "/data/real", back).ok()
        assert_same_bytes(source, back)
