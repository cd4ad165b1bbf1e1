#include "datanode/node/volume_keeper.h"

#include <future>

#include "proto/base/event_loop.h"
#include "tests/unit/datanode/replicas/pool.h"
#include "tests/unit/datanode/replicas/watched_disk.h"

namespace dfs::datanode {
namespace {

using namespace std::chrono_literals;

// A disk that hangs must not hold up what could go elsewhere.
TEST(VolumeKeeper, ADiskThatDoesNotAnswerGetsNoNewReplicasAndItsWritersAreEndedUntilItDoes) {
  std::promise<void> go;
  MemoryDisk memory;
  WatchedDisk hanging(memory);
  Pool pool(memory);
  auto opened = Volume::open({.directory = "/second", .threads = 1, .disk = &hanging});
  ASSERT_TRUE(opened && (*opened)->format({"uuid", "CID-1"}));
  ASSERT_TRUE(pool.run(pool.store->add_volume(*std::move(opened))));
  Volume& second = *pool.store->volumes()[1];
  pool.store_block(block_of(1), "x");
  std::promise<void> stopped;
  auto writer = pool.run(
      pool.store->create({.block = block_of(2), .checksum = pool.checksum}, [&stopped, first = true]() mutable {
        if (std::exchange(first, false)) stopped.set_value();
      }));
  ASSERT_TRUE(writer);
  ASSERT_EQ(&(*writer)->replica().volume(), &second);
  asio::post(second.executor(), [waited = go.get_future().share()] { waited.wait(); });

  EventLoop loop("test-keeper");
  loop.start();
  VolumeKeeper keeper(loop.executor(), *pool.store, {.measure_interval = 2ms, .stall_deadline = 20ms},
                      [](Volume&) { ADD_FAILURE() << "it has not failed"; });
  asio::post(loop.executor(), asio::use_future([&] { keeper.start(second); })).get();
  ASSERT_EQ(stopped.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(second.stalled());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pool.store->choose_volume(StorageType::kDisk, 1).value(), pool.store->volumes()[0].get());
  }
  // Better there than nowhere.
  pool.store->volumes()[0]->declare_failed(Error(ErrorCode::kDiskError, "test"));
  EXPECT_EQ(pool.store->choose_volume(StorageType::kDisk, 1).value(), &second);
  go.set_value();
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (second.stalled() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_FALSE(second.stalled());
  asio::co_spawn(loop.executor(), keeper.stop(), asio::use_future).get();
  loop.stop();
}

}  // namespace
}  // namespace dfs::datanode
