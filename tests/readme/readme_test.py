"""The commands of README.md work as they stand there."""

import os
import re
import shutil

import pytest

from harness.command import run
from harness.paths import ROOT

# Until the process $pid is gone. Bash must go on afterwards: it is the init process here, which reaps it.
GONE = 'tail --pid="$pid" -f /dev/null; echo "gone"'


def shell_blocks():
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def in_a_world_of_its_own(script, within):
    """Runs it where all ports are free: network and processes of its own, all gone afterwards."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare on this machine")
    as_user = [] if os.geteuid() == 0 else ["--map-root-user", "--user"]
    return run("unshare", *as_user, "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-euo",
               "pipefail", "-c", f"ip link set lo up\n{script}", within=within, cwd=ROOT)


@pytest.fixture
def no_data_folder():
    kept = None
    data = ROOT / "tusk-data"
    if data.exists():
        kept = ROOT / "build" / "tusk-data.kept"
        data.rename(kept)
    yield data
    shutil.rmtree(data, ignore_errors=True)
    if kept:
        kept.rename(data)


def test_the_commands_of_the_readme_work_one_after_the_other(no_data_folder):
    blocks = shell_blocks()
    assert blocks[0].strip() == "deploy/quickstart"
    done = in_a_world_of_its_own("\n".join([blocks[0], 'pid=$(cat tusk-data/tusk.pid)', *blocks[1:], GONE]), within=240)
    assert "came back equal" in done.ok()


def test_quickstart_run_again_takes_seconds(tmp_path):
    out = in_a_world_of_its_own(f"""
      deploy/quickstart --data {tmp_path}/data
      pid=$(cat {tmp_path}/data/tusk.pid)
      SECONDS=0
      deploy/quickstart --data {tmp_path}/data
      echo "again: $SECONDS"
      kill "$pid"
      {GONE}
      deploy/quickstart --data {tmp_path}/data
    """, within=240).ok()
    assert out.count("already running") == 1
    assert out.count("came back equal") == 3
    assert int(re.search(r"again: (\d+)", out).group(1)) <= 15


def test_quickstart_says_that_a_port_is_in_use(tmp_path):
    answer = in_a_world_of_its_own(f"""
      mkfifo {tmp_path}/up
      python3 -c 'import signal, socket
      s = socket.create_server(("127.0.0.1", 8020)); open("{tmp_path}/up", "w").close(); signal.pause()' &
      cat {tmp_path}/up
      deploy/quickstart --data {tmp_path}/data
    """.replace("\n      s = ", "\ns = "), within=120)
    assert answer.code != 0
    last = answer.err.strip().splitlines()[-1]
    assert last.startswith("quickstart: ") and "8020" in last


def test_quickstart_says_what_is_wrong_with_its_words(tmp_path):
    answer = run(ROOT / "deploy" / "quickstart", "--data", "/proc/nowhere")
    assert answer.code != 0
    assert answer.err.strip().startswith("quickstart: cannot make the data folder /proc/nowhere")
    answer = run(ROOT / "deploy" / "quickstart", "--nonsense")
    assert answer.code != 0
    assert len(answer.err.strip().splitlines()) == 1
