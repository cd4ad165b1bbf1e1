"""What operators and their scrapers read of a NameNode over HTTP: stock Hadoop's pages and ours, side by side."""

import json
import re
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest

from harness.cluster import OURS, Cluster, StockCluster
from harness.java import ClientCalls, HadoopTools
from harness.polling import wait_until

CONFIG = {"hadoop.prometheus.endpoint.enabled": "true", "dfs.replication": 1, "my.password": "hush"}

# Beans and attributes that ours has not, each with the reason.
NO_JVM = "there is no JVM, so its collectors have no names"
ABSENT_BEANS = {
    "MetricsSystem,sub=Stats": "of Hadoop's own metrics system",
    "MetricsSystem,sub=Control": "of Hadoop's own metrics system",
    "HttpServer2-": "of Jetty",
    "NNTopUserOpCounts": "the callers who call most are not counted",
    "UgiMetrics": "of Kerberos logins",
}
ABSENT_ATTRIBUTES = {
    "JvmMetrics": {"GcCountCopy": NO_JVM, "GcTimeMillisCopy": NO_JVM, "GcCountMarkSweepCompact": NO_JVM,
                   "GcTimeMillisMarkSweepCompact": NO_JVM},
}


@pytest.fixture(scope="module")
def stock():
    with StockCluster(datanodes=1, config=CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def ours():
    with Cluster(OURS, [OURS], CONFIG) as running:
        yield running


def get(cluster, path, accept=None):
    """Status, headers and text."""
    host, port = cluster.namenode.addresses["http"]
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept": accept} if accept else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def beans(cluster, query="Hadoop:*"):
    """By name, without ports."""
    listed = json.loads(get(cluster, f"/jmx?qry={query}")[2])["beans"]
    return {re.sub(r"(Port)\d+|(HttpServer2-)\d+", r"\1\2", bean["name"].split("name=")[1]): bean for bean in listed}


def test_beans_and_their_attributes_are_those_of_stock(stock, ours):
    theirs, mine = beans(stock), beans(ours)
    assert theirs.keys() - mine.keys() == ABSENT_BEANS.keys()
    assert mine.keys() <= theirs.keys()
    for name, bean in mine.items():
        lacking = theirs[name].keys() - bean.keys()
        # Errors stand there once they have happened, under the name of their class.
        lacking = {a for a in lacking if "Exception" not in a}
        assert lacking == ABSENT_ATTRIBUTES.get(name, {}).keys(), name
        # Stock shows pauses only once its monitor of them runs, and not every method.
        if "Rpc" not in name and name != "JvmMetrics":
            assert bean.keys() <= theirs[name].keys(), name
        assert bean["modelerType"].rstrip("0123456789") == theirs[name]["modelerType"].rstrip("0123456789")
        for attribute in bean.keys() & theirs[name].keys():
            if theirs[name][attribute] is not None and bean[attribute] is not None:
                assert type(bean[attribute]) is type(theirs[name][attribute]), (name, attribute)


def test_attributes_that_are_json_have_the_same_fields(stock, ours):
    theirs, mine = beans(stock)["NameNodeInfo"], beans(ours)["NameNodeInfo"]
    for attribute in ("LiveNodes", "DeadNodes", "DecomNodes", "EnteringMaintenanceNodes", "NodeUsage", "CorruptFiles",
                      "NameDirStatuses", "NameJournalStatus", "JournalTransactionInfo", "VerifyECWithTopologyResult"):
        assert shape(json.loads(mine[attribute])) == shape(json.loads(theirs[attribute])), attribute


def test_snapshots_are_listed_as_in_stock(stock, ours):
    seen = []
    for cluster in (stock, ours):
        tools = cluster.java()
        tools.fs("-mkdir", "-p", "/snaps/d").ok()
        tools.admin("-allowSnapshot", "/snaps/d").ok()
        tools.fs("-createSnapshot", "/snaps/d", "s1").ok()
        bean = beans(cluster)["SnapshotInfo"]
        seen.append(re.sub(r'"modificationTime": \d+', "", json.dumps([bean["SnapshottableDirectories"], bean["Snapshots"]])))
    assert seen[1] == seen[0]


def shape(value):
    """What is left of JSON without its values, and without the names that are addresses and folders."""
    if isinstance(value, dict):
        return sorted((re.sub(r".*:\d+|/.*", "*", key), shape(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def test_what_happens_is_counted(ours):
    before = beans(ours)
    ours.dfs("-mkdir", "-p", "/counted/a").ok()
    ours.dfs("-ls", "/counted").ok()
    ours.dfs("-rm", "-r", "-skipTrash", "/counted").ok()
    after = beans(ours)

    def grown(bean, attribute):
        return after[bean][attribute] - before[bean][attribute]

    assert grown("NameNodeActivity", "FilesCreated") == 2
    assert grown("NameNodeActivity", "FilesInGetListingOps") == 1
    assert grown("NameNodeActivity", "DeleteFileOps") == 1
    assert grown("FSNamesystem", "LastWrittenTransactionId") >= 3
    assert grown("RpcActivityForPort", "RpcProcessingTimeNumOps") >= 3
    assert grown("RpcDetailedActivityForPort", "MkdirsNumOps") == 1
    assert after["JvmMetrics"]["MemHeapUsedM"] > 5


@pytest.mark.parametrize("query", [
    "get=Hadoop:service=NameNode,name=FSNamesystem::NumEncryptionZones", "qry=Nothing:a=b", "qry=nonsense", "get=nonsense",
    "get=Hadoop:service=NameNode,name=FSNamesystem::Nope", "get=Hadoop:service=NameNode,name=NameNodeInfo::RollingUpgradeStatus",
    "qry=Hadoop:service=NameNode,name=ECBlockGroupsState"])
def test_jmx_answers_to_the_letter(stock, ours, query):
    theirs, mine = get(stock, f"/jmx?{query}"), get(ours, f"/jmx?{query}")
    assert (mine[0], mine[2]) == (theirs[0], theirs[2])
    for header in ("Content-Type", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin"):
        assert mine[1][header] == theirs[1][header]


def test_prometheus_names_are_those_of_stock(stock, ours):
    def series(cluster):
        lines = get(cluster, "/prom")[2].splitlines()
        return {m.group(1): tuple(re.findall(r"(\w+)=", m.group(2)))
                for m in (re.match(r"(\w+)\{(.*)\}", line) for line in lines) if m}

    theirs, mine = series(stock), series(ours)
    without = re.compile(r"metrics_system_|http_server2_|nn_top_user_op_counts_|ugi_metrics_|jvm_metrics_gc_.*(copy|compact)$"
                         r"|\w*exception\w*$")
    lacking = {name for name in theirs.keys() - mine.keys() if not without.match(name)}
    assert not lacking
    for name in theirs.keys() & mine.keys():
        assert set(mine[name]) == set(theirs[name]), name
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", get(ours, "/prom")[2], re.M))
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", get(stock, "/prom")[2], re.M):
        assert types.get(name, kind) == kind, name


def test_configuration_has_the_form_of_stock(stock, ours):
    def properties(cluster):
        status, headers, text = get(cluster, "/conf")
        assert (status, headers["Content-Type"]) == (200, "text/xml;charset=utf-8")
        return {p.findtext("name"): {child.tag: child.text for child in p} for p in ElementTree.fromstring(text)}

    theirs, mine = properties(stock), properties(ours)
    assert mine["my.password"] == theirs["my.password"] == {
        "name": "my.password", "value": "******", "final": "false", "source": "hdfs-site.xml"}
    assert mine["dfs.namenode.name.dir"].keys() == theirs["dfs.namenode.name.dir"].keys()
    json_of = {cluster: {p["key"]: p for p in json.loads(get(cluster, "/conf", "application/json")[2])["properties"]}
               for cluster in (stock, ours)}
    assert json_of[ours]["my.password"] == json_of[stock]["my.password"]
    assert json_of[ours]["dfs.replication"] == json_of[stock]["dfs.replication"]
    for accept in (None, "application/json"):
        for name in ("my.password", "dfs.replication", "no.such"):
            assert get(ours, f"/conf?name={name}", accept)[::2] == get(stock, f"/conf?name={name}", accept)[::2]


def test_small_pages_are_those_of_stock(stock, ours):
    theirs, mine = get(stock, "/isActive"), get(ours, "/isActive")
    assert (mine[0], mine[2], mine[1]["Content-Type"]) == (theirs[0], theirs[2], theirs[1]["Content-Type"])
    for accept in (None, "application/json"):
        theirs, mine = get(stock, "/topology", accept), get(ours, "/topology", accept)
        assert re.sub(r":\d{4,5}", ":PORT", mine[2]) == re.sub(r":\d{4,5}", ":PORT", theirs[2])
        assert mine[1]["Content-Type"] == theirs[1]["Content-Type"]

    def phases(cluster):
        progress = json.loads(get(cluster, "/startupProgress")[2])
        return progress["percentComplete"], [(p["name"], p["desc"], p["status"]) for p in progress["phases"]]

    assert phases(ours) == phases(stock)


@pytest.fixture(scope="module")
def damaged(stock, ours):
    """On both clusters: a healthy file, an open one, one with a missing block and one with a corrupt block."""
    tools = {}
    for cluster in (stock, ours):
        folder = cluster.root / "fsck-tools"
        folder.mkdir()
        host, port = cluster.namenode.addresses["http"]
        tools[cluster] = HadoopTools(folder, cluster.uri(), settings={"dfs.namenode.http-address": f"{host}:{port}"})
        local = folder / "text"
        local.write_text("some words\n" * 1000)
        fs = tools[cluster].fs
        fs("-mkdir", "-p", "/fsck/healthy", "/fsck/damaged", "/fsck/closed").ok()
        for name in ("healthy/f", "damaged/missing", "damaged/corrupt", "closed/f"):
            fs("-put", str(local), f"/fsck/{name}").ok()
        fs("-touchz", "/fsck/healthy/empty").ok()
        fs("-chmod", "700", "/fsck/closed").ok()
    with ClientCalls(stock.root / "fsck-calls", stock.uri()) as to_stock, \
            ClientCalls(ours.root / "fsck-calls", ours.uri()) as to_ours:
        for calls, cluster in ((to_stock, stock), (to_ours, ours)):
            assert calls.call("", "hold", "/fsck/open", "100", 1 << 20, 1) == "open"
            damage(cluster, tools[cluster])
        yield {"stock": tools[stock], "ours": tools[ours]}
    for each in tools.values():
        each.close()


def damage(cluster, tools):
    with cluster.rpc() as rpc:
        missing, corrupt = (rpc.blocks(f"/fsck/damaged/{name}")[0].block_id for name in ("missing", "corrupt"))
    datanode = cluster.datanodes[0]
    file, = datanode.block_files(corrupt)
    data = bytearray(file.read_bytes())
    data[100] ^= 0xff
    file.write_bytes(data)
    for lost in datanode.storage.rglob(f"blk_{missing}*"):
        lost.unlink()
    tools.fs("-cat", "/fsck/damaged/corrupt")
    tools.fs("-cat", "/fsck/damaged/missing")
    # A full report shows what is not there any more.
    datanode.restart()

    def known():
        text = get(cluster, "/fsck?ugi=root&path=/fsck/damaged")[2]
        return "MISSING BLOCKS:\t1" in text and "CORRUPT BLOCKS: \t1" in text

    wait_until(known, 60, "one block missing and one corrupt")


def printed(outcome):
    """What a check printed, without times, addresses and the ids that chance gives."""
    text = re.sub(r" at \w{3} \w{3} \d+ .* \d{4}", " at TIME", outcome.out)
    text = re.sub(r"in \d+ milliseconds", "in N milliseconds", text)
    text = re.sub(r"BP-[\w.-]+", "POOL", text)
    text = re.sub(r"blk_\d+(_\d+)?", "BLOCK", text)
    text = re.sub(r"DS-[\w-]+", "STORAGE", text)
    return outcome.code, re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)


@pytest.mark.parametrize("arguments", [
    "/fsck/healthy", "/fsck/healthy -files -blocks -locations", "/fsck/healthy -files -blocks -racks",
    "/fsck/healthy -files -blocks -replicaDetails -maintenance", "/fsck/healthy -files -blocks -upgradedomains",
    "/fsck/healthy -storagepolicies", "/fsck/healthy/f -files", "/fsck/healthy -includeSnapshots -showprogress",
    "/fsck/healthy -replicate", "/fsck/open", "/fsck/open -openforwrite", "/fsck/open -files -blocks -openforwrite",
    "/fsck/none", "/fsck/damaged/missing", "/fsck/damaged/missing -files -blocks -locations", "/fsck/damaged/corrupt",
    "/fsck/damaged/corrupt -files -blocks -locations", "/fsck -list-corruptfileblocks", "/fsck/healthy -list-corruptfileblocks",
    "/fsck/none -list-corruptfileblocks", "/ -blockId blk_1", "/ -blockId nonsense"])
def test_fsck_prints_and_exits_as_with_stock(damaged, arguments):
    theirs, mine = (printed(damaged[which].run(HadoopTools.FSCK, *arguments.split())) for which in ("stock", "ours"))
    if "corrupt" in arguments and "list" not in arguments and "-files" in arguments:
        # A corrupt replica may be shown or left out among the locations.
        theirs, mine = ((code, re.sub(r"\[.*?\]+", "[]", text)) for code, text in (theirs, mine))
    assert mine == theirs


def test_fsck_of_one_block_and_by_others(stock, ours, damaged):
    answers = []
    for which, cluster in (("stock", stock), ("ours", ours)):
        with cluster.rpc() as rpc:
            block = f"blk_{rpc.blocks('/fsck/healthy/f')[0].block_id}"
        answers.append([printed(damaged[which].run(HadoopTools.FSCK, "/", "-blockId", block))] + [
            re.sub(r" at .*|in \d+ milli|blk_\d+", "", get(cluster, f"/fsck?ugi=bob&{query}")[2])
            for query in ("path=/fsck", "path=/fsck/closed", f"blockId={block}", "path=/&listcorruptfileblocks=1")])
    assert answers[1] == answers[0]


def test_fsck_deletes_what_is_damaged_and_moves_nothing(damaged):
    refused = damaged["ours"].run(HadoopTools.FSCK, "/fsck/damaged", "-move")
    assert (refused.code, "-move is not supported" in refused.out) == (255, True) or refused.code == -1
    theirs, mine = (printed(damaged[which].run(HadoopTools.FSCK, "/fsck/damaged", "-delete")) for which in ("stock", "ours"))
    assert mine == theirs
    theirs, mine = (printed(damaged[which].run(HadoopTools.FSCK, "/fsck/damaged")) for which in ("stock", "ours"))
    assert mine == theirs
    assert mine[0] == 0
