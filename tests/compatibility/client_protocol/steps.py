"""Steps that many scripts of this folder take, with the arguments they vary."""

from harness.protocol_calls import Saved, Stored, call, client

KB = 1024
CREATE, OVERWRITE, APPEND, LAZY_PERSIST, NEW_BLOCK, SHOULD_REPLICATE = 1, 2, 4, 16, 32, 128


def unsigned(number):
    """A negative number as a field that is unsigned takes it."""
    return number % (1 << 64)


def create(src, user="", save="", flags=CREATE, parents=True, by="c1", replication=1, block=64 * KB, mode=0o644, **more):
    return call("create", user, save, src=src, masked={"perm": mode}, clientName=by, createFlag=flags, createParent=parents,
                replication=replication, blockSize=block, **more)


def mkdirs(src, user="", parents=True, mode=0o755):
    return call("mkdirs", user, src=src, masked={"perm": mode}, createParent=parents)


def status(src, user=""):
    return call("getFileInfo", user, src=src)


def locations(src, user="", offset=0, length=1 << 40):
    return call("getBlockLocations", user, src=src, offset=offset, length=length)


def listing(src, user="", after="", needs_location=False):
    return call("getListing", user, src=src, startAfter=after, needLocation=needs_location)


def delete(src, user="", recursive=True):
    return call("delete", user, src=src, recursive=recursive)


def rename(src, dst, user=""):
    return call("rename", user, src=src, dst=dst)


def rename2(src, dst, user="", overwrite=False, **more):
    return call("rename2", user, src=src, dst=dst, overwriteDest=overwrite, **more)


def written(path, size, block=64 * KB, replication=1, user=""):
    """A closed file, with its replicas reported."""
    return [client(user, "write", path, size, block, replication), Stored(path, replication)]


def complete(src, file, last="", by="c1", user=""):
    """`file`: what a create was saved as; `last`: what an addBlock was saved as."""
    more = {"last": Saved(f"{last}.block.b")} if last else {}
    return call("complete", user, src=src, clientName=by, fileId=Saved(f"{file}.fs.fileId"), **more)


def add_block(src, file, save="", by="c1", previous="", user="", **more):
    if previous:
        more["previous"] = Saved(f"{previous}.block.b")
    return call("addBlock", user, save, src=src, clientName=by, fileId=Saved(f"{file}.fs.fileId"), **more)
