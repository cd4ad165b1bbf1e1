#include "namenode/web/image_transfer.h"

#include <stdlib.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "namenode/image/image_folder.h"
#include "namenode/web/by_path.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"
#include "tests/unit/namenode/web/exchange.h"

namespace dfs::namenode {
namespace {

class ImageTransferTest : public NamespaceFixture {
 protected:
  ImageTransferTest() {
    char name[] = "/tmp/transfer-test-XXXXXX";
    directory = mkdtemp(name);
    transfer.emplace(
        ImageTransfer::Settings{.directory = directory + "/images", .version = version, .published = [this] {
                                  return NamespaceThread::Moment{tables->snapshot(), TransactionId{12}};
                                }});
  }
  ~ImageTransferTest() override {
    transfer.reset();
    std::filesystem::remove_all(directory);
  }
  Recorder get(http::Handler& handler, const std::string& target, std::string method = "GET") {
    http::Request request;
    EXPECT_TRUE(http::parse_target(target, request));
    request.method = std::move(method);
    Recorder recorder;
    NoBody body;
    boost::asio::io_context loop;
    boost::asio::co_spawn(loop, handler.handle(request, body, recorder), boost::asio::detached);
    loop.run();
    return recorder;
  }

  StorageVersion version{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1", .creation_time_ms = 9};
  std::string directory;
  std::optional<ImageTransfer> transfer;
};

TEST_F(ImageTransferTest, TheLatestImageIsThePublishedMoment) {
  write_file("/a/f", {5});
  Recorder got = get(*transfer, "/imagetransfer?getimage=1&txid=latest");
  EXPECT_EQ(got.response.status, 200u);
  EXPECT_TRUE(got.finished);
  EXPECT_EQ(got.announced, got.response.body.size());
  EXPECT_EQ(got.response.headers.find("X-Image-Edits-Name"), "fsimage_0000000000000000012");
  Disk& disk = Disk::posix();
  const std::string path = directory + "/got";
  ASSERT_TRUE(disk.write_file_atomically(path, got.response.body));
  EXPECT_EQ(got.response.headers.find("X-MD5-Digest"), md5_of_file(disk, path).value());
  auto into = Tables::in_memory(), scratch = Tables::in_memory();
  ASSERT_TRUE(import_image(*ImageReader::open(disk, path).value(), version, *into, *scratch));
  EXPECT_EQ(resolve(*into, "/a/f").value().last()->length, 5u);
  EXPECT_TRUE(disk.list(directory + "/images")->empty());
}

TEST_F(ImageTransferTest, WhatIsNoImageOfOursIsRefused) {
  EXPECT_EQ(get(*transfer, "/imagetransfer?getimage=1&txid=latest", "PUT").response.status, 405u);
  for (const char* query : {"", "?getimage=1", "?getimage=1&txid=3", "?getedit=1&startTxId=1&endTxId=2"}) {
    EXPECT_EQ(get(*transfer, std::string("/imagetransfer") + query).response.status, 410u) << query;
  }
  const std::string ask = "/imagetransfer?getimage=1&txid=latest&storageInfo=";
  EXPECT_EQ(get(*transfer, ask + "-67:5:9:CID-1").response.status, 200u);
  EXPECT_EQ(get(*transfer, ask + "-67:6:9:CID-1").response.status, 403u);
}

TEST_F(ImageTransferTest, AnImageThatCannotBeWrittenIsAnError) {
  ASSERT_TRUE(Disk::posix().write_file_atomically(directory + "/images", "in the way"));
  Recorder got = get(*transfer, "/imagetransfer?getimage=1&txid=latest");
  EXPECT_EQ(got.response.status, 410u);
  EXPECT_THAT(got.response.body, testing::HasSubstr("GetImage failed"));
}

TEST_F(ImageTransferTest, EachPathHasItsHandler) {
  class Answering final : public http::Handler {
   public:
    Task<void> handle(const http::Request&, http::RequestBody&, http::ResponseWriter& writer) override {
      http::Response other;
      other.status = 299;
      (void)co_await writer.send(std::move(other));
    }
  } others;
  ByPath pages(others, {{"/imagetransfer", &*transfer}});
  EXPECT_EQ(get(pages, "/imagetransfer?getimage=1").response.status, 410u);
  EXPECT_EQ(get(pages, "/imagetransfer/x").response.status, 299u);
}

}  // namespace
}  // namespace dfs::namenode
