"""The Rust client `hdfs-native` as a client of `tools/dev bench data`: the jobs of transfer_client.cc."""

import json
import resource
import sys
import threading
import time

import hdfs_native

PIECE = bytes(range(256)) * (8 << 12)  # 8 MiB


def write(client, path, size, replication):
    options = hdfs_native.WriteOptions(overwrite=True, replication=replication)
    with client.create(path, options) as file:
        for begin in range(0, size, len(PIECE)):
            file.write(PIECE[:size - begin])


def read(client, path, size):
    total = 0
    with client.read(path) as file:
        while piece := file.read(len(PIECE)):
            total += len(piece)
    assert total == size, f"{path} has {total} bytes, not {size}"


def run(client, verb, path, streams, size, replication="1", _sync=None):
    took, failures = [], []

    def one(number):
        try:
            if verb == "write":
                write(client, f"{path}-{number}", int(size), int(replication))
            else:
                read(client, f"{path}-{number}", int(size))
        except Exception as error:  # whatever the binding raises
            failures.append(str(error))
        took.append(time.monotonic() - began)

    def cpu():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    used, began = cpu(), time.monotonic()
    threads = [threading.Thread(target=one, args=(number,)) for number in range(int(streams))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        return "error " + failures[0].replace("\n", " ")
    return json.dumps({"seconds": time.monotonic() - began, "cpu_seconds": cpu() - used, "streams": took})


def main():
    client = hdfs_native.Client(sys.argv[1])
    for line in sys.stdin:
        print(run(client, *line.split()), flush=True)


if __name__ == "__main__":
    main()
