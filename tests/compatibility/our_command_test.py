"""`tusk dfs` against our daemons and against stock Hadoop: the same commands, the same answers."""

import time

import pytest

from harness.cluster import StockCluster
from harness.command import tusk
from harness.real_input import assert_same_bytes, random_file, real_file


@pytest.fixture(scope="module")
def stock():
    with StockCluster(datanodes=3) as running:
        yield running


@pytest.fixture(params=["ours", "stock"])
def dfs(request, cluster):
    chosen = cluster if request.param == "ours" else request.getfixturevalue("stock")
    chosen.dfs("-mkdir", "-p", "/tool").ok()
    return chosen.dfs


def test_a_file_of_300_mb_goes_in_and_comes_out_equal(dfs, tmp_path):
    source = real_file()
    dfs("-put", "-f", source, "/tool/real").ok()
    assert dfs("-stat", "%b %o %r", "/tool/real").ok().split() == [str(source.stat().st_size), str(64 << 20), "3"]
    back = tmp_path / "back"
    dfs("-get", "/tool/real", back).ok()
    assert_same_bytes(source, back)
    dfs("-rm", "-skipTrash", "/tool/real").ok()


def test_listing_moving_copying_and_removing(dfs, tmp_path):
    local = tmp_path / "small"
    local.write_text("tusk\n")
    dfs("-mkdir", "-p", "/tool/tree/deep").ok()
    dfs("-put", local, "/tool/tree/one").ok()
    dfs("-put", local, "/tool/tree/deep/two").ok()
    listed = dfs("-ls", "-R", "/tool/tree").ok().splitlines()
    assert [(line[0], line.split()[-1]) for line in listed] == [
        ("d", "/tool/tree/deep"), ("-", "/tool/tree/deep/two"), ("-", "/tool/tree/one")]
    assert dfs("-ls", "/tool/tree").ok().splitlines()[0] == "Found 2 items"
    dfs("-mv", "/tool/tree/one", "/tool/tree/deep/one").ok()
    assert dfs("-test", "-e", "/tool/tree/one").code == 1
    assert dfs("-test", "-d", "/tool/tree/deep").code == 0
    assert dfs("-cat", "/tool/tree/deep/one").ok() == "tusk\n"
    dfs("-cp", "/tool/tree/deep/one", "/tool/tree/copy").ok()
    assert dfs("-cat", "/tool/tree/copy").ok() == "tusk\n"
    dfs("-rm", "-skipTrash", "/tool/tree/copy").ok()
    gone = dfs("-cat", "/tool/tree/copy")
    assert gone.code == 1
    assert gone.err.strip() == "cat: `/tool/tree/copy': No such file or directory"
    directory = dfs("-rm", "/tool/tree")
    assert directory.code == 1
    assert directory.err.strip() == "rm: `/tool/tree': Is a directory"
    dfs("-rm", "-r", "-skipTrash", "/tool/tree").ok()
    assert dfs("-test", "-e", "/tool/tree").code == 1


def test_owners_modes_and_replication(dfs):
    dfs("-touchz", "/tool/attributes").ok()
    dfs("-chmod", "640", "/tool/attributes").ok()
    dfs("-chown", "alice:staff", "/tool/attributes").ok()
    dfs("-setrep", "2", "/tool/attributes").ok()
    assert dfs("-stat", "%A %u %g %r", "/tool/attributes").ok().split() == ["rw-r-----", "alice", "staff", "2"]
    dfs("-rm", "-skipTrash", "/tool/attributes").ok()


def test_tail_count_du_and_df(dfs, tmp_path):
    local = random_file(tmp_path / "local", 5000)
    local.write_bytes(b"0123456789" * 300)
    dfs("-put", "-f", local, "/tool/numbers").ok()
    assert dfs("-tail", "/tool/numbers").ok() == ("0123456789" * 300)[-1024:]
    assert dfs("-count", "/tool/numbers").ok().split() == ["0", "1", "3000", "/tool/numbers"]
    assert dfs("-du", "/tool/numbers").ok().split() == ["3000", "9000", "/tool/numbers"]
    df = dfs("-df", "/").ok().splitlines()
    assert df[0].split()[0] == "Filesystem"
    assert df[1].startswith("hdfs://")


def test_many_files_at_once_by_pattern(dfs, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(20):
        (folder / f"part-{number:02}").write_text(f"{number}\n")
    dfs("-put", folder, "/tool/many").ok()
    assert dfs("-cat", "/tool/many/part-0*").ok().split() == [str(n) for n in range(10)]
    dfs("-get", "/tool/many", tmp_path / "back").ok()
    assert sorted(p.name for p in (tmp_path / "back").iterdir()) == sorted(p.name for p in folder.iterdir())
    dfs("-rm", "-r", "-skipTrash", "/tool/many").ok()


def test_listing_takes_less_than_30_ms(cluster):
    configuration = cluster.client_configuration()
    times = []
    for _ in range(15):
        before = time.monotonic()
        tusk("dfs", "-ls", "/", env={"HADOOP_CONF_DIR": str(configuration)}).ok()
        times.append(time.monotonic() - before)
    assert min(times) < 0.030, [f"{seconds * 1000:.0f} ms" for seconds in times]
