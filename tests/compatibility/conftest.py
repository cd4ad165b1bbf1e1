"""What the tests of a session share: one cluster of ours that they do not harm, and the installed libdfs."""

import pytest

from harness.cluster import TuskCluster
from harness.command import run
from harness.paths import BUILD, PRESET


@pytest.fixture(scope="session")
def cluster():
    with TuskCluster(datanodes=3) as running:
        yield running


@pytest.fixture(scope="session")
def installed_libdfs(tmp_path_factory):
    """Where the library, its headers and its pkg-config file are, as a packager would install them."""
    prefix = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", BUILD / PRESET, "--component", "libdfs", "--prefix", prefix).ok()
    return prefix


@pytest.fixture(scope="session")
def dfs_copy(installed_libdfs, tmp_path_factory):
    """The example program, built against the installed library."""
    pc, = installed_libdfs.rglob("dfs.pc")
    flags = run("pkg-config", "--cflags", "--libs", "dfs", env={"PKG_CONFIG_PATH": str(pc.parent)}).ok().split()
    source, = installed_libdfs.rglob("dfs_copy.cc")
    program = tmp_path_factory.mktemp("example") / "dfs_copy"
    run("clang++-19", "-std=c++23", "-Wall", "-Wextra", "-Werror", source, *flags,
        f"-Wl,-rpath,{pc.parent.parent}", "-o", program).ok()
    return program
