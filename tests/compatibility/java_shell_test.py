"""Stock Hadoop's FsShell (Java) against our daemons."""

import pytest

from harness.real_input import assert_same_bytes, real_file


@pytest.fixture(scope="module")
def shell(cluster):
    tools = cluster.java()
    tools.fs("-mkdir", "-p", "/java").ok()
    return tools


def test_a_file_of_300_mb_goes_in_and_comes_out_equal(cluster, shell, tmp_path):
    source = real_file()
    shell.fs("-put", source, "/java/real").ok()
    assert shell.fs("-stat", "%b %o %r", "/java/real").ok().split() == [str(source.stat().st_size), str(64 << 20), "3"]
    back = tmp_path / "back"
    shell.fs("-get", "/java/real", back).ok()
    assert_same_bytes(source, back)
    with cluster.rpc() as rpc:
        assert all(len(block.replicas) == 3 for block in rpc.blocks("/java/real"))
    shell.fs("-rm", "-skipTrash", "/java/real").ok()


def test_listing_moving_and_removing(shell, tmp_path):
    local = tmp_path / "small"
    local.write_text("tusk\n")
    shell.fs("-mkdir", "-p", "/java/tree/deep").ok()
    shell.fs("-put", local, "/java/tree/one").ok()
    shell.fs("-put", local, "/java/tree/deep/two").ok()
    listed = shell.fs("-ls", "-R", "/java/tree").ok().splitlines()
    assert [(line[0], line.split()[-1]) for line in listed] == [
        ("d", "/java/tree/deep"), ("-", "/java/tree/deep/two"), ("-", "/java/tree/one")]
    shell.fs("-mv", "/java/tree/one", "/java/tree/deep/one").ok()
    assert shell.fs("-test", "-e", "/java/tree/one").code == 1
    assert shell.fs("-cat", "/java/tree/deep/one").ok() == "tusk\n"
    shell.fs("-cp", "/java/tree/deep/one", "/java/tree/copy").ok()
    shell.fs("-rm", "-skipTrash", "/java/tree/copy").ok()
    assert "No such file or directory" in shell.fs("-cat", "/java/tree/copy").err
    assert "Directory is not empty" in shell.fs("-rmdir", "/java/tree").err
    shell.fs("-rm", "-r", "-skipTrash", "/java/tree").ok()
    assert shell.fs("-test", "-e", "/java/tree").code == 1


def test_owners_modes_times_and_replication(shell):
    shell.fs("-touchz", "/java/attributes").ok()
    shell.fs("-chmod", "640", "/java/attributes").ok()
    shell.fs("-chown", "alice:staff", "/java/attributes").ok()
    shell.fs("-setrep", "2", "/java/attributes").ok()
    shell.fs("-touch", "-m", "-t", "20200102:030405", "/java/attributes").ok()
    assert shell.fs("-stat", "%A %u %g %r %Y", "/java/attributes").ok().split()[:4] == ["rw-r-----", "alice", "staff", "2"]
    assert shell.fs("-stat", "%y", "/java/attributes").ok().startswith("2020-01-0")


def test_append_tail_count_du_and_df(shell, tmp_path):
    part = tmp_path / "part"
    part.write_bytes(b"0123456789" * 100)
    for _ in range(3):
        shell.fs("-appendToFile", part, "/java/appended").ok()
    assert shell.fs("-cat", "/java/appended").ok() == "0123456789" * 300
    assert shell.fs("-tail", "/java/appended").ok() == ("0123456789" * 300)[-1024:]
    assert shell.fs("-count", "/java/appended").ok().split()[:3] == ["0", "1", "3000"]
    assert shell.fs("-du", "/java/appended").ok().split()[:2] == ["3000", "9000"]
    assert "hdfs://" in shell.fs("-df", "/").ok()
    checksum = shell.fs("-checksum", "/java/appended").ok()
    assert "MD5-of-0MD5-of-512CRC32C" in checksum


def test_an_ordinary_user_is_refused_where_permissions_say_so(cluster, shell):
    shell.fs("-mkdir", "-p", "/java/private").ok()
    shell.fs("-chmod", "700", "/java/private").ok()
    alice = cluster.java(user="alice")
    assert "Permission denied: user=alice" in alice.fs("-touchz", "/java/private/x").err
    assert "Permission denied" in alice.fs("-ls", "/java/private").err
    shell.fs("-mkdir", "-p", "/java/hers").ok()
    shell.fs("-chown", "alice", "/java/hers").ok()
    alice.fs("-touchz", "/java/hers/x").ok()
    assert shell.fs("-stat", "%u", "/java/hers/x").ok().strip() == "alice"


def test_the_trash_takes_what_is_removed(shell):
    shell.fs("-touchz", "/java/thrown").ok()
    shell.fs("-D", "fs.trash.interval=60", "-rm", "/java/thrown").ok()
    assert shell.fs("-test", "-e", "/java/thrown").code == 1
    assert "/java/thrown" in shell.fs("-ls", "-R", "/user").ok()


def test_the_administrator_sees_the_cluster(shell):
    report = shell.admin("-report").ok()
    assert "Live datanodes (3)" in report
    assert "Safe mode is OFF" in shell.admin("-safemode", "get").ok()
    shell.admin("-safemode", "enter").ok()
    assert "Name node is in safe mode" in shell.fs("-touchz", "/java/refused").err
    shell.admin("-saveNamespace").ok()
    shell.admin("-safemode", "leave").ok()
    shell.fs("-touchz", "/java/taken").ok()


def test_a_method_that_is_not_there_yet_says_so(shell):
    answer = shell.run("org.apache.hadoop.hdfs.tools.CacheAdmin", "-addPool", "pool")
    assert answer.code != 0
    assert answer.err.strip()
