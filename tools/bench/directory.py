#!/usr/bin/env python3
"""A directory with a million entries (`tools/dev bench directory`), ours beside stock Hadoop's: how long a client takes to
list it page by page, and how long other calls take meanwhile and without it.
"""

import argparse
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from filled import measure, table, with_other_calls  # noqa: E402
from harness.namenode_rpc import NameNodeRpc, decode  # noqa: E402


def list_pages(address, path, until):
    """(entries, pages) of one listing, again and again while there is time: how long each took."""
    took, entries, slowest = [], 0, 0.0
    with NameNodeRpc(address) as namenode:
        while not took or time.monotonic() < until:
            began, after, entries = time.monotonic(), b"", 0
            while True:
                asked = time.monotonic()
                listing = decode(namenode.call("getListing", (1, path), (2, after), (3, 0))[1][0])
                slowest = max(slowest, time.monotonic() - asked)
                page = listing.get(1, [])
                entries += len(page)
                if not listing[2][0]:
                    break
                after = decode(page[-1])[2][0]
            took.append(time.monotonic() - began)
    return entries, min(took), slowest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--ours-only", action="store_true", help="without stock Hadoop")
    options = parser.parse_args()

    def work(cluster, address):
        (entries, took, slowest), alone, beside = with_other_calls(
            cluster, address, options.seconds,
            lambda: list_pages(address, "/filled/d000000", time.monotonic() + options.seconds))
        return {"entries": entries, "listing_s": round(took, 2), "slowest_page_ms": round(slowest * 1000, 1),
                "other_p99_ms_alone": alone["p99_us"] / 1000, "other_p99_ms_beside": beside["p99_us"] / 1000,
                "other_max_ms_beside": beside["max_us"] / 1000}

    table(measure(["tusk"] if options.ours_only else ["tusk", "stock"], options.files, options.files, 0, work))


if __name__ == "__main__":
    main()
