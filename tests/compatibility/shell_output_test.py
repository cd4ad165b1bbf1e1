"""What our shell prints, beside what stock Hadoop's prints for the same command on the same cluster, line by line."""

import re

import pytest

LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ ")
READ_ONLY = """
-ls /shell
-ls -d /shell
-ls -R /shell
-ls -R -h /shell
-ls -C /shell
-ls -C -R /shell
-ls -t /shell
-ls -S /shell
-ls -S -r /shell
-ls -u /shell
-ls -q /shell
-ls /shell/empty
-ls /shell/small
-ls /shell/f*
-ls /shell/none
-ls /shell/none /shell/small
-ls /shell/none*
-du /shell
-du -s /shell
-du -h /shell
-du -s -h /shell
-du -v /shell
-du -v -h /shell/big
-du -s /shell/dir /shell/big
-du /shell/none
-du -x /shell
-df /
-df -h /
-df /shell/none
-count /shell
-count -v /shell
-count -h /shell
-count -h -v /shell /shell/dir
-count -q /shell
-count -q -v /shell
-count -q -h /shell
-count -u /shell
-count -u -v -h /shell
-count /shell/none
-count /shell/f* /shell/big
-stat /shell/small
-stat /shell
-stat %A /shell/sticky
-stat %a /shell/sticky
-stat %b|%F|%g|%n|%o|%r|%u|%y|%Y /shell/big
-stat %x|%X /shell/small
-stat %F /shell/dir
-stat %z%%%q /shell/small
-stat %n /shell/*
-stat /shell/none
-test -e /shell/small
-test -e /shell/none
-test -d /shell/dir
-test -d /shell/small
-test -f /shell/small
-test -f /shell/dir
-test -s /shell/small
-test -s /shell/zero
-test -z /shell/zero
-test -z /shell/small
-test -z /shell/none
-test -r /shell/small
-test -w /shell/small
-test -d /shell/none
-tail /shell/small
-tail /shell/lines
-tail /shell/zero
-tail /shell/dir
-tail /shell/none
-cat /shell/small
-cat /shell/small /shell/none /shell/small
-cat /shell/dir
-cat /shell/f*
""".strip().splitlines()

REFUSED = """
-rm /shell/dir
-rm /shell/none
-rmdir /shell/dir
-rmdir /shell/small
-mkdir /shell/dir
-mkdir /shell/small
-mkdir /shell/small/below
-mkdir /shell/no/parent
-mv /shell/none /shell/other
-mv /shell/small /shell/dir/none/x
-mv /shell/small /shell/big
-mv /shell/small /shell/dir /shell/big
-cp /shell/none /shell/other
-cp /shell/dir /shell/dir/deep
-cp /shell/small /shell/big
-chmod 999 /shell/small
-chmod 600 /shell/none
-chown alice /shell/none
-setrep 2 /shell/none
-setrep x /shell/small
-touchz /shell/small
-touchz /shell/dir
-touchz /shell/no/parent
-put /no/such/local /shell
-put /etc/hostname /shell/small
-put /etc/hostname /shell/no/parent
-get /shell/none .
-get /shell/small /no/such/folder/x
-frobnicate /shell
-ls -nosuch /shell
-cat
-mkdir
-test /shell
-count -nosuch /
""".strip().splitlines()


@pytest.fixture(scope="module")
def shells(cluster, tmp_path_factory):
    """Our shell and stock's on the same cluster, with a folder of everything."""
    local = tmp_path_factory.mktemp("shell")
    for name, content in (("zero", b""), ("small", b"tusk\n"), ("f 1", b"one"), ("f2", b"two\n"),
                          ("big", bytes(3_500_000)), ("lines", b"".join(b"line %d\n" % i for i in range(500)))):
        (local / name).write_bytes(content)
    cluster.dfs("-mkdir", "-p", "/shell/dir/deep", "/shell/empty", "/shell/sticky").ok()
    cluster.dfs("-put", *sorted(local.iterdir()), "/shell").ok()
    cluster.dfs("-put", local / "lines", "/shell/dir/deep").ok()
    cluster.dfs("-chmod", "1777", "/shell/sticky").ok()
    cluster.dfs("-chmod", "640", "/shell/small").ok()
    cluster.dfs("-chown", "alice:a-group-with-a-long-name", "/shell/dir").ok()
    cluster.dfs("-setrep", "1", "/shell/big").ok()
    return cluster.dfs, cluster.java().fs


def seen(outcome, command):
    out, err = outcome.out, outcome.err
    if command.startswith("-df"):  # Others write to the disk meanwhile.
        out = re.sub(r" +[\d.]+( [KMGT])?", " N", out)
    # Stock's usage texts list commands and options that are not ours to have.
    errors = [line for line in err.splitlines() if line.strip() and not LOG_LINE.match(line)]
    if "Usage:" in err:
        errors = [errors[0].lstrip("-")]
    return outcome.code & 0xFF, out.splitlines(), errors


@pytest.mark.parametrize("command", READ_ONLY + REFUSED)
def test_both_shells_say_the_same(shells, command):
    ours, stock = (seen(shell(*command.split()), command) for shell in shells)
    assert ours == stock
