"""Stock Hadoop's programs: class path, JVM options, and many tools in one JVM."""

import os
import pathlib
import shutil
import subprocess

from .command import Outcome, run
from .daemon import _die_with_the_test
from .hadoop_xml import write_configuration
from .paths import BUILD, HADOOP_JARS

LOG4J = """log4j.rootLogger=INFO,stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
"""


def require_hadoop():
    assert any(HADOOP_JARS.glob("hadoop-hdfs-3*.jar")), f"stock Hadoop is not in {HADOOP_JARS}: run tests/run"


# Quick to start, which is what tests need; what is measured is given options of its own.
QUICK = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]


def _options(home, jvm):
    pathlib.Path(home).mkdir(parents=True, exist_ok=True)
    opens = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.lang", "java.nio", "sun.nio.ch")]
    return [*opens, *jvm, "-Djava.net.preferIPv4Stack=true", f"-Dhadoop.home.dir={home}"]


def java_command(main_class, configuration, home, *args, jvm=None, extra_class_path=""):
    require_hadoop()
    class_path = ":".join(str(p) for p in (configuration, extra_class_path, f"{HADOOP_JARS}/*") if p)
    return [shutil.which("java") or "java", *_options(home, jvm or QUICK), "-cp", class_path, main_class, *args]


def write_java_configuration(directory, core, hdfs):
    write_configuration(directory, core, hdfs)
    directory = pathlib.Path(directory)
    (directory / "log4j.properties").write_text(LOG4J)
    # The jars come without the pages, and a daemon refuses to start when their folders are not on its class path.
    for pages in ("hdfs", "datanode", "static"):
        (directory / "webapps" / pages).mkdir(parents=True, exist_ok=True)
    return directory


def run_java(main_class, configuration, home, *args, within=120, env=None, extra_class_path=""):
    return run(*java_command(main_class, configuration, home, *args, extra_class_path=extra_class_path), within=within,
               env=env)


def compile_program(program):
    """The folder with the classes of one of the harness's Java programs."""
    require_hadoop()
    sources = pathlib.Path(__file__).parent / "java"
    classes = BUILD / "hadoop" / "classes"
    compiled = classes / f"{program}.class"
    newest = max(source.stat().st_mtime for source in sources.iterdir())
    if not compiled.exists() or compiled.stat().st_mtime < newest:
        classes.mkdir(parents=True, exist_ok=True)
        run("javac", "-nowarn", "-cp", f"{HADOOP_JARS}/*", "-sourcepath", sources, "-d", classes,
            sources / f"{program}.java").ok()
    return classes


class HadoopTools:
    """Stock Hadoop's command line tools against one file system, all in one JVM (a JVM each costs 3 s)."""

    FS_SHELL = "org.apache.hadoop.fs.FsShell"
    DFS_ADMIN = "org.apache.hadoop.hdfs.tools.DFSAdmin"
    FSCK = "org.apache.hadoop.hdfs.tools.DFSck"
    EDITS_VIEWER = "org.apache.hadoop.hdfs.tools.offlineEditsViewer.OfflineEditsViewer"

    def __init__(self, work_dir, default_fs, user=None, settings=None, extra_class_path=""):
        require_hadoop()
        work_dir = pathlib.Path(work_dir)
        self.configuration = write_java_configuration(
            work_dir / "conf", {"fs.defaultFS": default_fs, "hadoop.tmp.dir": work_dir / "tmp"},
            {"dfs.blocksize": 64 << 20, **(settings or {})})
        env = dict(os.environ)
        if user:
            env["HADOOP_USER_NAME"] = user
        self._errors = open(work_dir / "tools.err", "ab")
        self._process = subprocess.Popen(
            java_command("ToolServer", self.configuration, work_dir / "home",
                         extra_class_path=f"{compile_program('ToolServer')}:{extra_class_path}"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=env,
            start_new_session=True, preexec_fn=_die_with_the_test)

    def run(self, tool, *args):
        """Runs one tool; its Outcome. Arguments may hold anything but a line feed or a NUL."""
        line = "\0".join([tool, *[str(a) for a in args]])
        assert "\n" not in line
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        head = self._process.stdout.readline().split()
        assert len(head) == 3, "the JVM of Hadoop's tools ended"
        code, out_bytes, err_bytes = (int(word) for word in head)
        out = self._process.stdout.read(out_bytes).decode(errors="replace")
        err = self._process.stdout.read(err_bytes).decode(errors="replace")
        return Outcome([tool, *[str(a) for a in args]], code, out, err)

    def fs(self, *args):
        """`hadoop fs ARGS`."""
        return self.run(self.FS_SHELL, *args)

    def admin(self, *args):
        """`hdfs dfsadmin ARGS`."""
        return self.run(self.DFS_ADMIN, *args)

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ClientCalls:
    """Calls of the Java client against one file system, as any user, all in one JVM."""

    def __init__(self, work_dir, default_fs):
        require_hadoop()
        work_dir = pathlib.Path(work_dir)
        configuration = write_java_configuration(work_dir / "conf", {"fs.defaultFS": default_fs}, {})
        self._errors = open(work_dir / "calls.err", "ab")
        self._process = subprocess.Popen(
            java_command("ClientCalls", configuration, work_dir / "home", extra_class_path=compile_program("ClientCalls")),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True,
            preexec_fn=_die_with_the_test, text=True)

    def call(self, user, method, *arguments):
        """What one call comes to, as text; see ClientCalls.java."""
        self._process.stdin.write("\t".join([user, method, *map(str, arguments)]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the JVM of the Java client ended"
        return answer.rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()
