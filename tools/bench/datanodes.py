#!/usr/bin/env python3
"""What DataNodes ask of a NameNode (`tools/dev bench datanodes`), ours beside stock Hadoop's: one report of a million
replicas that it has not seen, with the latency of other calls meanwhile; then many DataNodes that register, report and
send heartbeats. They are simulated. CPU is that of the NameNode, of the
report together with the other calls meanwhile.
"""

import argparse
import asyncio
import json
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from filled import measure, other_calls, table  # noqa: E402
from simulated_datanodes import FIRST_BLOCK, HEARTBEAT_SECONDS, Datanode, fleet  # noqa: E402

def cpu_seconds(cluster):
    stat = pathlib.Path(f"/proc/{cluster.namenode.daemon.pid()}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def report_once(address, blocks):
    datanode = Datanode(0, range(FIRST_BLOCK, FIRST_BLOCK + blocks))
    await datanode.register(address)
    took = await datanode.report()
    datanode.connection.close()
    return took


async def live(datanode, address, until):
    await datanode.register(address)
    reported = await datanode.report()
    while time.monotonic() < until:
        await datanode.heartbeat()
        await asyncio.sleep(HEARTBEAT_SECONDS)
    datanode.connection.close()
    return reported


async def run_fleet(address, count, files, seconds):
    datanodes = fleet(count, files)
    began = time.monotonic()
    reports = await asyncio.gather(*(live(each, address, began + seconds) for each in datanodes))
    round_trips = sorted(one for each in datanodes for one in each.round_trips)
    return {"datanodes": count, "heartbeats": len(round_trips), "slowest_report_s": round(max(reports), 2),
            "heartbeat_p50_ms": round(round_trips[len(round_trips) // 2] * 1000, 1),
            "heartbeat_p99_ms": round(round_trips[int(len(round_trips) * 0.99)] * 1000, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--datanodes", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--ours-only", action="store_true", help="without stock Hadoop")
    options = parser.parse_args()
    kinds = ["tusk"] if options.ours_only else ["tusk", "stock"]

    def one_report(cluster, address):
        # Stock starts with what ours has at the end.
        calls = other_calls(address, f"/other-{cluster.namenode.kind}", options.seconds)
        before = cpu_seconds(cluster)
        took = asyncio.run(report_once(address, options.files))
        cpu = cpu_seconds(cluster) - before
        said = json.loads(calls.communicate(timeout=options.seconds + 60)[0])
        return {"replicas": options.files, "report_s": round(took, 2), "report_cpu_s": round(cpu, 2),
                "other_calls_p99_ms": said["p99_us"] / 1000, "other_calls_max_ms": said["max_us"] / 1000}

    def many(cluster, address):
        before = cpu_seconds(cluster)
        figures = asyncio.run(run_fleet(address, options.datanodes, options.files, options.seconds))
        used = cpu_seconds(cluster) - before
        return {**figures, "cpu_s": round(used, 2), "cpu_us_per_heartbeat": round(used * 1e6 / figures["heartbeats"])}

    # Locations that nobody knows yet are the harder case of the one report.
    table(measure(kinds, options.files, 1000, 0, one_report))
    table(measure(kinds, options.files, 1000, options.datanodes, many))


if __name__ == "__main__":
    main()
