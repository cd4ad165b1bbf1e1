"""The Rust client `hdfs-native` (its Python binding from PyPI) against our daemons."""

import hdfs_native
import pytest

from harness.real_input import assert_same_bytes, real_file

PART = 8 << 20


@pytest.fixture(scope="module")
def client(cluster):
    client = hdfs_native.Client(cluster.uri())
    client.mkdirs("/native", 0o755, True)
    return client


def test_a_file_of_300_mb_goes_in_and_comes_out_equal(client, tmp_path):
    source = real_file()
    with open(source, "rb") as data, client.create("/native/real", hdfs_native.WriteOptions(overwrite=True)) as file:
        while part := data.read(PART):
            file.write(part)
    status = client.get_file_info("/native/real")
    assert (status.length, status.replication, status.blocksize) == (source.stat().st_size, 3, 64 << 20)
    back = tmp_path / "back"
    with client.read("/native/real") as file, open(back, "wb") as out:
        while part := file.read(PART):
            out.write(part)
    assert_same_bytes(source, back)
    assert client.delete("/native/real", False)


def test_listing_renaming_appending_and_removing(client):
    client.mkdirs("/native/tree/deep", 0o755, True)
    with client.create("/native/tree/one", hdfs_native.WriteOptions()) as file:
        file.write(b"tu")
    with client.append("/native/tree/one") as file:
        file.write(b"sk\n")
    assert sorted((s.path, s.isdir) for s in client.list_status("/native/tree", True)) == [
        ("/native/tree/deep", True), ("/native/tree/one", False)]
    client.rename("/native/tree/one", "/native/tree/deep/two", False)
    with client.read("/native/tree/deep/two") as file:
        assert file.read() == b"tusk\n"
    summary = client.get_content_summary("/native/tree")
    assert (summary.file_count, summary.length) == (1, 5)
    assert client.delete("/native/tree", True)
    with pytest.raises(Exception):
        client.get_file_info("/native/tree")


def test_modes_owners_times_and_replication(client):
    with client.create("/native/attributes", hdfs_native.WriteOptions()):
        pass
    client.set_permission("/native/attributes", 0o640)
    client.set_owner("/native/attributes", "alice", "staff")
    client.set_times("/native/attributes", 1_600_000_000_000, 1_600_000_001_000)
    client.set_replication("/native/attributes", 2)
    status = client.get_file_info("/native/attributes")
    assert (status.permission, status.owner, status.group) == (0o640, "alice", "staff")
    assert (status.modification_time, status.replication) == (1_600_000_000_000, 2)
