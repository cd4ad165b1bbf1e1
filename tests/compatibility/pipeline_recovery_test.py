"""Stock Hadoop's client writes to our DataNodes while one of them is killed, and while one freezes."""

import pytest

from harness.cluster import TuskCluster
from harness.file_script import FileScript
from harness.pipelines import (CLIENT, CLUSTER, check_every_replica, freeze, thaw,
                               write_while_a_datanode_is_lost)


@pytest.mark.parametrize("lose", [lambda node: node.kill(), freeze], ids=["killed", "frozen"])
def test_the_java_client_writes_on_when_a_datanode_is_lost(lose):
    with TuskCluster(datanodes=4, config=CLUSTER) as cluster, FileScript(cluster, "java", CLIENT) as script:
        victim, written = write_while_a_datanode_is_lost(cluster, script, "/java", lose)
        thaw(victim)
        check_every_replica(cluster, written)
