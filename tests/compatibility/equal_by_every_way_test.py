"""A file that goes in by one way comes out equal by every other: mount, our command, WebHDFS, libdfs, Java."""

import os

import hdfs
import pytest

from harness.command import run
from harness.mount import Mount
from harness.real_input import assert_same_bytes, random_file

SIZE = 70 * (1 << 20) + 4321  # Two blocks, the second one short.
WAYS = ["tusk", "webhdfs", "libdfs", "java"]


@pytest.fixture(scope="module")
def mounted(cluster):
    if not os.path.exists("/dev/fuse"):
        pytest.skip("no /dev/fuse on this machine")
    cluster.dfs("-mkdir", "-p", "/ways").ok()
    cluster.dfs("-chmod", "777", "/ways").ok()
    with Mount(cluster.uri()) as mount:
        yield mount.path / "ways"


@pytest.fixture
def copy(cluster, request):
    """copy(way, "get" or "put", local, path)."""
    host, port = cluster.namenode.addresses["http"]

    def copy(way, verb, local, path):
        if way == "tusk":
            cluster.dfs(f"-{verb}", *([path, local] if verb == "get" else [local, path])).ok()
        elif way == "java":
            cluster.java().fs(f"-{verb}", *([path, local] if verb == "get" else [local, path])).ok()
        elif way == "libdfs":
            run(request.getfixturevalue("dfs_copy"), verb, local, cluster.uri(), path).ok()
        else:
            client = hdfs.InsecureClient(f"http://{host}:{port}", user="hdfs")
            client.download(path, str(local)) if verb == "get" else client.upload(path, str(local))

    return copy


@pytest.mark.parametrize("way", WAYS)
def test_what_cp_brings_in_through_the_mount_comes_out_equal(mounted, copy, tmp_path, way):
    source = random_file(tmp_path / "source", SIZE)
    if not (mounted / "by-cp").exists():
        run("cp", source, mounted / "by-cp").ok()
    copy(way, "get", tmp_path / "back", "/ways/by-cp")
    assert_same_bytes(source, tmp_path / "back")


@pytest.mark.parametrize("way", WAYS)
def test_what_another_way_brings_in_is_copied_out_equal_through_the_mount(mounted, copy, tmp_path, way):
    source = random_file(tmp_path / "source", SIZE, seed=2)
    copy(way, "put", source, f"/ways/by-{way}")
    run("cp", mounted / f"by-{way}", tmp_path / "back").ok()
    assert_same_bytes(source, tmp_path / "back")
