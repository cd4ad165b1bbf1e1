"""tools/tidy.py finds what it is there to find, and nothing in what we do write."""

import importlib.util
import pathlib
import sys

import pytest

_spec = importlib.util.spec_from_file_location(
    "tidy", pathlib.Path(__file__).resolve().parents[3] / "tools" / "tidy.py")
tidy = importlib.util.module_from_spec(_spec)
sys.modules["tidy"] = tidy
_spec.loader.exec_module(tidy)


def rules(path, text):
    if path.endswith(".h"):
        text = "#pragma once\n" + text
    return [found.rule for found in tidy.check_text(path, text)]


@pytest.mark.parametrize("path, text, rule", [
    ("namenode/blocks/x.cc", "class BlockManager {\n", "name"),
    ("client/core/x.h", "struct FileInfo;\nusing PathUtil = int;\n", "name"),
    ("proto/rpc/x.cc", "// ------------------\n", "ruler line"),
    ("proto/rpc/x.cc", "  // Step 2: send\n", "narration"),
    ("proto/rpc/x.cc", "  // TO" "DO: later\n", "left over"),
    ("namenode/store/x.cc", "  } catch (...) {\n", "catch all"),
    ("proto/rpc/x.cc", '#include "namenode/store/rows.h"\n', "arrow"),
    ("namenode/store/x.cc", '#include "client/core/reader.h"\n', "arrow"),
    ("proto/base/x.cc", '#include "proto/rpc/server.h"\n', "arrow"),
    ("namenode/blocks/x.cc", '#include "namenode/service/client_service.h"\n', "arrow"),
    ("namenode/blocks/x.cc", '#include "proto/hadoop/hdfs.pb.h"\n', "include"),
    ("client/read/x.h", '#include "proto/hadoop/hdfs.pb.h"\n', "include"),
    ("namenode/blocks/x.cc", '#include "block_map.h"\n', "include"),
    ("tests/unit/proto/x_test.cc", "std::this_thread::" "sleep_for(1s);\n", "sleep"),
    ("tests/cluster/x_test.py", "time.sleep" "(1)\n", "sleep"),
    ("deploy/quickstart", "cd /ro" "ot/build/x\n", "machine path"),
    ("proto/rpc/x.cc", "int x;\n" * 1001, "size"),
])
def test_a_break_is_found(path, text, rule):
    assert rule in rules(path, text)


def test_a_header_without_a_guard_is_found():
    assert [found.rule for found in tidy.check_text("proto/rpc/x.h", "int x;\n")] == ["header guard"]


@pytest.mark.parametrize("path", ["namenode/block_utils.cc", "client/common/x.h", "scripts/run", "proto/io/BadName.cc"])
def test_a_bad_path_is_found(path):
    assert list(tidy.check_path(path))


@pytest.mark.parametrize("path, text", [
    ("namenode/blocks/x.h", "class BlockMap {\n  struct Impl;\n"),
    ("datanode/node/x.h", "class DataNode {\n"),
    ("client/read/x.cc", '#include "proto/hadoop/hdfs.pb.h"\n'),
    ("namenode/namenode.cc", '#include "namenode/service/client_service.h"\n'),
    ("namenode/service/x.cc", '#include "proto/hadoop/hdfs.pb.h"\n'),
    ("tools/tusk/main.cc", "  } catch (...) {\n"),
    ("proto/rpc/x.cc", "  // A frame may be split anywhere. See issue 3.\n"),
    ("tests/unit/namenode/x_test.cc", '#include "namenode/store/rows.h"\n'),
    ("datanode/web/x.cc", '#include "dfs/file_system.h"\n'),
    ("proto/rpc/x.cc", "int x;\n" * 601),
])
def test_what_is_allowed_is_not_reported(path, text):
    found = list(tidy.check_text(path, ("#pragma once\n" if path.endswith(".h") else "") + text))
    assert [one for one in found if not one.warning] == []


@pytest.mark.parametrize("path", ["namenode/blocks/block_map.h", "proto/base/bytes.h", "tests/run", ".ci/run"])
def test_a_good_path_is_not_reported(path):
    assert not list(tidy.check_path(path))


def test_a_top_level_folder_without_a_readme_is_found():
    assert [found.path for found in tidy.check_readmes({"client/x.cc", "proto/README.md"})] == ["client/README.md"]


def test_a_setting_that_nobody_reads_is_found():
    keys = ('DFS_KEY(kRead, IntKey, "a.read", "1")\nDFS_KEY(kUnread, IntKey, "a.unread", "1")\n'
            'DFS_KEY(kFolder, StringKey, "a.dir", "/a")\nDFS_KEY(kBelow, StringKey, "b.dir", "${a.dir}/b")\n')
    texts = {"proto/config/keys.def": keys, "client/x.cc": "get(keys::kRead); get(keys::kBelow);"}
    assert [(found.line, found.rule) for found in tidy.check_keys(texts)] == [(2, "unread key")]
