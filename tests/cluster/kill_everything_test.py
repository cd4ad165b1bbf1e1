"""SIGKILL for every daemon at once, in the middle of writes, again and again."""

import random
import threading
import time

from harness.cluster import TuskCluster
from harness.command import tusk
from harness.file_script import FileScript, ScriptFailed
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, random_file

BLOCK = 1 << 20
ROUNDS = 3
ROUNDS_NIGHTLY = 12
WRITERS = 3


class Writer(threading.Thread):
    """Puts, makes and moves until it is told to stop; remembers what was acknowledged."""

    def __init__(self, cluster, number, sources):
        super().__init__(daemon=True)
        self.cluster, self.number, self.sources = cluster, number, sources
        self.closed = {}
        self.folders = []
        self.stopping = threading.Event()

    def run(self):
        step = 0
        while not self.stopping.is_set():
            step += 1
            name = f"/w{self.number}-{time.monotonic_ns()}-{step}"
            source = self.sources[step % len(self.sources)]
            try:
                if self.cluster.dfs("-mkdir", f"{name}.d", within=20).code == 0:
                    self.folders.append(f"{name}.d")
                if self.cluster.dfs("-put", source, name, within=20).code == 0:
                    self.closed[name] = source
                    moved = f"{name}.moved"
                    if step % 3 == 0:
                        # Unknown until the answer: the name is taken out of the promises meanwhile.
                        del self.closed[name]
                        if self.cluster.dfs("-mv", name, moved, within=20).code == 0:
                            self.closed[moved] = source
            except Exception:  # noqa: BLE001 - a command that hangs at a dead cluster promises nothing
                continue


class OpenFiles:
    """Files that are open, partly flushed, when everything is killed."""

    def __init__(self, cluster, number):
        self.script = FileScript(cluster)
        self.flushed = {}
        for name, flush in (("hflushed", "hflush"), ("hsynced", "hsync"), ("written-on", "hflush"), ("short", "hsync")):
            path = f"/open-{number}-{name}"
            self.script.do(path, "create", 3, BLOCK)
            self.script.do(path, "write", 700 if name == "short" else BLOCK + BLOCK // 2 + 77)
            self.flushed[path] = self.script.do(path, flush)
        for _ in range(100):
            self.script.start(f"/open-{number}-written-on", "write", 4321)

    def check(self, cluster):
        """Never less than was flushed, neither before the leases are recovered nor afterwards."""
        self.script.kill()
        with FileScript(cluster) as script:
            for path, flushed in self.flushed.items():
                try:
                    assert script.read_whole(path) >= flushed
                except ScriptFailed as refused:
                    assert "CannotObtainBlockLength" in str(refused)
            script.recover(*self.flushed)
            for path, flushed in self.flushed.items():
                assert script.read_whole(path) >= flushed


def test_closed_files_flushed_bytes_and_acknowledged_edits_survive_kill_9_of_every_daemon(tmp_path, nightly):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    sources = [random_file(tmp_path / f"source{i}", size, seed=i)
               for i, size in enumerate((1, 70_000, 3_000_001, 9_500_000))]
    closed, folders = {}, set()
    with TuskCluster(datanodes=3) as cluster:
        for number in range(ROUNDS_NIGHTLY if nightly else ROUNDS):
            writers = [Writer(cluster, n, sources) for n in range(WRITERS)]
            for writer in writers:
                writer.start()
            wanted = chance.randrange(6, 20)
            wait_until(lambda: sum(len(w.closed) for w in writers) >= wanted, 60, f"{wanted} files to be closed",
                       every=0.01)
            open_files = OpenFiles(cluster, number)
            cluster.kill_all()
            for writer in writers:
                writer.stopping.set()
            for writer in writers:
                writer.join(60)
                assert not writer.is_alive(), "a command hung at a dead cluster"
                closed.update(writer.closed)
                folders.update(writer.folders)
            tusk("inspect", "compare", "--config", cluster.namenode.configuration).ok()
            cluster.restart_all()
            check(cluster, closed, folders, tmp_path)
            open_files.check(cluster)
        cluster.namenode.daemon.terminate()
        tusk("inspect", "compare", "--config", cluster.namenode.configuration).ok()


def check(cluster, closed, folders, tmp_path):
    listed = {line.split()[-1] for line in cluster.dfs("-ls", "/").ok().splitlines() if line[:1] in "d-"}
    assert folders <= listed, f"lost folders: {sorted(folders - listed)}"
    assert set(closed) <= listed, f"lost files: {sorted(set(closed) - listed)}"
    into = tmp_path / "back"
    into.mkdir(exist_ok=True)
    names = sorted(closed)
    cluster.dfs("-get", "-f", *names, into, within=300).ok()
    for name in names:
        assert_same_bytes(closed[name], into / name[1:])
