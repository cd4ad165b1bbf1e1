#!/usr/bin/env python3
"""What DataNodes ask of a NameNode (`tools/dev bench datanodes`), ours beside stock Hadoop's: one report of a million
replicas that it has not seen, with the latency of other calls meanwhile; then many DataNodes that register, report and
send heartbeats. They are simulated: they speak DatanodeProtocol and hold nothing. CPU is that of the NameNode, of the
report together with the other calls meanwhile.
"""

import argparse
import asyncio
import json
import os
import pathlib
import struct
import sys
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from filled import measure, other_calls, table  # noqa: E402
from harness.namenode_rpc import decode, delimited, encode, read_varint, varint, zigzag  # noqa: E402

PROTOCOL = "org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol"
# As fill_namespace makes them.
FIRST_BLOCK, STAMP, LENGTH = (1 << 30) + 1, 1001, 1
LAYOUT_VERSION = 0xFFFFFFFFFFFFFFFF - 56  # -57
GIB = 1 << 30
HEARTBEAT_SECONDS = 3


class Connection:
    """One DataNode's connection; one call at a time."""

    async def open(self, address):
        self.reader, self.writer = await asyncio.open_connection(*address)
        self.client_id, self.calls = uuid.uuid4().bytes, 0
        self.writer.write(b"hrpc\x09\x00\x00" + self.frame(-3, encode((2, encode((1, "root"))), (3, PROTOCOL))))
        return self

    def frame(self, call_id, *messages):
        header = encode((1, 2), (2, 0), (3, zigzag(call_id)), (4, self.client_id), (5, 0))
        body = delimited(header) + b"".join(delimited(m) for m in messages)
        return struct.pack(">i", len(body)) + body

    async def call(self, method, message):
        self.calls += 1
        self.writer.write(self.frame(self.calls, encode((1, method), (2, PROTOCOL), (3, 1)), message))
        await self.writer.drain()
        length, = struct.unpack(">i", await self.reader.readexactly(4))
        data = await self.reader.readexactly(length)
        size, at = read_varint(data, 0)
        response = decode(data[at:at + size])
        if response.get(2, [0])[0] != 0:
            raise SystemExit(f"{method}: {response.get(4)} {response.get(5)}")
        size, at = read_varint(data, at + size)
        return decode(data[at:at + size])

    def close(self):
        self.writer.close()


class Datanode:
    def __init__(self, number, blocks):
        self.number, self.blocks = number, blocks
        self.uuid, self.storage = f"datanode-filled-{number}", f"DS-filled-{number}"
        self.round_trips = []

    async def register(self, address):
        self.connection = await Connection().open(address)
        info = decode((await self.connection.call("versionRequest", b""))[1][0])
        self.pool, stored = info[3][0], decode(info[4][0])
        identity = encode((1, "127.0.0.1"), (2, f"simulated-{self.number}"), (3, self.uuid), (4, 10000 + self.number),
                          (5, 20000 + self.number), (6, 30000 + self.number))
        storage_info = encode((1, LAYOUT_VERSION), (2, stored[2][0]), (3, stored[3][0]), (4, stored[4][0]))
        keys = encode((1, 0), (2, 0), (3, 0), (4, encode((1, 0), (2, 0))))
        self.registration = encode((1, identity), (2, storage_info), (3, keys), (4, "3.4.1"))
        await self.connection.call("registerDatanode", encode((1, self.registration)))

    async def heartbeat(self, wants_lease=False):
        report = encode((1, self.storage), (3, 100 * GIB), (4, len(self.blocks)), (5, 90 * GIB), (6, len(self.blocks)),
                        (7, encode((1, self.storage))))
        began = time.monotonic()
        answer = await self.connection.call(
            "sendHeartbeat", encode((1, self.registration), (2, report), (9, int(wants_lease))))
        self.round_trips.append(time.monotonic() - began)
        return answer.get(5, [0])[0]

    def replicas(self):
        rest = varint(LENGTH) + varint(STAMP) + varint(0)
        return b"".join(varint(zigzag(block)) + rest for block in self.blocks)

    async def report(self):
        buffer = self.replicas()
        while not (lease := await self.heartbeat(wants_lease=True)):
            await asyncio.sleep(HEARTBEAT_SECONDS)
        storage = encode((1, encode((1, self.storage))), (3, len(self.blocks)), (4, buffer))
        context = encode((1, 1), (2, 0), (3, 1), (4, lease))
        began = time.monotonic()
        await self.connection.call("blockReport", encode((1, self.registration), (2, self.pool), (3, storage),
                                                         (4, context)))
        return time.monotonic() - began


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
    # What fill_namespace has the tables say.
    datanodes = [Datanode(i, range(FIRST_BLOCK + (i - FIRST_BLOCK) % count, FIRST_BLOCK + files, count))
                 for i in range(count)]
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

    def fleet(cluster, address):
        before = cpu_seconds(cluster)
        figures = asyncio.run(run_fleet(address, options.datanodes, options.files, options.seconds))
        used = cpu_seconds(cluster) - before
        return {**figures, "cpu_s": round(used, 2), "cpu_us_per_heartbeat": round(used * 1e6 / figures["heartbeats"])}

    # Locations that nobody knows yet are the harder case of the one report.
    table(measure(kinds, options.files, 1000, 0, one_report))
    table(measure(kinds, options.files, 1000, options.datanodes, fleet))


if __name__ == "__main__":
    main()
