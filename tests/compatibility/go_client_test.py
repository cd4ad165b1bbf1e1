"""The Go client github.com/colinmarc/hdfs/v2: its own test suite against our daemons."""

import json
import shutil
import subprocess

import pytest

from harness.command import run
from harness.hadoop_xml import write_configuration
from harness.paths import BUILD

MODULE = "github.com/colinmarc/hdfs/v2@v2.4.0"
WITHIN_SECONDS = 300


@pytest.fixture(scope="module")
def sources():
    """A writable copy of the module; its tests leave files beside their fixtures."""
    where = json.loads(run("go", "mod", "download", "-json", MODULE, within=120).ok())["Dir"]
    copy = BUILD / "go-client-whole"
    if not (copy / "go.mod").exists():
        partial = BUILD / "go-client-whole.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(where, partial)
        run("chmod", "-R", "u+w", partial).ok()
        partial.rename(copy)
    return copy


@pytest.fixture(scope="module")
def loaded(cluster, sources):
    """What the module's .github/scripts/fixtures.sh puts there."""
    shell = cluster.java()
    shell.fs("-mkdir", "-p", "/_test").ok()
    shell.fs("-chmod", "777", "/_test").ok()
    shell.fs("-put", sources / "testdata" / "foo.txt", "/_test/foo.txt").ok()
    shell.fs("-Ddfs.block.size=1048576", "-put", sources / "testdata" / "mobydick.txt", "/_test/mobydick.txt").ok()
    return cluster


def test_the_go_clients_own_suite_passes(loaded, sources, tmp_path):
    conf = write_configuration(tmp_path / "conf", {"fs.defaultFS": loaded.uri()}, {})
    done = run("go", "test", "-count=1", f"-timeout={WITHIN_SECONDS}s", "-json", "./...", cwd=sources,
               env={"HADOOP_CONF_DIR": str(conf), "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"},
               within=WITHIN_SECONDS + 120)
    passed, failed, skipped, output = [], [], [], {}
    for line in done.out.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        name = event.get("Test")
        if not name:
            continue
        if event["Action"] == "output":
            output[name] = output.get(name, "") + event["Output"]
        for action, into in (("pass", passed), ("fail", failed), ("skip", skipped)):
            if event["Action"] == action:
                into.append(name)
    print(f"{len(passed)} passed, {len(skipped)} skipped: {skipped}")
    assert not failed, f"{len(failed)} of {len(passed) + len(failed)} failed: {failed}\n" + "\n".join(
        output[name][:1500] for name in failed[:20])
    assert done.code == 0, done.out[-2000:] + done.err[-2000:]
    assert len(passed) > 120


def test_the_go_command_is_built_and_lists(loaded, sources, tmp_path):
    program = tmp_path / "hdfs"
    run("go", "build", "-o", program, "./cmd/hdfs", cwd=sources, within=300,
        env={"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}).ok()
    host, port = loaded.namenode.addresses["rpc"]
    listed = subprocess.run([program, "ls", "/_test"], capture_output=True, text=True, timeout=30,
                            env={"HADOOP_NAMENODE": f"{host}:{port}", "PATH": "/usr/bin", "HOME": str(tmp_path)})
    assert listed.returncode == 0, listed.stderr
    assert {"foo.txt", "mobydick.txt"} <= set(listed.stdout.split())
