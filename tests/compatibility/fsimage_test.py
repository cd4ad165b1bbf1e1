"""Images go both ways: our NameNode starts from a stock one's folder, a stock one from what ours exports."""

import shutil
import xml.etree.ElementTree as xml

from harness.cluster import OURS, Cluster, StockCluster, TuskCluster
from harness.command import tusk
from harness.java import run_java
from harness.namenode_rpc import RemoteError
from harness.polling import wait_until
from harness.real_input import random_file

IMAGE_VIEWER = "org.apache.hadoop.hdfs.tools.offlineImageViewer.OfflineImageViewerPB"
CONFIG = {"dfs.namenode.acls.enabled": "true"}


def make_a_tree(shell, local):
    """Of everything that both kinds of NameNode have; ours gets the rest from a stock one."""
    shell.fs("-mkdir", "-p", "/a/b/c", "/names/z", "/names/é", "/names/🐘", "/names/A").ok()
    shell.fs("-D", "dfs.blocksize=1048576", "-put", local, "/a/file").ok()
    shell.fs("-put", local, "/a/b/second").ok()
    shell.fs("-touchz", "/a/empty").ok()
    shell.fs("-chmod", "1770", "/a/b").ok()
    shell.fs("-chown", "alice:staff", "/a/b/second").ok()
    shell.fs("-setrep", "2", "/a/b/second").ok()
    shell.fs("-setfattr", "-n", "user.color", "-v", "blue", "/a/file").ok()
    shell.fs("-setfattr", "-n", "trusted.t", "-v", "0x0001ff", "/a").ok()


def add_what_only_stock_makes(cluster):
    shell = cluster.java()
    shell.fs("-setfacl", "-m", "user:bob:r-x,default:group:ops:rwx", "/a").ok()
    shell.fs("-setfacl", "-m", "user:bob:r--", "/a/file").ok()
    shell.admin("-setQuota", "100", "/names").ok()
    shell.admin("-setSpaceQuota", "10g", "/a").ok()


def listed(shell):
    """What a user sees of the whole tree. Sorted: stock lists names that are not ASCII before all others."""
    return [sorted(shell.fs(*command).ok().splitlines())
            for command in (("-ls", "-R", "/"), ("-getfattr", "-R", "-d", "-e", "hex", "/"),
                            ("-count", "-q", "/names", "/a"), ("-getfacl", "-R", "/"))]


def blocks_of(cluster):
    """Of each file, known without DataNodes once safe mode is off for readers as well."""
    cluster.java().admin("-safemode", "leave").ok()

    def ask():
        with cluster.rpc() as rpc:
            try:
                return {path: [(block.block_id, block.generation_stamp, block.length) for block in rpc.blocks(path)]
                        for path in ("/a/file", "/a/b/second", "/a/empty")}
            except RemoteError as error:
                assert error.class_name.endswith("SafeModeException"), error
                return None

    return wait_until(ask, 20, "the end of safe mode")


def view_image(cluster, how, image, to):
    """`hdfs oiv -p HOW`."""
    run_java(IMAGE_VIEWER, cluster.java().configuration, to.parent / "java", "-p", how, "-i", image, "-o", to).ok()


def configuration_of(node, **hdfs):
    node.hdfs.update(hdfs)
    node.write_configuration()
    return node.configuration


def test_our_namenode_starts_on_a_stock_one_s_folder_and_a_stock_one_on_our_export(tmp_path):
    local = random_file(tmp_path / "local", 2_500_000)
    stock = StockCluster(datanodes=2, config=CONFIG)
    ours = Cluster(OURS, [], stock.config)
    back = Cluster("stock", [], stock.config)
    try:
        stock.start()
        make_a_tree(stock.java(), local)
        add_what_only_stock_makes(stock)
        stock.java().admin("-safemode", "enter").ok()
        stock.java().admin("-saveNamespace").ok()
        stock.java().admin("-safemode", "leave").ok()
        stock.java().fs("-mkdir", "/after").ok()
        seen, blocks = listed(stock.java()), blocks_of(stock)
        stock.kill_all()
        # The image alone must do, as where the edits before it are purged.
        shutil.copytree(stock.namenode.storage, ours.namenode.storage)
        (ours.namenode.storage / "in_use.lock").unlink(missing_ok=True)
        images = sorted(p.name for p in (ours.namenode.storage / "current").glob("fsimage_*") if not p.suffix)
        newest = int(images[-1].split("_")[1])
        assert newest > 0
        for segment in (ours.namenode.storage / "current").glob("edits_0*-*"):
            if int(segment.name.rsplit("-", 1)[1]) <= newest:
                segment.unlink()

        ours.start_namenode()
        assert listed(ours.java()) == seen
        assert blocks_of(ours) == blocks
        ours.java().fs("-mkdir", "/by tusk").ok()
        ours.java().fs("-touchz", "/by tusk/file").ok()
        seen = listed(ours.java())

        # A running NameNode gives its image, and stock's viewer reads it.
        fetched = tmp_path / "fetched"
        fetched.mkdir()
        host, port = ours.namenode.addresses["http"]
        ours.java().admin("-D", f"dfs.namenode.http-address={host}:{port}", "-fetchImage", fetched).ok()
        image, = fetched.iterdir()
        viewed = tmp_path / "image.xml"
        view_image(ours, "XML", image, viewed)
        names = {inode.findtext("name") for inode in xml.parse(viewed).getroot().iter("inode")}
        assert {"by tusk", "🐘", "second"} <= names
        delimited = tmp_path / "image.txt"
        view_image(ours, "Delimited", image, delimited)
        paths = {line.split("\t")[0] for line in delimited.read_text().splitlines()[1:]}
        assert {"/by tusk/file", "/names/é", "/a/b/second"} <= paths

        ours.kill_all()
        exported = tmp_path / "exported"
        said = tusk("inspect", "fsimage", "export", exported, "--config", ours.namenode.configuration).ok()
        assert "exported" in said
        shutil.copytree(exported, back.namenode.storage)
        back.start_namenode()
        assert listed(back.java()) == seen
        assert blocks_of(back) == blocks
        back.java().fs("-touchz", "/by tusk/and stock").ok()
    finally:
        for cluster in (stock, ours, back):
            cluster.stop()


def test_a_namespace_of_ours_goes_to_stock_and_comes_back(tmp_path):
    local = random_file(tmp_path / "local", 2_500_000)
    stock = Cluster("stock", [], CONFIG)
    again = Cluster(OURS, [], CONFIG)
    with TuskCluster(datanodes=2, config=CONFIG) as ours:
        try:
            make_a_tree(ours.java(), local)
            seen, blocks = listed(ours.java()), blocks_of(ours)
            ours.kill_all()
            exported = tmp_path / "exported"
            tusk("inspect", "fsimage", "export", exported, "--config", ours.namenode.configuration).ok()
            assert tusk("inspect", "fsimage", "export", exported, "--config", ours.namenode.configuration).code != 0

            shutil.copytree(exported, stock.namenode.storage)
            stock.start_namenode()
            assert listed(stock.java()) == seen
            assert blocks_of(stock) == blocks
            stock.java().fs("-mkdir", "/by stock").ok()
            seen = listed(stock.java())
            stock.kill_all()

            configuration = configuration_of(again.namenode)
            said = tusk("inspect", "fsimage", "import", stock.namenode.storage, "--config", configuration).ok()
            assert "imported" in said
            assert tusk("inspect", "compare", "--config", configuration).ok() == ""
            again.start_namenode()
            assert listed(again.java()) == seen
            assert blocks_of(again) == blocks
        finally:
            stock.stop()
            again.stop()


def test_what_we_lack_is_refused_by_name_and_nothing_is_left(tmp_path):
    stock = StockCluster(datanodes=0)
    target = Cluster(OURS, [])
    try:
        stock.start()
        stock.java().fs("-mkdir", "/coded").ok()
        run_java("org.apache.hadoop.hdfs.tools.ECAdmin", stock.java().configuration, tmp_path / "java", "-setPolicy",
                 "-path", "/coded", "-policy", "RS-6-3-1024k").ok()
        stock.java().admin("-safemode", "enter").ok()
        stock.java().admin("-saveNamespace").ok()
        stock.kill_all()
        refused = tusk("inspect", "fsimage", "import", stock.namenode.storage, "--config",
                       configuration_of(target.namenode))
        assert refused.code != 0
        assert "an erasure coding policy is not supported" in refused.err
        assert "coded" in refused.err
        assert not list(target.namenode.storage.glob("current/VERSION"))
    finally:
        stock.stop()
        target.stop()
