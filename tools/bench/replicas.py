#!/usr/bin/env python3
"""A DataNode with a million replicas, ours beside stock Hadoop's (`tools/dev bench replicas`): how long after its start
the NameNode has its full report, the CPU that takes, and what memory it has taken at most and holds then. Both start on
the same folders, whose files are sparse: nobody reads them.

`first` is with nothing of the folders in the page cache, `again` as after a restart of the daemon alone.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cluster import Cluster, Node  # noqa: E402
from harness.polling import wait_until  # noqa: E402

FIRST_BLOCK = 1 << 30
# Of a heap of 4 GB stock takes what it finds useful.
STOCK_JVM = ["-Xmx4g", "-XX:+UseParallelGC"]


def fill(finalized, ids):
    made = set()
    for block in ids:
        folder = finalized / f"subdir{block >> 16 & 31}" / f"subdir{block >> 8 & 31}"
        if folder not in made:
            folder.mkdir(parents=True, exist_ok=True)
            made.add(folder)
        length = 1 + block * 7919 % (64 << 20)
        for name, size in ((f"blk_{block}", length), (f"blk_{block}_1001.meta", 7 + (length + 511) // 512 * 4)):
            file = os.open(folder / name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
            os.ftruncate(file, size)
            os.close(file)


def fill_all(folders, replicas):
    """Folder by folder a range of ids, as if each had been filled before the next was bought."""
    share = (replicas + len(folders) - 1) // len(folders)
    with concurrent.futures.ProcessPoolExecutor() as workers:
        for i, folder in enumerate(folders):
            finalized, = folder.glob("current/BP-*/current/finalized")
            ids = range(FIRST_BLOCK + i * share, FIRST_BLOCK + min((i + 1) * share, replicas))
            pieces = [workers.submit(fill, finalized, ids[at::2]) for at in range(2)]
            for piece in pieces:
                piece.result()


def status_megabytes(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"process {pid} is gone")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


REPORTED = {"tusk": r"Reported (\d+) replicas", "stock": r"Successfully sent block report 0x[0-9a-f]+ (.*)"}


def measure(node, within):
    began = time.monotonic()
    node.launch()
    node.wait_ready(within)
    ready = time.monotonic() - began
    node.daemon.wait_for_output(REPORTED[node.kind], within, "errors")
    pid = node.daemon.pid()
    row = {"kind": node.kind, "ready_s": round(ready, 1), "reported_s": round(time.monotonic() - began, 1),
           "cpu_s": round(cpu_seconds(pid), 1), "peak_mb": round(status_megabytes(pid, "VmHWM")),
           "held_mb": round(status_megabytes(pid, "VmRSS"))}
    node.daemon.terminate(within)
    return row


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicas", type=int, default=1_000_000)
    parser.add_argument("--folders", type=int, default=2)
    parser.add_argument("--ours-only", action="store_true", help="without stock Hadoop")
    parser.add_argument("--within", type=float, default=500, help="seconds that a start may take")
    options = parser.parse_args()
    # A NameNode in safe mode deletes none of these blocks, of which it has never heard.
    config = {"dfs.namenode.safemode.min.datanodes": 2}
    cluster = Cluster("tusk", [], config)
    try:
        cluster.format()
        cluster.start_namenode()
        folders = [cluster.root / "disks" / str(i) for i in range(options.folders)]
        hdfs = {**config, "dfs.datanode.data.dir": ",".join(f"file://{folder}" for folder in folders),
                "ipc.maximum.data.length": 256 << 20}

        def node(kind):
            return Node(kind, "datanode", kind, cluster.root, {"fs.defaultFS": cluster.uri()}, hdfs,
                        STOCK_JVM if kind == "stock" else None)

        node("tusk").start().daemon.terminate()
        began = time.monotonic()
        fill_all(folders, options.replicas)
        print(f"{options.replicas} replicas made in {time.monotonic() - began:.0f} s", flush=True)
        for kind in ["tusk"] if options.ours_only else ["tusk", "stock"]:
            for when in ("first", "again"):
                if when == "first":
                    drop_caches()
                print({"when": when, **measure(node(kind), options.within)}, flush=True)
    finally:
        cluster.stop()
        shutil.rmtree(cluster.root, ignore_errors=True)


if __name__ == "__main__":
    main()
