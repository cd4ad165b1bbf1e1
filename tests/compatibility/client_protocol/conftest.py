"""A stock NameNode and ours, each with DataNodes of ours, and who calls both: one start for the whole folder."""

import pytest

from harness.cluster import OURS, Cluster
from harness.java import ClientCalls
from harness.protocol_calls import Answers, call, differences

SETTINGS = {
    "dfs.namenode.fs-limits.min-block-size": 1024, "dfs.namenode.fs-limits.max-blocks-per-file": 6,
    "dfs.ls.limit": 5, "dfs.batched.ls.limit": 3, "dfs.namenode.list.openfiles.num.responses": 3, "dfs.replication.max": 50,
    "hadoop.user.group.static.mapping.overrides": "alice=sales,drinkers;bob=sales;carol=other;dave=supergroup",
}


@pytest.fixture(scope="package")
def clusters():
    """DataNodes of ours in both: they start sooner, and what is compared are the NameNodes."""
    with Cluster("stock", [OURS] * 3, SETTINGS) as stock, Cluster(OURS, [OURS] * 3, SETTINGS) as ours:
        yield stock, ours


@pytest.fixture(scope="package")
def agree(clusters):
    """Carries out steps on both; what they answer has to be the same."""
    stock, ours = clusters
    with ClientCalls(stock.root / "calls", stock.uri()) as to_stock, ClientCalls(ours.root / "calls", ours.uri()) as to_ours:
        both = Answers(to_stock), Answers(to_ours)

        def check(steps):
            # Some scripts change the root too.
            different = differences(both, [call("setPermission", src="/", permission={"perm": 0o777}), *steps])
            assert not different, f"{len(different)} of {len(steps)} answers differ:\n" + "\n".join(different)

        yield check
