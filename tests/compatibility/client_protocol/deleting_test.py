"""mkdirs, delete and the calls that change one attribute."""

from harness.protocol_calls import call

from steps import create, delete, listing, mkdirs, status, unsigned, written


def set_times(src, mtime, atime, user=""):
    return call("setTimes", user, src=src, mtime=unsigned(mtime), atime=unsigned(atime))


def set_replication(src, replication, user=""):
    return call("setReplication", user, src=src, replication=replication)


def set_permission(src, mode, user=""):
    return call("setPermission", user, src=src, permission={"perm": mode})


def set_owner(src, user="", **who):
    return call("setOwner", user, src=src, **who)


ODD_PATHS = ["/", "", "relative", "/odd/none", "/odd/f/below", "/odd//f", "/odd/./f", "/odd/../odd/f", "/odd/f/", "/odd/.snapshot",
             "/odd/.snapshot/s/f", "/.reserved", "/.reserved/raw", "/.reserved/raw/odd/f", "/.reserved/.inodes", "/.reserved/.inodes/16385",
             "/.reserved/.inodes/1", "/.reserved/.inodes/x", "/.reserved/.inodes/16385/odd/f", "/.reserved/nonsense",
             "/.reserved/.inodes/16385/..", "/.reserved/raw/.reserved/raw/odd", "/odd/a:b", "/odd/" + "n" * 256, "/" + "d/" * 1001 + "x",
             "/" + "l" * 8001]


def test_mkdirs(agree):
    agree([
        mkdirs("/odd/dir"), *written("/odd/f", 10), mkdirs("/odd/dir"), mkdirs("/odd/f"), mkdirs("/odd/f", parents=False),
        mkdirs("/odd/none/x", parents=False), mkdirs("/odd/mode", mode=0o7777), status("/odd/mode"), mkdirs("/odd/new/mode", mode=0o1700),
        status("/odd/new"), status("/odd/new/mode"), mkdirs("/odd/strict/a/b", mode=0o400), status("/odd/strict"), status("/odd/strict/a/b"),
        call("mkdirs", src="/odd/unmasked", masked={"perm": 0o755}, unmasked={"perm": 0o777}, createParent=True), status("/odd/unmasked"),
        *[mkdirs(path) for path in ODD_PATHS], *[mkdirs(path, parents=False) for path in ODD_PATHS], listing("/odd"), delete("/odd"),
    ])


def test_delete(agree):
    agree([
        mkdirs("/odd/full/dir"), mkdirs("/odd/empty"), *written("/odd/f", 10), create("/odd/open"),
        delete("/odd/full", recursive=False), delete("/odd/empty", recursive=False), delete("/odd/empty", recursive=False),
        delete("/odd/open", recursive=False), delete("/", recursive=False), delete("/odd/full"),
        *[delete(path) for path in ODD_PATHS], delete("/odd"), delete("/odd"), delete("/.reserved/.inodes/16385"),
    ])


def test_attributes_of_one_inode(agree):
    steps = [mkdirs("/odd/dir"), *written("/odd/f", 10), create("/odd/open")]
    for path in ["/odd/f", "/odd/dir", "/odd/open"]:
        for step in [set_times(path, 1000, 2000), set_times(path, -1, 3000), set_times(path, 4000, -1), set_times(path, -1, -1),
                     set_times(path, -2, 5), set_times(path, 5, -2), set_times(path, 0, 0), set_replication(path, 2), set_replication(path, 0),
                     set_replication(path, 51), set_replication(path, 70000), set_replication(path, 65535), set_replication(path, 1),
                     set_permission(path, 0o7777), set_permission(path, 0o100), set_permission(path, 0o200644), set_permission(path, 0o755),
                     set_owner(path, username="alice"), set_owner(path, groupname="sales"), set_owner(path), set_owner(path, username="bob", groupname="no such"),
                     set_owner(path, username="ä ö"), set_owner(path, username="x" * 300)]:
            steps += [step, status(path)]
    for path in ODD_PATHS[1:]:
        steps += [set_times(path, 1000, 2000), set_replication(path, 1), set_permission(path, 0o700), set_owner(path, username="alice"),
                  status(path)]
    steps += [set_replication("/", 1), set_times("/", 1000, 2000), status("/"), delete("/odd")]
    agree(steps)
