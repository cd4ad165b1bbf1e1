"""Every op of the edit log, each field of it, through stock Hadoop's viewer and back (see harness/every_edit.cc)."""

import contextlib
import copy
import pathlib
import struct
import xml.etree.ElementTree as xml
import zlib

import pytest

from harness.command import run, tusk
from harness.java import HadoopTools
from harness.paths import EVERY_EDIT

EXPECTED = pathlib.Path(__file__).with_name("every_edit.txt")
# What stock Hadoop's way from XML back to binary does not bring back as it was.
NOT_IN_XML = {4: "the attributes and the storage policy of an OP_ADD"}
NO_WAY_BACK = {25: "an OP_RENAME without options: it reads the empty list as one that is null"}
OTHER_BYTES = {28: "a name beyond Unicode's first plane: it writes two surrogates"}


@pytest.fixture(name="tools")
def fixture_tools(tmp_path):
    """Other ones for each test and each direction: the viewer keeps what it read last in fields that XML lacks."""
    with contextlib.ExitStack() as stack:
        yield lambda name: stack.enter_context(HadoopTools(tmp_path / name, "hdfs://localhost:1"))


def view(tools, binary):
    """The records of a segment, as the viewer has them."""
    out = binary.with_suffix(".xml")
    tools("to-xml").run(HadoopTools.EDITS_VIEWER, "-i", binary, "-o", out, "-p", "xml").ok()
    return xml.parse(out).getroot()


def make_binary(tools, root, binary):
    """What stock Hadoop makes of records in XML."""
    source = binary.with_suffix(".source.xml")
    xml.ElementTree(root).write(source, encoding="utf-8", xml_declaration=True)
    tools("to-binary").run(HadoopTools.EDITS_VIEWER, "-i", source, "-o", binary, "-p", "binary").ok()


def line(element):
    if len(element):
        return f"{element.tag}{{{' '.join(line(child) for child in element)}}}"
    return f"{element.tag}={element.text or ''}"


def lines(root):
    return [" ".join([record.find("OPCODE").text, *map(line, record.find("DATA"))]) for record in root.iter("RECORD")]


def ops(segment):
    """The bytes of each op, by transaction."""
    data, at, found = segment.read_bytes(), 8, {}
    while at < len(data) and data[at] != 0xff:
        length, transaction = struct.unpack_from(">iq", data, at + 1)
        found[transaction] = data[at:at + length + 5]
        at += length + 5
    return found


def for_the_way_back(root):
    """Without what stock Hadoop cannot read of its own XML; and it looks for the block of a truncate a level above."""
    root = copy.deepcopy(root)
    for record in list(root.iter("RECORD")):
        content = record.find("DATA")
        if int(content.find("TXID").text) in NO_WAY_BACK:
            root.remove(record)
        elif record.find("OPCODE").text == "OP_TRUNCATE" and content.find("BLOCK"):
            content.extend(list(content.find("BLOCK")))
    return root


def test_hadoop_reads_every_field_of_every_op_that_we_write_and_we_read_what_it_makes_of_them(tools, tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    run(EVERY_EDIT, "write", ours).ok()
    seen = view(tools, ours)
    assert lines(seen) == EXPECTED.read_text(encoding="utf-8").splitlines()
    assert len({record.find("OPCODE").text for record in seen.iter("RECORD")}) == 49

    make_binary(tools, for_the_way_back(seen), theirs)
    verdicts = [entry.split() for entry in run(EVERY_EDIT, "compare", theirs).ok().splitlines()]
    differing = {int(transaction): verdict for transaction, _, verdict in verdicts}
    assert differing == {**dict.fromkeys(NOT_IN_XML, "differs"), **dict.fromkeys(NO_WAY_BACK, "absent")}
    written, rewritten = ops(ours), ops(theirs)
    assert {transaction for transaction, op in written.items()
            if rewritten.get(transaction) != op} == set(NOT_IN_XML) | set(NO_WAY_BACK) | set(OTHER_BYTES)


def test_both_read_the_two_ops_that_nobody_writes_any_more(tools, tmp_path):
    def op(code, transaction, body):
        head = struct.pack(">Biq", code, 12 + len(body), transaction) + body
        return head + struct.pack(">I", zlib.crc32(head))

    path = "/qüota".encode()
    named = struct.pack(">H", len(path)) + path
    segment = tmp_path / "edits_0000000000000000001-0000000000000000004"
    segment.write_bytes(struct.pack(">ii", -67, 0) + op(24, 1, b"") + op(11, 2, named + struct.pack(">q", 17))
                        + op(12, 3, named) + op(23, 4, b""))
    assert lines(view(tools, segment)) == [
        "OP_START_LOG_SEGMENT TXID=1", "OP_SET_NS_QUOTA TXID=2 SRC=/qüota NSQUOTA=17",
        "OP_CLEAR_NS_QUOTA TXID=3 SRC=/qüota", "OP_END_LOG_SEGMENT TXID=4"]
    listed = tusk("inspect", "edits", segment).ok().splitlines()
    assert [entry.split()[:2] for entry in listed] == [["1", "OP_START_LOG_SEGMENT"], ["2", "OP_SET_NS_QUOTA"],
                                                       ["3", "OP_CLEAR_NS_QUOTA"], ["4", "OP_END_LOG_SEGMENT"]]
