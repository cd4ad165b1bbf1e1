"""DataNodes leave as the administrator asks, and nothing is lost by it."""

import json

from harness.cluster import OURS, Cluster
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, random_file

BLOCK = 1 << 20
QUICK = {"dfs.namenode.redundancy.interval.seconds": 1, "dfs.namenode.decommission.interval": 1,
         "dfs.namenode.heartbeat.recheck-interval": 1000}


def addresses_of_blocks(cluster, path):
    with cluster.rpc() as rpc:
        return [{r.transfer_port for r in block.replicas} for block in rpc.blocks(path)]


def state_of(cluster, node, kind="ALL"):
    """The line "Decommission Status" of dfsadmin's report on a DataNode; None where it is not in the report."""
    report = cluster.java().admin("-report").ok() if kind == "ALL" else cluster.java().admin("-report", kind).ok()
    for part in report.split("\n\n"):
        if f":{node.addresses['data'][1]} " in part:
            return next(line.split(": ")[1] for line in part.splitlines() if line.startswith("Decommission Status"))
    return None


def test_a_datanode_is_decommissioned_by_the_exclude_file_and_has_left_nothing_behind(tmp_path):
    exclude = tmp_path / "exclude"
    exclude.write_text("")
    source = random_file(tmp_path / "source", 8 * BLOCK + 333)
    with Cluster(OURS, [OURS] * 4, {**QUICK, "dfs.hosts.exclude": exclude}) as cluster:
        cluster.dfs("-D", f"dfs.blocksize={BLOCK}", "-put", source, "/file").ok()
        leaving = cluster.datanodes[0]
        port = leaving.addresses["data"][1]
        assert any(port in ports for ports in addresses_of_blocks(cluster, "/file"))

        exclude.write_text(f"127.0.0.1:{port}\n")
        cluster.java().admin("-refreshNodes").ok()
        wait_until(lambda: state_of(cluster, leaving) == "Decommissioned", 60, "the DataNode to be decommissioned")
        assert all(len(ports - {port}) == 3 for ports in addresses_of_blocks(cluster, "/file"))
        with cluster.rpc() as rpc:
            for block in rpc.blocks("/file"):
                assert port not in {r.transfer_port for r in block.replicas[:3]}, "those who left come last"

        leaving.kill()
        back = tmp_path / "back"
        cluster.dfs("-get", "/file", back).ok()
        assert_same_bytes(source, back)


def test_a_datanode_in_maintenance_is_not_replaced_and_one_that_is_not_listed_is_turned_away(tmp_path):
    hosts = tmp_path / "hosts.json"
    hosts.write_text("[]")
    provider = "org.apache.hadoop.hdfs.server.blockmanagement.CombinedHostFileManager"
    source = random_file(tmp_path / "source", 4 * BLOCK)
    config = {**QUICK, "dfs.hosts": hosts, "dfs.namenode.hosts.provider.classname": provider}
    with Cluster(OURS, [OURS] * 4, config) as cluster:
        cluster.dfs("-D", f"dfs.blocksize={BLOCK}", "-put", source, "/file").ok()
        with cluster.rpc() as rpc:
            resting = cluster.node_of(rpc.blocks("/file")[0].replicas[0])
        stranger, *others = [node for node in cluster.datanodes if node is not resting]

        def entry(node, **more):
            return {"hostName": "localhost", "port": node.addresses["data"][1], **more}

        hosts.write_text(json.dumps([entry(resting, adminState="IN_MAINTENANCE"),
                                     entry(stranger), *map(entry, others)]))
        cluster.java().admin("-refreshNodes").ok()
        wait_until(lambda: state_of(cluster, resting, "-inmaintenance"), 60, "the DataNode to be in maintenance")
        resting.kill()
        port = resting.addresses["data"][1]

        def silent():
            with cluster.rpc() as rpc:
                return len(rpc.datanodes("DEAD")) == 1

        wait_until(silent, 60, "the resting DataNode to be dead")
        assert all(port not in ports and len(ports) >= 2 for ports in addresses_of_blocks(cluster, "/file"))
        assert len(addresses_of_blocks(cluster, "/file")[0]) == 2, "nothing is copied meanwhile"

        hosts.write_text(json.dumps([entry(resting), *map(entry, others)]))
        cluster.java().admin("-refreshNodes").ok()
        wait_until(lambda: not stranger.daemon.running() or len(cluster.live_datanodes()) == 2, 60,
                   "the DataNode that is not listed to be turned away")
        assert state_of(cluster, stranger) is None

        # It is over: what rests no more is replaced.
        resting.restart()
        wait_until(lambda: all(len(ports) == 3 for ports in addresses_of_blocks(cluster, "/file")), 60,
                   "three replicas on those who stay")
