#!/usr/bin/env python3
"""The rules of this project that no compiler knows (`tools/dev tidy`).

Prints `file:line: rule: what to do` for each break and ends with 1 if there is any; warnings do not count.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CODE = {".h", ".cc", ".def"}
SCRIPTS = {".py", ".sh", ""}
LINES_WARN = 600
LINES_MAX = 1000
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "README.md", "client", "datanode", "deploy", "namenode", "proto",
             "tests", "tools"}

# Words that say nothing about what a thing is. "Base" is allowed as the folder proto/base.
BANNED_WORDS = ("Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Misc", "Processor", "Wrapper", "Data",
                "Info", "Impl", "Base")
BANNED_IN_PATHS = {word.lower() for word in BANNED_WORDS}

# The arrows: what a folder may include of ours.
MAY_INCLUDE = {
    "proto": {"proto"},
    "namenode": {"namenode", "proto"},
    "datanode": {"datanode", "proto"},
    "client": {"client", "proto"},
    "tools": {"tools", "client", "namenode", "datanode", "proto"},
    "tests": {"tests", "tools", "client", "namenode", "datanode", "proto"},
}
# Inside proto: each layer and the ones above it that it may include.
PROTO_LAYERS = {"hadoop": 0, "base": 0, "config": 1, "io": 1, "checksum": 1, "security": 1, "metrics": 1, "rpc": 2, "transfer": 2,
                "http": 2, "webhdfs": 3}
# Where generated protobuf headers may be included, which cost two seconds each: the edges and the codecs, and in a
# header only where the whole folder is about messages.
PROTOBUF_ALLOWED = re.compile(
    r"^(proto/|namenode/(service|journal|image)/|client/(namenode|write)/|datanode/(service|reporting|transfer)/|tools/bench/|tests/)"
    r"|codec[^/]*\.(h|cc)$"
    r"|^(client|datanode|namenode/web)/.*\.cc$")
CATCH_ALL_ALLOWED = re.compile(r"(^|/)(main|[a-z_]*_main)\.cc$|^client/c_api/|^client/.*c_api|^tools/fuse/")
SLEEP_ALLOWED = {"tests/harness/polling.py", "tests/simulation/kernel/time_calls.cc"}
# Spelled in two parts so that this file keeps its own rules.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "wo" + "rk|ro" + r"ot)/(?!\w*\{)")


@dataclass(frozen=True)
class Break:
    path: str
    line: int
    rule: str
    advice: str
    warning: bool = False

    def __str__(self):
        kind = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}: {kind}{self.rule}: {self.advice}"


def words_of(name):
    """The words of a PascalCase or snake_case name."""
    return re.findall(r"[A-Z]+(?=[A-Z][a-z]|\b|_|\d)|[A-Z]?[a-z]+", name)


def check_path(path):
    parts = Path(path).parts
    if not parts[0].startswith(".") and parts[0] not in TOP_LEVEL:
        yield Break(path, 1, "top level", f"the top level is fixed: {', '.join(sorted(TOP_LEVEL))}")
    if parts[0].startswith(".") or parts[:2] == ("proto", "hadoop"):  # Hadoop's messages keep Hadoop's names.
        return
    for part in parts:
        for word in words_of(Path(part).stem):
            if word.lower() in BANNED_IN_PATHS and part != "base":
                yield Break(path, 1, "name", f"'{word}' says nothing; name the file by the type or operation it holds")
    if Path(path).suffix in CODE and not re.fullmatch(r"[a-z0-9_]+\.(h|cc|def)", parts[-1]):
        yield Break(path, 1, "name", "files are snake_case .h and .cc")


TYPE = re.compile(r"^\s*(?:template\s*<[^>]*>\s*)?(?:class|struct|enum\s+class|enum|concept)\s+(?:\[\[\w+\]\]\s*)?"
                  r"(?:DFS_\w+(?:\([^)]*\))?\s+)?([A-Za-z_]\w*)\s*(?:final\s*)?(?:[:{]|$|=)")
ALIAS = re.compile(r"^\s*using\s+([A-Za-z_]\w*)\s*=")


def check_names(path, number, line):
    match = TYPE.match(line) or ALIAS.match(line)
    if not match:
        return
    name = match.group(1)
    if name == "Impl":  # A pimpl.
        return
    banned = set(words_of(name.replace("DataNode", ""))) & set(BANNED_WORDS)
    if banned:
        yield Break(path, number, "name", f"type {name}: '{sorted(banned)[0]}' says nothing; ask what it is")


def check_comments(path, number, line):
    stripped = line.strip()
    if re.match(r"(//|#|/\*|\*)\s*([-=*#~/_])\2{5,}", stripped):
        yield Break(path, number, "ruler line", "no lines of dashes; a file that needs headings is two files")
    if re.match(r"(//|#)\s*(Step|Phase)\s*\d", stripped, re.IGNORECASE):
        yield Break(path, number, "narration", "say why, not which step")
    if re.match(r"(//|#)\s*(Now |This function |First, |Then, |Finally, )", stripped):
        yield Break(path, number, "narration", "say why, not what comes next")
    if re.search(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b(?!.*\bissue \d+)", line):
        yield Break(path, number, "left over", "finish it, or name its issue: 'issue N'")


def check_includes(path, number, line):
    match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
    if not match:
        return
    target = match.group(1)
    if target.endswith(".pb.h"):
        if not PROTOBUF_ALLOWED.search(path):
            yield Break(path, number, "include", f"{target}: generated messages stay in service/, proxies and codecs")
        return
    source_top, target_top = path.split("/")[0], target.split("/")[0]
    if "/" not in target:
        yield Break(path, number, "include", f'"{target}": include by path from the root')
        return
    if target.startswith("dfs/"):  # libdfs' public headers.
        if source_top == "namenode" or source_top == "proto":
            yield Break(path, number, "arrow", f"{source_top} must not use libdfs")
        return
    allowed = MAY_INCLUDE.get(source_top)
    if allowed is not None and target_top not in allowed:
        yield Break(path, number, "arrow", f"{source_top} must not include {target_top} ({target})")
    if source_top == target_top == "proto":
        source, goal = path.split("/")[1], target.split("/")[1]
        if source != goal and PROTO_LAYERS.get(goal, 0) > PROTO_LAYERS.get(source, 0):
            yield Break(path, number, "arrow", f"proto/{source} must not include proto/{goal}")
    if "/service/" in target and "/service/" not in path and source_top != "tests":
        composition_root = path.count("/") == 1 or source_top == "tools"
        if not composition_root:
            yield Break(path, number, "arrow", f"only the composition root includes a service/ ({target})")


def check_code(path, number, line):
    if re.search(r"catch\s*\(\s*\.\.\.\s*\)", line) and not CATCH_ALL_ALLOWED.search(path):
        yield Break(path, number, "catch all", "catch what the third party throws, where it is called")
    if re.search(r"#\s*pragma\s+GCC|NOLINT(?!.*\w\))", line):
        yield Break(path, number, "suppression", "name the check that is switched off, and why")


def check_sleep(path, number, line):
    if not path.startswith("tests/") or path in SLEEP_ALLOWED:
        return
    if re.search(r"this_thread::sleep_|\b(usleep|nanosleep)\s*\(|\btime\.sleep\s*\(|[^_\w]::?sleep\s*\(", line):
        yield Break(path, number, "sleep", "tests wait for a condition (harness.polling.wait_until, or a virtual clock)")


def check_machine_paths(path, number, line):
    match = MACHINE_PATHS.search(line)
    if match and not path.startswith("tools/tidy"):
        yield Break(path, number, "machine path", f"'{match.group(0)}' exists on one machine only")


def check_text(path, text):
    """Every rule for one file's text."""
    lines = text.splitlines()
    suffix = Path(path).suffix
    is_code, is_script = suffix in CODE, suffix in SCRIPTS and text.startswith("#!") or suffix == ".py"
    if path.startswith("proto/hadoop/") and suffix == ".proto":
        return
    if is_code or is_script:
        if len(lines) > LINES_MAX:
            yield Break(path, len(lines), "size", f"over {LINES_MAX} lines: split it")
        elif len(lines) > LINES_WARN:
            yield Break(path, len(lines), "size", f"over {LINES_WARN} lines: two things live here?", warning=True)
    if suffix == ".h" and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield Break(path, 1, "header guard", "#pragma once")
    for number, line in enumerate(lines, 1):
        if is_code:
            for check in (check_names, check_includes, check_code):
                yield from check(path, number, line)
        if is_code or is_script:
            for check in (check_comments, check_sleep):
                yield from check(path, number, line)
        yield from check_machine_paths(path, number, line)


def check_keys(texts):
    """A setting that nobody reads would be ignored without a word."""
    path = "proto/config/keys.def"
    definitions = texts.get(path, "")
    code = "\n".join(text for name, text in texts.items() if name.endswith((".cc", ".h")))
    for match in re.finditer(r'^DFS_KEY\((k\w+),[^"]*"([^"]+)"', definitions, re.MULTILINE):
        constant, name = match.groups()
        if "${" + name + "}" not in definitions and not re.search(rf"\bkeys::{constant}\b", code):
            yield Break(path, definitions[:match.start()].count("\n") + 1, "unread key",
                        f"{constant} ({name}) is read nowhere: read it or take it out")


def check_readmes(paths):
    for top in sorted({path.split("/")[0] for path in paths if "/" in path and not path.startswith(".")}):
        if f"{top}/README.md" not in paths:
            yield Break(f"{top}/README.md", 1, "README", "each top-level folder has one")


def tracked_files(root):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            capture_output=True, check=True).stdout
    return sorted({name for name in listed.decode().split("\0") if name and (root / name).is_file()})


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    paths = tracked_files(root)
    breaks = list(check_readmes(set(paths)))
    texts = {}
    for path in paths:
        breaks += check_path(path)
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            if Path(path).suffix in CODE | SCRIPTS | {".md", ".txt"}:
                breaks.append(Break(path, 1, "encoding", "not UTF-8"))
            continue
        texts[path] = text
        breaks += check_text(path, text)
    breaks += check_keys(texts)
    for found in breaks:
        print(found)
    errors = sum(not found.warning for found in breaks)
    print(f"tidy: {len(paths)} files, {errors} to fix, {len(breaks) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
