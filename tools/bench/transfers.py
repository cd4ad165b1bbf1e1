#!/usr/bin/env python3
"""Bytes from clients to DataNodes and back, ours beside stock Hadoop's (`tools/dev bench data`).

Every pair of a cluster (ours, stock) and a client (libdfs, Hadoop's own, hdfs-native) writes and reads the same files
from and to memory, in turns. The DataNodes keep them in memory, not synced when a block ends, or on disk, synced, both
alike. What iperf3 moves over loopback in the same run stands beside it.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cluster import Cluster  # noqa: E402
from harness.java import compile_program, java_command, write_java_configuration  # noqa: E402

BIN = ROOT / "build" / "release" / "bin"
MIB = 1 << 20
PAIRS = ["tusk/libdfs", "tusk/java", "tusk/native", "stock/libdfs", "stock/java", "stock/native"]
JVM = ["-Xmx1g"]


class Client:
    """One process that carries out jobs, so that what starts slowly has started."""

    def __init__(self, kind, uri, folder):
        folder.mkdir()
        if kind == "libdfs":
            command = [BIN / "transfer_client", uri]
        elif kind == "native":
            command = [sys.executable, pathlib.Path(__file__).with_name("hdfs_native_client.py"), uri]
        else:
            configuration = write_java_configuration(folder / "conf", {"fs.defaultFS": uri}, {})
            command = java_command("TransferClient", configuration, folder / "home", jvm=JVM,
                                   extra_class_path=compile_program("TransferClient"))
        self.kind = kind
        self.errors = open(folder / "errors", "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env={**os.environ, "HADOOP_CONF_DIR": ""})

    def run(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.startswith("{"):
            raise SystemExit(f"{self.kind}: {answer.strip() or 'ended, see ' + self.errors.name}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def cpu_seconds(pid):
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")


class Pair:
    """A cluster and one of its clients."""

    def __init__(self, name, clusters, folder):
        self.name = name
        kind, client = name.split("/")
        self.cluster = clusters[kind]
        self.client = Client(client, self.cluster.uri(), folder / name.replace("/", "-"))

    def measure(self, verb, path, streams, size, replication, sync):
        pids = [node.daemon.pid() for node in self.cluster.datanodes]
        before = sum(map(cpu_seconds, pids))
        answer = self.client.run(verb, path, streams, size, *((replication, int(sync)) if verb == "write" else ()))
        gib = streams * size / (1 << 30)
        return {"MiB/s": streams * size / MIB / answer["seconds"],
                "DataNodes' CPU s/GiB": (sum(map(cpu_seconds, pids)) - before) / gib,
                "client's CPU s/GiB": answer["cpu_seconds"] / gib,
                "slowest of mean speed": statistics.mean(answer["streams"]) / max(answer["streams"])}

    def delete(self, path, streams):
        with self.cluster.rpc() as namenode:
            for number in range(streams):
                namenode.call("delete", (1, f"{path}-{number}"), (2, 0))


def loopback():
    """What iperf3 moves in one stream, in MiB/s."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = subprocess.Popen(["iperf3", "-s", "-1", "-p", port, "--forceflush"], stdout=subprocess.PIPE, text=True)
    next(line for line in server.stdout if "listening on" in line)
    done = subprocess.run(["iperf3", "-c", "127.0.0.1", "-p", port, "-t", "3", "-J"], capture_output=True, text=True,
                          check=True)
    server.wait()
    return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 8 / MIB


def compare(title, pairs, options, streams, replication, sync):
    size = options.mebibytes * MIB // streams
    results = {}
    for turn in range(options.rounds + 1):
        for pair in pairs:
            path = f"/bench-{pair.client.kind}"
            for verb in ("write", "read"):
                if replication > 1 and verb == "read":
                    continue
                one = pair.measure(verb, path, streams, size, replication, sync)
                if turn > 0:  # the first is to warm up
                    results.setdefault((verb, pair.name), []).append(one)
                    print(json.dumps({"what": title, "verb": verb, "pair": pair.name, **one}), file=sys.stderr)
            pair.delete(path, streams)
    print(f"\n### {title}\n")
    columns = ["MiB/s", "DataNodes' CPU s/GiB", "client's CPU s/GiB"] + ["slowest of mean speed"] * (streams > 1)
    print("| | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for (verb, name), rounds in sorted(results.items()):
        medians = [statistics.median(one[column] for one in rounds) for column in columns]
        print(f"| {verb}, {name} | {medians[0]:.0f} | " + " | ".join(f"{value:.2f}" for value in medians[1:]) + " |")


def compare_in(place, folder, sync, options):
    config = {"dfs.datanode.synconclose": "true" if sync else "false", "dfs.replication": 1,
              "dfs.namenode.replication.min": 1}
    kinds = sorted({name.split("/")[0] for name in options.pairs})
    clusters = {kind: Cluster(kind, [kind] * 3, config, folder=folder, jvm=["-Xmx2g"], datanode_jvm=JVM)
                for kind in kinds}
    pairs = []
    try:
        for cluster in clusters.values():
            cluster.start()
        work = pathlib.Path(tempfile.mkdtemp(prefix="tusk-bench-", dir=folder))
        pairs = [Pair(name, clusters, work) for name in options.pairs]
        how = f"{place}, {'synced' if sync else 'not synced'} when a block ends"
        compare(f"1 stream, replication 1, {how}", pairs, options, 1, 1, sync)
        compare(f"1 stream, replication 3, {how}", pairs, options, 1, 3, sync)
        compare(f"16 streams, replication 1, {how}", pairs, options, 16, 1, sync)
    finally:
        for pair in pairs:
            pair.client.close()
        for cluster in clusters.values():
            cluster.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mebibytes", type=int, default=1024, help="written and read each time, over all streams")
    parser.add_argument("--pairs", type=lambda text: text.split(","), default=PAIRS)
    parser.add_argument("--places", type=lambda text: text.split(","), default=["memory", "disk"])
    options = parser.parse_args()
    print(f"loopback, iperf3: {loopback():.0f} MiB/s")
    if "memory" in options.places:
        compare_in("in memory", "/dev/shm", False, options)
    if "disk" in options.places:
        compare_in("on disk", None, True, options)
    print(f"\nloopback, iperf3: {loopback():.0f} MiB/s")


if __name__ == "__main__":
    main()
