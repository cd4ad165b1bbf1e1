"""One daemon process: its life, its ready line and its logs."""

import ctypes
import os
import pathlib
import re
import signal
import subprocess
import weakref

from .polling import wait_until

# Every daemon that was started and not yet forgotten, so that a failing test can show their logs.
started = weakref.WeakSet()

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_the_test():
    # Without this a test runner that is killed hard would leave daemons behind.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # A shell starts what it puts in the background with SIGINT ignored, and that is inherited.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class DaemonFailed(AssertionError):
    pass


class Daemon:
    """Runs `argv` in the foreground in a session of its own; output goes to files in `log_dir`."""

    def __init__(self, name, argv, log_dir, env=None, cwd=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.env = {**os.environ, **(env or {})}
        self.cwd = cwd
        log_dir = pathlib.Path(log_dir)
        log_dir.mkdir(parents=True, exist_ok=True)
        self.out_path = log_dir / f"{name}.out"
        self.err_path = log_dir / f"{name}.err"
        self.process = None
        self._out_start = 0
        self._err_start = 0

    def start(self):
        assert not self.running(), f"{self.name} is already running"
        self._out_start = self.out_path.stat().st_size if self.out_path.exists() else 0
        self._err_start = self.err_path.stat().st_size if self.err_path.exists() else 0
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.env, cwd=self.cwd,
                start_new_session=True, preexec_fn=_die_with_the_test)
        started.add(self)
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def pid(self):
        return self.process.pid

    def output(self):
        """What this start has written to standard output."""
        return _read_from(self.out_path, self._out_start)

    def errors(self):
        """What this start has written to standard error."""
        return _read_from(self.err_path, self._err_start)

    def wait_for_output(self, pattern, within, stream="output"):
        """The first match of `pattern` in this start's output; fails at once when the process ends."""
        read = getattr(self, stream)

        def seen():
            match = re.search(pattern, read(), re.MULTILINE)
            if match:
                return match
            if not self.running():
                raise DaemonFailed(f"{self.name} ended with {self.process.returncode} before it was ready\n{self.tail()}")
            return None

        return wait_until(seen, within, f"{self.name} to print {pattern!r}\n{self.tail()}")

    def wait_ready(self, within=30):
        """The addresses of the ready line, as in {'rpc': ('127.0.0.1', 8020), ...}."""
        line = self.wait_for_output(r"^ready (.*)$", within).group(1)
        addresses = {}
        for word in line.split():
            key, _, address = word.partition("=")
            host, _, port = address.rpartition(":")
            addresses[key] = (host, int(port))
        return addresses

    def signal(self, number):
        """To the whole session, so that nothing it forked stays behind."""
        if self.running():
            os.killpg(self.process.pid, number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def terminate(self, within=20):
        """SIGTERM and the exit code; a daemon that does not end in time fails the test."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise DaemonFailed(f"{self.name} did not end within {within} s of SIGTERM\n{self.tail()}") from None

    def tail(self, lines=40):
        parts = []
        for path in (self.out_path, self.err_path):
            if path.exists():
                text = [line[:400] for line in path.read_text(errors="replace").splitlines()[-lines:]]
                if text:
                    parts.append(f"---- {path.name} (last {len(text)} lines)\n" + "\n".join(text))
        return "\n".join(parts)


def _read_from(path, start):
    if not path.exists():
        return ""
    with open(path, "rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")
