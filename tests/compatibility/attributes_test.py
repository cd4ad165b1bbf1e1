"""The same calls of the Java client against stock Hadoop and ours: results, exception classes and messages agree.

Each table is a list of calls as (user, method, arguments...); an empty user is the one that runs the tests, who is the
superuser of both clusters. A mark "!" before a method says that ours refuses by design what stock carries out: there only
our own answer is looked at.
"""

import re
import shutil

import pytest

from harness.cluster import OURS, Cluster, StockCluster, TuskCluster
from harness.java import ClientCalls
from harness.polling import wait_until

MB = 1 << 20

ACLS = [
    ("", "mkdirs", "/acl", "777"), ("", "chmod", "/acl", "777"),
    ("alice", "mkdirs", "/acl/d", "750"), ("alice", "write", "/acl/f", "0", MB, 1), ("alice", "chmod", "/acl/f", "640"),
    ("alice", "getAcl", "/acl/f"), ("bob", "access", "/acl/f", "r--"),
    ("alice", "modifyAcl", "/acl/f", "user:bob:rw-"), ("alice", "getAcl", "/acl/f"), ("alice", "stat", "/acl/f"),
    ("bob", "access", "/acl/f", "rw-"), ("alice", "chmod", "/acl/f", "640"), ("bob", "access", "/acl/f", "rw-"),
    ("bob", "modifyAcl", "/acl/f", "user:bob:rwx"), ("alice", "modifyAcl", "/acl/f", "default:user:bob:rwx"),
    ("alice", "modifyAcl", "/acl/f", "mask::---,group:sales:r-x"), ("alice", "getAcl", "/acl/f"),
    ("alice", "removeAclEntries", "/acl/f", "mask"), ("alice", "removeAclEntries", "/acl/f", "user:bob"),
    ("alice", "removeAclEntries", "/acl/f", "user:"), ("alice", "getAcl", "/acl/f"),
    ("alice", "setAcl", "/acl/f", "user:bob:rwx"), ("alice", "setAcl", "/acl/f", "user::rw-,user::r--,group::r--,other::---"),
    ("alice", "setAcl", "/acl/f", "user::rw-,group::r--,other::r--,user:carol:r--"), ("alice", "getAcl", "/acl/f"),
    ("alice", "setAcl", "/acl/f", ",".join(["user::rw-,group::r--,other::r--"] + [f"user:u{i}:r--" for i in range(40)])),
    ("alice", "removeAcl", "/acl/f"), ("alice", "stat", "/acl/f"), ("alice", "removeAcl", "/acl/f"),
    ("alice", "modifyAcl", "/acl/d", "default:user:bob:rwx,default:group::r-x,default:mask::rwx"),
    ("alice", "getAcl", "/acl/d"), ("alice", "mkdirs", "/acl/d/sub/deep", "755"), ("alice", "getAcl", "/acl/d/sub"),
    ("alice", "getAcl", "/acl/d/sub/deep"), ("alice", "write", "/acl/d/new", "0", MB, 1), ("alice", "getAcl", "/acl/d/new"),
    ("bob", "write", "/acl/d/sub/bobs", "0", MB, 1), ("carol", "ls", "/acl/d/sub"),
    ("alice", "setAcl", "/acl/d", "default:user::rwx,default:group::---,default:other::---"), ("alice", "getAcl", "/acl/d"),
    ("alice", "write", "/acl/d/minimal", "0", MB, 1), ("alice", "getAcl", "/acl/d/minimal"),
    ("alice", "removeDefaultAcl", "/acl/d"), ("alice", "getAcl", "/acl/d"), ("alice", "stat", "/acl/d"),
    ("", "getAcl", "/none"), ("", "modifyAcl", "/none", "user:bob:r--"), ("", "getAcl", "/acl/f/below"),
    ("", "getAcl", "/.reserved/raw/acl/d"),
]

QUOTAS = [
    ("", "mkdirs", "/q", "777"), ("", "chmod", "/q", "777"), ("", "quotaUsage", "/q"), ("", "summary", "/"), ("", "quotaUsage", "/none"),
    ("", "setQuota", "/q", "3", "keep"), ("", "quotaUsage", "/q"), ("", "mkdirs", "/q/a/b/c", "755"), ("", "exists", "/q/a/b"),
    ("", "exists", "/q/a/b/c"), ("", "write", "/q/f", "0", MB, 1), ("", "quotaUsage", "/q"), ("", "rename", "/q/a/b", "/out"),
    ("", "write", "/q/f", "10", MB, 1), ("", "write", "/q/g", "0", MB, 1), ("", "rename", "/out", "/q/in"),
    ("", "rename2", "/out", "/q/in"), ("", "delete", "/q/a", "true"), ("", "rename", "/out", "/q/in"), ("", "quotaUsage", "/q"),
    ("", "setQuota", "/q", "clear", "keep"), ("", "quotaUsage", "/q"),
    ("", "mkdirs", "/s", "755"), ("", "setQuota", "/s", "keep", 5 * MB), ("", "write", "/s/f", MB + 100, MB, 3),
    ("", "quotaUsage", "/s"), ("", "summary", "/s"), ("", "write", "/s/g", "10", 2 * MB, 1), ("", "write", "/s/g", "10", MB, 1),
    ("", "quotaUsage", "/s"), ("", "append", "/s/f", "5"), ("", "setReplication", "/s/f", "5"), ("", "setReplication", "/s/f", "1"),
    ("", "quotaUsage", "/s"), ("", "append", "/s/f", "5"), ("", "quotaUsage", "/s"), ("", "truncate", "/s/f", MB),
    ("", "quotaUsage", "/s"), ("", "setQuota", "/s", "keep", "10"), ("", "write", "/s/h", "1", MB, 1), ("", "exists", "/s/h"),
    ("", "append", "/s/g", "1"), ("", "setQuota", "/s", "clear", "clear"), ("", "quotaUsage", "/s"),
    ("", "mkdirs", "/t/plain", "755"), ("", "setTypeQuota", "/t", "SSD", 3 * MB), ("", "quotaUsage", "/t"),
    ("", "write", "/t/plain/f", "100", MB, 2), ("", "quotaUsage", "/t"), ("", "setPolicy", "/t/plain", "ALL_SSD"),
    ("", "write", "/t/plain/g", "100", MB, 2), ("", "summary", "/t"), ("", "write", "/t/plain/h", "100", 2 * MB, 2),
    ("", "setTypeQuota", "/t", "SSD", "clear"), ("", "setTypeQuota", "/t", "RAM_DISK", "1"),
    ("alice", "setQuota", "/q", "5", "keep"), ("alice", "setQuota", "/q", "clear", "clear"), ("", "setQuota", "/none", "5", "5"),
    ("", "setQuota", "/s/g", "5", "5"), ("", "setQuota", "/q", "0", "keep"), ("", "setQuota", "/q", "-7", "keep"),
    ("", "setQuota", "/", "clear", "keep"), ("", "setQuota", "/", "1000", "keep"), ("", "setQuota", "/", "clear", "keep"),
    ("", "mkdirs", "/c", "755"), ("", "write", "/c/a", MB, MB, 1), ("", "write", "/c/b", MB, MB, 1), ("", "setQuota", "/c", "10", 10 * MB),
    ("", "concat", "/c/a", "/c/b"), ("", "quotaUsage", "/c"), ("", "delete", "/c/a", "false"), ("", "quotaUsage", "/c"),
]

XATTRS = [
    ("", "mkdirs", "/x", "777"), ("", "chmod", "/x", "777"), ("alice", "write", "/x/f", "5", MB, 1), ("alice", "chmod", "/x/f", "644"),
    ("alice", "setXAttr", "/x/f", "user.a", "1", "both"), ("alice", "setXAttr", "/x/f", "user.a", "2", "CREATE"),
    ("alice", "setXAttr", "/x/f", "user.b", "2", "REPLACE"), ("alice", "setXAttr", "/x/f", "user.b", "null", "both"),
    ("bob", "getXAttrs", "/x/f"), ("bob", "setXAttr", "/x/f", "user.c", "1", "both"), ("bob", "getXAttr", "/x/f", "user.none"),
    ("bob", "getXAttr", "/x/f", "trusted.t"), ("alice", "setXAttr", "/x/f", "trusted.t", "1", "both"),
    ("", "setXAttr", "/x/f", "trusted.t", "1", "both"), ("", "getXAttrs", "/x/f"), ("alice", "listXAttrs", "/x/f"),
    ("", "setXAttr", "/x/f", "system.s", "1", "both"), ("", "setXAttr", "/x/f", "security.s", "1", "both"),
    ("", "setXAttr", "/x/f", "raw.r", "1", "both"), ("", "setXAttr", "/.reserved/raw/x/f", "raw.r", "1", "both"),
    ("", "getXAttrs", "/x/f"), ("", "getXAttrs", "/.reserved/raw/x/f"), ("alice", "getXAttrs", "/.reserved/raw/x/f"),
    ("", "getXAttr", "/x/f", "raw.r"), ("alice", "removeXAttr", "/x/f", "user.a"), ("alice", "removeXAttr", "/x/f", "user.a"),
    ("alice", "removeXAttr", "/x/f", "trusted.t"), ("alice", "setXAttr", "/x/f", "user.big", "x" * 17000, "both"),
    ("alice", "setXAttr", "/x/f", "security.hdfs.unreadable.by.superuser", "v", "both"),
    ("alice", "setXAttr", "/x", "security.hdfs.unreadable.by.superuser", "null", "both"),
    ("alice", "setXAttr", "/x/f", "security.hdfs.unreadable.by.superuser", "null", "both"),
    ("alice", "removeXAttr", "/x/f", "security.hdfs.unreadable.by.superuser"), ("bob", "listXAttrs", "/x/f"),
    ("", "setXAttr", "/none", "user.a", "1", "both"), ("", "getXAttrs", "/none"), ("", "removeXAttr", "/none", "user.a"),
    ("", "setXAttr", "/x/f", "nonsense", "1", "both"), ("alice", "chmod", "/x/f", "600"), ("bob", "getXAttrs", "/x/f"),
    ("bob", "listXAttrs", "/x/f"),
]

OTHERS = [
    ("", "mkdirs", "/o/d", "777"), ("", "write", "/o/f", "5", MB, 1), ("", "chmod", "/o/f", "600"),
    ("", "policies"), ("", "getPolicy", "/o/f"), ("", "setPolicy", "/o/d", "one_ssd"), ("", "getPolicy", "/o/d"),
    ("", "setPolicy", "/o/f", "LAZY_PERSIST"), ("", "setPolicy", "/o/f", "NONE"), ("", "setPolicy", "/none", "HOT"),
    ("alice", "setPolicy", "/o/f", "HOT"), ("", "unsetPolicy", "/o/d"), ("", "getPolicy", "/o/d"), ("", "getPolicy", "/none"),
    ("", "unsetPolicy", "/none"), ("", "satisfyPolicy", "/o/d"),
    ("", "batchedLs", "/o", "/none", "/o/f", "/o/d"), ("alice", "batchedLs", "/o", "/o/f"),
    ("", "symlink", "/o/f", "/o/link"), ("", "createEz", "/o/d", "key"), ("alice", "createEz", "/o/d", "key"),
    ("", "getEz", "/o/d"), ("", "getEz", "/none"), ("", "listEz"), ("alice", "listEz"),
    ("", "ecPolicies"), ("", "ecCodecs"), ("", "ecPolicy", "/o/d"), ("", "ecPolicy", "/none"), ("alice", "ecPolicy", "/o/f"),
    ("", "setEc", "/o/d", "nonsense"), ("", "setEc", "/o/d", "XOR-2-1-1024k"), ("", "!setEc", "/o/d", "RS-6-3-1024k"),
    ("", "setEc", "/o/f", "RS-6-3-1024k"), ("", "setEc", "/none", "RS-6-3-1024k"), ("", "unsetEc", "/o/d"),
    ("", "unsetEc", "/o/f"), ("", "unsetEc", "/none"), ("", "enableEc", "nonsense"),
    ("alice", "enableEc", "RS-6-3-1024k"), ("", "!enableEc", "XOR-2-1-1024k"), ("", "disableEc", "RS-10-4-1024k"),
    ("", "disableEc", "nonsense"), ("", "removeEc", "RS-6-3-1024k"), ("", "removeEc", "nonsense"), ("", "ecTopology"),
    ("", "ecTopology", "XOR-2-1-1024k"), ("", "ecTopology", "nonsense"), ("alice", "ecTopology"),
    ("", "createEcFile", "/o/ec", "nonsense"), ("", "!createEcFile", "/o/ec", "RS-6-3-1024k"),
    ("", "createEcFile", "/o/replicated", "replication"),
    ("", "cachePools"), ("", "cacheDirectives"), ("", "!addCachePool", "pool"), ("", "token", "me"), ("", "rollingUpgrade"),
    ("", "createFlags", "/o/none", "overwrite"), ("", "ls", "/.reserved"), ("", "ls", "/.reserved/raw/o"),
    ("", "mkdirs", "/.reserved/raw/o/new", "755"), ("", "exists", "/o/new"),
    ("", "mkdirs", "/.reserved/x", "755"), ("", "exists", "/o/f/below"), ("alice", "exists", "/o/f/below"), ("", "stat", "/.reserved"),
]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory):
    audit = {"tusk.namenode.audit.enabled": "true",
             "tusk.namenode.audit.file": tmp_path_factory.mktemp("audit") / "hdfs-audit.log"}
    with StockCluster(datanodes=3) as stock, TuskCluster(datanodes=3, config=audit) as ours:
        yield stock, ours


@pytest.fixture(scope="module")
def both(clusters):
    stock, ours = clusters
    with ClientCalls(stock.root / "calls", stock.uri()) as to_stock, ClientCalls(ours.root / "calls", ours.uri()) as to_ours:
        yield to_stock, to_ours


def audit_lines(cluster):
    """What an audit log says of single paths, without the times. Stock writes it between the daemon's other lines."""
    ours = cluster.namenode.kind == "tusk"
    files = [cluster.config["tusk.namenode.audit.file"]] if ours else (cluster.namenode.home / "logs").iterdir()
    lines = [match.group(1) for file in files
             for match in re.finditer(r"INFO FSNamesystem\.audit: (allowed=.*)", file.read_text(errors="replace"))]
    return [line for line in lines if "\tsrc=null\t" not in line and "\tsrc={}\t" not in line]


@pytest.mark.parametrize("table", [ACLS, QUOTAS, XATTRS, OTHERS], ids=["acls", "quotas", "xattrs", "others"])
def test_the_same_calls_come_to_the_same(both, table):
    stock, ours = both
    differences = []
    for user, method, *arguments in table:
        if method.startswith("!"):
            answer = ours.call(user, method[1:], *arguments)
            if not answer.startswith("java.lang.UnsupportedOperationException: "):
                differences.append(f"{user} {method} {arguments}\n  ours:  {answer}")
            continue
        answers = [calls.call(user, method, *arguments) for calls in both]
        if answers[0] != answers[1]:
            differences.append(f"{user} {method} {str(arguments)[:200]}\n  stock: {answers[0]}\n  ours:  {answers[1]}")
    assert not differences, f"{len(differences)} of {len(table)} calls differ:\n" + "\n".join(differences)


def test_the_audit_logs_say_the_same(clusters, both):
    for calls in both:
        # What only one of them carries out comes last here, and only in the other tables.
        for user, method, *arguments in [
                ("", "mkdirs", "/audit", "755"), ("", "write", "/audit/\u00e4 \"x\\", "5", MB, 1), ("bob", "mkdirs", "/audit/no", "755"),
                ("", "rename2", "/audit/\u00e4 \"x\\", "/audit/f"), ("", "rename", "/audit/f", "/audit/g"),
                ("", "delete", "/audit/none", "false"), ("", "truncate", "/audit/g", "0"), ("", "setReplication", "/audit/g", "2"),
                ("", "modifyAcl", "/audit/g", "user:bob:r--"), ("bob", "getAcl", "/audit/g"), ("", "setQuota", "/audit", "9", "keep"),
                ("", "quotaUsage", "/audit"), ("", "summary", "/audit"), ("", "setPolicy", "/audit", "COLD"),
                ("", "batchedLs", "/audit", "/audit/none"), ("bob", "getXAttr", "/audit/g", "user.none"),
                ("bob", "access", "/audit", "-w-"), ("", "getEz", "/audit"), ("bob", "listEz"), ("", "stat", "/audit/end")]:
            calls.call(user, method, *arguments)

    def from_here(cluster):
        lines = audit_lines(cluster)
        first = next((i for i, line in enumerate(lines) if "\tsrc=/audit\t" in line), len(lines))
        return lines[first:]

    for cluster in clusters:
        wait_until(lambda: any("/audit/end" in line for line in from_here(cluster)), 30, "the last line of the audit log")
    stock, ours = (from_here(cluster) for cluster in clusters)
    assert ours == stock


def test_our_namenode_reads_the_attributes_that_stock_logged(clusters, both):
    """The last test: it stops the stock NameNode."""
    stock, _ = clusters
    to_stock, _ = both
    questions = [(user, method, path)
                 for method, paths in {
                     "getAcl": ["/acl/f", "/acl/d", "/acl/d/sub", "/acl/d/sub/deep", "/acl/d/new", "/acl/d/minimal"],
                     "quotaUsage": ["/q", "/s", "/t/plain", "/c", "/audit"], "getXAttrs": ["/x/f", "/.reserved/raw/x/f"],
                     "getPolicy": ["/t/plain", "/audit", "/o/d"], "stat": ["/acl/d/sub", "/q", "/s/g", "/x/f", "/audit/g"],
                     "summary": ["/", "/t", "/acl"]}.items() for path in paths for user in ("", "alice")]
    wanted = [to_stock.call(*question) for question in questions]
    stock.namenode.daemon.terminate()
    ours = Cluster(OURS, [], stock.config)
    try:
        shutil.copytree(stock.namenode.storage, ours.namenode.storage)
        (ours.namenode.storage / "in_use.lock").unlink(missing_ok=True)
        ours.start_namenode()
        with ClientCalls(ours.root / "calls", ours.uri()) as to_ours:
            found = [to_ours.call(*question) for question in questions]
    finally:
        ours.stop()
    differences = [f"{question}\n  stock: {one}\n  ours:  {other}"
                   for question, one, other in zip(questions, wanted, found) if one != other]
    assert not differences, "\n".join(differences)
