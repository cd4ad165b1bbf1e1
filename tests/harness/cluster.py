"""Clusters of real daemons: of ours ("tusk"), of stock Hadoop ("stock") or mixed, on ports the system chooses."""

import getpass
import os
import pathlib
import shutil
import signal
import tempfile

from .command import run, tusk
from .daemon import Daemon, started
from .hadoop_xml import write_configuration
from .java import HadoopTools, java_command, write_java_configuration
from .namenode_rpc import NameNodeRpc
from .paths import TUSK
from .polling import wait_until

_STOCK_CLASSES = {"namenode": "org.apache.hadoop.hdfs.server.namenode.NameNode",
                  "datanode": "org.apache.hadoop.hdfs.server.datanode.DataNode"}
# How stock daemons, which print no ready line, tell their addresses.
_STOCK_READY = {
    "namenode": {"rpc": r"RPC up at: [^ ]*:(\d+)", "http": r"Jetty bound to port (\d+)"},
    "datanode": {"data": r"Opened streaming server at /[^ ]*:(\d+)", "http": r"Listening HTTP traffic on /[^ ]*:(\d+)",
                 "ipc": r"Opened IPC server at /[^ ]*:(\d+)"},
}
_ADDRESS_KEYS = {
    "namenode": {"rpc": "dfs.namenode.rpc-address", "http": "dfs.namenode.http-address"},
    "datanode": {"data": "dfs.datanode.address", "http": "dfs.datanode.http.address",
                 "ipc": "dfs.datanode.ipc.address"},
}


class Node:
    """One NameNode or DataNode: its folders, its settings and its process. Keeps its ports over restarts."""

    def __init__(self, kind, role, name, root, core, hdfs, jvm=None):
        self.kind, self.role, self.name, self.jvm = kind, role, name, jvm
        self.home = pathlib.Path(root) / name
        self.storage = self.home / "storage"
        self.core, self.hdfs = dict(core), dict(hdfs)
        self.addresses = {}
        key = "dfs.namenode.name.dir" if role == "namenode" else "dfs.datanode.data.dir"
        self.hdfs.setdefault(key, f"file://{self.storage}")
        for address_key in _ADDRESS_KEYS[role].values():
            self.hdfs.setdefault(address_key, "127.0.0.1:0")
        self.configuration = self.home / "conf"
        self.daemon = Daemon(name, self.command(), self.home / "logs",
                             env={} if kind == "stock" else {"HADOOP_CONF_DIR": ""})

    def command(self, *args):
        if self.kind == "tusk":
            return [TUSK, self.role, "--config", self.configuration, *args]
        return java_command(_STOCK_CLASSES[self.role], self.configuration, self.home / "java", *args,
                            jvm=self.jvm)

    def write_configuration(self):
        write = write_configuration if self.kind == "tusk" else write_java_configuration
        write(self.configuration, self.core, self.hdfs)

    def start(self, within=60):
        self.launch()
        return self.wait_ready(within)

    def launch(self):
        """Starts the process and does not wait, so that several can come up side by side."""
        self.write_configuration()
        self.daemon.start()

    def wait_ready(self, within=60):
        if self.kind == "tusk":
            self.addresses = self.daemon.wait_ready(within)
        else:
            self.addresses = {
                key: ("127.0.0.1", int(self.daemon.wait_for_output(pattern, within, "errors").group(1)))
                for key, pattern in _STOCK_READY[self.role].items()}
        for key, address_key in _ADDRESS_KEYS[self.role].items():
            host, port = self.addresses[key]
            self.hdfs[address_key] = f"{host}:{port}"
        return self

    def restart(self):
        if self.daemon.running():
            self.daemon.terminate()
        return self.start()

    def kill(self):
        self.daemon.kill()

    def block_files(self, block_id):
        """The block files of one block in this DataNode's folders (without their meta files)."""
        return sorted(self.storage.rglob(f"blk_{block_id}"))


class Cluster:
    """A NameNode and DataNodes of the kinds asked for; a context manager that always stops them all.

    `jvm`, `datanode_jvm`: options for stock daemons, in place of those that start quickly. `folder`: where to keep
    everything, if not with other temporary files. `config` holds Hadoop keys for every daemon; `superuser` of a cluster is the user who runs the tests.
    """

    def __init__(self, namenode, datanodes, config=None, keep=False, jvm=None, datanode_jvm=None, folder=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="tusk-cluster-", dir=folder))
        self.datanode_jvm = datanode_jvm
        self.keep = keep
        # A stock NameNode passes over DataNodes that are busier than others, which on a loaded machine is chance.
        self.config = {"dfs.namenode.safemode.extension": 0, "dfs.heartbeat.interval": 1,
                       "dfs.namenode.redundancy.considerLoad": "false", **(config or {})}
        if namenode == "stock":
            self.config.setdefault("dfs.blocksize", 64 << 20)
        self.namenode = Node(namenode, "namenode", "namenode", self.root, {"fs.defaultFS": "hdfs://127.0.0.1:0"},
                             self.config, jvm)
        self.datanode_kinds = list(datanodes)
        self.datanodes = []
        self._tools = {}

    def start(self):
        try:
            self.format()
            self.start_namenode()
            for kind in self.datanode_kinds:
                self._new_datanode(kind).launch()
            for node in self.datanodes:
                node.wait_ready()
            self.wait_serving()
        except BaseException:
            self.stop()
            raise
        return self

    def format(self):
        self.namenode.write_configuration()
        stock = ["-nonInteractive"] if self.namenode.kind == "stock" else []
        run(*self.namenode.command("-format", *stock)).ok()

    def start_namenode(self):
        self.namenode.start()
        self.namenode.core["fs.defaultFS"] = self.uri()

    def _new_datanode(self, kind):
        node = Node(kind, "datanode", f"datanode{len(self.datanodes)}", self.root, {"fs.defaultFS": self.uri()},
                    self.config, self.datanode_jvm)
        self.datanodes.append(node)
        return node

    def add_datanode(self, kind=None):
        live = len(self.live_datanodes())
        node = self._new_datanode(kind or self.datanode_kinds[0]).start()
        wait_until(lambda: len(self.live_datanodes()) > live, 30, f"{node.name} to register")
        return node

    def wait_serving(self, datanodes=None, within=60):
        """Until `datanodes` DataNodes (all that run) are live and the NameNode has left safe mode."""
        wanted = datanodes if datanodes is not None else sum(d.daemon.running() for d in self.datanodes)

        def serving():
            with self.rpc() as rpc:
                return len(rpc.datanodes()) >= wanted and not rpc.in_safe_mode()

        wait_until(serving, within, f"{wanted} live DataNodes and the end of safe mode")

    def uri(self):
        host, port = self.namenode.addresses["rpc"]
        return f"hdfs://{host}:{port}"

    def rpc(self, user=None):
        return NameNodeRpc(self.namenode.addresses["rpc"], user or getpass.getuser())

    def live_datanodes(self):
        with self.rpc() as rpc:
            return rpc.datanodes("LIVE")

    def node_of(self, replica):
        """The DataNode that a located replica names."""
        return next(d for d in self.datanodes if d.addresses["data"][1] == replica.transfer_port)

    def client_configuration(self):
        """A folder for --config or HADOOP_CONF_DIR that makes this cluster the default file system."""
        directory = self.root / "client-conf"
        write_configuration(directory, {"fs.defaultFS": self.uri()}, {})
        return directory

    def dfs(self, *args, user=None, within=120):
        """`tusk dfs ARGS` with this cluster as the default file system."""
        env = {"HADOOP_CONF_DIR": str(self.client_configuration())}
        if user:
            env["HADOOP_USER_NAME"] = user
        return tusk("dfs", *args, env=env, within=within)

    def java(self, user=None, settings=None):
        """Stock Hadoop's tools against this cluster; one JVM per user, stopped with the cluster. The first use of one
        says with which settings."""
        if user not in self._tools:
            folder = self.root / f"java-{user or 'default'}"
            folder.mkdir()
            self._tools[user] = HadoopTools(folder, self.uri(), user, settings)
        return self._tools[user]

    def nodes(self):
        return [self.namenode, *self.datanodes]

    def kill_all(self):
        """SIGKILL to every daemon, as close to "at once" as one process can."""
        for node in self.nodes():
            node.daemon.signal(signal.SIGKILL)
        for node in self.nodes():
            node.kill()

    def restart_all(self):
        for node in self.nodes():
            node.launch()
        for node in self.nodes():
            node.wait_ready()
        self.wait_serving()

    def stop(self):
        for tools in self._tools.values():
            tools.close()
        self._tools = {}
        self.kill_all()
        if not self.keep:
            for node in self.nodes():
                shutil.rmtree(node.storage, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


# TUSK_TEST_AGAINST=stock runs the tests of our daemons against stock ones: what fails there too is the test's fault.
OURS = os.environ.get("TUSK_TEST_AGAINST", "tusk")


def TuskCluster(datanodes=3, config=None):
    return Cluster(OURS, [OURS] * datanodes, config)


def StockCluster(datanodes=3, config=None):
    return Cluster("stock", ["stock"] * datanodes, config)


def show_logs():
    """The tails of all logs of the daemons that were started and are still known."""
    return "\n".join(daemon.tail() for daemon in sorted(started, key=lambda d: d.name))
