#include "datanode/reporting/services.h"

#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

template <class Request>
Result<std::string> called(Pool& pool, rpc::Protocol& service, std::string_view method, const Request& request) {
  const std::string bytes = request.SerializeAsString();
  rpc::CallContext context;
  context.user.user = "client";
  rpc::Reply reply = service.call(method, as_bytes(bytes), context);
  if (auto* done = std::get_if<Result<std::string>>(&reply)) return std::move(*done);
  return pool.run(std::get<Task<Result<std::string>>>(std::move(reply)));
}

pb::InitReplicaRecoveryRequestProto recovery_of(Block block, const std::string& pool) {
  pb::InitReplicaRecoveryRequestProto request;
  request.mutable_block()->set_newgenstamp(1010);
  auto& located = *request.mutable_block()->mutable_block();
  to_proto(block, pool, *located.mutable_b());
  located.set_offset(0);
  located.set_corrupt(false);
  located.mutable_blocktoken()->set_kind("");
  located.mutable_blocktoken()->set_service("");
  located.mutable_blocktoken()->set_identifier("");
  located.mutable_blocktoken()->set_password("");
  return request;
}

pb::UpdateReplicaUnderRecoveryRequestProto update_of(Block block, const std::string& pool) {
  pb::UpdateReplicaUnderRecoveryRequestProto request;
  to_proto(block, pool, *request.mutable_block());
  request.set_recoveryid(1010);
  request.set_newlength(block.length_bytes);
  request.set_newblockid(raw(block.id));
  return request;
}

TEST(DataNodeServices, ARecoveryOfAnotherPoolsBlockTouchesNothing) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(1), pattern(700));
  InterDatanodeService service(*pool.store);
  EXPECT_FALSE(called(pool, service, "initReplicaRecovery", recovery_of(block_of(1), "BP-other")));
  EXPECT_EQ(pool.view(BlockId(1)).state, ReplicaState::kFinalized);
  ASSERT_TRUE(called(pool, service, "initReplicaRecovery", recovery_of(block_of(1), test_pool().pool_id)));
  EXPECT_EQ(pool.view(BlockId(1)).state, ReplicaState::kRur);
  Block block = pool.view(BlockId(1)).block;
  EXPECT_FALSE(called(pool, service, "updateReplicaUnderRecovery", update_of(block, "BP-other")));
  ASSERT_TRUE(called(pool, service, "updateReplicaUnderRecovery", update_of(block, test_pool().pool_id)));
  EXPECT_EQ(raw(pool.view(BlockId(1)).block.generation), 1010u);
}

// HDFS-12070: a recovery that failed half way is begun again under a newer id.
TEST(DataNodeServices, ARecoveryGivesWayToALaterOne) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(1), pattern(700));
  InterDatanodeService service(*pool.store);
  auto first = recovery_of(block_of(1), test_pool().pool_id);
  ASSERT_TRUE(called(pool, service, "initReplicaRecovery", first));
  EXPECT_EQ(called(pool, service, "initReplicaRecovery", first).error().code(), ErrorCode::kRecoveryInProgress);
  auto second = first;
  second.mutable_block()->set_newgenstamp(1011);
  ASSERT_TRUE(called(pool, service, "initReplicaRecovery", second));
  Block block = pool.view(BlockId(1)).block;
  EXPECT_FALSE(called(pool, service, "updateReplicaUnderRecovery", update_of(block, test_pool().pool_id)));
  auto update = update_of(block, test_pool().pool_id);
  update.set_recoveryid(1011);
  ASSERT_TRUE(called(pool, service, "updateReplicaUnderRecovery", update));
  EXPECT_EQ(pool.content(BlockId(1)), pattern(700));
}

TEST(DataNodeServices, UntilTheReplicasAreKnownCallersAreToldToTryAgain) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(1), pattern(700));
  pool.store.reset();
  auto volumes = open_volumes({{.directory = "/data", .threads = 1, .disk = &disk}}, {});
  ASSERT_TRUE(volumes);
  pool.store = std::make_unique<ReplicaStore>(ReplicaStore::Settings{}, std::move(volumes->volumes), pool.events);
  TransferContext context{.store = *pool.store};
  InterDatanodeService inter(*pool.store);
  ClientDatanodeService client(context, {});
  pb::GetReplicaVisibleLengthRequestProto length;
  to_proto(block_of(1), test_pool().pool_id, *length.mutable_block());
  EXPECT_EQ(called(pool, client, "getReplicaVisibleLength", length).error().code(), ErrorCode::kRetriable);
  EXPECT_EQ(called(pool, inter, "initReplicaRecovery", recovery_of(block_of(1), test_pool().pool_id)).error().code(),
            ErrorCode::kRetriable);
  EXPECT_EQ(
      called(pool, inter, "updateReplicaUnderRecovery", update_of(block_of(1), test_pool().pool_id)).error().code(),
      ErrorCode::kRetriable);
  ASSERT_TRUE(pool.run(pool.store->load(test_pool())));
  EXPECT_TRUE(called(pool, client, "getReplicaVisibleLength", length));
}

}  // namespace
}  // namespace dfs::datanode
