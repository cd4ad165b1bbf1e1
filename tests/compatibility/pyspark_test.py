"""A PySpark job, whose own Hadoop client is of another version, runs on our file system unchanged."""

import collections
import sys
import textwrap

from harness.cluster import TuskCluster
from harness.command import run

JOB = textwrap.dedent("""
    import sys
    from pyspark.sql import SparkSession, functions as f

    root = sys.argv[1]
    spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
             .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
             .config("spark.sql.shuffle.partitions", "2").getOrCreate())
    lines = spark.read.text(root + "/text")
    words = lines.select(f.explode(f.split("value", " ")).alias("word")).groupBy("word").count()
    words.write.partitionBy("count").parquet(root + "/words")
    words.limit(3).write.mode("overwrite").parquet(root + "/words-3")
    words.limit(2).write.mode("overwrite").parquet(root + "/words-3")
    for row in spark.read.parquet(root + "/words").orderBy("word").collect():
        print("word", row["word"], row["count"])
    print("rows", spark.read.parquet(root + "/words-3").count())
    spark.stop()
""")


def test_a_pyspark_job_reads_text_and_writes_and_reads_parquet(tmp_path):
    text = [f"line {number % 7} of text" for number in range(5000)]
    (tmp_path / "text").write_text("\n".join(text) + "\n")
    (tmp_path / "job.py").write_text(JOB)
    with TuskCluster(datanodes=1, config={"dfs.replication": 1}) as cluster:
        cluster.dfs("-put", tmp_path / "text", "/text").ok()
        said = run(sys.executable, tmp_path / "job.py", cluster.uri(), within=180).ok()
        counted = collections.Counter(word for line in text for word in line.split(" "))
        assert [line.split()[1:] for line in said.splitlines() if line.startswith("word ")] == [
            [word, str(count)] for word, count in sorted(counted.items())]
        assert "rows 2" in said
        assert "/words/_SUCCESS" in cluster.dfs("-ls", "/words").ok()
