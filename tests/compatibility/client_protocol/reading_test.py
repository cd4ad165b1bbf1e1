"""Everything that is asked of paths: of plain ones, of reserved ones and of bad ones."""

from harness.protocol_calls import Name, Saved, call

from deleting_test import ODD_PATHS
from steps import create, delete, listing, locations, mkdirs, status, unsigned, written

KB = 1024
QUESTIONS = [
    status, locations, listing, lambda src: listing(src, needs_location=True), lambda src: call("getFileLinkInfo", src=src),
    lambda src: call("getLocatedFileInfo", src=src), lambda src: call("getLocatedFileInfo", src=src, needBlockToken=True),
    lambda src: call("isFileClosed", src=src), lambda src: call("getPreferredBlockSize", filename=src),
    lambda src: call("getContentSummary", path=src), lambda src: call("getQuotaUsage", path=src), lambda src: call("getLinkTarget", path=src),
    lambda src: call("getEnclosingRoot", filename=src), lambda src: call("getStoragePolicy", path=src),
    lambda src: call("getAclStatus", src=src), lambda src: call("getXAttrs", src=src), lambda src: call("listXAttrs", src=src),
    lambda src: call("checkAccess", path=src, mode=Name("READ_EXECUTE")), lambda src: call("listOpenFiles", id=0, path=src, types=[1]),
    lambda src: call("listCorruptFileBlocks", path=src), lambda src: call("getEZForPath", src=src),
    lambda src: call("getErasureCodingPolicy", src=src), lambda src: call("getSnapshotListing", snapshotRoot=src),
    lambda src: call("getBatchedListing", paths=[src, "/odd"], startAfter="", needLocation=False)]


def test_every_question_of_every_path(agree):
    agree([mkdirs("/odd/dir"), *written("/odd/f", 100 * KB, 64 * KB), create("/odd/open"),
           *[question(path) for path in ["/odd", "/odd/dir", "/odd/f", "/odd/open", *ODD_PATHS[1:]] for question in QUESTIONS],
           delete("/odd")])


def test_reserved_paths_of_users(agree):
    paths = ["/.reserved", "/.reserved/raw", "/.reserved/raw/odd", "/.reserved/raw/odd/f", "/.reserved/.inodes", "/.reserved/.inodes/16385",
             "/.reserved/none"]
    questions = [call("getFileInfo", "alice", src=path) for path in paths] + [listing(path, "alice") for path in paths]
    agree([mkdirs("/odd"), *written("/odd/f", 10), *questions, call("getFileInfo", save="f", src="/odd/f"),
           *[create(path + "/made", user="alice") for path in paths], *[mkdirs(path + "/made", user="alice") for path in paths],
           *changes_of("/.reserved/raw/odd/f", "alice"), delete("/odd")])


def changes_of(path, user):
    src, by = {"src": path}, {"clientName": "c1"}
    return [call(method, user, **request) for method, request in [
        ("create", {**src, **by, "masked": {"perm": 0o644}, "createFlag": 1, "createParent": True, "replication": 1, "blockSize": KB}),
        ("append", {**src, **by}), ("truncate", {**src, **by, "newLength": 0}), ("concat", {"trg": path, "srcs": ["/odd/g"]}),
        ("rename", {**src, "dst": "/odd/x"}), ("rename2", {**src, "dst": "/odd/x", "overwriteDest": False}), ("rename", {"src": "/odd/f", "dst": path}),
        ("delete", {**src, "recursive": True}), ("setReplication", {**src, "replication": 1}), ("setTimes", {**src, "mtime": 1, "atime": 1}),
        ("setPermission", {**src, "permission": {"perm": 0o700}}), ("setOwner", {**src, "username": user}),
        ("setStoragePolicy", {**src, "policyName": "HOT"}), ("unsetStoragePolicy", src), ("modifyAclEntries", src), ("removeAclEntries", src),
        ("removeDefaultAcl", src), ("removeAcl", src), ("setAcl", src), ("setXAttr", {**src, "xAttr": {"namespace": 0, "name": "a"}, "flag": 3}),
        ("removeXAttr", {**src, "xAttr": {"namespace": 0, "name": "a"}}), ("setQuota", {"path": path, "namespaceQuota": 5, "storagespaceQuota": 5}),
        ("recoverLease", {**src, **by}), ("fsync", {**src, "client": "c1"}), ("complete", {**src, **by}), ("addBlock", {**src, **by}),
        ("setErasureCodingPolicy", {**src, "ecPolicyName": "RS-6-3-1024k"}), ("unsetErasureCodingPolicy", src),
        ("createSnapshot", {"snapshotRoot": path, "snapshotName": "s"}), ("deleteSnapshot", {"snapshotRoot": path, "snapshotName": "s"}),
        ("renameSnapshot", {"snapshotRoot": path, "snapshotOldName": "s", "snapshotNewName": "t"})]]


def test_locations_of_ranges(agree):
    size = 3 * 64 * KB + 100
    ranges = [(0, 1), (0, 64 * KB), (64 * KB - 1, 2), (64 * KB, 1), (size - 1, 1), (size, 1), (size + 1, 5), (0, 0), (64 * KB, 0), (size, 0),
              (unsigned(-1), 1), (0, unsigned(-1)), (5, 1 << 62), (1 << 62, 1 << 62)]
    agree([*written("/range", size), *written("/range0", 0), create("/range1", save="open"),
           *[locations(path, offset=offset, length=length) for path in ("/range", "/range0", "/range1") for offset, length in ranges],
           delete("/range"), delete("/range0"), delete("/range1")])


def test_pages_of_listings(agree):
    names = [f"f{number:02}" for number in range(13)] + ["b~", "Z", "~"]
    starts = ["", "f", "f03", "f04", "f0300", "f12", "g", "zzz", "/", "a/b", "/pages/f05", "/odd/f05", "~", "/.reserved/.inodes/1/f05"]
    steps = [mkdirs("/pages"), *[create(f"/pages/{name}") for name in names], *written("/pages/f00", 10), *written("/pages/f01", 10)]
    steps += [listing("/pages", after=start) for start in starts]
    steps += [listing("/pages", after=start, needs_location=True) for start in starts[:4]]
    steps += [listing("/pages/f03", after="f"), listing("/pages/f03", after="f03"), listing("/pages/f03", after="z")]
    agree([*steps, delete("/pages")])


def test_batched_listings(agree):
    def batched(*paths, after="", needs_location=False, user=""):
        return call("getBatchedListing", user, "page", paths=list(paths), startAfter=after, needLocation=needs_location)

    def next_page(*paths):
        return call("getBatchedListing", "", "page", paths=list(paths), startAfter=Saved("page.startAfter"), needLocation=False)

    tree = ["/batch/a", "/batch/none", "/batch/b", "/batch/f", "/batch/empty"]
    agree([mkdirs("/batch/empty"), *[create(f"/batch/{name}") for name in ("a/1", "a/2", "b/1", "b/2", "b/3", "b/4", "b/5", "f")],
           batched(), batched("/batch"), next_page("/batch"), batched(*tree), next_page(*tree), next_page(*tree), batched("/batch/none"),
           batched("/batch/f", needs_location=True), batched("/batch/empty"), batched("/batch/a", "/batch/a"),
           batched("relative"), batched(""), batched("/.reserved"), batched("/batch/.snapshot"), batched(*["/batch/empty"] * 101),
           mkdirs("/batch/closed", mode=0o700), batched("/batch/closed", "/batch/a", user="alice"), delete("/batch")])


def test_open_files(agree):
    def open_files(after, **more):
        return call("listOpenFiles", id=after, **{"types": [Name("ALL_OPEN_FILES")], **more})

    agree([*[mkdirs(path, mode=0o777) for path in ("/open", "/open/x", "/open/xy")],
           *[create(f"/open/{name}", save=f"o{number}", by=f"c{number % 2}", user=["", "alice"][number % 2])
             for number, name in enumerate(["x", "a", "x/1", "x/2", "b", "xy/1", "c"])],
           open_files(0, path="/open"), open_files(Saved("o1.fs.fileId"), path="/open"), open_files(Saved("o6.fs.fileId"), path="/open"),
           open_files(1 << 40), open_files(0, path="/open/x"), open_files(0, path="/open/x/"), open_files(0, path="/open/x/1"),
           open_files(0, path="/open", types=[Name("ALL_OPEN_FILES")]), open_files(0, path="/open", types=[Name("BLOCKING_DECOMMISSION")]),
           open_files(0, path="/open", types=[Name("ALL_OPEN_FILES"), Name("BLOCKING_DECOMMISSION")]), open_files(-1, path="/open"),
           open_files(0, path=""), open_files(0, path="relative"), call("listOpenFiles", "alice", id=0, path="/"), open_files(0, path="/open", types=[]), open_files(0, path="/open//x"), delete("/open")])
