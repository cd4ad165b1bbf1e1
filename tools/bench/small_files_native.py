"""Writes and reads small files with hdfs-native; small_files.cc says the arguments and the output."""

import sys
import threading
import time

import hdfs_native


def seconds_for(work, count, threads):
    failures = []

    def part(first):
        try:
            for i in range(first, count, threads):
                work(i)
        except Exception as error:  # of any kind: the run is void
            failures.append(error)

    begun = time.monotonic()
    workers = [threading.Thread(target=part, args=(t,)) for t in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise SystemExit(str(failures[0]))
    return time.monotonic() - begun


def main():
    uri, root = sys.argv[1:3]
    count, threads, size, warm_up = map(int, sys.argv[3:7])
    client = hdfs_native.Client(uri)
    client.mkdirs(root, 0o755, True)
    content = bytes(size)

    def write(i):
        with client.create(f"{root}/f{i}", hdfs_native.WriteOptions(overwrite=True)) as file:
            file.write(content)

    def read(i):
        with client.read(f"{root}/f{i}") as file:
            if len(file.read()) != size:
                raise RuntimeError(f"f{i} is cut")

    seconds_for(write, warm_up, threads)
    print("write", seconds_for(write, count, threads), flush=True)
    seconds_for(read, warm_up, threads)
    print("read", seconds_for(read, count, threads), flush=True)


if __name__ == "__main__":
    main()
