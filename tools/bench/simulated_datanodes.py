"""DataNodes that speak DatanodeProtocol and hold nothing."""

import asyncio
import struct
import time
import uuid

from harness.namenode_rpc import decode, delimited, encode, read_varint, varint, zigzag

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


def fleet(count, files):
    """Who has the blocks that fill_namespace has the tables say."""
    return [Datanode(i, range(FIRST_BLOCK + (i - FIRST_BLOCK) % count, FIRST_BLOCK + files, count)) for i in range(count)]
