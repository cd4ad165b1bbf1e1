"""Making files, writing on to them, cutting them off and joining them."""

from harness.protocol_calls import call

from steps import (APPEND, CREATE, KB, LAZY_PERSIST, NEW_BLOCK, OVERWRITE, SHOULD_REPLICATE, complete, create, delete, locations,
                   mkdirs, status, unsigned, written)


def append(src, by="c1", user="", save="", **more):
    return call("append", user, save, src=src, clientName=by, **more)


def truncate(src, length, by="c1", user=""):
    return call("truncate", user, src=src, newLength=length, clientName=by)


def concat(target, *sources, user=""):
    return call("concat", user, trg=target, srcs=list(sources))


def test_create_with_every_flag(agree):
    names = {"none": 0, "overwrite": OVERWRITE, "append": APPEND, "create_overwrite": CREATE | OVERWRITE,
             "create_append": CREATE | APPEND, "all": CREATE | OVERWRITE | APPEND, "lazy": CREATE | LAZY_PERSIST,
             "new_block": CREATE | NEW_BLOCK, "replicate": CREATE | SHOULD_REPLICATE,
             "append_new_block": APPEND | NEW_BLOCK, "sync_block": CREATE | 8, "no_local_write": CREATE | 64, "later": CREATE | 256}
    steps = [mkdirs("/create")]
    for name, flags in names.items():
        path = f"/create/{name}"
        steps += [create(path, save=name, flags=flags), status(path), create(path, flags=flags, by="c2"), create(path, flags=flags),
                  create("/create", flags=flags)]
    steps += written("/create/closed", 10)
    steps += [create("/create/closed", flags=flags, by="c3") for flags in names.values()]
    steps += [delete("/create")]
    agree(steps)


def test_create_where_it_cannot_be(agree):
    agree([
        mkdirs("/at/dir/full"), *written("/at/file", 10), create("/at/open", save="open"),
        create("/at/none/below", parents=False), status("/at/none"), create("/at/none/below"), status("/at/none"),
        create("/at/file/below"), create("/at/file/below", parents=False), create("/at/dir"), create("/at/dir", flags=CREATE | OVERWRITE),
        create("/at/dir/full", flags=CREATE | OVERWRITE, parents=False), create("/at/file"), create("/at/open"),
        create("/at/open", by="c2"), create("/at/open", flags=CREATE | OVERWRITE, by="c2"), create("/at/open", flags=CREATE | OVERWRITE),
        create("/at/open", flags=OVERWRITE, by="c9"), create("/at/r", replication=0), create("/at/r", replication=51),
        create("/at/r", replication=70000), create("/at/r", replication=50), create("/at/b", block=0), create("/at/b", block=100),
        create("/at/b", block=1025), create("/at/b", block=unsigned(-1)), create("/at/file", replication=0), create("/at/file", block=1),
        create("/"), create("/", flags=CREATE | OVERWRITE), create(""), create("relative"), create("//twice"), create("/at/./x"),
        create("/at/../x"), create("/at/x//y"), create("/at/x/"), create("/at/a:b"), create("/at/" + "n" * 255),
        create("/at/" + "n" * 256), create("/at/ä€"), status("/at/ä€"), create("/" + "/".join(["d"] * 1001)), create("/" + "e" * 8001),
        create("/at/.snapshot"), create("/at/.snapshot/x"), create("/.snapshot"), create("/.reserved"), create("/.reserved/x"),
        create("/.reserved/raw"), create("/.reserved/raw/at/raw"), create("/.reserved/.inodes/16385/viaid"),
        create("/.reserved/.inodes/1/x"), create("/at/empty_name", by=""), create("/at/mode", mode=0o7777), status("/at/mode"),
        create("/at/mode2", mode=0o666, unmasked={"perm": 0o606}), status("/at/mode2"),
        create("/at/policy", storagePolicy="COLD"), status("/at/policy"), create("/at/policy2", storagePolicy="nonsense"),
        create("/at/policy3", storagePolicy=""), create("/at/ec", ecPolicyName="nonsense"),
        create("/at/ec", ecPolicyName="replication"), create("/at/ec2", ecPolicyName=""),
        create("/at/ec3", ecPolicyName="replication", flags=CREATE | SHOULD_REPLICATE),
        create("/at/crypto", cryptoProtocolVersion=[2]), create("/at/local", user="alice"), status("/at/local"),
        create("/at/open", flags=APPEND), delete("/at"),
    ])


def test_append(agree):
    agree([
        mkdirs("/append/dir"), *written("/append/part", 100), *written("/append/whole", 64 * KB), *written("/append/empty", 0),
        create("/append/open", save="open"), append("/append/none"), append("/append/dir"), append("/append/part/below"), append("/"),
        append("/append/open"), append("/append/open", by="c2"),
        append("/append/part", save="part"), append("/append/part"), append("/append/part", by="c2"), status("/append/part"),
        complete_appended("/append/part", "part"), append("/append/whole", save="whole"), complete_appended("/append/whole", "whole"),
        append("/append/empty", save="empty"), complete_appended("/append/empty", "empty"),
        append("/append/part", save="part", flag=APPEND | NEW_BLOCK), complete_appended("/append/part", "part"),
        append("/append/part", save="part", flag=CREATE), complete_appended("/append/part", "part"),
        append("/append/part", save="part", flag=NEW_BLOCK), complete_appended("/append/part", "part"),
        append("/append/whole", save="whole", flag=APPEND | NEW_BLOCK), complete_appended("/append/whole", "whole"),
        append("/append/empty", by=""), append("/.reserved"), append("/.reserved/raw/append/none"), append("/append/.snapshot"),
        append("relative"), append(""), append("/append/part", flag=0), delete("/append"),
    ])


def complete_appended(src, saved, by="c1"):
    """Closes a file to which nothing was appended."""
    from harness.protocol_calls import Saved
    return call("complete", src=src, clientName=by, fileId=Saved(f"{saved}.stat.fileId"))


def test_truncate(agree):
    agree([
        mkdirs("/cut/dir"), *written("/cut/f", 3 * 64 * KB + 100), create("/cut/open"),
        truncate("/cut/none", 0), truncate("/cut/dir", 0), truncate("/cut/f/below", 0), truncate("/cut/open", 0), truncate("/cut/open", 0, "c2"),
        truncate("/cut/f", 1 << 40), truncate("/cut/f", unsigned(-1)), truncate("/cut/f", 3 * 64 * KB + 100), truncate("/cut/f", 3 * 64 * KB),
        status("/cut/f"), locations("/cut/f"), truncate("/cut/f", 64 * KB), truncate("/cut/f", 0), status("/cut/f"), locations("/cut/f"),
        truncate("/cut/f", 0), truncate("/", 0), truncate("", 0), truncate("/.reserved", 0), truncate("/cut/.snapshot/x", 0),
        truncate("/.reserved/raw/cut/f", 0), truncate("/cut/f", 0, by=""), delete("/cut"),
    ])


def test_concat(agree):
    block = 64 * KB
    sources = [step for name in "abcde" for step in written(f"/join/{name}", block)]
    agree([
        mkdirs("/join/dir"), mkdirs("/other"), *sources, *written("/join/target", block), *written("/join/short", 100),
        *written("/join/empty", 0), *written("/join/small_blocks", 1024, block=1024), *written("/join/large_blocks", block, block=2 * block),
        *written("/join/replicated", block, replication=2), *written("/other/f", block), create("/join/open"),
        concat("/join/target"), concat("/join/target", "/join/none"), concat("/join/none", "/join/a"), concat("/join/target", "/join/target"),
        concat("/join/target", "/join/a", "/join/a"), concat("/join/target", "/join/dir"), concat("/join/dir", "/join/a"),
        concat("/join/target", "/other/f"), concat("/join/target", "/join/empty"), concat("/join/target", "/join/open"),
        concat("/join/open", "/join/a"), concat("/join/empty", "/join/a"), concat("/join/short", "/join/a"),
        concat("/join/target", "/join/large_blocks"), concat("/join/target", "/join/a", "/join/target"),
        concat("/join/target", "/"), concat("/", "/join/a"), concat("/join/target", ""), concat("", "/join/a"), concat("/join/target", "relative"),
        concat("/join/target/below", "/join/a"), concat("/join/target", "/join/a/below"), concat("/.reserved", "/join/a"),
        concat("/join/target", "/.reserved/raw/join/a"), concat("/.reserved/raw/join/target", "/join/a"), concat("/.reserved/raw/join/target", "/.reserved/raw/join/a"),
        concat("/join/target", "/.reserved"), concat("/join/target", "/join/.snapshot/s/a"), concat("/join/.snapshot/s/a", "/join/a"),
        concat("/join/target", "/join/b", "/join/short"), status("/join/target"), locations("/join/target"), status("/join/b"),
        concat("/join/target", "/join/c"), concat("/join/c", "/join/small_blocks"), concat("/join/c", "/join/replicated"),
        concat("/join/replicated", "/join/d"), status("/join/replicated"), locations("/join/replicated"),
        concat("/join/d", "/join/e"), *[call("getContentSummary", path="/join")], delete("/join"), delete("/other"),
    ])
