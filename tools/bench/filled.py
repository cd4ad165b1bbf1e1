"""What the benchmarks of a filled namespace share."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cluster import Cluster  # noqa: E402
from harness.command import run, tusk  # noqa: E402
from harness.namenode_rpc import NameNodeRpc  # noqa: E402

BIN = ROOT / "build" / "release" / "bin"


def start(cluster):
    cluster.namenode.start(within=600)
    address = cluster.namenode.addresses["rpc"]
    with NameNodeRpc(address) as namenode:
        namenode.call("setSafeMode", (1, 1))  # leave
    return address


def other_calls(address, root, seconds):
    return subprocess.Popen(
        [BIN / "namenode_load", f"{address[0]}:{address[1]}", "mkdirs", "--root", root, "--files", "1",
         "--connections", "2", "--in-flight", "1", "--warm-up", "1", "--seconds", str(seconds)],
        stdout=subprocess.PIPE, text=True)


def with_other_calls(cluster, address, seconds, work):
    """What `work()` gives, and what other calls took for `seconds` alone and for those from when it began."""
    def others(name):
        return other_calls(address, f"/{name}-{cluster.namenode.kind}", seconds)

    alone = json.loads(others("alone").communicate(timeout=seconds + 60)[0])
    calls = others("beside")
    outcome = work()
    return outcome, alone, json.loads(calls.communicate(timeout=seconds + 60)[0])


def measure(kinds, files, files_per_folder, known, work):
    """`work` on a NameNode of each kind that starts on the same filled namespace, whose blocks `known` DataNodes have."""
    ours = Cluster("tusk", [])
    stock = Cluster("stock", [], jvm=["-Xmx6g"])
    results = {}
    try:
        run(BIN / "fill_namespace", ours.namenode.storage, "--files", str(files), "--files-per-folder",
            str(files_per_folder), "--datanodes", str(known), within=3600).ok()
        ours.namenode.write_configuration()
        for kind in kinds:
            cluster = ours
            if kind == "stock":
                ours.namenode.daemon.terminate()
                tusk("inspect", "fsimage", "export", stock.namenode.storage, "--config", ours.namenode.configuration,
                     within=3600).ok()
                cluster = stock
            results[kind] = work(cluster, start(cluster))
            print(json.dumps({"server": kind, **results[kind]}), file=sys.stderr, flush=True)
    finally:
        for cluster in (ours, stock):
            cluster.stop()
    return results


def table(results):
    columns = list(next(iter(results.values())))
    print("| server | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for kind, figures in results.items():
        print(f"| {kind} | " + " | ".join(str(figures[column]) for column in columns) + " |")
