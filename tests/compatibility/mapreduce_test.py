"""MapReduce's own programs run on our file system unchanged, with Hadoop's local runner: TestDFSIO and TeraSort."""

import re

import pytest

from harness.cluster import TuskCluster
from harness.java import HadoopTools
from harness.paths import HADOOP_TEST_JARS

ROWS = 20_000  # of 100 bytes


@pytest.fixture(scope="module")
def cluster():
    with TuskCluster(datanodes=3, config={"dfs.blocksize": 1 << 20, "dfs.namenode.fs-limits.min-block-size": 1024}) as one:
        yield one


@pytest.fixture(scope="module")
def job(cluster, tmp_path_factory):
    settings = {"dfs.blocksize": 1 << 20, "dfs.replication": 2}
    with HadoopTools(tmp_path_factory.mktemp("mapreduce"), cluster.uri(), settings=settings,
                     extra_class_path=f"{HADOOP_TEST_JARS}/*") as tools:
        yield lambda main_class, *args: tools.run(main_class, *args).ok()


def test_testdfsio_writes_appends_reads_and_cleans(cluster, job, tmp_path):
    results = tmp_path / "results"
    for what in ("-write", "-append", "-read", "-read -random", "-truncate"):
        job("org.apache.hadoop.fs.TestDFSIO", *what.split(), "-nrFiles", "3", "-size", "3MB", "-resFile", results)
    done = re.findall(r"TestDFSIO ----- : (.*)\n.*\n\s*Number of files: 3", results.read_text())
    assert done == ["write", "append", "read", "random read", "truncate"], results.read_text()
    job("org.apache.hadoop.fs.TestDFSIO", "-clean")
    assert cluster.dfs("-test", "-e", "/benchmarks/TestDFSIO").code == 1


def test_terasort_sorts_and_its_validation_finds_nothing(cluster, job):
    package = "org.apache.hadoop.examples.terasort"
    job(f"{package}.TeraGen", ROWS, "/tera/in")
    job(f"{package}.TeraSort", "-Dmapreduce.job.reduces=1", "/tera/in", "/tera/out")
    job(f"{package}.TeraValidate", "/tera/out", "/tera/report")
    report = cluster.dfs("-cat", "/tera/report/part-r-00000").ok()
    assert re.fullmatch(r"checksum\t[0-9a-f]+\n", report), report
    job(f"{package}.TeraChecksum", "/tera/in", "/tera/sum-of-input")
    assert report.split()[1] in cluster.dfs("-cat", "/tera/sum-of-input/part-r-00000").ok()
