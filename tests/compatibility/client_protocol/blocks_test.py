"""Blocks of open files, pipelines and leases, with the arguments of a client that is wrong about something."""

from harness.protocol_calls import Saved, Until, apart, call, client

from steps import add_block, complete, create, delete, locations, mkdirs, status, written

KB = 1024


def block_of(saved, **replaced):
    return Saved(f"{saved}.block.b", replaced)


def id_of(file):
    return Saved(f"{file}.fs.fileId")


def new_block(src, save="", by="c1", **request):
    return call("addBlock", "", save, src=src, clientName=by, **request)


def fsync(src, by="c1", user="", **more):
    return call("fsync", user, src=src, client=by, **more)


def recover_lease(src, by="c1", user=""):
    return call("recoverLease", user, src=src, clientName=by)


def test_add_block(agree):
    agree([
        mkdirs("/b/dir"), create("/b/f", save="f"), create("/b/g", save="g", by="c2"), *written("/b/closed", 10),
        new_block("/b/none", fileId=1), new_block("/b/none"), new_block("/b/dir"), new_block("/b/closed"), new_block("/b/f", by="c2"),
        new_block("/b/f", by="c2", fileId=id_of("f")), new_block("/b/f", fileId=id_of("g")), new_block("/b/none", fileId=id_of("f"), save="odd"),
        call("abandonBlock", b=block_of("odd"), src="/b/none", holder="c1", fileId=id_of("f")),
        add_block("/b/f", "f", save="f1"), add_block("/b/f", "f"), 
        call("addBlock", "alice", src="/b/f", clientName="c1", fileId=id_of("f"), previous=block_of("f1", numBytes=10 * KB)),
        new_block("/b/f", fileId=id_of("f"), previous=block_of("f1", blockId=1)),
        new_block("/b/f", fileId=id_of("f"), previous=block_of("f1", generationStamp=1)),
        new_block("/b/f", fileId=id_of("f"), previous=block_of("f1", poolId="BP-other")),
        new_block("/b/f", fileId=id_of("f"), previous=block_of("f1", numBytes=100 * KB)),
        new_block("/b/f", fileId=id_of("f"), previous=block_of("f1", numBytes=10)),
        new_block("/b/f", fileId=id_of("f"), previous=block_of("f1", numBytes=64 * KB)), locations("/b/f"), status("/b/f"),
        new_block("/b/g", by="c2", fileId=id_of("g"), previous=block_of("f1")),
        new_block("/b/g", by="c2", fileId=id_of("g"), favoredNodes=["nowhere:1"], flags=[1, 2], save="g1"),
        delete("/b/g"), new_block("/b/g", by="c2", fileId=id_of("g"), previous=block_of("g1")), add_block("/b/g", "g", by="c2"),
        complete("/b/g", "g", by="c2"), delete("/b"),
    ])


def test_excluded_datanodes(agree):
    nodes = [{"id": Saved(f"all.di.{number}.id"), "location": "/default-rack"} for number in range(3)]
    agree([
        create("/b/f", save="f", replication=2), call("getDatanodeReport", save="all", type=1),
        add_block("/b/f", "f", save="f1", excludeNodes=nodes), add_block("/b/f", "f", save="f1", excludeNodes=nodes[:2]),
        call("abandonBlock", b=block_of("f1"), src="/b/f", holder="c1", fileId=id_of("f")),
        add_block("/b/f", "f", save="f1", excludeNodes=nodes[:1]), locations("/b/f"), delete("/b"),
    ])


def test_abandon_block(agree):
    def abandon(block, src="/b/f", by="c1", user="", **more):
        return call("abandonBlock", user, b=block, src=src, holder=by, **more)

    agree([
        create("/b/f", save="f"), add_block("/b/f", "f", save="f1"), *written("/b/closed", 10),
        call("getBlockLocations", save="closed", src="/b/closed", offset=0, length=10),
        abandon(block_of("f1"), by="c2"), abandon(block_of("f1"), src="/b/none"), abandon(block_of("f1"), src="/b/closed"),
        abandon(block_of("f1", blockId=1)), abandon(block_of("f1", generationStamp=1)), abandon(block_of("f1", poolId="BP-other")),
        abandon(block_of("f1"), user="alice"), abandon(block_of("f1"), fileId=1), abandon(block_of("f1"), src="/b/none", fileId=id_of("f")),
        abandon(block_of("f1"), fileId=id_of("f")), abandon(block_of("f1")), abandon(Saved("closed.locations.blocks.b")), locations("/b/f"),
        delete("/b"),
    ])


def test_complete(agree):
    def ended(last, src="/b/f", by="c1", **more):
        return call("complete", src=src, clientName=by, last=last, **more)

    agree([
        mkdirs("/b/dir"), create("/b/f", save="f"), create("/b/empty", save="empty"), create("/b/g", save="g"), *written("/b/closed", 10),
        call("getBlockLocations", save="closed", src="/b/closed", offset=0, length=10),
        call("complete", src="/b/none", clientName="c1"), call("complete", src="/b/dir", clientName="c1"),
        call("complete", src="/b/closed", clientName="c1"), ended(Saved("closed.locations.blocks.b"), "/b/closed"),
        ended(Saved("closed.locations.blocks.b"), "/b/closed", by="c2"),
        complete("/b/empty", "empty", by="c2"), complete("/b/empty", "empty"), complete("/b/empty", "empty"), status("/b/empty"),
        add_block("/b/f", "f", save="f1"), ended(block_of("f1"), by="c2"), ended(block_of("f1", blockId=1)), complete("/b/f", "f"),
        ended(block_of("f1", generationStamp=1)), ended(block_of("f1", poolId="BP-other")), ended(block_of("f1", numBytes=100 * KB)),
        ended(block_of("f1"), src="/b/none", fileId=id_of("f")), ended(block_of("f1"), fileId=1), ended(block_of("f1", numBytes=10)),
        complete("/b/g", "g", last="f1"), complete("/b/g", "f", last="f1"),
        apart(status("/b/f"), "namenode/README.md: that a last block is committed, with its length, is kept in memory alone"), delete("/b"),
    ])


def test_fsync(agree):
    agree([
        mkdirs("/b/dir"), create("/b/f", save="f"), add_block("/b/f", "f", save="f1"), *written("/b/closed", 10),
        fsync("/b/none"), fsync("/b/dir"), fsync("/b/closed"), fsync("/b/f", by="c2"), fsync("/b/f", user="alice"), fsync("/b/f", fileId=1),
        fsync("/b/none", fileId=id_of("f")), fsync("/b/f", lastBlockLength=-1), fsync("/b/f", lastBlockLength=-5), status("/b/f"),
        fsync("/b/f", lastBlockLength=10), status("/b/f"), fsync("/b/f", lastBlockLength=5), status("/b/f"),
        fsync("/b/f", lastBlockLength=0), status("/b/f"), locations("/b/f"), fsync(""), fsync("relative"), fsync("/.reserved"), delete("/b"),
    ])


def test_pipelines(agree):
    def new_stamp(block, by="c1", user=""):
        return call("updateBlockForPipeline", user, "stamped", block=block, clientName=by)

    def update(old, new, by="c1", user="", nodes=(), storages=()):
        return call("updatePipeline", user, clientName=by, oldBlock=old, newBlock=new, newNodes=list(nodes), storageIDs=list(storages))

    def additional(block, by="c1", src="/b/f", count=1, user="", **more):
        return call("getAdditionalDatanode", user, src=src, blk=block, numAdditionalNodes=count, clientName=by, **more)

    node = Saved("f1.block.locs.0.id")
    storage = Saved("f1.block.storageIDs.0")
    here = {"existings": [{"id": node, "location": "/default-rack"}], "existingStorageUuids": [storage], "fileId": id_of("f")}
    agree([
        mkdirs("/b"), create("/b/f", save="f", replication=2), add_block("/b/f", "f", save="f1"), *written("/b/closed", 10),
        create("/b/g", save="g", by="c2"),
        call("getBlockLocations", save="closed", src="/b/closed", offset=0, length=10),
        new_stamp(block_of("f1"), by="c2"), new_stamp(block_of("f1"), user="alice"), new_stamp(block_of("f1", blockId=1)),
new_stamp(block_of("f1", generationStamp=1)),
        new_stamp(Saved("closed.locations.blocks.b")), new_stamp(block_of("f1"), by="c1"),
        additional(block_of("f1"), **here), additional(block_of("f1"), by="c2", **here), additional(block_of("f1"), count=0, **here),
        additional(block_of("f1"), count=5, **here), additional(block_of("f1"), src="/b/none", **here),
        additional(block_of("f1", blockId=1), **here), additional(block_of("f1"), **{**here, "fileId": 1}),
        additional(block_of("f1"), **{**here, "existingStorageUuids": []}), additional(block_of("f1"), user="alice", **here),
        additional(block_of("f1"), **{**here, "existingStorageUuids": [storage, storage]}),
        apart(additional(block_of("f1"), fileId=id_of("f")), "stock: NullPointerException"),
        apart(additional(block_of("f1"), **{**here, "existingStorageUuids": ["x"]}), "stock: NullPointerException"),
        update(block_of("f1"), Saved("stamped.block.b"), by="c2", nodes=[node], storages=[storage]),
        update(block_of("f1"), block_of("f1", blockId=1), nodes=[node], storages=[storage]),
        update(block_of("f1"), block_of("f1", generationStamp=1), nodes=[node], storages=[storage]),
        update(block_of("f1"), block_of("f1"), nodes=[node], storages=[storage]),
        update(block_of("f1", poolId="BP-other"), Saved("stamped.block.b"), nodes=[node], storages=[storage]),
        update(block_of("f1"), Saved("stamped.block.b", {"poolId": "BP-other"}), nodes=[node], storages=[storage]),
        update(block_of("f1"), Saved("stamped.block.b"), nodes=[node], storages=[]),
        update(block_of("f1"), Saved("stamped.block.b"), nodes=[node], storages=[storage, storage]),
        update(block_of("f1"), Saved("stamped.block.b"), user="alice", nodes=[node], storages=[storage]),
        update(block_of("f1"), Saved("stamped.block.b"), nodes=[node], storages=[storage]), locations("/b/f"),
        update(block_of("f1"), Saved("stamped.block.b"), nodes=[node], storages=[storage]),
        update(block_of("f1", blockId=1), block_of("f1", blockId=1), nodes=[node], storages=[storage]),
        call("complete", src="/b/f", clientName="c1", last=block_of("f1"), fileId=id_of("f")), delete("/b"),
        apart(new_stamp(block_of("f1")), "stock forgets blocks of deleted files a little later"),
        additional(block_of("f1"), **here),
    ])


def test_leases(agree):
    agree([
        mkdirs("/b/dir"), create("/b/f", save="f"), create("/b/g", save="g", user="alice"), *written("/b/closed", 10),
        recover_lease("/b/none"), recover_lease("/b/dir"), recover_lease("/b/closed"), recover_lease("/b/closed", user="alice"),
        recover_lease("/b/f", user="alice"), recover_lease(""), recover_lease("relative"), recover_lease("/.reserved"), recover_lease("/b/f/below"),
        recover_lease("/b/f"), call("isFileClosed", src="/b/f"), recover_lease("/b/f"), recover_lease("/b/f", by="c2"),
        add_block("/b/f", "f"), complete("/b/f", "f"), recover_lease("/b/g", by=""), recover_lease("/b/g", by="c2"),
        call("isFileClosed", src="/b/g"), complete("/b/g", "g"), call("renewLease", clientName="c1"), call("renewLease", clientName="nobody"),
        call("renewLease", clientName=""), call("renewLease", "alice", clientName="c1"),
        create("/b/h", save="h"), create("/b/h", by="c2"), create("/b/h", by="c2", flags=3), add_block("/b/h", "h"),
        client("", "hold", "/b/held", 100, 64 * KB, 1), call("isFileClosed", src="/b/held"), locations("/b/held"),
        call("append", src="/b/held", clientName="c1"), call("truncate", src="/b/held", newLength=0, clientName="c1"),
        create("/b/held", by="c2"), delete("/b"),
    ])


def test_reported_bad_blocks(agree):
    agree([
        *written("/b/f", 10), call("getBlockLocations", save="f", src="/b/f", offset=0, length=10),
        call("reportBadBlocks", blocks=[Saved("f.locations.blocks.0")]), call("reportBadBlocks"), call("reportBadBlocks", "alice"),
        Until(call("listCorruptFileBlocks", path="/b"), "corrupt.files"), call("listCorruptFileBlocks", path="/b", cookie="0"),
        call("listCorruptFileBlocks", path="/b", cookie="x"), call("listCorruptFileBlocks", "alice", path="/b"),
        call("listCorruptFileBlocks", path="/none"), locations("/b/f"), delete("/b"),
    ])
