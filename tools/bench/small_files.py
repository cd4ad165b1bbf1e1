#!/usr/bin/env python3
"""Small files through our daemons and stock Hadoop's (`tools/dev bench small_files`): one table of files a second.

Each pair of daemons, one NameNode and one DataNode, is driven by libdfs, by hdfs-native and by stock Hadoop's Java
client. `memory`: all folders in /dev/shm and nothing synced at close; `disk`: in --disk, and every block synced at
close on both sides. The pairs take turns.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cluster import Cluster  # noqa: E402
from harness.java import compile_program, java_command, write_java_configuration  # noqa: E402

CLIENTS = ["libdfs", "hdfs-native", "java"]


def cpu_seconds(daemon):
    fields = pathlib.Path(f"/proc/{daemon.pid()}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def command(client, cluster, arguments):
    if client == "libdfs":
        return [ROOT / "build/release/bin/small_files", *arguments]
    if client == "hdfs-native":
        return [sys.executable, pathlib.Path(__file__).parent / "small_files_native.py", *arguments]
    configuration = write_java_configuration(cluster.root / "java-conf", {"fs.defaultFS": cluster.uri()},
                                             {"dfs.replication": 1, "dfs.blocksize": 64 << 20})
    return java_command("SmallFiles", configuration, cluster.root / "java-home", *arguments,
                        extra_class_path=compile_program("SmallFiles"), jvm=["-Xmx1g"])


def measure(client, cluster, sync, folder, options):
    # Stock daemons are given fewer files where they take half a second each.
    count = options.files if cluster.namenode.kind == "tusk" else min(options.files, options.stock_files)
    arguments = [cluster.uri(), folder, count, options.threads, options.bytes, options.warm_up, int(sync)]
    environment = {"HADOOP_CONF_DIR": str(write_java_configuration(
        cluster.root / f"conf-{client}", {"fs.defaultFS": cluster.uri()},
        {"dfs.replication": 1, "dfs.blocksize": 64 << 20}))}
    daemons = {"namenode": cluster.namenode.daemon, "datanode": cluster.datanodes[0].daemon}
    process = subprocess.Popen([str(word) for word in command(client, cluster, arguments)], text=True,
                               stdout=subprocess.PIPE, env={**os.environ, **environment})
    before = {name: cpu_seconds(daemon) for name, daemon in daemons.items()}
    result = {}
    for line in process.stdout:
        what, seconds = line.split()
        result[what] = count / float(seconds)
        for name, daemon in daemons.items():
            used = cpu_seconds(daemon)
            result[f"{what}_{name}_us"] = (used - before[name]) / count * 1e6
            before[name] = used
    if process.wait() != 0 or "read" not in result:
        raise SystemExit(f"{client} against {cluster.namenode.kind} failed")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--stock-files", type=int, default=1_000, help="at most so many for the stock daemons")
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--bytes", type=int, default=4096)
    parser.add_argument("--warm-up", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clients", default=",".join(CLIENTS))
    parser.add_argument("--places", default="memory,disk")
    parser.add_argument("--disk", default=tempfile.gettempdir())
    parser.add_argument("--ours-only", action="store_true")
    options = parser.parse_args()

    results = {}
    for place in options.places.split(","):
        tempfile.tempdir = "/dev/shm" if place == "memory" else options.disk
        sync = place == "disk"
        config = {"dfs.datanode.synconclose": str(sync).lower(), "dfs.replication": 1, "dfs.heartbeat.interval": 3}
        kinds = ["tusk"] if options.ours_only else ["tusk", "stock"]
        clusters = {kind: Cluster(kind, [kind], config, jvm=["-Xmx2g"]) for kind in kinds}
        try:
            for cluster in clusters.values():
                cluster.start()
            for turn in range(options.rounds):
                for client in options.clients.split(","):
                    for kind, cluster in clusters.items():
                        one = measure(client, cluster, sync, f"/{client}-{turn}", options)
                        print(json.dumps({"place": place, "client": client, "daemons": kind, **one}), file=sys.stderr,
                              flush=True)
                        results.setdefault((place, client, kind), []).append(one)
        finally:
            for cluster in clusters.values():
                cluster.stop()

    def best(place, client, kind, key):
        runs = results.get((place, client, kind))
        return max(run[key] for run in runs) if runs else None

    print("| place | client | write/s ours | stock | read/s ours | stock | CPU us a write: our NameNode | our DataNode |")
    print("|---|---|---|---|---|---|---|---|")
    for place in options.places.split(","):
        for client in options.clients.split(","):
            cells = [best(place, client, kind, what) for what in ("write", "read") for kind in ("tusk", "stock")]
            shown = ["" if cell is None else f"{cell:.0f}" for cell in cells]
            run = min(results[place, client, "tusk"], key=lambda one: -one["write"])
            print(f"| {place} | {client} | {' | '.join(shown)} | {run['write_namenode_us']:.0f} | "
                  f"{run['write_datanode_us']:.0f} |")


if __name__ == "__main__":
    main()
