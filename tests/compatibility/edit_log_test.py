"""The edit log is Hadoop's: its viewer reads ours, and our NameNode starts from one that stock Hadoop wrote."""

import shutil
import xml.etree.ElementTree as xml

import pytest

from harness.cluster import OURS, Cluster, StockCluster, TuskCluster
from harness.java import HadoopTools, run_java
from harness.real_input import assert_same_bytes, random_file


def do_a_little_of_everything(shell, local):
    """Every kind of edit that FsShell can cause; returns what `-ls -R /` shows afterwards."""
    shell.fs("-mkdir", "-p", "/a/b/c", "/t").ok()
    shell.fs("-D", "dfs.blocksize=1048576", "-put", local, "/a/file").ok()
    shell.fs("-put", local, "/a/b/second").ok()
    shell.fs("-touchz", "/a/empty").ok()
    shell.fs("-appendToFile", local, "/a/b/second").ok()
    shell.fs("-mv", "/a/empty", "/a/b/c/moved").ok()
    shell.fs("-cp", "/a/b/second", "/a/copy").ok()
    shell.fs("-chmod", "-R", "750", "/a/b").ok()
    shell.fs("-chown", "-R", "alice:staff", "/a/b/c").ok()
    shell.fs("-setrep", "2", "/a/file").ok()
    shell.fs("-touch", "-t", "20200102:030405", "/a/b/c/moved").ok()
    shell.fs("-put", local, "/t/removed").ok()
    shell.fs("-rm", "-skipTrash", "/t/removed").ok()
    shell.fs("-mkdir", "/t/folder").ok()
    shell.fs("-rmdir", "/t/folder").ok()
    return shell.fs("-ls", "-R", "/").ok()


def segments(storage):
    return sorted(path for path in (storage / "current").glob("edits_*") if "inprogress" not in path.name)


def test_hadoops_viewer_reads_our_segments_and_writes_the_same_bytes_again(tmp_path):
    local = random_file(tmp_path / "local", 2_500_000)
    with TuskCluster(datanodes=3) as cluster:
        do_a_little_of_everything(cluster.java(), local)
        cluster.java().admin("-rollEdits").ok()
        finished = segments(cluster.namenode.storage)
        assert finished
        seen, last = set(), 0
        for segment in finished:
            viewed, again = tmp_path / f"{segment.name}.xml", tmp_path / segment.name
            cluster.java().run(HadoopTools.EDITS_VIEWER, "-i", segment, "-o", viewed, "-p", "xml").ok()
            for record in xml.parse(viewed).getroot().iter("RECORD"):
                transaction = int(record.find("DATA/TXID").text)
                assert transaction == last + 1
                last = transaction
                seen.add(record.find("OPCODE").text)
            assert segment.name.endswith(f"-{last:019}")
            cluster.java().run(HadoopTools.EDITS_VIEWER, "-i", viewed, "-o", again, "-p", "binary").ok()
            assert again.read_bytes() == segment.read_bytes()
        assert {"OP_START_LOG_SEGMENT", "OP_MKDIR", "OP_ADD", "OP_ALLOCATE_BLOCK_ID", "OP_SET_GENSTAMP_V2",
                "OP_ADD_BLOCK", "OP_CLOSE", "OP_APPEND", "OP_RENAME", "OP_DELETE", "OP_SET_PERMISSIONS",
                "OP_SET_OWNER", "OP_SET_REPLICATION", "OP_TIMES", "OP_END_LOG_SEGMENT"} <= seen | {"OP_RENAME"}
        assert seen & {"OP_RENAME", "OP_RENAME_OLD"}


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_our_daemons_go_on_where_stock_ones_stopped(tmp_path, how):
    local = random_file(tmp_path / "local", 2_500_000)
    stock = StockCluster(datanodes=3)
    ours = Cluster(OURS, [OURS] * 3, stock.config)
    try:
        stock.start()
        listed = do_a_little_of_everything(stock.java(), local)
        if how == "stopped":
            for node in reversed(stock.nodes()):
                node.daemon.terminate()
        stock.kill_all()

        shutil.copytree(stock.namenode.storage, ours.namenode.storage)
        (ours.namenode.storage / "in_use.lock").unlink(missing_ok=True)
        ours.start_namenode()
        for number, node in enumerate(stock.datanodes):
            new = ours._new_datanode(OURS)
            shutil.copytree(node.storage, ours.root / f"datanode{number}" / "storage")
            (new.storage / "in_use.lock").unlink(missing_ok=True)
            new.start()
        ours.wait_serving()

        assert ours.java().fs("-ls", "-R", "/").ok() == listed
        back = tmp_path / "back"
        ours.dfs("-get", "/a/file", back).ok()
        assert_same_bytes(local, back)
        assert ours.dfs("-count", "/a/b/second").ok().split()[2] == str(2 * local.stat().st_size)
        ours.dfs("-put", local, "/a/new").ok()
        ours.dfs("-get", "-f", "/a/new", back).ok()
        assert_same_bytes(local, back)
    finally:
        stock.stop()
        ours.stop()


def test_policies_of_erasure_coding_that_nothing_uses_do_not_stop_a_start(tmp_path):
    schema = tmp_path / "policies.xml"
    schema.write_text("""<configuration><layoutversion>1</layoutversion>
        <schemas><schema id="XOR-3-1"><codec>xor</codec><k>3</k><m>1</m></schema></schemas>
        <policies><policy><schema>XOR-3-1</schema><cellsize>131072</cellsize></policy></policies></configuration>""")
    stock = StockCluster(datanodes=0)
    ours = Cluster(OURS, [])
    try:
        stock.start()

        def coding(*args):
            run_java("org.apache.hadoop.hdfs.tools.ECAdmin", stock.java().configuration, tmp_path / "java", *args).ok()

        coding("-addPolicies", "-policyFile", schema)
        coding("-enablePolicy", "-policy", "XOR-3-1-128k")
        coding("-disablePolicy", "-policy", "XOR-3-1-128k")
        coding("-removePolicy", "-policy", "XOR-3-1-128k")
        stock.java().fs("-mkdir", "/after").ok()
        stock.kill_all()
        shutil.copytree(stock.namenode.storage, ours.namenode.storage)
        (ours.namenode.storage / "in_use.lock").unlink(missing_ok=True)
        ours.start_namenode()
        assert "/after" in ours.dfs("-ls", "/").ok()
    finally:
        stock.stop()
        ours.stop()
