"""The mount, as programs use it. Several tests are named after incidents of Hadoop's own fuse-dfs."""

import ctypes
import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest
from harness.cluster import StockCluster, TuskCluster
from harness.command import run, tusk
from harness.mount import Mount, mounted_at
from harness.polling import wait_until
from harness.real_input import MEBIBYTE, assert_same_bytes, random_file, real_file

RENAME_NOREPLACE = 1
AT_FDCWD = -100


@pytest.fixture(scope="module", params=["tusk", "stock"])
def cluster(request):
    kind = {"tusk": TuskCluster, "stock": StockCluster}[request.param]
    with kind(datanodes=1, config={"dfs.replication": 1}) as started:
        yield started


@pytest.fixture(scope="module")
def mount(cluster):
    with Mount(cluster.uri(), "allow_other") as mounted:
        yield mounted


@pytest.fixture
def folder(mount, request):
    path = mount.path / request.node.name.split("[")[0]
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def raises(error_number):
    class Raises:
        def __enter__(self):
            return self

        def __exit__(self, kind, value, _):
            assert isinstance(value, OSError), f"expected {errno.errorcode[error_number]}, got {value!r}"
            assert value.errno == error_number, f"expected {errno.errorcode[error_number]}, got {value!r}"
            return True

    return Raises()


def as_nobody(code, *args):
    """Runs a piece of Python as the user nobody."""
    return run(sys.executable if os.access(sys.executable, os.X_OK) else "python3", "-c",
               "import os, sys\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n" + code, *args)


def test_a_file_copied_in_with_cp_is_the_same_everywhere_and_back(cluster, mount, folder, tmp_path):
    source = real_file(70 * MEBIBYTE + 4321)
    run("cp", source, folder / "in").ok()
    assert_same_bytes(source, folder / "in")
    name = "/" + str((folder / "in").relative_to(mount.path))
    cluster.dfs("-get", name, tmp_path / "out").ok()
    assert_same_bytes(source, tmp_path / "out")
    cluster.dfs("-put", source, name + "2").ok()
    assert_same_bytes(source, folder / "in2")


def test_reads_here_and_there_see_the_right_bytes(folder, tmp_path):
    source = random_file(tmp_path / "random", 9 * MEBIBYTE + 77)
    shutil.copyfile(source, folder / "f")
    with open(source, "rb") as left, open(folder / "f", "rb", buffering=0) as right:
        for offset in (8 * MEBIBYTE, 0, 5 * MEBIBYTE + 1, 100, 9 * MEBIBYTE, 3 * MEBIBYTE - 1):
            for length in (1, 4096, 300_000):
                left.seek(offset)
                right.seek(offset)
                assert right.read(length) == left.read(length)


def test_hadoop_4319_reads_are_short_only_at_the_end(folder, tmp_path):
    source = random_file(tmp_path / "random", 3 * MEBIBYTE + 5)
    shutil.copyfile(source, folder / "f")
    descriptor = os.open(folder / "f", os.O_RDONLY)
    try:
        assert len(os.pread(descriptor, 2 * MEBIBYTE, 17)) == 2 * MEBIBYTE
        assert len(os.pread(descriptor, 2 * MEBIBYTE, 2 * MEBIBYTE)) == MEBIBYTE + 5
        assert os.pread(descriptor, 10, 4 * MEBIBYTE) == b""
    finally:
        os.close(descriptor)


def test_hdfs_4139_a_read_only_mount_changes_nothing(cluster, folder):
    (folder / "f").write_bytes(b"kept")
    name = folder.name
    with Mount(cluster.uri(), "ro") as read_only:
        file = read_only.path / name / "f"
        assert file.read_bytes() == b"kept"
        with raises(errno.EROFS):
            os.truncate(file, 0)
        with raises(errno.EROFS):
            os.close(os.open(file, os.O_WRONLY | os.O_TRUNC))
        with raises(errno.EROFS):
            file.unlink()
        with raises(errno.EROFS):
            (read_only.path / name / "d").mkdir()
        with raises(errno.EROFS):
            file.chmod(0o600)
    assert (folder / "f").read_bytes() == b"kept"


def test_hdfs_4140_o_trunc_replaces_the_content_and_keeps_the_rest(folder):
    file = folder / "f"
    file.write_bytes(b"a long first content")
    file.chmod(0o640)
    inode = file.stat().st_ino
    file.write_bytes(b"short")
    assert file.read_bytes() == b"short"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.stat().st_ino == inode
    os.close(os.open(file, os.O_WRONLY | os.O_TRUNC))
    assert file.stat().st_size == 0
    file.write_bytes(b"x")
    os.truncate(file, 0)
    assert file.read_bytes() == b""


def test_hdfs_860_scp_ends_with_a_truncation_to_the_length_it_has_written(folder):
    descriptor = os.open(folder / "f", os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(descriptor, b"0123456789")
    os.ftruncate(descriptor, 10)
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)
    assert (folder / "f").read_bytes() == b"0123456789"
    assert stat.S_IMODE((folder / "f").stat().st_mode) == 0o600


def test_hdfs_861_files_can_be_opened_for_reading_and_writing(folder):
    with open(folder / "f", "w+b", buffering=0) as file:
        file.write(b"written")
        file.seek(0)
        assert file.read() == b"written"
    with open(folder / "f", "r+b", buffering=0) as file:
        assert file.read() == b"written"
        file.write(b" and more")
    assert (folder / "f").read_bytes() == b"written and more"


def test_hdfs_858_errors_have_the_numbers_that_programs_expect(folder):
    (folder / "f").write_bytes(b"x")
    (folder / "d").mkdir()
    (folder / "d" / "inner").mkdir()
    with raises(errno.ENOENT):
        os.stat(folder / "none")
    with raises(errno.EEXIST):
        (folder / "d").mkdir()
    with raises(errno.EEXIST):
        os.open(folder / "f", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    with raises(errno.ENOTEMPTY):
        (folder / "d").rmdir()
    with raises(errno.EISDIR):
        os.open(folder / "d", os.O_WRONLY)
    with raises(errno.EISDIR):
        (folder / "d").unlink()
    with raises(errno.ENOTDIR):
        (folder / "f").rmdir()
    with raises(errno.ENOTDIR):
        os.stat(folder / "f" / "below")
    with raises(errno.ENAMETOOLONG):
        (folder / ("n" * 256)).mkdir()
    with raises(errno.EINVAL):
        (folder / "a:b").mkdir()
    descriptor = os.open(folder / "f", os.O_WRONLY)
    with raises(errno.EOPNOTSUPP):
        os.pwrite(descriptor, b"y", 0)
    with raises(errno.EOPNOTSUPP):
        os.ftruncate(descriptor, 100)
    os.close(descriptor)
    assert (folder / "f").read_bytes() == b"x"


def test_hdfs_857_df_is_never_negative(mount):
    seen = os.statvfs(mount.path)
    assert seen.f_blocks > 0
    assert 0 <= seen.f_bavail <= seen.f_blocks
    assert "%" in run("df", "-P", mount.path).ok()


def test_a_file_grows_by_appending_also_from_two_descriptors(folder):
    file = folder / "log"
    with open(file, "ab", buffering=0) as first, open(file, "ab", buffering=0) as second:
        for i in range(5):
            first.write(b"first %d\n" % i)
            second.write(b"second %d\n" % i)
    with open(file, "ab") as again:
        again.write(b"again\n")
    assert file.read_bytes() == b"".join(b"first %d\nsecond %d\n" % (i, i) for i in range(5)) + b"again\n"


def test_a_shell_may_duplicate_and_close_the_descriptor_it_redirects(folder):
    run("bash", "-c", f"(echo one; cat /dev/null; echo two; ls -d /) > {folder}/f; echo three >> {folder}/f").ok()
    assert (folder / "f").read_text() == "one\ntwo\n/\nthree\n"


def test_the_writer_sees_the_size_of_what_it_has_written(folder):
    with open(folder / "f", "wb", buffering=0) as file:
        file.write(b"x" * 1000)
        assert os.fstat(file.fileno()).st_size == 1000
        assert (folder / "f").stat().st_size == 1000
        assert (folder / "f").read_bytes() == b"x" * 1000


def test_a_reader_sees_a_file_grow(cluster, folder):
    (folder / "f").write_bytes(b"first")
    with open(folder / "f", "rb", buffering=0) as reader:
        assert reader.read() == b"first"
        with open(folder / "f", "ab") as writer:
            writer.write(b" second")
        assert reader.read() == b" second"
        with Mount(cluster.uri()) as elsewhere, open(elsewhere.path / folder.name / "f", "ab") as other:
            other.write(b" third")
        assert wait_until(reader.read, 10, "the reader to see what another client appended") == b" third"


def test_an_empty_file_can_be_created_and_appended_to_at_once(folder):
    for _ in range(20):
        (folder / "f").touch()
        with open(folder / "f", "ab") as file:
            file.write(b"x")
        assert (folder / "f").read_bytes() == b"x"
        (folder / "f").unlink()


def test_rename_replaces_a_file_unless_asked_not_to(folder):
    (folder / "a").write_bytes(b"a")
    (folder / "b").write_bytes(b"b")
    os.rename(folder / "a", folder / "b")
    assert (folder / "b").read_bytes() == b"a"
    assert not (folder / "a").exists()
    (folder / "c").write_bytes(b"c")
    libc = ctypes.CDLL(None, use_errno=True)
    path = [str(folder / name).encode() for name in ("c", "b")]
    assert libc.renameat2(AT_FDCWD, path[0], AT_FDCWD, path[1], RENAME_NOREPLACE) == -1
    assert ctypes.get_errno() == errno.EEXIST
    assert libc.renameat2(AT_FDCWD, path[0], AT_FDCWD, path[1] + b"2", RENAME_NOREPLACE) == 0
    (folder / "full").mkdir()
    (folder / "full" / "x").mkdir()
    (folder / "other").mkdir()
    with raises(errno.ENOTEMPTY):
        os.rename(folder / "other", folder / "full")
    with raises(errno.EISDIR):
        os.rename(folder / "b", folder / "full")
    with raises(errno.ENOTDIR):
        os.rename(folder / "other", folder / "b")


def test_a_file_may_be_renamed_and_removed_while_it_is_written(folder):
    with open(folder / "a", "wb", buffering=0) as file:
        file.write(b"before ")
        os.rename(folder / "a", folder / "b")
        file.write(b"after")
    assert (folder / "b").read_bytes() == b"before after"
    with open(folder / "gone", "wb", buffering=0) as file:
        file.write(b"x")
        (folder / "gone").unlink()
        file.write(b"y")
    assert not (folder / "gone").exists()


def test_a_directory_of_many_pages_is_listed_and_removed_whole(folder):
    count = 2500
    (folder / "many").mkdir()
    for i in range(count):
        (folder / "many" / f"{i:05}").mkdir()
    assert sorted(os.listdir(folder / "many")) == [f"{i:05}" for i in range(count)]
    assert run("ls", "-l", folder / "many").ok().count("\n") == count + 1
    shutil.rmtree(folder / "many")
    assert os.listdir(folder) == []


def test_times_modes_and_owners_can_be_set_also_before_closing(folder):
    os.utime(folder, (1_000_000, 2_000_000))
    assert folder.stat().st_mtime == 2_000_000
    with open(folder / "f", "wb") as file:
        file.write(b"x")
        file.flush()
        os.utime(file.fileno(), ns=(3_000_000_000_000_000, 1_500_000_000_123_000_000))
    assert (folder / "f").stat().st_mtime_ns == 1_500_000_000_123_000_000
    os.chown(folder / "f", 65534, -1)
    os.chmod(folder / "f", 0o604)
    seen = (folder / "f").stat()
    assert (seen.st_uid, stat.S_IMODE(seen.st_mode)) == (65534, 0o604)


def test_every_user_acts_under_his_own_name(folder):
    folder.chmod(0o777)
    (folder / "secret").write_bytes(b"x")
    (folder / "secret").chmod(0o600)
    refused = as_nobody("open(sys.argv[1]).read()", folder / "secret")
    assert "PermissionError: [Errno 13]" in refused.err
    as_nobody("open(sys.argv[1], 'w').write('mine')", folder / "mine").ok()
    assert (folder / "mine").stat().st_uid == 65534
    refused = as_nobody("os.chmod(sys.argv[1], 0o777)", folder / "secret")
    assert "PermissionError: [Errno 1]" in refused.err


def test_names_that_hdfs_cannot_hold_are_refused_and_others_come_back_as_they_are(folder):
    plain = os.fsencode(folder)
    for name in (b"\xff", b"a\xc0\xaf", b"\xed\xa0\x80"):
        with raises(errno.EILSEQ):
            os.mkdir(plain + b"/" + name)
    good = ["a b", "ä€😀", "new\nline", "\x01\x7f", "%2e%2e", "..x", "-rf", "'\"\\"]
    for name in good:
        (folder / name).write_text(name)
    assert sorted(os.listdir(folder)) == sorted(good)
    for name in good:
        assert (folder / name).read_text() == name


def test_a_mounted_subfolder_is_a_root_of_its_own(cluster, folder):
    (folder / "below").mkdir()
    (folder / "below" / "f").write_bytes(b"x")
    with Mount(f"{cluster.uri()}/{folder.name}/below") as inner:
        assert os.listdir(inner.path) == ["f"]
        (inner.path / "g").write_bytes(b"y")
    assert (folder / "below" / "g").read_bytes() == b"y"


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "umount", "fusermount3", "SIGKILL"])
def test_the_mount_ends_cleanly(cluster, how):
    with Mount(cluster.uri()) as mount:
        if how.startswith("SIG"):
            os.kill(mount.daemon.pid(), getattr(signal, how))
        else:
            run(*{"umount": ["umount"], "fusermount3": ["fusermount3", "-u"]}[how], mount.path).ok()
        wait_until(lambda: not mounted_at(mount.path) and not mount.daemon.running(), 10, "the mount to end")
        if how != "SIGKILL":
            assert mount.daemon.process.returncode == 0


def test_a_file_that_is_open_when_the_mount_ends_is_kept(cluster, folder):
    with Mount(cluster.uri()) as mount:
        file = open(mount.path / folder.name / "f", "wb", buffering=0)
        file.write(b"not closed")
        assert mount.stop() == 0
        with raises(errno.ENOTCONN):
            file.write(b"x")
        with raises(errno.ENOTCONN):
            file.close()
    assert (folder / "f").read_bytes() == b"not closed"


def test_the_mount_ends_in_time_although_files_are_open_on_a_frozen_datanode():
    with TuskCluster(datanodes=1, config={"dfs.replication": 1}) as own, Mount(own.uri()) as mount:
        files = [open(mount.path / f"f{i}", "wb", buffering=0) for i in range(5)]
        for file in files:
            file.write(b"x" * 100_000)
        own.datanodes[0].daemon.signal(signal.SIGSTOP)
        before = time.monotonic()
        for file in files:
            file.write(b"x" * 100_000)
        assert mount.stop() == 0
        assert time.monotonic() - before < 20
        own.datanodes[0].daemon.signal(signal.SIGCONT)
        for file in files:
            with raises(errno.ENOTCONN):
                file.close()


def test_in_the_background_success_and_failure_show_in_the_exit_code(cluster, tmp_path):
    directory = tmp_path / "m"
    directory.mkdir()
    tusk("mount", cluster.uri(), directory).ok()
    assert mounted_at(directory)
    assert os.listdir(directory) is not None
    run("fusermount3", "-u", directory).ok()
    wrong = tusk("mount", "hdfs://127.0.0.1:1/", directory, "-o", "ro")
    assert wrong.code != 0 and "127.0.0.1:1" in wrong.err, wrong
    assert tusk("mount", cluster.uri(), tmp_path / "none").code != 0
    assert tusk("mount", cluster.uri() + "/no/such", directory).code != 0
    assert tusk("mount", cluster.uri(), directory, "-o", "nosuchoption").code != 0
    assert not mounted_at(directory)


def test_close_reports_that_the_file_could_not_be_completed():
    with TuskCluster(datanodes=1, config={"dfs.replication": 1}) as own, Mount(own.uri()) as mount:
        file = os.open(mount.path / "f", os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(file, b"x" * MEBIBYTE)
        own.datanodes[0].kill()
        with raises(errno.EIO):
            os.close(file)


def test_a_namenode_that_has_stopped_answering_holds_nobody_for_good():
    """Frozen, not dead: its connections stay open and nothing comes back."""
    with TuskCluster(datanodes=1, config={"dfs.replication": 1}) as own:
        with Mount(own.uri(), definitions={"ipc.client.rpc-timeout.ms": "1500"}) as mount:
            (mount.path / "f").write_bytes(b"kept")
            own.namenode.daemon.signal(signal.SIGSTOP)
            try:
                for call in (lambda: os.stat(mount.path / "f"), lambda: os.mkdir(mount.path / "d"),
                             lambda: os.listdir(mount.path)):
                    with raises(errno.ETIMEDOUT):
                        call()
                assert mount.stop() == 0
            finally:
                own.namenode.daemon.signal(signal.SIGCONT)
        with Mount(own.uri()) as mount:
            assert (mount.path / "f").read_bytes() == b"kept"
