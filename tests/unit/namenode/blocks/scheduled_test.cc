#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

TEST(Scheduled, SmallFilesDoNotUseUpTheRoomOfADataNodeBetweenTwoHeartbeats) {
  BlockWorld world;
  auto datanode = [&](int i) -> FakeDatanode& { return *world.datanodes()[size_t(i)]; };
  for (int i = 1; i <= 4; ++i) world.add_datanode(i);
  world.settle();
  for (int i = 0; i < 4; ++i) {
    datanode(i).remaining_bytes = 2500;
    world.beat(datanode(i));
  }
  PlacementRequest request;
  request.count = 4;
  request.block_size = 1000;
  for (int file = 0; file < 10; ++file) {
    BlockRow block = world.add_file(4, 0, BlockState::kUnderConstruction);
    const std::vector<StorageNumber> targets = world.blocks().choose_targets(request);
    ASSERT_EQ(targets.size(), 4u) << "file " << file;
    ASSERT_TRUE(world.in_batch([&](Batch& batch) {
      return world.blocks().expect(world.tables(), batch, block.id, block.generation_stamp, targets);
    }));
    block.length = 10;
    for (int i = 0; i < 4; ++i) {
      if (file % 2 == 0) ASSERT_TRUE(world.tell(datanode(i), ReplicaEvent::Kind::kReceiving, block));
      world.receive(datanode(i), block);
    }
  }
  // Those that are still being written count.
  for (size_t there : {4u, 4u, 0u}) {
    const BlockRow block = world.add_file(4, 0, BlockState::kUnderConstruction);
    const std::vector<StorageNumber> targets = world.blocks().choose_targets(request);
    EXPECT_EQ(targets.size(), there);
    ASSERT_TRUE(world.in_batch([&](Batch& batch) {
      return world.blocks().expect(world.tables(), batch, block.id, block.generation_stamp, targets);
    }));
  }
}

}  // namespace
}  // namespace dfs::namenode
