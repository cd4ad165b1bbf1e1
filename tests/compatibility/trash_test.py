"""The NameNode empties the trash of its users, as Hadoop's does."""

import re

from harness.cluster import StockCluster, TuskCluster
from harness.polling import wait_until

# Minutes are the least that can be said: the first run comes when the next minute begins.
SETTINGS = {"fs.trash.interval": 2, "fs.trash.checkpoint.interval": 1}
WITHIN = 90


def left_in(cluster, path):
    """The names in a folder; a checkpoint that was made now is called "checkpoint"."""
    listed = cluster.dfs("-ls", "-C", path).ok().split()
    return sorted(re.sub(r"^2[4-9]\d{10}$|^[3-9]\d{11}$", "checkpoint", name.rsplit("/", 1)[1]) for name in listed)


def test_old_checkpoints_go_and_the_current_trash_becomes_one():
    with StockCluster(datanodes=1, config=SETTINGS) as stock, TuskCluster(datanodes=1, config=SETTINGS) as ours:
        for cluster in (stock, ours):
            for path in ("alice/.Trash/Current/user/alice/d", "alice/.Trash/200101000000/old", "alice/.Trash/keepsake",
                         "bob/.Trash/2001010000", "carol/data"):
                cluster.dfs("-mkdir", "-p", f"/user/{path}").ok()
        expected = {"/user/alice/.Trash": ["checkpoint", "keepsake"], "/user/bob/.Trash": [],
                    "/user/carol": ["data"]}
        wait_until(lambda: all({path: left_in(cluster, path) for path in expected} == expected
                               for cluster in (stock, ours)), WITHIN, "the trash of both to be emptied")
