"""What a NameNode does when its disk fails it while it runs."""

from harness.cluster import TuskCluster


def test_a_lost_folder_of_edits_ends_writing_for_good_and_a_restart_recovers(tmp_path):
    edits, away = tmp_path / "edits", tmp_path / "away"
    settings = {"dfs.namenode.edits.dir": f"file://{edits}"}
    with TuskCluster(datanodes=1, config=settings) as cluster:
        cluster.dfs("-put", "/etc/hosts", "/kept").ok()
        edits.rename(away)
        with cluster.rpc() as rpc:
            try:
                rpc.call("rollEdits")
                raise AssertionError("edits were rolled in a folder that is gone")
            except Exception as refused:  # noqa: BLE001 - of the harness's client or an AssertionError
                assert str(edits) in str(refused), refused
        for _ in range(2):
            answer = cluster.dfs("-mkdir", "/refused")
            assert answer.code != 0
            assert "restart the NameNode" in answer.err and str(edits) in answer.err
            assert "127.0.0.1" in cluster.dfs("-cat", "/kept").ok()
            if away.exists():
                away.rename(edits)  # It is too late.
        cluster.namenode.restart()
        cluster.wait_serving()
        assert "127.0.0.1" in cluster.dfs("-cat", "/kept").ok()
        cluster.dfs("-mkdir", "/taken").ok()
