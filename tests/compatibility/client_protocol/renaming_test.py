"""rename and rename2, where they go through and where they do not."""

import pytest

from harness.protocol_calls import IfDone

from steps import create, delete, listing, mkdirs, rename, rename2, status, written

# Sources and destinations below /mv that are tried one after the other, in a tree that is made anew when it was changed.
PAIRS = [(f"/mv{src}", f"/mv{dst}") for src, dst in [
    ("/f", "/new"), ("/f", "/f"), ("/f", "/g"), ("/f", "/empty"), ("/f", "/full"), ("/f", "/none/new"), ("/f", "/g/below"),
    ("/f", "/f/below"), ("/empty", "/new"), ("/empty", "/empty"), ("/empty", "/empty/below"), ("/empty", "/f"), ("/empty", "/full"),
    ("/full", "/empty"), ("/full", "/full"), ("/full", "/full/in/deep"), ("/full", "/full/in"), ("/full", "/f"), ("/full/in", "/full"),
    ("/full/in", "/"), ("/none", "/new"), ("/none", "/f"), ("/none", "/none"), ("/f/below", "/new"), ("/f", "/"), ("/open", "/open2"),
    ("/f", "/open"), ("/full/in", "/in"), ("/f", "/" + "n" * 256), ("/f", "/a:b"), ("/f", "/.snapshot"), ("/f", "/full/.snapshot/x"),
    ("/full/.snapshot/x", "/new"), ("/fu", "/new"), ("/full", "/fuller"), ("/f", "//g"), ("/f", "/./g")]] + [
    ("/", "/mv/new"), ("/mv/f", "/"), ("", "/mv/new"), ("/mv/f", ""), ("relative", "/mv/new"), ("/mv/f", "relative"),
    ("/mv/f", "/.reserved"), ("/mv/f", "/.reserved/x"), ("/.reserved", "/mv/new"), ("/mv/f", "/.reserved/raw/mv/new"),
    ("/.reserved/raw/mv/f", "/mv/new"), ("/.reserved/raw/mv/f", "/.reserved/raw/mv/new"), ("/.reserved/.inodes/16385", "/mv/new"),
    ("/mv/f", "/.reserved/.inodes/16385/mv/by_id"), ("/.reserved/.inodes/16385/mv/f", "/mv/new"), ("/mv/f", "/.reserved/.inodes/1/x"),
    ("/mv", "/mv/full/mv"), ("/mv/f", "/" + "/".join(["d"] * 1001)), ("/mv/f", "/" + "l" * 8001), ("/mv/f", "/mv/.")]


def tree():
    return [delete("/mv"), mkdirs("/mv/empty"), mkdirs("/mv/full/in"), *written("/mv/f", 10), *written("/mv/g", 20),
            *written("/mv/full/file", 5), create("/mv/open")]


def moved(step, src, dst):
    again = [*tree()[:3], create("/mv/f", by="a"), create("/mv/g", by="b"), create("/mv/full/file"), create("/mv/open")]
    return [step, IfDone([status(src), status(dst), listing("/mv"), listing("/mv/full"), listing("/mv/empty"), *again])]


@pytest.mark.parametrize("rename_once", [
    rename, rename2, lambda src, dst: rename2(src, dst, overwrite=True), lambda src, dst: rename2(src, dst, moveToTrash=True),
    lambda src, dst: rename2(src, dst, overwrite=True, moveToTrash=True)], ids=["old", "plain", "overwrite", "trash", "overwrite_trash"])
def test_every_pair(agree, rename_once):
    agree([*tree(), *[step for src, dst in PAIRS for step in moved(rename_once(src, dst), src, dst)], delete("/mv")])


def test_what_is_overwritten_is_gone(agree):
    agree([*tree(), rename2("/mv/f", "/mv/g", overwrite=True), status("/mv/g"), rename2("/mv/empty", "/mv/full", overwrite=True),
           rename2("/mv/full", "/mv/empty", overwrite=True), listing("/mv/empty"), rename2("/mv/open", "/mv/g", overwrite=True),
           listing("/mv"), rename2("/mv/g", "/mv/empty/in", overwrite=True), delete("/mv")])
