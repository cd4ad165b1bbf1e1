"""Bad input and bad luck: one line that says what to do, an exit code that is not 0, and nothing lost."""

import errno
import getpass
import os
import re
import shutil
import socket
import struct

import pytest

from harness.cluster import Node, TuskCluster
from harness.command import run, tusk
from harness.daemon import Daemon
from harness.hadoop_xml import write_configuration
from harness.paths import TUSK
from harness.polling import wait_until
from harness.real_input import assert_same_bytes, random_file, real_file

LOG_LINE = re.compile(r"^(\[?\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)")


def refused(outcome, *words):
    """The one line of a command or daemon that refused; holds all `words`."""
    assert outcome.code not in (0, None), outcome
    assert outcome.code > 0, f"ended by signal {-outcome.code}\n{outcome.err}"
    lines = [line for line in outcome.err.splitlines() if line.strip() and not LOG_LINE.match(line)]
    assert len(lines) == 1, f"not one line:\n{outcome.err}"
    for word in words:
        assert word in lines[0], f"no {word!r} in: {lines[0]}"
    return lines[0]


def namenode(folder, *args, within=60, **settings):
    given = {"dfs.namenode.name.dir": f"file://{folder}", "dfs.namenode.rpc-address": "127.0.0.1:0",
             "dfs.namenode.http-address": "127.0.0.1:0", **settings}
    words = [word for key, value in given.items() for word in ("-D", f"{key}={value}")]
    return tusk("namenode", *words, *args, within=within, env={"HADOOP_CONF_DIR": ""})


@pytest.fixture(scope="module")
def cluster():
    with TuskCluster(datanodes=3) as running:
        yield running


@pytest.fixture
def small_disk(tmp_path):
    """Mounts file systems of a given size; root only."""
    if os.geteuid() != 0:
        pytest.skip("mount needs root")
    mounted = []

    def mount(name, mebibytes):
        folder = tmp_path / name
        folder.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder).ok()
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        run("umount", "-l", folder)


@pytest.mark.parametrize("address", ["hdfs://127.0.0.1:1/", "hdfs://no-such-host.invalid:8020/"])
def test_a_wrong_address(address):
    refused(tusk("dfs", "-ls", address, within=60), address.split("/")[2].split(":")[0])


@pytest.mark.parametrize("words", [["-frobnicate", "/"], ["-put"], ["-ls", "-nosuch", "/"], ["-ls", "ftp://x/"]])
def test_a_command_that_does_not_exist_or_is_not_complete(cluster, words):
    answer = cluster.dfs(*words)
    assert answer.code not in (0, None) and answer.code > 0
    assert answer.err.strip()


def test_a_verb_that_does_not_exist():
    answer = tusk("frobnicate")
    assert answer.code > 0
    assert "frobnicate" in answer.err.splitlines()[0]


def test_a_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        namenode(tmp_path / "name", "-format").ok()
        refused(namenode(tmp_path / "name", **{"dfs.namenode.rpc-address": f"127.0.0.1:{port}"}), str(port))
        refused(namenode(tmp_path / "name", **{"dfs.namenode.http-address": f"127.0.0.1:{port}"}), str(port))
        refused(tusk("local", "--data", tmp_path / "local", "-D", f"dfs.namenode.rpc-address=127.0.0.1:{port}",
                     "-D", "dfs.namenode.http-address=127.0.0.1:0", within=60), str(port))


def local(folder, **settings):
    """`tusk local` on ports that the system chooses."""
    given = {"dfs.namenode.rpc-address": "127.0.0.1:0", "dfs.namenode.http-address": "127.0.0.1:0",
             "dfs.datanode.address": "127.0.0.1:0", "dfs.datanode.http.address": "127.0.0.1:0",
             "dfs.datanode.ipc.address": "127.0.0.1:0", **settings}
    words = [word for key, value in given.items() for word in ("-D", f"{key}={value}")]
    return ["local", "--data", folder, "--datanodes", "1", *words]


def test_what_a_first_start_could_not_do_the_next_one_does(tmp_path):
    folder = tmp_path / "local"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(tusk(*local(folder, **{"dfs.datanode.address": f"127.0.0.1:{port}"}), within=60), str(port))
    started = Daemon("local", [TUSK, *local(folder)], tmp_path / "logs", env={"HADOOP_CONF_DIR": ""}).start()

    def directories():
        host, port = started.wait_ready()["rpc"]
        listed = tusk("dfs", "-ls", "-R", f"hdfs://{host}:{port}/", env={"HADOOP_CONF_DIR": ""}).ok().splitlines()
        return {line.split(f":{port}")[1]: line.split()[0] for line in listed}, f"hdfs://{host}:{port}"

    try:
        made, uri = directories()
        assert made["/tmp"] == "drwxrwxrwt"
        assert {"/user/hdfs", f"/user/{getpass.getuser()}"} <= set(made)
        # Made once, not by every start.
        tusk("dfs", "-rm", "-r", "-skipTrash", f"{uri}/user/hdfs", env={"HADOOP_CONF_DIR": ""}).ok()
        assert started.terminate() == 0
        started.start()
        assert "/user/hdfs" not in directories()[0]
    finally:
        started.kill()


def test_a_namenode_folder_that_is_not_formatted(tmp_path):
    refused(namenode(tmp_path / "name"), "-format")


def test_formatting_over_a_namespace_is_refused_and_keeps_it(tmp_path):
    namenode(tmp_path / "name", "-format").ok()
    version = (tmp_path / "name" / "current" / "VERSION").read_text()
    refused(namenode(tmp_path / "name", "-format"), str(tmp_path / "name"))
    assert (tmp_path / "name" / "current" / "VERSION").read_text() == version


def test_a_foreign_folder_is_not_formatted(tmp_path):
    (tmp_path / "name").mkdir()
    (tmp_path / "name" / "thesis.txt").write_text("mine")
    refused(namenode(tmp_path / "name", "-format"), str(tmp_path / "name"))
    assert (tmp_path / "name" / "thesis.txt").read_text() == "mine"


def test_two_namenodes_on_one_folder(cluster):
    refused(namenode(cluster.namenode.storage), str(cluster.namenode.storage))
    cluster.dfs("-ls", "/").ok()


def test_two_datanodes_on_one_folder(cluster):
    second = Node("tusk", "datanode", "second", cluster.root, {"fs.defaultFS": cluster.uri()},
                  {"dfs.datanode.data.dir": f"file://{cluster.datanodes[0].storage}"})
    second.write_configuration()
    refused(run(*second.command(), within=60), str(cluster.datanodes[0].storage))


def test_a_read_only_folder(small_disk):
    disk = small_disk("readonly", 16)
    namenode(disk / "name", "-format").ok()
    run("mount", "-o", "remount,ro", disk).ok()
    refused(namenode(disk / "name"), str(disk))
    refused(namenode(disk / "other", "-format"), str(disk))


@pytest.mark.parametrize("text", ["<configuration><property>", "not xml at all", "<other/>"])
def test_a_broken_xml_file(tmp_path, text):
    conf = write_configuration(tmp_path / "conf", {}, {})
    (conf / "hdfs-site.xml").write_text(text)
    refused(tusk("namenode", "--config", conf), "hdfs-site.xml")
    refused(tusk("datanode", "--config", conf), "hdfs-site.xml")
    refused(tusk("dfs", "-ls", "/", env={"HADOOP_CONF_DIR": str(conf)}), "hdfs-site.xml")


@pytest.mark.parametrize("key, value", [("dfs.namenode.rpc-address", "127.0.0.1:99999"),
                                        ("dfs.replication", "three"), ("dfs.blocksize", "64 potatoes")])
def test_a_setting_that_makes_no_sense_is_named(tmp_path, key, value):
    namenode(tmp_path / "name", "-format").ok()
    refused(namenode(tmp_path / "name", **{key: value}), key)


def test_a_configuration_folder_that_is_not_there(tmp_path):
    refused(tusk("namenode", "--config", tmp_path / "nowhere"), "nowhere")


def test_a_datanode_of_another_cluster_is_refused_and_keeps_its_blocks(cluster, tmp_path):
    source = random_file(tmp_path / "source", 100_000)
    with TuskCluster(datanodes=1) as other:
        other.dfs("-put", source, "/file").ok()
        stranger = other.datanodes[0]
        stranger.daemon.terminate()
        stranger.core["fs.defaultFS"] = cluster.uri()
        stranger.write_configuration()
        refused(run(*stranger.command(), within=60), "cluster")
        stranger.core["fs.defaultFS"] = other.uri()
        stranger.start()
        other.wait_serving()
        other.dfs("-get", "/file", tmp_path / "back").ok()
        assert_same_bytes(source, tmp_path / "back")


GARBAGE = [
    b"GET / HTTP/1.0\r\n\r\n",
    b"hrpc\x08\x00\x00",
    b"hrpc\x09\x00\x00" + struct.pack(">i", 0x7FFFFFFF),
    b"hrpc\x09\x00\x00" + struct.pack(">i", -1),
    b"hrpc\x09\x00\x00" + struct.pack(">i", 10) + b"\xff" * 10,
    bytes(range(256)) * 64,
    b"\x00" * 4096,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda g: g[:12].hex())
def test_a_frame_of_garbage_ends_its_connection_and_hurts_nobody(cluster, garbage):
    addresses = [cluster.namenode.addresses["rpc"], cluster.datanodes[0].addresses["ipc"],
                 cluster.datanodes[0].addresses["data"], cluster.namenode.addresses["http"],
                 cluster.datanodes[0].addresses["http"]]
    with cluster.rpc() as bystander:
        for address in addresses:
            with socket.create_connection(address, timeout=30) as connection:
                try:
                    connection.sendall(garbage)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                except (ConnectionResetError, BrokenPipeError):
                    pass
                except OSError as error:
                    assert error.errno == errno.ENOTCONN, error
        assert len(bystander.datanodes()) == 3
    assert all(node.daemon.running() for node in cluster.nodes())


def datanode(cluster, name, **settings):
    """One more DataNode of `cluster`, not started."""
    node = Node("tusk", "datanode", name, cluster.root, {"fs.defaultFS": cluster.uri()}, settings)
    node.write_configuration()
    return node


def test_a_datanode_on_a_port_in_use(cluster):
    for key in ("dfs.datanode.address", "dfs.datanode.ipc.address", "dfs.datanode.http.address"):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            node = datanode(cluster, f"port-{port}", **{key: f"127.0.0.1:{port}"})
            refused(run(*node.command(), within=60), str(port))


def test_a_datanode_on_a_foreign_folder_is_refused_and_keeps_it(cluster, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("mine")
    node = datanode(cluster, "foreign", **{"dfs.datanode.data.dir": f"file://{tmp_path}/data"})
    refused(run(*node.command(), within=60), str(tmp_path / "data"))
    assert (tmp_path / "data" / "thesis.txt").read_text() == "mine"


def test_a_datanode_on_a_read_only_folder(cluster, small_disk):
    disk = small_disk("readonly", 16)
    run("mount", "-o", "remount,ro", disk).ok()
    node = datanode(cluster, "readonly", **{"dfs.datanode.data.dir": f"file://{disk}/data"})
    refused(run(*node.command(), within=60), str(disk))


def test_an_empty_disk_beside_a_filled_one_is_used_only_when_it_is_said_to_be_new(cluster, tmp_path, small_disk):
    source = random_file(tmp_path / "source", 4 << 20)
    first, second = small_disk("first", 64), small_disk("second", 64)
    with TuskCluster(datanodes=1, config={"dfs.datanode.data.dir": f"file://{first}/data",
                                          "dfs.datanode.du.reserved": 0}) as own:
        own.dfs("-D", "dfs.blocksize=1048576", "-put", source, "/before").ok()
        node = own.datanodes[0]
        assert node.daemon.terminate() == 0
        node.hdfs["dfs.datanode.data.dir"] = f"file://{first}/data,file://{second}/data"
        node.write_configuration()
        refused(run(*node.command(), within=60), str(second), "tusk.datanode.new.volumes")
        node.hdfs["tusk.datanode.new.volumes"] = "true"
        node.start()
        own.wait_serving()
        (first / "filler").write_bytes(b"x" * (shutil.disk_usage(first).free - (512 << 10)))
        # What is left of a disk is known from the last heartbeat.
        wait_until(lambda: own.dfs("-D", "dfs.blocksize=1048576", "-put", "-f", source, "/after").code == 0, 30,
                   "a file on the disk that is not full")
        assert list((second / "data").rglob("blk_*"))
        for name in ("/before", "/after"):
            own.dfs("-get", "-f", name, tmp_path / "back").ok()
            assert_same_bytes(source, tmp_path / "back")


def test_a_full_datanode_disk_refuses_the_file_and_keeps_the_others(small_disk, tmp_path):
    disk = small_disk("full", 224)
    small, big = random_file(tmp_path / "small", 1 << 20), real_file()
    cluster = TuskCluster(datanodes=1, config={"dfs.datanode.data.dir": f"file://{disk}/data",
                                               "dfs.datanode.du.reserved": 0})
    with cluster:
        cluster.dfs("-D", "dfs.blocksize=1048576", "-put", small, "/small").ok()
        answer = cluster.dfs("-put", big, "/big", within=180)
        assert answer.code not in (0, None)
        assert "Traceback" not in answer.err
        cluster.dfs("-get", "/small", tmp_path / "back").ok()
        assert_same_bytes(small, tmp_path / "back")
        assert all(node.daemon.running() for node in cluster.nodes())


def test_a_namenode_disk_that_fills_up_means_safe_mode_until_space_is_back(small_disk, tmp_path):
    disk = small_disk("name", 256)
    settings = {"dfs.namenode.name.dir": f"file://{disk}/name", "dfs.namenode.resource.check.interval": 500}
    with TuskCluster(datanodes=1, config=settings) as cluster:
        cluster.dfs("-put", "/etc/hosts", "/before").ok()
        filler = disk / "filler"
        free = shutil.disk_usage(disk).free
        filler.write_bytes(b"\xAA" * (free - (50 << 20)))  # Less than dfs.namenode.resource.du.reserved, 100 MB.

        def in_safe_mode():
            with cluster.rpc() as rpc:
                return rpc.in_safe_mode()

        wait_until(in_safe_mode, 30, "safe mode")
        answer = cluster.dfs("-mkdir", "/refused")
        assert answer.code != 0 and "safe mode" in answer.err
        assert cluster.dfs("-cat", "/before").ok()
        filler.unlink()
        wait_until(lambda: not in_safe_mode(), 30, "the end of safe mode")
        cluster.dfs("-mkdir", "/taken").ok()


def test_a_datanode_whose_disk_is_empty_is_filled_again_and_nothing_is_lost(tmp_path):
    source = random_file(tmp_path / "source", 3 << 20)
    quickly = {"dfs.heartbeat.interval": 1, "dfs.namenode.heartbeat.recheck-interval": 1000,
               "dfs.namenode.redundancy.interval.seconds": 1}
    with TuskCluster(datanodes=3, config=quickly) as cluster:
        cluster.dfs("-D", "dfs.blocksize=1048576", "-put", source, "/file").ok()
        emptied = cluster.datanodes[0]
        emptied.daemon.terminate()
        shutil.rmtree(emptied.storage)
        emptied.start()

        def whole():
            with cluster.rpc() as rpc:
                return all(len({r.datanode_uuid for r in b.replicas}) == 3 and emptied.block_files(b.block_id)
                           for b in rpc.blocks("/file"))

        wait_until(whole, 90, "three replicas again, one on the new disk", every=0.2)
        cluster.dfs("-get", "/file", tmp_path / "back").ok()
        assert_same_bytes(source, tmp_path / "back")


def test_sigterm_ends_every_daemon_with_code_0():
    with TuskCluster(datanodes=1) as cluster:
        for node in reversed(cluster.nodes()):
            assert node.daemon.terminate() == 0
