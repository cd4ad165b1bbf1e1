"""Hadoop's own benchmark of NameNodes runs against ours."""

import re

from harness.cluster import TuskCluster
from harness.java import run_java, write_java_configuration
from harness.paths import HADOOP_TEST_JARS

BENCHMARK = "org.apache.hadoop.hdfs.server.namenode.NNThroughputBenchmark"
OPERATIONS = ["create", "mkdirs", "open", "delete", "append", "fileStatus", "rename", "blockReport", "clean"]
# Its DataNodes are small: as many of its blocks as a report has must fit onto each.
BLOCK = 16


def test_nnthroughputbenchmark_carries_out_all_its_operations(tmp_path):
    with TuskCluster(datanodes=0, config={"dfs.namenode.fs-limits.min-block-size": BLOCK}) as cluster:
        conf = write_java_configuration(tmp_path / "conf", {"fs.defaultFS": cluster.uri()}, {"dfs.blocksize": BLOCK})
        outcome = run_java(BENCHMARK, conf, tmp_path / "home", "-op", "all", "-logLevel", "INFO",
                           extra_class_path=f"{HADOOP_TEST_JARS}/*")
        said = outcome.out + outcome.err
        assert outcome.code == 0, said
        done = dict(re.findall(r"--- (\w+) stats  ---\n.*# operations: (\d+)", said))
        assert sorted(done) == sorted(OPERATIONS), said
        assert all(int(count) > 0 for count in done.values()), done
        assert "xception" not in said, said
