#!/usr/bin/env python3
"""Our NameNode beside stock Hadoop's under the same load (`tools/dev bench namenode`): one table.

Both write their edits to the same disk, durably. Each operation works in a folder of its own; the two servers take
turns, so that a change of the machine's mood hits both.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cluster import Cluster  # noqa: E402

OPERATIONS = ["create", "mkdirs", "stat", "open", "list", "rename", "delete", "mix"]
LOAD = ROOT / "build" / "release" / "bin" / "namenode_load"


def measure(cluster, operation, root, options):
    host, port = cluster.namenode.addresses["rpc"]
    done = subprocess.run(
        [LOAD, f"{host}:{port}", operation, "--pid", str(cluster.namenode.daemon.pid()), "--root", root,
         "--files", str(options.files), "--seconds", str(options.seconds), "--warm-up", str(options.warm_up),
         "--connections", str(options.connections), "--in-flight", str(options.in_flight)],
        capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{cluster.namenode.kind} {operation}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", default=",".join(OPERATIONS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-up", type=float, default=2)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--ours-only", action="store_true", help="without stock Hadoop")
    options = parser.parse_args()

    kinds = ["tusk"] if options.ours_only else ["tusk", "stock"]
    # As it would run in earnest: both compilers and the default collector.
    clusters = {kind: Cluster(kind, [], jvm=["-Xmx4g"]) for kind in kinds}
    results = {}
    try:
        for cluster in clusters.values():
            cluster.start()
        for operation in options.operations.split(","):
            for turn in range(options.rounds):
                for kind, cluster in clusters.items():
                    one = measure(cluster, operation, f"/bench/{operation}-{turn}", options)
                    results.setdefault((operation, kind), []).append(one)
                    print(json.dumps({"server": kind, **one}), file=sys.stderr, flush=True)
    finally:
        for cluster in clusters.values():
            cluster.stop()

    def median(operation, kind, key):
        return statistics.median(one[key] for one in results[operation, kind])

    print("| operation | ours ops/s | stock ops/s | times | ours CPU us/op | stock CPU us/op | ours p99 us | "
          "stock p99 us | generator us/op |")
    print("|---|---|---|---|---|---|---|---|---|")
    for operation in options.operations.split(","):
        ours = {key: median(operation, "tusk", key) for key in ("per_second", "server_cpu_us", "p99_us", "own_cpu_us")}
        if options.ours_only:
            stock, times = {"per_second": "", "server_cpu_us": "", "p99_us": ""}, ""
        else:
            stock = {key: median(operation, "stock", key) for key in ("per_second", "server_cpu_us", "p99_us")}
            times = f"{ours['per_second'] / stock['per_second']:.1f}"
        print(f"| {operation} | {ours['per_second']:.0f} | {stock['per_second']} | {times} | {ours['server_cpu_us']} | "
              f"{stock['server_cpu_us']} | {ours['p99_us']} | {stock['p99_us']} | {ours['own_cpu_us']} |")


if __name__ == "__main__":
    main()
