#!/usr/bin/env python3
"""A NameNode with millions of files, ours beside stock Hadoop's (`tools/dev bench start`): how soon it reads after its
start, how soon it writes after its DataNodes have registered (simulated ones, which then report what they have), what
memory it takes, and what it answers a second. Both start on the same namespace: ours on its tables, stock on
the image that ours exports. Their files are in the page cache, as after a restart of the daemon alone;
answers are counted when it has nothing else to do.
"""

import argparse
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cluster import Cluster  # noqa: E402
from harness.command import run, tusk  # noqa: E402
from harness.namenode_rpc import NameNodeRpc, RemoteError, encode  # noqa: E402
from harness.polling import wait_until  # noqa: E402
from simulated_datanodes import fleet  # noqa: E402

BIN = ROOT / "build" / "release" / "bin"
FILES_PER_FOLDER = 1000


def resident_megabytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"process {pid} is gone")


def is_idle(pid):
    """Whether it takes less than a twentieth of a core."""
    def cpu_ticks():
        return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    before = cpu_ticks()
    time.sleep(1)
    return cpu_ticks() - before < os.sysconf("SC_CLK_TCK") / 20


def is_read(cluster, path):
    try:
        with NameNodeRpc(cluster.namenode.addresses["rpc"]) as namenode:
            return bool(namenode.call("getFileInfo", (1, path)))
    except (OSError, EOFError):
        return False


def is_written(address):
    try:
        with NameNodeRpc(address) as namenode:
            return bool(namenode.call("mkdirs", (1, "/first-write"), (2, encode((1, 0o755))), (3, 1)))
    except RemoteError as error:
        if error.class_name.endswith("SafeModeException"):
            return False
        raise


async def first_write(address, datanodes, files):
    """Seconds from when they have registered."""
    all_of_them = fleet(datanodes, files)
    await asyncio.gather(*(datanode.register(address) for datanode in all_of_them))
    began = time.monotonic()
    reports = [asyncio.create_task(datanode.report()) for datanode in all_of_them]
    await asyncio.to_thread(wait_until, lambda: is_written(address), within=300, what="the first write", every=0.01)
    took = time.monotonic() - began
    await asyncio.gather(*reports)
    for datanode in all_of_them:
        datanode.connection.close()
    return took


def load(cluster, operation, options):
    host, port = cluster.namenode.addresses["rpc"]
    done = subprocess.run(
        [BIN / "namenode_load", f"{host}:{port}", operation, "--pid", str(cluster.namenode.daemon.pid()),
         "--root", "/filled", "--files", str(options.files), "--files-per-folder", str(FILES_PER_FOLDER), "--filled",
         "--seconds", str(options.seconds), "--warm-up", str(options.seconds)],
        capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{cluster.namenode.kind} {operation}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def measure(cluster, options):
    began = time.monotonic()
    cluster.namenode.start(within=600)
    ready = time.monotonic() - began
    wait_until(lambda: is_read(cluster, "/filled/d000000/f00000000"), within=60, what="the first read")
    read = time.monotonic() - began
    pid = cluster.namenode.daemon.pid()
    fresh = resident_megabytes(pid)
    written = None
    if options.datanodes > 0:
        written = asyncio.run(first_write(cluster.namenode.addresses["rpc"], options.datanodes, options.files))
    wait_until(lambda: is_idle(pid), within=600, what="the end of compactions")
    stat = load(cluster, "stat", options)
    return {"files": options.files, "ready_s": round(ready, 2), "first_read_s": round(read, 2),
            "first_write_s": written and round(written, 2),
            "resident_mb": round(fresh), "resident_after_load_mb": round(resident_megabytes(pid)),
            "stat_per_second": round(stat["per_second"]), "stat_cpu_us": stat["server_cpu_us"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2_000_000)
    parser.add_argument("--datanodes", type=int, default=3, help="that have the blocks; 0: nobody has any")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--heap", default="6g", help="of stock Hadoop's NameNode")
    parser.add_argument("--ours-only", action="store_true", help="without stock Hadoop")
    options = parser.parse_args()
    ours = Cluster("tusk", [])
    stock = Cluster("stock", [], jvm=[f"-Xmx{options.heap}"])
    results = {}
    try:
        run(BIN / "fill_namespace", ours.namenode.storage, "--files", str(options.files),
            "--files-per-folder", str(FILES_PER_FOLDER), "--datanodes", str(options.datanodes), within=7200).ok()
        ours.namenode.write_configuration()
        results["tusk"] = measure(ours, options)
        ours.namenode.daemon.terminate()
        if not options.ours_only:
            tusk("inspect", "fsimage", "export", stock.namenode.storage, "--config", ours.namenode.configuration,
                 within=3600).ok()
            results["stock"] = measure(stock, options)
    finally:
        for cluster in (ours, stock):
            cluster.stop()
    columns = list(results["tusk"])
    print("| server | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for kind, figures in results.items():
        print(f"| {kind} | " + " | ".join(str(figures[column]) for column in columns) + " |")


if __name__ == "__main__":
    main()
