"""Who may do what: users of every relation to a directory, its modes, and every operation below it."""

import pytest

from harness.protocol_calls import IfDone, Name, call, refused

from steps import CREATE, OVERWRITE, create, delete, listing, locations, mkdirs, rename, rename2, status

# The owner, a member of the group, one of neither, a member of the supergroup, and the superuser.
USERS = ["alice", "bob", "carol", "dave", ""]
FEW_MODES = [0o000, 0o710, 0o705, 0o1777]
MODES = [*FEW_MODES, 0o500, 0o300, 0o400, 0o100, 0o700, 0o730, 0o750, 0o770, 0o1770, 0o701, 0o703, 0o707, 0o777, 0o070, 0o007]


# What is no file, in a directory that only some may enter.
HIDDEN = ["/p/d/sub", "/p/d/none", "/p/d/mine/below"]


def tree(mode):
    """Alice's directory, with files of her own, of Bob's and of nobody's in particular."""
    steps = [delete("/p"), mkdirs("/p/d/sub/deep", mode=0o777), mkdirs("/p/d/empty", mode=0o777), mkdirs("/p/out", mode=0o777)]
    for path in ("/p/out", "/p/d", "/p/d/sub", "/p/d/empty"):
        steps += [call("setPermission", src=path, permission={"perm": 0o777})]
    steps += [create("/p/d/mine", mode=0o640), create("/p/d/bobs", mode=0o600), create("/p/d/sub/f", mode=0o644), create("/p/out/f", mode=0o666),
              call("setOwner", src="/p/d/mine", username="alice", groupname="sales"), call("setOwner", src="/p/d/bobs", username="bob", groupname="sales"),
              call("setOwner", src="/p/d/sub", username="bob", groupname="other"), call("setPermission", src="/p/d/sub", permission={"perm": 0o755}),
              call("setOwner", src="/p/d", username="alice", groupname="sales"), call("setPermission", src="/p/d", permission={"perm": mode})]
    return steps


def may_enter(user, mode):
    return {"alice": mode >> 6, "bob": mode >> 3, "carol": mode}.get(user, 1) & 1 == 1


def blocks_of_the_hidden(user):
    return [refused(locations(path, user=user), "stock says what is there before who may see it", "org.apache.hadoop.security.AccessControlException")
            for path in HIDDEN]


def reads(user, mode):
    paths = ["/p/d", "/p/d/mine", "/p/d/bobs", "/p/d/sub", "/p/d/sub/f", "/p/d/none", "/p/d/mine/below"]
    questions = [
        status, locations, listing, lambda src, user: call("getContentSummary", user, path=src), lambda src, user: call("getQuotaUsage", user, path=src),
        lambda src, user: call("getAclStatus", user, src=src), lambda src, user: call("getXAttrs", user, src=src),
        lambda src, user: call("getStoragePolicy", user, path=src), lambda src, user: call("isFileClosed", user, src=src),
        lambda src, user: call("getPreferredBlockSize", user, filename=src), lambda src, user: call("getErasureCodingPolicy", user, src=src),
        lambda src, user: call("getLinkTarget", user, path=src), lambda src, user: call("getEnclosingRoot", user, filename=src),
        lambda src, user: call("checkAccess", user, path=src, mode=Name("READ")), lambda src, user: call("checkAccess", user, path=src, mode=Name("WRITE_EXECUTE")),
        lambda src, user: call("getEZForPath", user, src=src), lambda src, user: call("getFileLinkInfo", user, src=src),
        lambda src, user: call("getBatchedListing", user, paths=[src], startAfter="", needLocation=False)]
    hides = not may_enter(user, mode)
    return [question(path, user=user) for path in paths for question in questions
            if not (hides and question is locations and path in HIDDEN)] + (blocks_of_the_hidden(user) if hides else [])


# Those that change nothing that the next ones look at, whether they are allowed or not.
def writes(user):
    steps = []
    for path in ("/p/d", "/p/d/mine", "/p/d/bobs", "/p/d/sub", "/p/d/none"):
        src = {"src": path}
        steps += [
            call("setReplication", user, **src, replication=1), call("setTimes", user, **src, mtime=5, atime=5),
            call("setStoragePolicy", user, **src, policyName="HOT"), call("unsetStoragePolicy", user, **src),
            call("setXAttr", user, **src, xAttr={"namespace": 0, "name": "a", "value": "1"}, flag=3),
            call("setXAttr", user, **src, xAttr={"namespace": 1, "name": "a", "value": "1"}, flag=3),
            call("removeXAttr", user, **src, xAttr={"namespace": 0, "name": "a"}), call("removeXAttr", user, **src, xAttr={"namespace": 0, "name": "b"}),
            call("removeAcl", user, **src), call("removeDefaultAcl", user, **src), call("setQuota", user, path=path, namespaceQuota=1 << 40, storagespaceQuota=1 << 50),
            call("setOwner", user, **src, groupname="sales"), call("setOwner", user, **src, groupname="drinkers"),
            call("setOwner", user, **src, groupname="other"), call("setOwner", user, **src, username="alice"), call("setOwner", user, **src, username="bob"),
            call("setErasureCodingPolicy", user, **src, ecPolicyName="no"), call("allowSnapshot", user, snapshotRoot=path), call("disallowSnapshot", user, snapshotRoot=path),
            call("append", user, **src, clientName="c1"), call("truncate", user, **src, newLength=0, clientName="c1"),
            call("recoverLease", user, **src, clientName="c1"), call("concat", user, trg=path, srcs=["/p/d/sub/f"]),
            call("createSnapshot", user, snapshotRoot=path, snapshotName="s"), call("deleteSnapshot", user, snapshotRoot=path, snapshotName="s"),
        ]
    return steps


# Each with the tree as it was.
def moves(user):
    return [
        create("/p/d/new", user=user), create("/p/d/sub/new", user=user), create("/p/d/x/y/new", user=user), create("/p/d/mine", user=user),
        create("/p/d/bobs", user=user, flags=CREATE | OVERWRITE, by="c2"), create("/p/d/mine", user=user, flags=CREATE | OVERWRITE, by="c2"),
        mkdirs("/p/d/new", user=user), mkdirs("/p/d/sub/x/y", user=user), mkdirs("/p/d/sub", user=user), mkdirs("/p/d/none/x", user=user, parents=False),
        delete("/p/d/mine", user=user), delete("/p/d/bobs", user=user), delete("/p/d/sub", user=user), delete("/p/d/empty", user=user, recursive=False),
        delete("/p/d/none", user=user), delete("/p/d", user=user), rename("/p/d/mine", "/p/out/x", user=user), rename("/p/d/bobs", "/p/out/y", user=user),
        rename("/p/d/sub", "/p/out/sub", user=user), rename("/p/out/f", "/p/d/in", user=user), rename("/p/d/mine", "/p/d/other", user=user),
        rename2("/p/out/f", "/p/d/bobs", user=user, overwrite=True), rename2("/p/d/bobs", "/p/out/f", user=user, overwrite=True),
        rename2("/p/d/empty", "/p/d/sub/deep", user=user, overwrite=True), rename2("/p/d/none", "/p/out/x", user=user),
        rename2("/p/d/mine", "/p/out/t", user=user, moveToTrash=True), rename("/p/d", "/p/e", user=user)]


@pytest.mark.parametrize("user", USERS)
def test_who_may_read_and_change(agree, nightly, user):
    agree([step for mode in (MODES if nightly else FEW_MODES) for step in tree(mode) + reads(user, mode) + writes(user)])


@pytest.mark.parametrize("user", USERS)
def test_who_may_make_and_move(agree, nightly, user):
    agree([step for mode in (MODES if nightly else [0o750, 0o1777]) for step in tree(mode) + [
        step for move in moves(user) for step in [move, IfDone([listing("/p/d"), listing("/p/out"), *tree(mode)])]]])
