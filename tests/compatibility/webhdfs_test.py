"""The Python client `hdfs` over WebHDFS, unchanged."""

import json
import urllib.request

import hdfs
import pytest

from harness.real_input import assert_same_bytes, random_file


@pytest.fixture(scope="module")
def address(cluster):
    host, port = cluster.namenode.addresses["http"]
    return f"http://{host}:{port}"


@pytest.fixture(scope="module")
def client(cluster, address):
    cluster.dfs("-mkdir", "-p", "/web").ok()
    cluster.dfs("-chown", "hdfs", "/web").ok()
    return hdfs.InsecureClient(address, user="hdfs")


def test_upload_and_download_of_several_blocks(client, tmp_path):
    source = random_file(tmp_path / "source", 70 * (1 << 20) + 99)
    assert client.upload("/web/uploaded", str(source)) == "/web/uploaded"
    back = client.download("/web/uploaded", str(tmp_path / "back"))
    assert_same_bytes(source, back)
    assert client.status("/web/uploaded")["blockSize"] == 64 << 20
    assert client.delete("/web/uploaded")


def test_write_append_and_read(client):
    client.write("/web/text", data="tu", encoding="utf-8")
    client.write("/web/text", data="sk\n", encoding="utf-8", append=True)
    with client.read("/web/text") as reader:
        assert reader.read() == b"tusk\n"
    with client.read("/web/text", offset=2, length=2) as reader:
        assert reader.read() == b"sk"
    client.write("/web/text", data=b"over", overwrite=True)
    with client.read("/web/text") as reader:
        assert reader.read() == b"over"
    with pytest.raises(hdfs.HdfsError, match="already exists"):
        client.write("/web/text", data=b"again")


def test_list_status_content_makedirs_rename_delete_and_permission(client):
    client.makedirs("/web/tree/deep", permission="750")
    client.write("/web/tree/one", data=b"12345")
    assert sorted(client.list("/web/tree")) == ["deep", "one"]
    assert client.status("/web/tree/deep")["permission"] == "750"
    status = client.status("/web/tree/one")
    assert (status["type"], status["length"], status["owner"], status["replication"]) == ("FILE", 5, "hdfs", 3)
    content = client.content("/web/tree")
    assert (content["fileCount"], content["directoryCount"], content["length"]) == (1, 2, 5)
    client.rename("/web/tree/one", "/web/tree/deep/two")
    client.set_permission("/web/tree/deep/two", "640")
    assert client.status("/web/tree/deep/two")["permission"] == "640"
    assert not client.delete("/web/tree/none")
    with pytest.raises(hdfs.HdfsError):
        client.delete("/web/tree")
    assert client.delete("/web/tree", recursive=True)
    assert client.status("/web/tree", strict=False) is None


def test_an_error_is_a_remote_exception_as_hadoop_sends_it(client, address):
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{address}/webhdfs/v1/web/nowhere?op=GETFILESTATUS&user.name=hdfs", timeout=10)
    assert raised.value.code == 404
    error = json.load(raised.value)["RemoteException"]
    assert (error["exception"], error["javaClassName"]) == ("FileNotFoundException", "java.io.FileNotFoundException")
    assert "/web/nowhere" in error["message"]


def test_permissions_hold_over_the_web(cluster, client, address):
    client.makedirs("/web/private", permission="700")
    alice = hdfs.InsecureClient(address, user="alice")
    with pytest.raises(hdfs.HdfsError, match="Permission denied"):
        alice.list("/web/private")
    with pytest.raises(hdfs.HdfsError, match="Permission denied"):
        alice.write("/web/private/x", data=b"x")
