// Volumes that come and go while replicas are written and read.
#include <boost/asio/thread_pool.hpp>

#include "proto/io/faulty_disk.h"
#include "tests/unit/datanode/replicas/pool.h"
#include "tests/unit/datanode/replicas/watched_disk.h"

namespace dfs::datanode {
namespace {

class VolumeSwap : public testing::Test {
 protected:
  std::unique_ptr<Volume> volume_at(const std::string& directory) {
    auto volume = Volume::open({.directory = directory, .threads = 1, .disk = &disk});
    EXPECT_TRUE(volume) << volume.error().to_string();
    if (!(*volume)->is_formatted()) EXPECT_TRUE((*volume)->format({"uuid", "CID-1"}));
    return *std::move(volume);
  }
  Result<void> add(const std::string& directory) { return pool.run(pool.store->add_volume(volume_at(directory))); }
  Result<void> remove(const std::string& directory) { return pool.run(pool.store->remove_volume(directory)); }
  std::string place_of(uint64_t id) { return pool.store->lookup(BlockId(id))->volume().directory(); }

  MemoryDisk memory;
  FaultyDisk faulty{memory};
  WatchedDisk disk{faulty};
  Pool pool{disk};
};

TEST_F(VolumeSwap, AVolumeThatComesTakesItsTurnAndOneThatGoesTakesItsReplicasOutOfTheReports) {
  ASSERT_TRUE(add("/second"));
  for (uint64_t id : {1, 2, 3, 4}) pool.store_block(block_of(id), pattern(500));
  EXPECT_NE(place_of(1), place_of(2));
  EXPECT_EQ(place_of(1), place_of(3));
  const size_t there = pool.store->replicas().size(*pool.store->volumes()[1]);
  EXPECT_EQ(there, 2u);
  ASSERT_TRUE(remove("/second"));
  EXPECT_EQ(pool.count_events("deleted"), 2u);
  EXPECT_EQ(pool.store->volumes().size(), 1u);
  EXPECT_EQ(pool.store->replicas().size(), 2u);
  for (uint64_t id : {5, 6}) pool.store_block(block_of(id), pattern(500));
  EXPECT_EQ(place_of(5), "/data");
  EXPECT_EQ(place_of(6), "/data");
  // It comes back with what it has, which is told.
  ASSERT_TRUE(add("/second"));
  EXPECT_EQ(pool.store->replicas().size(), 6u);
  EXPECT_EQ(pool.count_events("received"), 4u + 2u + 2u);
  for (uint64_t id : {1, 2, 3, 4}) EXPECT_EQ(pool.content(BlockId(id)), pattern(500));
}

TEST_F(VolumeSwap, TheLastVolumeAndOneThatIsNotThereAreNotRemoved) {
  EXPECT_NE(remove("/data").error().message().find("remove all volumes"), std::string::npos);
  ASSERT_TRUE(add("/second"));
  EXPECT_FALSE(remove("/third"));
  pool.store->volumes()[1]->declare_failed(Error(ErrorCode::kDiskError, "test"));
  EXPECT_NE(remove("/data").error().message().find("remove all volumes"), std::string::npos);
  EXPECT_EQ(pool.store->lost_volumes().size(), 1u);
  // Without it nothing has failed any more.
  EXPECT_TRUE(remove("/second"));
  EXPECT_EQ(pool.store->lost_volumes().size(), 0u);
}

TEST_F(VolumeSwap, AWriterOnAVolumeThatGoesIsAskedToStopAndWhatItHasStays) {
  ASSERT_TRUE(add("/second"));
  pool.store_block(block_of(1), "x");  // on /data
  std::unique_ptr<ReplicaWriter> writer;
  auto created =
      pool.run(pool.store->create({.block = block_of(2), .checksum = pool.checksum}, [&] { writer.reset(); }));
  ASSERT_TRUE(created);
  writer = *std::move(created);
  ASSERT_TRUE(pool.append(*writer, 0, pattern(300)));
  ASSERT_EQ(writer->replica().volume().directory(), "/second");
  ASSERT_TRUE(remove("/second"));
  EXPECT_EQ(writer, nullptr);
  EXPECT_EQ(pool.store->lookup(BlockId(2)), nullptr);
  // The block may be written again, elsewhere.
  pool.store_block(block_of(2, 1002), pattern(400));
  EXPECT_EQ(place_of(2), "/data");
}

TEST_F(VolumeSwap, AWriterThatDoesNotStopLosesItsReplicaAllTheSame) {
  ASSERT_TRUE(add("/second"));
  pool.store_block(block_of(1), "x");
  auto writer = pool.create(block_of(2));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(300)));
  ASSERT_TRUE(remove("/second"));
  EXPECT_EQ(pool.store->lookup(BlockId(2)), nullptr);
  // What it still writes goes to its files and nowhere else.
  EXPECT_TRUE(pool.append(*writer, 300, pattern(10)));
  writer.reset();
  EXPECT_EQ(pool.store->lookup(BlockId(2)), nullptr);
}

TEST_F(VolumeSwap, AReplicaIsNotBegunOnAVolumeThatHasJustGone) {
  ASSERT_TRUE(add("/second"));
  pool.store_block(block_of(1), "x");  // on /data
  // The volume's only thread is busy: the new replica waits for it while the volume is removed.
  std::promise<void> go;
  auto second = pool.store->volumes()[1];
  asio::post(second->executor(), [waited = go.get_future().share()] { waited.wait(); });
  asio::thread_pool other(1);
  auto creating = asio::co_spawn(other, pool.store->create({.block = block_of(2), .checksum = pool.checksum}, [] {}),
                                 asio::use_future);
  asio::post(other, asio::use_future).get();  // it has chosen
  ASSERT_TRUE(remove("/second"));
  go.set_value();
  auto created = creating.get();
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().message().find("just been removed"), std::string::npos);
}

TEST_F(VolumeSwap, AReaderGoesOnWhileItsVolumeIsRemoved) {
  ASSERT_TRUE(add("/second"));
  for (uint64_t id : {1, 2}) pool.store_block(block_of(id), pattern(900));
  const uint64_t id = place_of(1) == "/second" ? 1 : 2;
  auto reader = ReplicaReader::open(pool.store->lookup(BlockId(id)));
  ASSERT_TRUE(reader);
  ASSERT_TRUE(remove("/second"));
  std::vector<uint8_t> data(900), sums(8);
  ASSERT_TRUE((*reader)->read(0, data, sums));
  EXPECT_EQ(as_text(data), pattern(900));
  // What it finds wrong concerns nobody any more.
  pool.store->report_corrupt((*reader)->shared(), (*reader)->view());
  EXPECT_EQ(pool.count_events("corrupt"), 0u);
}

TEST_F(VolumeSwap, AVolumeThatCannotBeReadIsNotAdded) {
  auto second = volume_at("/second");
  faulty.arm({.operation = DiskOperation::kList,
              .on_path = [](const std::string& path) { return path.starts_with("/second"); },
              .times = UINT64_MAX});
  EXPECT_FALSE(pool.run(pool.store->add_volume(std::move(second))));
  EXPECT_EQ(pool.store->volumes().size(), 1u);
  faulty.disarm();
  // Its lock was given back.
  EXPECT_TRUE(add("/second"));
}

TEST_F(VolumeSwap, OfABlockOnTwoVolumesTheNewerIsServedAndBothStay) {
  ASSERT_TRUE(add("/second"));
  pool.store_block(block_of(9), "x");  // on /data
  pool.store_block(block_of(1), pattern(500));
  ASSERT_EQ(place_of(1), "/second");
  ASSERT_TRUE(remove("/second"));
  pool.store_block(block_of(1, 1005), pattern(700));
  ASSERT_TRUE(add("/second"));
  EXPECT_EQ(place_of(1), "/data");
  EXPECT_EQ(pool.content(BlockId(1)), pattern(700));
  ASSERT_TRUE(add("/third"));
  ASSERT_TRUE(remove("/data"));
  EXPECT_EQ(pool.store->lookup(BlockId(1)), nullptr);
  EXPECT_TRUE(*memory.exists("/second/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/blk_1"));
}

TEST_F(VolumeSwap, ABlockWhoseReplicaIsOnAFailedVolumeMayBeWrittenAgain) {
  ASSERT_TRUE(add("/second"));
  for (uint64_t id : {1, 2}) pool.store_block(block_of(id), pattern(900));
  const uint64_t id = place_of(1) == "/second" ? 1 : 2;
  pool.store->volumes()[1]->declare_failed(Error(ErrorCode::kDiskError, "test"));
  // It is served as long as it can be.
  EXPECT_EQ(pool.content(BlockId(id)), pattern(900));
  auto writer = pool.create(block_of(id), ReplicaState::kTemporary);
  ASSERT_TRUE(pool.append(*writer, 0, pattern(900)));
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  EXPECT_EQ(place_of(id), "/data");
  EXPECT_EQ(pool.content(BlockId(id)), pattern(900));
}

}  // namespace
}  // namespace dfs::datanode
