#!/usr/bin/env python3
"""A tree of a million files that is deleted (`tools/dev bench tree`), ours beside stock Hadoop's: how long the call takes, and
how long other calls take in the seconds around it and without it.
"""

import argparse
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from filled import measure, table, with_other_calls  # noqa: E402
from harness.namenode_rpc import NameNodeRpc  # noqa: E402


def delete(address, later):
    """How long it took to delete all of it; done `later`, when the other calls are under way."""
    time.sleep(later)
    with NameNodeRpc(address) as namenode:
        asked = time.monotonic()
        deleted = namenode.call("delete", (1, "/filled"), (2, 1))[1][0]
        took = time.monotonic() - asked
    if not deleted:
        raise SystemExit("/filled was not deleted")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--files-per-folder", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--ours-only", action="store_true", help="without stock Hadoop")
    options = parser.parse_args()

    def work(cluster, address):
        took, alone, beside = with_other_calls(cluster, address, options.seconds,
                                               lambda: delete(address, options.seconds / 4))
        return {"files": options.files, "delete_ms": round(took * 1000, 1), "other_p99_ms_alone": alone["p99_us"] / 1000,
                "other_max_ms_alone": alone["max_us"] / 1000, "other_p99_ms_beside": beside["p99_us"] / 1000,
                "other_max_ms_beside": beside["max_us"] / 1000}

    table(measure(["tusk"] if options.ours_only else ["tusk", "stock"], options.files, options.files_per_folder, 0, work))


if __name__ == "__main__":
    main()
