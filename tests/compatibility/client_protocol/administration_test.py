"""What is asked of and done to the whole file system, as the superuser and as somebody else; and features that are absent."""

import pytest

from harness.protocol_calls import NAMENODE, USER_MAPPINGS, Name, Saved, apart, call, refused

from steps import create, delete, listing, mkdirs, status, unsigned, written

EVERYBODY = ("", "alice", "dave")


def test_states_of_the_file_system(agree):
    plain = ["getServerDefaults", "getFsStats", "getFsReplicatedBlockStats", "getFsECBlockGroupStats", "upgradeStatus", "msync",
             "getHAServiceState", "getStoragePolicies", "getSnapshottableDirListing", "getSlowDatanodeReport", "getDataEncryptionKey",
             "listEncryptionZones", "getErasureCodingPolicies", "getErasureCodingCodecs", "refreshNodes", "finalizeUpgrade"]
    steps = [call(method, user, **({"id": 0} if method == "listEncryptionZones" else {})) for method in plain for user in EVERYBODY]
    for kind in range(1, 7):
        steps += [call(method, user, type=kind) for method in ("getDatanodeReport", "getDatanodeStorageReport") for user in EVERYBODY]
    agree(steps)


def test_orders_of_administrators(agree):
    steps = [call("setSafeMode", user, action=action, checked=checked)
             for user in EVERYBODY for action in (3, 2, 3, 1, 3, 4, 3) for checked in (False, True)]
    steps += [call("restoreFailedStorage", user, arg=arg) for user in EVERYBODY for arg in ("check", "false", "x", "")]
    steps += [call("restoreFailedStorage", "alice", arg="true")]
    steps += [apart(call("restoreFailedStorage", arg=arg), "a folder that failed is given what it lacks at a start alone") for arg in ("true", "false")]
    steps += [call("setBalancerBandwidth", user, bandwidth=bandwidth) for user in EVERYBODY for bandwidth in (1 << 20, 0, -1)]
    steps += [call("saveNamespace", user) for user in EVERYBODY]
    steps += [call("metaSave", user, filename=name) for user in EVERYBODY[1:2] for name in ("m", "../m", "")]
    steps += [call("rollEdits", "alice"), call("finalizeUpgrade", "alice"), call("rollingUpgrade", "alice", action=1),
              call("rollingUpgrade", action=1), call("rollingUpgrade", "alice", action=3), call("rollingUpgrade", action=3),
              call("rollingUpgrade", "alice", action=2)]
    for user in EVERYBODY:
        steps += [call("refreshUserToGroupsMappings", user, protocol=USER_MAPPINGS),
                  refused(call("refreshSuperUserGroupsConfiguration", user, protocol=USER_MAPPINGS), "hadoop.proxyuser.* is read at the start")]
    agree(steps)


def test_nothing_changes_in_safe_mode(agree):
    src, by = {"src": "/safe/f"}, {"clientName": "c1"}
    block = Saved("o1.block.b")
    agree([
        mkdirs("/safe/dir"), *written("/safe/f", 10), *written("/safe/g", 10), create("/safe/open", save="open"),
        call("addBlock", "", "o1", src="/safe/open", fileId=Saved("open.fs.fileId"), **by), call("allowSnapshot", snapshotRoot="/safe"),
        call("createSnapshot", snapshotRoot="/safe", snapshotName="s"), call("setSafeMode", action=2),
        create("/safe/new"), mkdirs("/safe/new"), mkdirs("/safe/dir"), mkdirs("/safe/f"), delete("/safe/f"), delete("/safe/none"),
        create("/safe/new", user="alice"), create("relative"), mkdirs("relative"), mkdirs("/safe/new", user="alice"),
        call("append", **src, **by), call("truncate", **src, **by, newLength=0), call("concat", trg="/safe/f", srcs=["/safe/g"]),
        call("concat", trg="/safe/f"), call("rename", **src, dst="/safe/x"), call("rename2", **src, dst="/safe/x", overwriteDest=False),
        call("rename", src="/safe/none", dst="/safe/x"), call("setReplication", **src, replication=2), call("setReplication", **src, replication=0),
        call("setTimes", **src, mtime=1, atime=1), call("setPermission", **src, permission={"perm": 0o700}), call("setOwner", **src, username="x"),
        call("setPermission", "alice", src="/none", permission={"perm": 0o700}),
        call("setQuota", path="/safe", namespaceQuota=5, storagespaceQuota=5), call("setQuota", "alice", path="/safe", namespaceQuota=5, storagespaceQuota=5),
        call("setStoragePolicy", **src, policyName="COLD"), call("setStoragePolicy", **src, policyName="no"), call("unsetStoragePolicy", **src),
        call("satisfyStoragePolicy", **src),
        call("modifyAclEntries", **src), call("removeAcl", **src), call("removeDefaultAcl", **src), call("removeAclEntries", **src),
        call("setAcl", **src), call("setXAttr", **src, xAttr={"namespace": 0, "name": "a"}, flag=3),
        call("removeXAttr", **src, xAttr={"namespace": 0, "name": "a"}), call("addBlock", src="/safe/open", **by),
        call("abandonBlock", b=block, src="/safe/open", holder="c1"), call("complete", src="/safe/open", **by),
        call("fsync", src="/safe/open", client="c1"), call("recoverLease", src="/safe/open", **by), call("renewLease", **by),
        call("updateBlockForPipeline", block=block, **by), call("updatePipeline", **by, oldBlock=block, newBlock=block),
        call("getAdditionalDatanode", src="/safe/open", blk=block, numAdditionalNodes=1, **by),
        call("createSymlink", target="/safe/f", link="/safe/l", dirPerm={"perm": 0}, createParent=True),
        call("allowSnapshot", snapshotRoot="/safe/dir"), call("disallowSnapshot", snapshotRoot="/safe"),
        call("createSnapshot", snapshotRoot="/safe", snapshotName="t"), call("createSnapshot", snapshotRoot="/none", snapshotName="t"),
        call("renameSnapshot", snapshotRoot="/safe", snapshotOldName="s", snapshotNewName="t"),
        call("deleteSnapshot", snapshotRoot="/safe", snapshotName="s"), call("setErasureCodingPolicy", **src, ecPolicyName="RS-6-3-1024k"),
        call("unsetErasureCodingPolicy", **src), call("enableErasureCodingPolicy", ecPolicyName="RS-6-3-1024k"),
        call("disableErasureCodingPolicy", ecPolicyName="RS-6-3-1024k"), call("removeErasureCodingPolicy", ecPolicyName="RS-6-3-1024k"),
        call("addErasureCodingPolicies"), call("addCachePool", info={"poolName": "p"}), call("removeCachePool", poolName="p"),
        call("modifyCachePool", info={"poolName": "p"}), call("addCacheDirective", info={"path": "/safe", "pool": "p"}),
        call("removeCacheDirective", id=1), call("modifyCacheDirective", info={"id": 1}), call("createEncryptionZone", **src, keyName="k"),
        call("reencryptEncryptionZone", action=1, zone="/safe"), call("rollingUpgrade", action=1), call("getBlockLocations", **src, offset=0, length=10),
        call("restoreFailedStorage", arg="check"), call("finalizeUpgrade"), status("/safe/f"), listing("/safe"),
        call("getDelegationToken", renewer="me"), call("saveNamespace"), call("listOpenFiles", id=0, types=[1], path="/"),
        call("setSafeMode", action=1), call("deleteSnapshot", snapshotRoot="/safe", snapshotName="s"), call("disallowSnapshot", snapshotRoot="/safe"),
        status("/safe/f"), delete("/safe"),
    ])


def test_who_follows_the_edit_log(agree):
    steps = []
    for user in EVERYBODY:
        steps += [call(method, user, protocol=NAMENODE) for method in ("isUpgradeFinalized", "isRollingUpgrade", "getBlockKeys")]
        steps += [call("versionRequest", user, protocol=NAMENODE)]
    steps += [call("getCurrentEditLogTxid", "alice"), call("getEditsFromTxid", "alice", txid=1), call("getTransactionId", "alice", protocol=NAMENODE),
              call("getMostRecentCheckpointTxId", "alice", protocol=NAMENODE), call("rollEditLog", "alice", protocol=NAMENODE),
              call("getEditLogManifest", "alice", protocol=NAMENODE, sinceTxId=1), call("getEditsFromTxid", txid=1 << 40),
              call("getEditsFromTxid", txid=-1)]
    agree(steps)


def test_snapshot_calls_that_fail(agree):
    snap = {"snapshotRoot": "/snap/d"}
    roots = ["/snap/none", "/snap/f", "/snap/f/below", "/snap/plain", "/", "relative", "/.reserved", "/.reserved/raw/snap/d", "/snap/d/.snapshot", "/snap/d/in",
             "/.reserved/.inodes/1", "/snap//d", "/snap/d/"]
    steps = [mkdirs("/snap/d/in"), mkdirs("/snap/plain"), *written("/snap/f", 10), call("allowSnapshot", **snap)]
    for root in roots:
        r = {"snapshotRoot": root}
        steps += [call("createSnapshot", **r, snapshotName="s1"), call("renameSnapshot", **r, snapshotOldName="s1", snapshotNewName="s2"),
                  call("getSnapshotDiffReport", **r, fromSnapshot="s1", toSnapshot=""), call("getSnapshotListing", **r),
                  call("getSnapshotDiffReportListing", **r, fromSnapshot="s1", toSnapshot=""), call("deleteSnapshot", **r, snapshotName="s2"),
                  call("deleteSnapshot", **r, snapshotName="s1")]
        if root not in ("/", "/snap/d/", "/snap//d"):
            steps += [call("allowSnapshot", **r), call("disallowSnapshot", **r)]
    steps += [call("createSnapshot", **snap, snapshotName=name) for name in ("", "a/b", ".", "..", ".snapshot", "n" * 256, "ä", "s:1", "ok", "ok")]
    steps += [call("renameSnapshot", **snap, snapshotOldName="ok", snapshotNewName=name) for name in ("", "a/b", ".snapshot", "n" * 256, "ok", "ok2")]
    steps += [call("deleteSnapshot", **snap, snapshotName=name) for name in ("", "a/b", "none", "s:1", "ä", ".", "..")]
    steps += [call("getSnapshotDiffReport", **snap, fromSnapshot=one, toSnapshot=other) for one in ("ok2", "", "none") for other in ("ok2", "", "none")]
    steps += [call(method, "alice", **snap, **more) for method, more in [
        ("createSnapshot", {"snapshotName": "x"}), ("deleteSnapshot", {"snapshotName": "ok2"}), ("allowSnapshot", {}), ("disallowSnapshot", {}),
        ("renameSnapshot", {"snapshotOldName": "ok2", "snapshotNewName": "y"}), ("getSnapshotListing", {}),
        ("getSnapshotDiffReport", {"fromSnapshot": "ok2", "toSnapshot": ""})]]
    steps += [call("getSnapshottableDirListing"), call("getSnapshottableDirListing", "alice"), call("getSnapshotListing", **snap),
              call("disallowSnapshot", **snap), call("deleteSnapshot", **snap, snapshotName="ok2"), call("deleteSnapshot", **snap, snapshotName="."),
              call("deleteSnapshot", **snap, snapshotName=".."), call("disallowSnapshot", **snap), delete("/snap")]
    agree(steps)


NOT_THERE = "namenode/README.md: erasure coding, encryption zones, centralized cache, tokens and rolling upgrade are not there"


@pytest.mark.parametrize("user", EVERYBODY)
def test_features_that_are_absent(agree, user):
    def asked(method, **request):
        return call(method, user, **request)

    src = {"src": "/absent/f"}
    own = user == "alice"
    # A DelegationTokenIdentifier: version, owner, renewer, real user, four numbers.
    token = {"identifier": "\0\4root\2me\0\1\1\1\1", "password": "", "kind": "HDFS_DELEGATION_TOKEN", "service": ""}
    agree([
        mkdirs("/absent/d", mode=0o777), *written("/absent/f", 10),
        asked("getErasureCodingPolicy", **src), asked("getErasureCodingPolicy", src="/absent/none"), asked("getErasureCodingPolicies"),
        asked("getErasureCodingCodecs"), asked("setErasureCodingPolicy", src="/absent/d", ecPolicyName="no"),
        asked("setErasureCodingPolicy", src="/absent/none"), asked("setErasureCodingPolicy", **src), asked("unsetErasureCodingPolicy", **src),
        asked("unsetErasureCodingPolicy", src="/absent/d"), asked("unsetErasureCodingPolicy", src="/absent/none"),
        asked("enableErasureCodingPolicy", ecPolicyName="no"), asked("disableErasureCodingPolicy", ecPolicyName="no"),
        asked("removeErasureCodingPolicy", ecPolicyName="no"), asked("removeErasureCodingPolicy", ecPolicyName="RS-6-3-1024k"),
        asked("disableErasureCodingPolicy", ecPolicyName="RS-10-4-1024k"), asked("addErasureCodingPolicies"),
        asked("getECTopologyResultForPolicies"), asked("getECTopologyResultForPolicies", policies=["no"]),
        asked("getEZForPath", **src), asked("getEZForPath", src="/absent/none"), asked("listEncryptionZones", id=0), asked("listReencryptionStatus", id=0),
        asked("createEncryptionZone", src="/absent/d", keyName="k"), asked("createEncryptionZone", **src, keyName=""),
        asked("reencryptEncryptionZone", action=1, zone="/absent/d"), asked("reencryptEncryptionZone", action=2, zone="/absent/d"),
        asked("listCachePools", prevPoolName=""), asked("listCacheDirectives", prevId=0, filter={}), asked("listCacheDirectives", prevId=-1, filter={"id": 5}),
        asked("listCacheDirectives", prevId=0, filter={"pool": "p"}),
        call("addCachePool", user, info={"poolName": "p"}) if own else refused(call("addCachePool", user, info={"poolName": "p"}), NOT_THERE),
        apart(call("removeCachePool", poolName="p"), NOT_THERE),
        asked("addCachePool", info={}), asked("addCachePool", info={"poolName": ""}), asked("modifyCachePool", info={"poolName": "q"}),
        asked("removeCachePool", poolName="q"), asked("removeCachePool", poolName=""), asked("addCacheDirective", info={"path": "/absent", "pool": "q"}),
        asked("addCacheDirective", info={"pool": "q"}), asked("addCacheDirective", info={"path": "/absent"}),
        asked("modifyCacheDirective", info={"id": 7}), asked("modifyCacheDirective", info={}), asked("removeCacheDirective", id=7),
        asked("removeCacheDirective", id=-1), asked("getDelegationToken", renewer="me"),
        apart(asked("renewDelegationToken", token=token), NOT_THERE), apart(asked("cancelDelegationToken", token=token), NOT_THERE),
        asked("getDataEncryptionKey"), asked("rollingUpgrade", action=Name("QUERY")), asked("satisfyStoragePolicy", **src),
        asked("satisfyStoragePolicy", src="/absent/none"),
        asked("createSymlink", target="/absent/f", link="/absent/link", dirPerm={"perm": 0o755}, createParent=False),
        asked("createSymlink", target="", link="relative", dirPerm={"perm": 0o755}, createParent=False), delete("/absent"),
    ])


def test_quotas_that_cannot_be_set(agree):
    def set_quota(path, names, space, user="", **more):
        return call("setQuota", user, path=path, namespaceQuota=unsigned(names), storagespaceQuota=unsigned(space), **more)

    keep, clear = (1 << 63) - 1, -1
    steps = [mkdirs("/limits/d"), *written("/limits/f", 10)]
    for path in ["/limits", "/limits/f", "/limits/none", "/", "", "relative", "/.reserved", "/limits/.snapshot", "/.reserved/.inodes/1"]:
        for names, space in [(10, keep), (0, keep), (-2, keep), (keep, 0), (keep, -5), (keep, 1 << 30), (clear, clear), (keep, keep)]:
            steps += [set_quota(path, names, space), call("getQuotaUsage", path=path)]
        for kind in (1, 2, 3, 4, 5):
            steps += [set_quota(path, keep, 1 << 30, storageType=kind), set_quota(path, 5, 1 << 30, storageType=kind),
                      set_quota(path, keep, clear, storageType=kind)]
        steps += [set_quota(path, 10, 10, user="alice")]
    agree([*steps, set_quota("/", keep, clear), set_quota("/", keep, 1 << 60), set_quota("/", clear, clear), delete("/limits")])
