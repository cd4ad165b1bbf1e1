"""libdfs as others use it: installed, found by pkg-config, and an example built against it."""

from harness.command import run
from harness.real_input import assert_same_bytes, random_file


def test_the_example_copies_in_and_out_against_the_installed_library(cluster, dfs_copy, tmp_path):
    source = random_file(tmp_path / "source", 70 * (1 << 20) + 99, seed=7)
    run(dfs_copy, "put", source, cluster.uri(), "/by-libdfs").ok()
    run(dfs_copy, "get", tmp_path / "back", cluster.uri(), "/by-libdfs").ok()
    assert_same_bytes(source, tmp_path / "back")
    cluster.dfs("-get", "/by-libdfs", tmp_path / "by-tusk").ok()
    assert_same_bytes(source, tmp_path / "by-tusk")
    refused = run(dfs_copy, "get", tmp_path / "none", cluster.uri(), "/not-there")
    assert refused.code == 1
    assert len(refused.err.strip().splitlines()) == 1


def test_the_library_shows_its_public_names_only(installed_libdfs):
    library = next(path for path in installed_libdfs.rglob("libdfs.so*") if not path.is_symlink())
    names = run("nm", "-DC", "--defined-only", library).ok().splitlines()
    shown = [name.split(maxsplit=2)[2] for name in names if len(name.split(maxsplit=2)) == 3]
    assert any("dfs::fs::FileSystem::open" in name for name in shown)
    foreign = [name for name in shown if "dfs::fs::" not in name]
    assert not foreign, foreign[:10]


def test_each_public_header_stands_alone(installed_libdfs, tmp_path):
    for header in sorted(installed_libdfs.rglob("*.h")):
        source = tmp_path / f"{header.stem}.cc"
        source.write_text(f'#include <dfs/{header.name}>\nint main() {{ return 0; }}\n')
        run("clang++-19", "-std=c++23", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", source,
            f"-I{header.parents[1]}").ok()
