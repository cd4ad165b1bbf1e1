#include "client/read/file_blocks.h"

#include "proto/hadoop/ClientDatanodeProtocol.pb.h"
#include "tests/unit/client/scripted_server.h"

namespace dfs::client {
namespace {

using hadoop::hdfs::GetBlockLocationsRequestProto;
using hadoop::hdfs::GetBlockLocationsResponseProto;
using hadoop::hdfs::LocatedBlockProto;

constexpr uint64_t kBlock = 128 << 20;

// The file that a path names now: blocks of kBlock bytes with these ids, the last one perhaps shorter.
struct NamedFile {
  std::vector<uint64_t> ids = {};
  uint64_t length = 0;
  uint64_t block_size = kBlock;
};

class FileBlocksOf : public testing::Test {
 protected:
  FileBlocksOf() {
    namenode_.on<GetBlockLocationsRequestProto, GetBlockLocationsResponseProto>(
        "getBlockLocations",
        [this](const GetBlockLocationsRequestProto& request) -> Result<GetBlockLocationsResponseProto> {
          std::lock_guard lock(mutex_);
          GetBlockLocationsResponseProto response;
          auto& located = *response.mutable_locations();
          located.set_filelength(named_.length);
          located.set_underconstruction(open_.has_value());
          located.set_islastblockcomplete(!open_);
          if (open_) *located.mutable_lastblock() = *open_;
          for (size_t i = 0; i < named_.ids.size(); ++i) {
            const uint64_t offset = i * named_.block_size;
            const uint64_t length = std::min(named_.block_size, named_.length - offset);
            if (offset + length > request.offset() && offset < request.offset() + request.length())
              *located.add_blocks() = located_block(named_.ids[i], offset, length);
          }
          return response;
        });
  }

  void names(NamedFile file) {
    std::lock_guard lock(mutex_);
    named_ = std::move(file);
  }
  void last_is_open(LocatedBlockProto block) {
    std::lock_guard lock(mutex_);
    open_ = std::move(block);
  }
  static std::vector<uint64_t> ids(uint64_t first, size_t count) {
    std::vector<uint64_t> all;
    for (size_t i = 0; i < count; ++i) all.push_back(first + i);
    return all;
  }
  Result<void> refresh() { return namenode_.thread.run(blocks_.refresh()); }
  Result<uint64_t> id_at(uint64_t offset) {
    DFS_TRY(BlockPtr block, namenode_.thread.run(blocks_.at(offset)));
    return block->b().blockid();
  }
  Result<BlockPtr> refetch(uint64_t offset) { return namenode_.thread.run(blocks_.refetch(offset)); }
  int calls() { return namenode_.calls("getBlockLocations"); }

  TransferSettings settings_;
  std::mutex mutex_;
  NamedFile named_;
  std::optional<LocatedBlockProto> open_;
  ScriptedNamenode namenode_;
  FileBlocks blocks_{namenode_.namenode, {"alice", ""}, settings_, "/f"};
};

TEST_F(FileBlocksOf, PagesAreFetchedAsTheReaderGetsThere) {
  names({.ids = ids(100, 25), .length = 25 * kBlock - 5});
  ASSERT_TRUE(refresh());
  EXPECT_EQ(blocks_.length(), 25 * kBlock - 5);
  for (size_t i = 0; i < 25; ++i) EXPECT_EQ(id_at(i * kBlock + 1).value_or(0), 100 + i);
  EXPECT_EQ(calls(), 3);
}

TEST_F(FileBlocksOf, TheNextPageOfAFileThatWasReplacedIsRefused) {
  names({.ids = ids(100, 25), .length = 25 * kBlock});
  ASSERT_TRUE(refresh());
  names({.ids = ids(500, 25), .length = 25 * kBlock});
  EXPECT_EQ(id_at(9 * kBlock).value_or(0), 109u);
  auto next_page = id_at(10 * kBlock);
  ASSERT_FALSE(next_page);
  EXPECT_EQ(next_page.error().code(), ErrorCode::kIo);
  EXPECT_EQ(next_page.error().message(), "Blocklist for /f has changed!");
}

TEST_F(FileBlocksOf, AJumpFarBeyondWhatIsKnownFindsTheReplacementToo) {
  names({.ids = ids(100, 60), .length = 60 * kBlock});
  ASSERT_TRUE(refresh());
  EXPECT_EQ(id_at(40 * kBlock).value_or(0), 140u);
  names({.ids = ids(500, 60), .length = 60 * kBlock});
  EXPECT_FALSE(id_at(59 * kBlock));
  EXPECT_FALSE(id_at(25 * kBlock));
}

TEST_F(FileBlocksOf, NewLocationsOfAReplacedFileAreRefused) {
  names({.ids = ids(100, 2), .length = 2 * kBlock});
  ASSERT_TRUE(refresh());
  EXPECT_TRUE(refetch(kBlock));
  names({.ids = ids(500, 2), .length = 2 * kBlock});
  EXPECT_FALSE(refetch(kBlock));
  EXPECT_FALSE(refetch(0));
  EXPECT_FALSE(refresh());
}

TEST_F(FileBlocksOf, AReplacementWithOtherBlockBoundariesIsRefused) {
  names({.ids = ids(100, 4), .length = 4 * kBlock});
  ASSERT_TRUE(refresh());
  names({.ids = {900}, .length = 4 * kBlock, .block_size = 4 * kBlock});
  EXPECT_FALSE(refetch(3 * kBlock));
  names({.ids = ids(100, 1), .length = 4 * kBlock, .block_size = 4 * kBlock});
  EXPECT_FALSE(refetch(0)) << "the first block overlaps the second that is known";
}

TEST_F(FileBlocksOf, AFileThatWasShortenedHasNoSuchPosition) {
  names({.ids = ids(100, 25), .length = 25 * kBlock});
  ASSERT_TRUE(refresh());
  names({.ids = ids(100, 10), .length = 10 * kBlock});
  auto gone = id_at(10 * kBlock);
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message().find("Could not find target position"), std::string::npos);
}

TEST_F(FileBlocksOf, AFileThatGrowsIsStillTheSame) {
  names({.ids = ids(100, 2), .length = kBlock + 5});
  ASSERT_TRUE(refresh());
  names({.ids = ids(100, 4), .length = 3 * kBlock + 1});
  EXPECT_TRUE(refetch(kBlock));
  EXPECT_EQ(blocks_.length(), kBlock + 5);
  ASSERT_TRUE(refresh());
  EXPECT_EQ(blocks_.length(), 3 * kBlock + 1);
  EXPECT_EQ(id_at(3 * kBlock).value_or(0), 103u);
}

TEST_F(FileBlocksOf, AnOpenBlockHasTheLengthThatItsDataNodesSay) {
  ScriptedServer datanode(kClientDatanodeProtocol);
  using Request = hadoop::hdfs::GetReplicaVisibleLengthRequestProto;
  using Response = hadoop::hdfs::GetReplicaVisibleLengthResponseProto;
  auto visible = std::make_shared<std::atomic<uint64_t>>(77);
  datanode.on<Request, Response>("getReplicaVisibleLength", [visible](const Request&) -> Result<Response> {
    Response response;
    response.set_length(*visible);
    return response;
  });
  LocatedBlockProto last = located_block(101, kBlock, 0);
  add_location(last, "a", datanode.address().port, 1);
  names({.ids = ids(100, 1), .length = kBlock});
  last_is_open(last);
  ASSERT_TRUE(refresh());
  EXPECT_EQ(blocks_.length(), kBlock + 77);
  EXPECT_EQ(id_at(kBlock + 76).value_or(0), 101u);

  *visible = uint64_t(-1);
  auto unknown = refresh();
  ASSERT_FALSE(unknown) << "never a file of " << blocks_.length() << " bytes";
  EXPECT_EQ(unknown.error().java_class(), "org.apache.hadoop.hdfs.CannotObtainBlockLengthException");
}

}  // namespace
}  // namespace dfs::client
