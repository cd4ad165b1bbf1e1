"""`tusk mount` in the foreground, on a folder of its own."""

import contextlib
import os
import pathlib
import shutil
import tempfile

from .command import run
from .daemon import Daemon
from .paths import TUSK


def mounted_at(path):
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
        return any(line.split()[1] == str(path) for line in mounts)


class Mount:
    """A mounted file system; a context manager that always unmounts."""

    def __init__(self, uri, *options, env=None, definitions=None):
        # A folder that every user may enter, so that tests can act as somebody else.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tusk-mount-"))
        self.home.chmod(0o755)
        self.path = self.home / "m"
        self.path.mkdir()
        argv = [TUSK, "mount", uri, self.path, "-f"]
        for option in options:
            argv += ["-o", option]
        for key, value in (definitions or {}).items():
            argv += ["-D", f"{key}={value}"]
        self.daemon = Daemon(f"mount-{self.home.name}", argv, self.home / "logs", env={"HADOOP_CONF_DIR": "", **(env or {})})

    def start(self):
        self.daemon.start()
        self.daemon.wait_for_output(r"^ready mount=", 30)
        return self

    def stop(self):
        """Ends it as an administrator would, and says how the process ended."""
        code = self.daemon.terminate(60) if self.daemon.running() else self.daemon.process.returncode
        assert not mounted_at(self.path)
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.daemon.kill()
        if mounted_at(self.path):
            run("umount", "-l", self.path)
        with contextlib.suppress(OSError):
            os.rmdir(self.path)
        shutil.rmtree(self.home, ignore_errors=True)
