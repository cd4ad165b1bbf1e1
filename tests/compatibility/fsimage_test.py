"""Images go both ways: our NameNode starts from a stock one's folder, a stock one from what ours exports."""

import getpass
import json
import random
import re
import shutil
import urllib.request
import xml.etree.ElementTree as xml

import pytest

from harness.cluster import OURS, Cluster, StockCluster, TuskCluster
from harness.command import tusk
from harness.java import run_java
from harness.namenode_rpc import RemoteError
from harness.polling import wait_until
from harness.real_input import random_file
from harness.snapshot_commands import random_commands, run_command, said

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


def save_namespace(cluster):
    cluster.java().admin("-safemode", "enter").ok()
    cluster.java().admin("-saveNamespace").ok()
    cluster.java().admin("-safemode", "leave").ok()


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
        save_namespace(stock)
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


SNAPSHOT_CONFIG = {**CONFIG, "dfs.replication": 1, "dfs.namenode.fs-limits.min-block-size": 1024}

SEEDS = range(2, 6)


def only_nightly(seed, nightly):
    if seed > SEEDS[0] and not nightly:
        pytest.skip("one history a day is enough but for the nightly run")


def random_history(seed, count, snapshots_before=0):
    """random_commands(), and between them changes of what else a snapshot keeps of an inode."""
    rand = random.Random(-seed)
    for command in random_commands(seed, count, snapshots_before):
        if command.split()[0] in ("directories", "ls"):
            return
        yield command
        path = rand.choice(["/r1", "/r2", "/r3"]) + "".join("/" + rand.choice("abc") for _ in range(rand.randint(1, 3)))
        yield from {
            0: [f"truncate -w {rand.choice([0, 700, 1024, 2500])} {path}"],
            1: [f"D dfs.blocksize=1024 -put -f {{local}} {path}"],
            2: [f"setfattr -n user.{rand.choice('kl')} -v {rand.randrange(9)} {path}"],
            3: [f"setfacl -m user:{rand.choice(['bob', 'eve'])}:r-x {path}"],
            4: [f"setrep {rand.randint(1, 3)} {path}"],
            5: [f"chown {rand.choice(['alice', 'bob'])}:staff {path}"],
        }.get(rand.randrange(12), [])


def snapshots_of(cluster):
    """The paths of all snapshots, the oldest first."""
    listed = run_command(cluster, "ls /r1/.snapshot /r2/.snapshot", None).out
    return sorted(re.findall(r"(/r[12]/\.snapshot/s\d+)$", listed, re.M), key=lambda path: int(path.rsplit("/s")[1]))


def seen_in(cluster, trees, exact=False):
    """All that a user sees below some paths; `exact`: to the millisecond."""
    seen = {}
    for tree in trees:
        for command in (f"ls -R {tree}", f"getfattr -R -d {tree}", f"getfacl -R {tree}", f"ls -d {tree}"):
            code, text = said(run_command(cluster, command, None))
            seen[command] = code, sorted(text.splitlines())
        lines = run_command(cluster, f"ls -R {tree}", None).out.splitlines()
        paths = [line.split(maxsplit=7)[7] for line in lines]
        if exact:
            seen[f"stat {tree}"] = cluster.java().fs("-stat", "%F %a %u %g %b %o %r %Y %X", tree, *paths).ok()
        files = [path for line, path in zip(lines, paths) if line.startswith("-")]
        if files:
            sums = run_command(cluster, "checksum " + " ".join(files), None)
            seen[f"checksum {tree}"] = sums.code, sums.out
    return seen


def seen_with_snapshots(cluster, exact=False):
    """The same of the trees, now and in each snapshot."""
    seen = seen_in(cluster, ["/r1", "/r2", "/r3", *snapshots_of(cluster)], exact)
    for command in ("directories", "snapshots /r1", "snapshots /r2"):
        seen[command] = said(run_command(cluster, command, None))
    return seen


def assert_same(seen, wanted):
    different = [f"{command}\n  wanted: {wanted.get(command)}\n  got:    {seen.get(command)}"
                 for command in sorted({*wanted, *seen}) if wanted.get(command) != seen.get(command)]
    assert not different, "\n".join(different)


def move_datanodes(old, new):
    """The DataNodes of a cluster that is stopped go to another, with all that they have."""
    for kind, datanode in zip(old.datanode_kinds, old.datanodes):
        node = new._new_datanode(kind)
        shutil.copytree(datanode.storage, node.storage)
        node.launch()
    for node in new.datanodes:
        node.wait_ready()
    new.wait_serving()


def move_namenode(old, new, folder=None):
    shutil.copytree(folder or old.namenode.storage, new.namenode.storage)
    (new.namenode.storage / "in_use.lock").unlink(missing_ok=True)
    new.start_namenode()


def delete_snapshots(cluster, seed):
    """In some order; yields those that are left."""
    order = snapshots_of(cluster)
    assert order, "this history leaves no snapshots"
    random.Random(seed).shuffle(order)
    for done, snapshot in enumerate(order):
        tree, name = snapshot.split("/.snapshot/")
        run_command(cluster, f"deleteSnapshot {tree} {name}", None).ok()
        yield order[done + 1:]


def assert_nothing_leaked(cluster):
    """The NameNode counts no inode and no block but those of the tree."""
    directories, files = cluster.java().fs("-count", "/").ok().split()[:2]

    def get(page):
        host, port = cluster.namenode.addresses["http"]
        with urllib.request.urlopen(f"http://{host}:{port}/{page}", timeout=20) as answer:
            return answer.read().decode()

    checked = get(f"fsck?ugi={getpass.getuser()}&path=%2F&openforwrite=1")
    blocks = int(re.search(r"Total blocks \(validated\):\s*(\d+)", checked).group(1))

    def count():
        bean, = json.loads(get("jmx?qry=Hadoop:service=NameNode,name=FSNamesystem"))["beans"]
        return bean["FilesTotal"], bean["BlocksTotal"]

    wanted = (int(directories) + int(files), blocks)
    # Blocks go some time after their files.
    wait_until(lambda: count() == wanted, 20, f"{wanted} inodes and blocks, and no more")


@pytest.mark.parametrize("seed", SEEDS)
def test_snapshots_of_a_stock_namenode_are_read(tmp_path, seed, nightly):
    only_nightly(seed, nightly)
    local = random_file(tmp_path / "local", 5000)
    stock = StockCluster(datanodes=1, config=SNAPSHOT_CONFIG)
    ours = Cluster(OURS, [], stock.config)
    try:
        stock.start()
        for command in random_history(seed, 150):
            run_command(stock, command, local)
        save_namespace(stock)
        wanted = seen_with_snapshots(stock, exact=True)
        stock.kill_all()
        for segment in (stock.namenode.storage / "current").glob("edits_0*-*"):
            segment.unlink()

        move_namenode(stock, ours)
        move_datanodes(stock, ours)
        assert_same(seen_with_snapshots(ours, exact=True), wanted)
        for left in delete_snapshots(ours, seed):
            seen = seen_in(ours, ["/r1", "/r2", "/r3", *left])
            assert_same(seen, {command: wanted[command] for command in seen})
        assert_nothing_leaked(ours)
        ours.namenode.daemon.terminate()
        assert tusk("inspect", "compare", "--config", ours.namenode.configuration).ok() == ""
    finally:
        stock.stop()
        ours.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stock_namenode_goes_on_with_our_snapshots(tmp_path, seed, nightly):
    only_nightly(seed, nightly)
    local = random_file(tmp_path / "local", 5000)
    stock = Cluster("stock", [], SNAPSHOT_CONFIG)
    with TuskCluster(datanodes=1, config=SNAPSHOT_CONFIG) as ours:
        try:
            for command in random_history(seed, 150):
                run_command(ours, command, local)
            wanted = seen_with_snapshots(ours, exact=True)
            ours.kill_all()
            exported = tmp_path / "exported"
            tusk("inspect", "fsimage", "export", exported, "--config", ours.namenode.configuration).ok()
            image, = (path for path in (exported / "current").glob("fsimage_*") if not path.suffix)
            view_image(ours, "XML", image, tmp_path / "image.xml")

            move_namenode(ours, stock, exported)
            move_datanodes(ours, stock)
            assert_same(seen_with_snapshots(stock, exact=True), wanted)
            ours.restart_all()
            ours.java().fs("-ls", "/")  # notices that its connection has ended
            for command in random_history(seed + 1000, 60, snapshots_before=100):
                # Who has a file open that was left so before is the same client for ours, and another for stock.
                theirs, mine = (re.sub(r"127.0.0.1:\d+|(?<=_FILE) .*", "",
                                       str(said(run_command(cluster, command, local)))) for cluster in (stock, ours))
                assert theirs == mine, f"{command}\n  stock: {theirs}\n  ours:  {mine}"
            wanted = seen_with_snapshots(ours)
            assert_same(seen_with_snapshots(stock), wanted)
            if seed % 2 == 0:
                save_namespace(stock)
                stock.namenode.restart()
                stock.wait_serving()
                stock.java().fs("-ls", "/")
                assert_same(seen_with_snapshots(stock), wanted)
            for left in delete_snapshots(stock, seed):
                seen = seen_in(stock, ["/r1", "/r2", "/r3", *left])
                assert_same(seen, {command: wanted[command] for command in seen})
            assert_nothing_leaked(stock)
        finally:
            stock.stop()
