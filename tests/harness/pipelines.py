"""What happens to files when a DataNode of their pipelines is lost, whatever place it has in them."""

import signal

from .polling import wait_until

BLOCK = 1 << 20
# A DataNode that says nothing is left after this and five seconds for each DataNode behind it, as in Hadoop.
SOCKET_TIMEOUT_MILLIS = 2000
CLIENT = {"dfs.client.socket-timeout": SOCKET_TIMEOUT_MILLIS}
# A DataNode is dead after 2 * recheck + 10 * heartbeat = 12 s.
CLUSTER = {**CLIENT, "dfs.heartbeat.interval": 1, "dfs.namenode.heartbeat.recheck-interval": 1000,
           "dfs.namenode.redundancy.interval.seconds": 1, "dfs.namenode.reconstruction.pending.timeout-sec": 10}

_TABLES = [bytes(i ^ high for i in range(256)) for high in range(256)]
_LOW = bytes((i ^ i >> 8) & 0xFF for i in range(1 << 16))


def script_bytes(length):
    """What a file script writes."""
    pages = [_LOW.translate(_TABLES[page & 0xFF]) for page in range((length >> 16) + 1)]
    return b"".join(pages)[:length]


def freeze(node):
    node.daemon.signal(signal.SIGSTOP)


def thaw(node):
    node.daemon.signal(signal.SIGCONT)


def node_at(cluster, port):
    return next(node for node in cluster.datanodes if node.addresses["data"][1] == port)


def open_files_with_one_datanode_in_every_place(cluster, script, folder, copies=2):
    """Opens files until one DataNode is first, middle and last in the pipelines of `copies` of them each.

    Returns that DataNode and {path: bytes written}. Some files are flushed, all end within a chunk.
    """
    written, places = {}, {}
    for number in range(60):
        path = f"{folder}-{number}"
        script.do(path, "create", 3, BLOCK)
        written[path] = script.do(path, "write", 70_000 + 1001 * number)
        if number % 3:
            script.do(path, "hflush")
        for place, port in enumerate(script.pipeline_of(path)):
            places.setdefault(port, [0, 0, 0])[place] += 1
        for port, seen in places.items():
            if min(seen) >= copies:
                return node_at(cluster, port), written
    raise AssertionError(f"no DataNode got into every place: {places}")


def check_every_replica(cluster, written, replicas=3, within=60):
    """Until each block has so many replicas, and each of them holds the file's bytes on its disk."""

    def whole():
        with cluster.rpc() as rpc:
            blocks = {path: rpc.blocks(path) for path in written}
        for path, length in written.items():
            content = script_bytes(length)
            offset = 0
            for block in blocks[path]:
                if len(block.replicas) < replicas:
                    return False
                wanted = content[offset:offset + block.length]
                for replica in block.replicas:
                    node = cluster.node_of(replica)
                    stored, = node.block_files(block.block_id)
                    assert stored.read_bytes() == wanted, f"{path}: blk_{block.block_id} on {node.name} is wrong"
                offset += block.length
            assert offset == length, f"{path} has {offset} bytes instead of {length}"
        return True

    wait_until(whole, within, f"{replicas} replicas of every block", every=0.2)


def write_while_a_datanode_is_lost(cluster, script, folder, lose):
    """Half of the files go on being written when the DataNode is lost, half of them are closed at that moment."""
    victim, written = open_files_with_one_datanode_in_every_place(cluster, script, folder)
    lose(victim)
    steps = []
    for number, path in enumerate(written):
        if number % 2:
            steps.append(script.start(path, "close"))
        else:
            steps.append(script.start(path, "write", 123_457))
            steps.append(script.start(path, "hsync" if number % 4 else "hflush"))
            written[path] += 123_457
    for step in steps:
        step.result()
    for number, path in enumerate(written):
        if number % 2 == 0:
            assert script.do(path, "write", 33) == written[path] + 33
            written[path] += 33
            script.do(path, "close")
    for path, length in written.items():
        assert script.read_whole(path) == length
    return victim, written
