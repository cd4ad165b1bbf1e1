"""A mount whose DataNodes or NameNode are gone answers with an error; it never hangs for good."""

import os
import pathlib

import pytest

from harness.cluster import TuskCluster
from harness.command import run
from harness.mount import Mount


def test_a_dead_datanode_or_namenode_never_hangs_the_mount_for_good():
    if not os.path.exists("/dev/fuse"):
        pytest.skip("no /dev/fuse on this machine")
    with TuskCluster(datanodes=1) as cluster:
        cluster.dfs("-put", "/etc/hosts", "/file").ok()
        with Mount(cluster.uri()) as mount:
            assert (mount.path / "file").read_bytes() == pathlib.Path("/etc/hosts").read_bytes()
            cluster.datanodes[0].kill()
            read = run("dd", f"if={mount.path / 'file'}", "of=/dev/null", "iflag=direct", within=150)
            assert read.code != 0
            cluster.namenode.kill()
            assert run("ls", mount.path / "elsewhere", within=150).code != 0
