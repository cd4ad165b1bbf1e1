"""WebHDFS through the Python package `hdfs`, as its users call it, and through plain HTTP, against ours and stock."""

import http.client
import json
import os
import socket
import urllib.parse

import hdfs
import pytest
from harness.cluster import StockCluster, TuskCluster
from harness.polling import wait_until
from harness.real_input import MEBIBYTE, assert_same_bytes, real_file


@pytest.fixture(scope="module", params=["tusk", "stock"])
def cluster(request):
    kind = {"tusk": TuskCluster, "stock": StockCluster}[request.param]
    with kind(datanodes=1, config={"dfs.replication": 1, "hadoop.proxyuser.knox.hosts": "*",
                                   "hadoop.proxyuser.knox.users": "bob"}) as started:
        started.is_ours = started.namenode.kind == "tusk"
        yield started


def address(cluster):
    return "%s:%d" % cluster.namenode.addresses["http"]


@pytest.fixture(scope="module")
def client(cluster):
    import getpass
    return hdfs.InsecureClient(f"http://{address(cluster)}", user=getpass.getuser())


@pytest.fixture
def folder(client, request):
    path = "/" + request.node.name.split("[")[0]
    client.delete(path, recursive=True)
    client.makedirs(path)
    return path


def send(where, method, target, body=None, headers=None):
    """One request, no redirect followed: status, headers, body."""
    connection = http.client.HTTPConnection(where, timeout=30)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    result = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return result


def rest(cluster, method, path, operation, **parameters):
    query = urllib.parse.urlencode({"op": operation, "user.name": parameters.pop("user", os.environ.get("USER", "root")),
                                    **{k.replace("_", "."): v for k, v in parameters.items()}})
    status, headers, body = send(address(cluster), method, f"/webhdfs/v1{path}?{query}")
    return status, headers, json.loads(body) if body and headers["Content-Type"].startswith("application/json") else body


def test_a_big_file_is_uploaded_and_downloaded_whole(client, folder, tmp_path):
    source = real_file(70 * MEBIBYTE + 4321)
    client.upload(f"{folder}/f", str(source))
    assert client.status(f"{folder}/f")["length"] == os.path.getsize(source)
    client.download(f"{folder}/f", str(tmp_path / "f"))
    assert_same_bytes(source, tmp_path / "f")


def test_data_is_written_appended_and_read_in_parts(client, folder):
    client.write(f"{folder}/f", data=b"first ")
    client.write(f"{folder}/f", data=b"second", append=True)
    with client.read(f"{folder}/f") as reader:
        assert reader.read() == b"first second"
    with client.read(f"{folder}/f", offset=6, length=3) as reader:
        assert reader.read() == b"sec"
    with client.write(f"{folder}/g", encoding="utf-8") as writer:
        for i in range(1000):
            writer.write(f"line {i}\n")
    with client.read(f"{folder}/g", encoding="utf-8", delimiter="\n") as reader:
        assert list(reader)[:2] == ["line 0", "line 1"]
    client.write(f"{folder}/empty", data=b"")
    with client.read(f"{folder}/empty") as reader:
        assert reader.read() == b""


def test_an_existing_file_is_kept_unless_it_may_be_overwritten(client, folder):
    client.write(f"{folder}/f", data=b"kept")
    with pytest.raises(hdfs.HdfsError, match="already exists"):
        client.write(f"{folder}/f", data=b"lost")
    client.write(f"{folder}/f", data=b"new", overwrite=True)
    with client.read(f"{folder}/f") as reader:
        assert reader.read() == b"new"


def test_status_list_and_content_are_those_of_hadoop(client, folder):
    client.makedirs(f"{folder}/d", permission=755)
    client.write(f"{folder}/f", data=b"0123456789", permission=640, replication=1, blocksize=MEBIBYTE)
    status = client.status(f"{folder}/f")
    assert set(status) == {"accessTime", "blockSize", "childrenNum", "fileId", "group", "length", "modificationTime",
                           "owner", "pathSuffix", "permission", "replication", "storagePolicy", "type"}
    assert (status["type"], status["permission"], status["length"]) == ("FILE", "640", 10)
    assert (status["blockSize"], status["replication"], status["pathSuffix"]) == (MEBIBYTE, 1, "")
    assert client.list(folder) == ["d", "f"]
    assert [(name, one["type"]) for name, one in client.list(folder, status=True)] == [("d", "DIRECTORY"), ("f", "FILE")]
    assert client.status(f"{folder}/none", strict=False) is None
    with pytest.raises(hdfs.HdfsError, match="does not exist"):
        client.list(f"{folder}/none")
    content = client.content(folder)
    assert (content["directoryCount"], content["fileCount"], content["length"]) == (2, 1, 10)
    assert content["spaceConsumed"] == 10 and content["quota"] == -1


def test_trees_are_renamed_removed_and_given_permissions(client, folder):
    client.write(f"{folder}/a/b/f", data=b"x")
    client.rename(f"{folder}/a", f"{folder}/c")
    assert client.list(f"{folder}/c/b") == ["f"]
    client.set_permission(f"{folder}/c/b/f", permission=600)
    assert client.status(f"{folder}/c/b/f")["permission"] == "600"
    client.set_owner(f"{folder}/c/b/f", owner="somebody", group="some")
    assert client.status(f"{folder}/c/b/f")["owner"] == "somebody"
    client.set_times(f"{folder}/c/b/f", access_time=2000, modification_time=1000)
    assert client.status(f"{folder}/c/b/f")["modificationTime"] == 1000
    with pytest.raises(hdfs.HdfsError, match="non empty"):
        client.delete(f"{folder}/c")
    assert client.delete(f"{folder}/c", recursive=True)
    assert not client.delete(f"{folder}/c", recursive=True)


def test_a_directory_of_many_pages_is_listed_whole(cluster, client, folder):
    names = [f"{i:04}" for i in range(1200)]
    for name in names:
        assert rest(cluster, "PUT", f"{folder}/{name}", "MKDIRS")[0] == 200
    assert client.list(folder) == names
    seen, after = [], ""
    while True:
        listing = rest(cluster, "GET", folder, "LISTSTATUS_BATCH", startAfter=after)[2]["DirectoryListing"]
        seen += [one["pathSuffix"] for one in listing["partialListing"]["FileStatuses"]["FileStatus"]]
        if listing["remainingEntries"] == 0:
            break
        after = seen[-1]
    assert seen == names


def test_errors_carry_the_java_exception_and_its_status(cluster, folder):
    def error(*args, **parameters):
        status, _, body = rest(cluster, *args, **parameters)
        return status, body["RemoteException"]["exception"]

    assert error("GET", f"{folder}/none", "GETFILESTATUS") == (404, "FileNotFoundException")
    assert error("GET", f"{folder}/none", "OPEN") == (404, "FileNotFoundException")
    assert error("GET", folder, "BOGUS") == (400, "IllegalArgumentException")
    assert error("PUT", folder, "SETPERMISSION", permission="9") == (400, "IllegalArgumentException")
    assert error("PUT", folder, "RENAME") == (400, "IllegalArgumentException")
    assert error("PUT", f"{folder}/d", "MKDIRS", user="zed") == (403, "AccessControlException")
    assert error("GET", "/", "GETHOMEDIRECTORY", user="zed", doas="bob") == (403, "AuthorizationException")
    assert rest(cluster, "GET", "/", "GETHOMEDIRECTORY", user="knox", doas="bob")[2] == {"Path": "/user/bob"}


def test_a_redirect_names_the_datanode_or_is_told_as_json(cluster, client, folder):
    client.write(f"{folder}/f", data=b"x" * 100)
    status, headers, _ = rest(cluster, "GET", f"{folder}/f", "OPEN", offset=5)
    assert status == 307
    location = urllib.parse.urlparse(headers["Location"])
    assert location.port == cluster.datanodes[0].addresses["http"][1]
    assert location.path == f"/webhdfs/v1{folder}/f"
    assert urllib.parse.parse_qs(location.query)["offset"] == ["5"]
    status, _, body = rest(cluster, "GET", f"{folder}/f", "OPEN", offset=5, noredirect="true")
    assert status == 200
    assert urllib.parse.urlparse(body["Location"]).path == location.path


def test_block_locations_are_told_in_both_forms(cluster, client, folder):
    client.write(f"{folder}/f", data=b"x" * (2 * MEBIBYTE), blocksize=MEBIBYTE)
    located = rest(cluster, "GET", f"{folder}/f", "GET_BLOCK_LOCATIONS")[2]["LocatedBlocks"]
    assert located["fileLength"] == 2 * MEBIBYTE and len(located["locatedBlocks"]) == 2
    assert located["locatedBlocks"][1]["startOffset"] == MEBIBYTE
    assert located["locatedBlocks"][0]["blockToken"] == {"urlString": "AAAAAA"}
    one, two = rest(cluster, "GET", f"{folder}/f", "GETFILEBLOCKLOCATIONS")[2]["BlockLocations"]["BlockLocation"]
    assert (one["offset"], two["offset"], two["length"], two["corrupt"]) == (0, MEBIBYTE, MEBIBYTE, False)


def test_files_are_cut_joined_and_their_access_checked(cluster, client, folder):
    for name in "ab":
        client.write(f"{folder}/{name}", data=name.encode() * MEBIBYTE, blocksize=MEBIBYTE)
    assert rest(cluster, "POST", f"{folder}/a", "CONCAT", sources=f"{folder}/b")[0] == 200
    assert client.status(f"{folder}/a")["length"] == 2 * MEBIBYTE
    assert rest(cluster, "POST", f"{folder}/a", "TRUNCATE", newlength=MEBIBYTE)[2] == {"boolean": True}
    assert client.status(f"{folder}/a")["length"] == MEBIBYTE
    assert rest(cluster, "GET", f"{folder}/a", "CHECKACCESS", fsaction="r--")[0] == 200
    assert rest(cluster, "GET", f"{folder}/a", "CHECKACCESS", fsaction="-w-", user="zed")[0] == 403


def test_hostile_names_name_nothing(cluster, client, folder):
    if not cluster.is_ours:
        pytest.skip("stock takes bytes that are no UTF-8 for other names")
    for name in ("a%00b", "a%C0%AF", "%FF", "%ED%A0%80"):
        assert send(address(cluster), "PUT", f"/webhdfs/v1{folder}/{name}?op=MKDIRS&user.name=root")[0] == 400, name
    for name in ("..", "%2e%2e", ".", "a/../b", "/x", "a%3Ab"):
        status = send(address(cluster), "PUT", f"/webhdfs/v1{folder}/{name}?op=MKDIRS&user.name=root")[0]
        assert status in (400, 403), (name, status)
        for where in (address(cluster), "%s:%d" % cluster.datanodes[0].addresses["http"]):
            status = send(where, "PUT", f"/webhdfs/v1{folder}/{name}?op=CREATE&user.name=root", b"x")[0]
            assert status in (400, 403), (name, status)
    assert client.list(folder) == []
    for name in ("a b", "ä€😀", "%2e", "a+b&c=d", "x\ty"):
        client.write(f"{folder}/{name}", data=name.encode())
        with client.read(f"{folder}/{name}") as reader:
            assert reader.read() == name.encode()


def test_the_namenode_of_a_request_is_never_asked(cluster, client, folder):
    if not cluster.is_ours:
        pytest.skip("stock calls the address that it is given")
    client.write(f"{folder}/f", data=b"mine")
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.5)
        where = "%s:%d" % cluster.datanodes[0].addresses["http"]
        status, _, body = send(where, "GET", f"/webhdfs/v1{folder}/f?op=OPEN&namenoderpcaddress=127.0.0.1:"
                               f"{trap.getsockname()[1]}")
        assert (status, body) == (200, b"mine")
        with pytest.raises(TimeoutError):
            trap.accept()


def test_an_upload_that_breaks_off_leaves_no_file(cluster, client, folder):
    if not cluster.is_ours:
        pytest.skip("stock keeps what has arrived as if it were whole")
    _, headers, _ = rest(cluster, "PUT", f"{folder}/f", "CREATE")
    location = urllib.parse.urlparse(headers["Location"])
    with socket.create_connection((location.hostname, location.port)) as connection:
        connection.sendall(f"PUT {location.path}?{location.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
                           .encode() + b"x" * 500)
        wait_until(lambda: client.status(f"{folder}/f", strict=False), 10, "the file to be made")
    wait_until(lambda: client.status(f"{folder}/f", strict=False) is None, 10, "the unfinished file to go")


def test_a_client_that_expects_to_be_told_to_go_on_is(cluster, folder):
    _, headers, _ = rest(cluster, "PUT", f"{folder}/f", "CREATE")
    location = urllib.parse.urlparse(headers["Location"])
    with socket.create_connection((location.hostname, location.port), timeout=20) as connection:
        stream = connection.makefile("rb")
        connection.sendall(f"PUT {location.path}?{location.query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                           "Expect: 100-continue\r\n\r\n".encode())
        assert stream.readline().startswith(b"HTTP/1.1 100")
        assert stream.readline() == b"\r\n"
        connection.sendall(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        assert stream.readline().startswith(b"HTTP/1.1 201")
    assert rest(cluster, "GET", f"{folder}/f", "GETFILESTATUS")[2]["FileStatus"]["length"] == 5
