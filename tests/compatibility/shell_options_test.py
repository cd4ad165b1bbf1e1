"""`-rm -safely` asks before much is deleted, in the words of stock's shell."""

from harness.command import tusk


def test_rm_safely_asks_before_many_files_are_deleted(cluster, tmp_path):
    for number in range(4):
        (tmp_path / f"f{number}").write_text("x")
    cluster.dfs("-mkdir", "/safely").ok()
    cluster.dfs("-put", *tmp_path.iterdir(), "/safely").ok()
    configuration = cluster.client_configuration()

    def rm(answer, *words, limit=3):
        return tusk("dfs", "-D", f"hadoop.shell.safely.delete.limit.num.files={limit}", "-rm", "-r", "-skipTrash", *words,
                    "/safely", env={"HADOOP_CONF_DIR": str(configuration)}, stdin=answer)

    kept = rm(b"maybe\nn\n", "-safely")
    assert kept.code == 0
    assert kept.err == ("Proceed deleting 4 files? (Y or N) Invalid input: maybe\n"
                        "Proceed deleting 4 files? (Y or N) Delete aborted at user request.\n\n")
    assert rm(b"", "-safely").code == 0
    assert cluster.dfs("-test", "-e", "/safely").code == 0
    assert rm(b"", "-safely", limit=4).out == "Deleted /safely\n"
    cluster.dfs("-mkdir", "/safely").ok()
    cluster.dfs("-put", *tmp_path.iterdir(), "/safely").ok()
    assert rm(b"Yes\n", "-safely").out == "Deleted /safely\n"


def test_options_that_cannot_be_followed_are_refused(cluster, tmp_path):
    refused = cluster.dfs("-get", "-crc", "/none", tmp_path)
    assert refused.code == 1 and "-crc" in refused.err
