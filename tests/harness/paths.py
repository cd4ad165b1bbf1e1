"""Where the tests find and leave things."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
HADOOP_JARS = BUILD / "hadoop" / "lib"
HADOOP_TEST_JARS = BUILD / "hadoop" / "tests"
# Which of our builds the cluster tests run.
PRESET = os.environ.get("TUSK_TEST_PRESET", "release")
TUSK = BUILD / PRESET / "bin" / "tusk"
FILE_SCRIPT = BUILD / PRESET / "bin" / "file_script"
EVERY_EDIT = BUILD / PRESET / "bin" / "every_edit"
INPUT = BUILD / "test-input"
