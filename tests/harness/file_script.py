"""A client whose every step a test decides: ours (file_script.cc) or stock Hadoop's (FileScript.java)."""

import os
import pathlib
import queue
import re
import subprocess
import threading

from .daemon import _die_with_the_test
from .hadoop_xml import write_configuration
from .java import compile_program, java_command, write_java_configuration
from .paths import FILE_SCRIPT
from .polling import wait_until

TO_THE_END = 64 << 20


class ScriptFailed(AssertionError):
    pass


class Started:
    """The answer of a command that may still be under way."""

    def __init__(self, what, answers):
        self.what, self._answers = what, answers

    def result(self, within=90):
        """The number that it answered with."""
        try:
            status, _, text = self._answers.get(timeout=within).partition(" ")
        except queue.Empty:
            raise ScriptFailed(f"{self.what}: no answer within {within} s") from None
        if status != "ok":
            raise ScriptFailed(f"{self.what}: {text}")
        return int(text)


class FileScript:
    """A process that writes and reads files of a cluster, many side by side; a context manager that always ends it."""

    def __init__(self, cluster, kind="tusk", settings=None):
        self.home = pathlib.Path(cluster.root) / f"file-script-{kind}-{os.urandom(4).hex()}"
        core, hdfs = {"fs.defaultFS": cluster.uri()}, dict(settings or {})
        configuration = self.home / "conf"
        if kind == "tusk":
            write_configuration(configuration, core, hdfs)
            argv = [FILE_SCRIPT, configuration, cluster.uri()]
        else:
            write_java_configuration(configuration, core, hdfs)
            with open(configuration / "log4j.properties", "a", encoding="utf-8") as log4j:
                log4j.write("log4j.logger.org.apache.hadoop.hdfs.DataStreamer=DEBUG\n")
            argv = java_command("FileScript", configuration, self.home / "home",
                                extra_class_path=compile_program("FileScript"))
        self.kind = kind
        self.log = self.home / "log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log, text=True, start_new_session=True,
                                            preexec_fn=_die_with_the_test)
        self._queues = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            path, _, answer = line.rstrip("\n").partition(" ")
            self._queues[path].put(answer)

    def start(self, path, *words):
        """Gives a command for `path` and does not wait; the commands for one path are done one after the other."""
        answers = self._queues.setdefault(path, queue.Queue())
        self.process.stdin.write(" ".join([path, *map(str, words)]) + "\n")
        self.process.stdin.flush()
        return Started(f"{self.kind}: {path} {words}", answers)

    def do(self, path, *words, within=90):
        return self.start(path, *words).result(within)

    def recover(self, *paths, within=60):
        """Until nobody has the leases of `paths` any more."""
        left = set(paths)

        def recovered():
            left.difference_update([path for path in left if self.do(path, "recover") == 1])
            return not left

        wait_until(recovered, within, f"the recovery of {sorted(left)}", every=0.2)

    def read_whole(self, path):
        """The length of the file; its bytes are checked."""
        self.do(path, "open")
        return self.do(path, "read", TO_THE_END)

    def pipeline_of(self, path, within=10):
        """The transfer ports of the pipeline that was last set up for `path`, first DataNode first.

        Asked right after the file's first flush, before another file gets a pipeline.
        """
        pattern = re.compile(rf"block \d+ of {re.escape(path)}: pipeline \[(.*)\] is up" if self.kind == "tusk"
                             else r"pipeline = \[(.*)\], ")
        found = wait_until(lambda: pattern.findall(self.log.read_text(errors="replace")), within, "a pipeline")
        return [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", found[-1])]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._reader.join(5)
        self.process.stdin.close()
        self.process.stdout.close()
