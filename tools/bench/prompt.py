#!/usr/bin/env python3
"""How soon our daemons and stock Hadoop's carry out what they know (`tools/dev bench prompt`): one table.

Three DataNodes each, heartbeats every three seconds. Each figure is the time from the answer to the call until its
effect is there: the file is closed, the replica's file is on the disk of another DataNode, or gone from one. The calls
come at odd times, so that stock's waits show in full.
"""

import argparse
import json
import pathlib
import random
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cluster import Cluster  # noqa: E402
from harness.file_script import FileScript  # noqa: E402

SIZE = 64 << 10
MEASURES = {"recover": "lease recovered, file closed", "up": "block replicated", "down": "replica deleted",
            "delete": "deleted file's replicas gone"}


def seconds_until(condition, within=60.0):
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > within:
            raise SystemExit("waited in vain")
        time.sleep(0.002)
    return time.monotonic() - begun


def write(script, path, replication):
    script.do(path, "create", replication, 64 << 20)
    script.do(path, "write", SIZE)
    script.do(path, "close")


def replicas(cluster, rpc, path):
    """How many DataNodes have the file of the path's one block."""
    block = rpc.blocks(path)[0].block_id
    return lambda: sum(bool(node.block_files(block)) for node in cluster.datanodes)


def recover(cluster, rpc, path):
    with FileScript(cluster) as writer:
        writer.do(path, "create", 3, 64 << 20)
        writer.do(path, "write", SIZE)
        writer.do(path, "hflush")
    time.sleep(random.random())
    begun = time.monotonic()
    rpc.call("recoverLease", (1, path), (2, "prompt"))
    seconds_until(lambda: rpc.call("isFileClosed", (1, path)).get(1, [0])[0] == 1)
    return time.monotonic() - begun


def measure(what, cluster, rpc, script, path):
    if what == "recover":
        return recover(cluster, rpc, path)
    write(script, path, 1 if what == "up" else 3)
    count = replicas(cluster, rpc, path)
    time.sleep(3 + 3 * random.random())  # what the write left to do is done
    if what == "delete":
        rpc.call("delete", (1, path), (2, 0))
        return seconds_until(lambda: count() == 0)
    wanted = 2 if what == "up" else 1
    rpc.call("setReplication", (1, path), (2, wanted))
    return seconds_until(lambda: count() == wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--ours-only", action="store_true")
    options = parser.parse_args()

    tempfile.tempdir = options.folder
    kinds = ["tusk"] if options.ours_only else ["tusk", "stock"]
    results = {}
    clusters = {kind: Cluster(kind, [kind] * 3, {"dfs.heartbeat.interval": 3}) for kind in kinds}
    try:
        for cluster in clusters.values():
            cluster.start()
        scripts = {kind: FileScript(cluster) for kind, cluster in clusters.items()}
        for what in MEASURES:
            for turn in range(options.times):
                for kind, cluster in clusters.items():
                    with cluster.rpc() as rpc:
                        took = measure(what, cluster, rpc, scripts[kind], f"/{what}-{turn}")
                    print(json.dumps({"daemons": kind, "what": what, "seconds": round(took, 4)}), file=sys.stderr,
                          flush=True)
                    results.setdefault((what, kind), []).append(took)
        for script in scripts.values():
            script.__exit__()
    finally:
        for cluster in clusters.values():
            cluster.stop()

    print("| milliseconds | ours, median | worst | stock, median | worst |")
    print("|---|---|---|---|---|")
    for what, meaning in MEASURES.items():
        cells = [f"{1000 * of(results[what, kind]):.0f}" if (what, kind) in results else ""
                 for kind in ("tusk", "stock") for of in (statistics.median, max)]
        print(f"| {meaning} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
