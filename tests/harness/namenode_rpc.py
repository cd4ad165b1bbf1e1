"""A very small Hadoop RPC client, written apart from ours, for what tests ask a NameNode of either kind."""

import socket
import struct
import uuid
from collections import namedtuple

CLIENT_PROTOCOL = "org.apache.hadoop.hdfs.protocol.ClientProtocol"

Replica = namedtuple("Replica", "datanode_uuid transfer_port")
LocatedBlock = namedtuple("LocatedBlock", "pool block_id generation_stamp length corrupt replicas")


class RemoteError(Exception):
    def __init__(self, class_name, message):
        super().__init__(f"{class_name}: {message}")
        self.class_name = class_name


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return 2 * value if value >= 0 else -2 * value - 1


def encode(*fields):
    """Fields as (number, value): an int is a varint, text or bytes are length-delimited."""
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return bytes(out)


def delimited(message):
    return varint(len(message)) + message


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def decode(data):
    """{field number: [values]}; what is inside a length-delimited field is left as bytes."""
    fields, at = {}, 0
    while at < len(data):
        key, at = read_varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        elif kind == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise ValueError(f"wire type {kind}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


def read_exactly(connection, count):
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError(f"connection closed after {len(data)} of {count} bytes")
        data += part
    return bytes(data)


class NameNodeRpc:
    """One connection with SIMPLE authentication; one call at a time."""

    def __init__(self, address, user="root", timeout=20):
        self._client_id = uuid.uuid4().bytes
        self._call_id = 0
        self.connection = socket.create_connection(address, timeout=timeout)
        context = encode((2, encode((1, user))), (3, CLIENT_PROTOCOL))
        self.connection.sendall(b"hrpc\x09\x00\x00" + self._frame(-3, context))

    def _frame(self, call_id, *messages):
        header = encode((1, 2), (2, 0), (3, zigzag(call_id)), (4, self._client_id), (5, 0))
        body = delimited(header) + b"".join(delimited(m) for m in messages)
        return struct.pack(">i", len(body)) + body

    def call(self, method, *fields):
        self._call_id += 1
        header = encode((1, method), (2, CLIENT_PROTOCOL), (3, 1))
        self.connection.sendall(self._frame(self._call_id, header, encode(*fields)))
        length, = struct.unpack(">i", read_exactly(self.connection, 4))
        data = read_exactly(self.connection, length)
        size, at = read_varint(data, 0)
        response = decode(data[at:at + size])
        at += size
        if response.get(2, [0])[0] != 0:
            raise RemoteError(response.get(4, [b"?"])[0].decode(), response.get(5, [b""])[0].decode(errors="replace"))
        size, at = read_varint(data, at)
        return decode(data[at:at + size])

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def datanodes(self, kind="LIVE"):
        """UUIDs of the DataNodes that are ALL, LIVE or DEAD."""
        report = self.call("getDatanodeReport", (1, {"ALL": 1, "LIVE": 2, "DEAD": 3}[kind]))
        return [decode(decode(info)[1][0])[3][0].decode() for info in report.get(1, [])]

    def in_safe_mode(self):
        return bool(self.call("setSafeMode", (1, 3)).get(1, [0])[0])

    def blocks(self, path):
        """The located blocks of a file."""
        answer = self.call("getBlockLocations", (1, path), (2, 0), (3, 1 << 62))
        located = []
        for data in decode(answer[1][0]).get(2, []):
            block = decode(data)
            identity = decode(block[1][0])
            replicas = []
            for info in block.get(3, []):
                datanode = decode(decode(info)[1][0])
                replicas.append(Replica(datanode[3][0].decode(), datanode[4][0]))
            located.append(LocatedBlock(identity[1][0].decode(), identity[2][0], identity[3][0],
                                        identity.get(4, [0])[0], bool(block.get(4, [0])[0]), replicas))
        return located
