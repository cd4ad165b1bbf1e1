#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>

#include "datanode/transfer/operation.h"
#include "datanode/transfer/server.h"
#include "proto/base/event_loop.h"
#include "tests/unit/datanode/replicas/pool.h"
#include "tests/unit/datanode/replicas/watched_disk.h"

namespace dfs::datanode {
namespace {

using transfer::Op;
using transfer::PipelineAck;
using transfer::Reader;
using transfer::Stage;
using transfer::Status;
using namespace std::chrono_literals;

// A DataNode as far as data transfer goes, on loopback.
class Node {
 public:
  explicit Node(std::chrono::milliseconds idle_deadline = 60s)
      : watched(disk), pool(watched), context{.store = *pool.store, .idle_deadline = idle_deadline}, loop("test-node") {
    loop.start();
    server = std::make_unique<TransferServer>(
        TransferServer::Settings{.listen = {"127.0.0.1", 0}, .transfers_max = 8, .idle_deadline = idle_deadline},
        std::vector{loop.executor()}, context);
    EXPECT_TRUE(server->open());
    server->serve();
  }
  ~Node() {
    server->stop();
    loop.stop();
  }

  pb::DatanodeInfoProto address() const {
    pb::DatanodeInfoProto info;
    info.mutable_id()->set_ipaddr("127.0.0.1");
    info.mutable_id()->set_hostname("localhost");
    info.mutable_id()->set_datanodeuuid("uuid");
    info.mutable_id()->set_xferport(server->port());
    info.mutable_id()->set_infoport(0);
    info.mutable_id()->set_ipcport(0);
    return info;
  }

  MemoryDisk disk;
  WatchedDisk watched;
  Pool pool;
  TransferContext context;
  EventLoop loop;
  std::unique_ptr<TransferServer> server;
};

struct Connection {
  std::unique_ptr<Stream> stream;
  std::unique_ptr<Reader> reader;
};

Task<Result<Connection>> connect(uint16_t port) {
  Connection connection;
  DFS_CO_TRY(connection.stream, co_await connect_tcp({"127.0.0.1", port}, 5s));
  connection.reader = std::make_unique<Reader>(*connection.stream);
  co_return connection;
}

pb::OpWriteBlockProto write_request(uint64_t id, Stage stage, std::vector<pb::DatanodeInfoProto> targets = {}) {
  pb::OpWriteBlockProto request;
  auto* header = request.mutable_header();
  header->set_clientname("client");
  to_proto(block_of(id), test_pool().pool_id, *header->mutable_baseheader()->mutable_block());
  for (auto& target : targets) *request.add_targets() = target;
  request.set_stage(pb::OpWriteBlockProto::BlockConstructionStage(int(stage)));
  request.set_pipelinesize(uint32_t(targets.size() + 1));
  request.set_minbytesrcvd(0);
  request.set_maxbytesrcvd(0);
  request.set_latestgenerationstamp(0);
  transfer::to_proto({checksum::Type::kCrc32c, 512}, *request.mutable_requestedchecksum());
  return request;
}

struct Sent {
  std::string answer;
  std::vector<PipelineAck> acks;
};

// Writes one block in packets of `packet_bytes`; the sums of the packet at `spoil` are wrong. `syncs_end`: the last
// packet asks for the block to be on disk.
Task<Result<Sent>> write_block_to(uint16_t port, pb::OpWriteBlockProto request, std::string data, size_t packet_bytes,
                                  int spoil = -1, bool syncs_end = false) {
  DFS_CO_TRY(Connection to, co_await connect(port));
  DFS_CO_TRY_OK(co_await transfer::send_op(*to.stream, Op::kWriteBlock, request));
  Sent sent;
  pb::BlockOpResponseProto answer;
  DFS_CO_TRY_OK(co_await to.reader->message(answer));
  sent.answer = pb::Status_Name(answer.status()) + answer.firstbadlink();
  if (answer.status() != pb::SUCCESS) co_return sent;
  checksum::Checksum checksum{checksum::Type::kCrc32c, 512};
  int64_t seqno = 0;
  for (size_t offset = 0; offset < data.size(); offset += packet_bytes) {
    ByteView piece = as_bytes(data).subspan(offset, std::min(packet_bytes, data.size() - offset));
    std::vector<uint8_t> sums(checksum.sums_bytes(piece.size()));
    checksum.compute(piece, sums);
    if (seqno == spoil) sums[0] ^= 1;
    DFS_CO_TRY_OK(co_await transfer::send_packet(*to.stream,
                                                 {.offset_in_block = int64_t(offset),
                                                  .seqno = seqno++,
                                                  .sync_block = offset == 0,
                                                  .data_bytes = uint32_t(piece.size())},
                                                 sums, piece));
  }
  DFS_CO_TRY_OK(co_await transfer::send_packet(
      *to.stream,
      {.offset_in_block = int64_t(data.size()), .seqno = seqno, .last_packet_in_block = true, .sync_block = syncs_end},
      {}, {}));
  while (sent.acks.empty() || sent.acks.back().seqno != seqno) {
    auto ack = co_await to.reader->ack();
    if (!ack) break;
    sent.acks.push_back(*std::move(ack));
  }
  co_return sent;
}

Task<Result<std::string>> read_from(uint16_t port, uint64_t id, uint64_t offset, uint64_t length) {
  DFS_CO_TRY(Connection to, co_await connect(port));
  pb::OpReadBlockProto request;
  request.mutable_header()->set_clientname("client");
  to_proto(block_of(id), test_pool().pool_id, *request.mutable_header()->mutable_baseheader()->mutable_block());
  request.set_offset(offset);
  request.set_len(length);
  DFS_CO_TRY_OK(co_await transfer::send_op(*to.stream, Op::kReadBlock, request));
  pb::BlockOpResponseProto answer;
  DFS_CO_TRY_OK(co_await to.reader->message(answer));
  if (answer.status() != pb::SUCCESS) co_return answer.message();
  checksum::Checksum checksum{checksum::Type::kCrc32c, 512};
  std::string data;
  while (true) {
    DFS_CO_TRY(transfer::Packet packet, co_await to.reader->packet());
    if (packet.header.last_packet_in_block) break;
    if (checksum.first_mismatch(packet.data, packet.sums)) co_return std::string("mismatch");
    data += as_text(packet.data);
  }
  pb::ClientReadStatusProto status;
  status.set_status(pb::CHECKSUM_OK);
  DFS_CO_TRY_OK(co_await transfer::send_message(*to.stream, status));
  co_return data.substr(offset - answer.readopchecksuminfo().chunkoffset(), length);
}

template <class T>
T run(Task<T> task) {
  asio::io_context context;
  auto result = asio::co_spawn(context, std::move(task), asio::use_future);
  context.run();
  return result.get();
}

TEST(Transfer, APipelineOfThreeStoresABlockAndAcknowledgesEveryPacketForAll) {
  Node a, b, c;
  std::string data = pattern(300000);
  auto sent = run(
      write_block_to(a.server->port(), write_request(1, Stage::kSetupCreate, {b.address(), c.address()}), data, 65024));
  ASSERT_TRUE(sent) << sent.error().to_string();
  EXPECT_EQ(sent->answer, "SUCCESS");
  ASSERT_EQ(sent->acks.size(), 6u);
  for (const PipelineAck& ack : sent->acks) EXPECT_EQ(ack.replies, std::vector(3, Status::kSuccess));
  for (Node* node : {&a, &b, &c}) {
    node->disk.lose_power();
    node->pool.restart();
    EXPECT_TRUE(node->pool.content(BlockId(1)) == data);
  }
}

// BlockReceiver.dirSyncOnFinalize: the names that a closed block has, too.
TEST(Transfer, AClientThatWantsAClosedBlockOnDiskGetsItThereWhateverTheDataNodesDoThemselves) {
  Node a, b, alone;
  for (Node* node : {&a, &b, &alone}) node->context.sync_on_close = false;
  const std::string data = pattern(3000);
  auto piped = write_request(1, Stage::kSetupCreate, {b.address()});
  ASSERT_TRUE(run(write_block_to(a.server->port(), piped, data, 1024, -1, true)));
  ASSERT_TRUE(run(write_block_to(alone.server->port(), write_request(1, Stage::kSetupCreate), data, 1024, -1, true)));
  for (Node* node : {&a, &b, &alone}) {
    node->disk.lose_power();
    node->pool.restart();
    EXPECT_EQ(node->pool.view(BlockId(1)).state, ReplicaState::kFinalized);
    EXPECT_TRUE(node->pool.content(BlockId(1)) == data);
  }
}

TEST(Transfer, ABlockWhoseFilesCannotBeMovedIsNotAcknowledged) {
  Node node;
  node.watched.before = [&](std::string_view operation, const std::string& path) {
    if (operation == "rename") EXPECT_TRUE(node.disk.remove(path));
  };
  auto sent = run(write_block_to(node.server->port(), write_request(1, Stage::kSetupCreate), pattern(1000), 1024));
  ASSERT_TRUE(sent);
  for (const PipelineAck& ack : sent->acks) EXPECT_LT(ack.seqno, 1);
  node.server->stop();
  EXPECT_EQ(node.pool.view(BlockId(1)).state, ReplicaState::kRbw);
}

TEST(Transfer, APartOfABlockIsReadWithTheChunksAroundIt) {
  Node node;
  std::string data = pattern(200000);
  ASSERT_TRUE(run(write_block_to(node.server->port(), write_request(1, Stage::kSetupCreate), data, 65024)));
  for (auto [offset, length] : {std::pair(0, 200000), std::pair(700, 1), std::pair(511, 70000), std::pair(199999, 1)}) {
    auto read = run(read_from(node.server->port(), 1, uint64_t(offset), uint64_t(length)));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_TRUE(*read == data.substr(size_t(offset), size_t(length)));
  }
  EXPECT_NE(run(read_from(node.server->port(), 1, 199999, 2))->find("don't match block"), std::string::npos);
  EXPECT_NE(run(read_from(node.server->port(), 2, 0, 1))->find("ReplicaNotFoundException"), std::string::npos);
}

// HDFS-3875: the last DataNode of a pipeline verifies, and it is its sender that gets the blame.
TEST(Transfer, ThePacketThatIsCorruptIsNotStoredAndItsSenderIsTold) {
  Node node;
  auto sent = run(write_block_to(node.server->port(), write_request(1, Stage::kSetupCreate), pattern(2000), 512, 2));
  ASSERT_TRUE(sent) << sent.error().to_string();
  ASSERT_FALSE(sent->acks.empty());
  EXPECT_EQ(sent->acks.back().replies, std::vector{Status::kErrorChecksum});
  EXPECT_EQ(sent->acks.back().seqno, 2);
  node.server->stop();
  EXPECT_EQ(node.pool.view(BlockId(1)).on_disk_bytes, 1024u);
  EXPECT_EQ(node.pool.view(BlockId(1)).state, ReplicaState::kRbw);
}

TEST(Transfer, ADataNodeThatCannotBeReachedIsNamedAsTheFirstBadLink) {
  Node node;
  pb::DatanodeInfoProto nowhere = node.address();
  nowhere.mutable_id()->set_xferport(1);
  auto sent = run(write_block_to(node.server->port(), write_request(1, Stage::kSetupCreate, {nowhere}), "x", 512));
  ASSERT_TRUE(sent) << sent.error().to_string();
  EXPECT_EQ(sent->answer, "ERROR127.0.0.1:1");
}

TEST(Transfer, ACopyIsVerifiedBeforeItLeavesAndReportedWhenCorrupt) {
  Node from, to;
  std::string data = pattern(100000);
  ASSERT_TRUE(run(write_block_to(from.server->port(), write_request(1, Stage::kSetupCreate), data, 65024)));
  Block block = from.pool.view(BlockId(1)).block;
  Watchdog watchdog;
  ASSERT_TRUE(run(
      send_copy(from.context, watchdog,
                {.block = block, .targets = {to.address()}, .client = "client", .stage = Stage::kTransferFinalized})));
  EXPECT_TRUE(to.pool.content(BlockId(1)) == data);
  (*from.disk.open(from.pool.view(BlockId(1)).data_path(), Disk::OpenMode::kReadWrite))
      ->pwrite(as_bytes("!"), 77777)
      .value();
  Node third;
  auto sent = run(send_copy(from.context, watchdog, {.block = block, .targets = {third.address()}}));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::kChecksum);
  EXPECT_EQ(from.pool.events.lines.back(), "corrupt 1_1001 100000");
  third.server->stop();
  EXPECT_EQ(third.pool.store->replicas().size(), 0u);
}

// Asks `port` for one operation whose answer is a status.
template <class Request>
Task<Result<std::string>> ask(uint16_t port, Op op, Request request) {
  DFS_CO_TRY(Connection to, co_await connect(port));
  DFS_CO_TRY_OK(co_await transfer::send_op(*to.stream, op, request));
  pb::BlockOpResponseProto answer;
  DFS_CO_TRY_OK(co_await to.reader->message(answer));
  co_return pb::Status_Name(answer.status()) + answer.message();
}

// A replica that is being written, of which less was acknowledged than is on disk, so that it ends inside a chunk.
void leave_half_acknowledged(Node& node, uint64_t id) {
  auto writer = node.pool.create(block_of(id));
  ASSERT_TRUE(node.pool.append(*writer, 0, pattern(1000)));
  writer->replica().update([](Replica::View& view) { view.acknowledged_bytes = 700; });
}

// A DataNode of a pipeline is replaced (HDFS-4660, HDFS-10587): the new one gets what all the others have acknowledged.
TEST(Transfer, AReplicaBeingWrittenIsCopiedUpToWhatIsAcknowledged) {
  Node from, to;
  leave_half_acknowledged(from, 1);
  pb::OpTransferBlockProto request;
  request.mutable_header()->set_clientname("client");
  to_proto(block_of(1), test_pool().pool_id, *request.mutable_header()->mutable_baseheader()->mutable_block());
  *request.add_targets() = to.address();
  auto answered = run(ask(from.server->port(), Op::kTransferBlock, request));
  ASSERT_TRUE(answered) << answered.error().to_string();
  EXPECT_EQ(*answered, "SUCCESS");
  Replica::View copy = to.pool.view(BlockId(1));
  EXPECT_EQ(copy.state, ReplicaState::kRbw);
  EXPECT_EQ(copy.visible_bytes(), 700u);
  EXPECT_EQ(to.pool.content(BlockId(1)), pattern(700));
  EXPECT_EQ(from.pool.count_events("corrupt"), 0u);
}

TEST(Transfer, AMovedReplicaEndsAtItsVisibleLength) {
  Node from, to;
  leave_half_acknowledged(from, 1);
  pb::OpReplaceBlockProto request;
  to_proto(block_of(1), test_pool().pool_id, *request.mutable_header()->mutable_block());
  request.set_delhint("uuid");
  *request.mutable_source() = from.address();
  auto answered = run(ask(to.server->port(), Op::kReplaceBlock, request));
  ASSERT_TRUE(answered) << answered.error().to_string();
  EXPECT_EQ(*answered, "SUCCESS");
  EXPECT_EQ(to.pool.content(BlockId(1)), pattern(700));
}

// HDFS-11160: somebody reads a file while its block is moved or cut.
TEST(Transfer, AReaderWaitsForFilesThatAreBeingMovedAndReportsNothing) {
  Node node;
  node.pool.store_block(block_of(1), pattern(1000));
  auto replica = node.pool.store->lookup(BlockId(1));
  auto claim = std::make_unique<ReplicaClaim>(ReplicaClaim::attempt(replica, [] {}));
  const std::string meta = replica->view().meta_path();
  ASSERT_TRUE(node.disk.rename(meta, "/aside"));
  int looks = 0;
  node.watched.before = [&](std::string_view operation, const std::string& path) {
    // The first five come in one go.
    if (operation != "open" || path != meta || ++looks != 12) return;
    EXPECT_TRUE(node.disk.rename("/aside", meta));
    claim.reset();
  };
  auto read = run(read_from(node.server->port(), 1, 0, 1000));
  node.watched.before = nullptr;
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, pattern(1000));
  EXPECT_EQ(node.pool.count_events("corrupt"), 0u);
}

TEST(Transfer, AReaderThatTakesNothingForAWhileIsNotCutOff) {
  Node node(300ms);
  // More than sockets hold.
  const std::string data = pattern(32u << 20);
  node.pool.store_block(block_of(1), data);
  auto read = run([](Node& from, uint64_t length) -> Task<Result<uint64_t>> {
    DFS_CO_TRY(Connection to, co_await connect(from.server->port()));
    pb::OpReadBlockProto request;
    request.mutable_header()->set_clientname("client");
    to_proto(block_of(1), test_pool().pool_id, *request.mutable_header()->mutable_baseheader()->mutable_block());
    request.set_offset(0);
    request.set_len(length);
    DFS_CO_TRY_OK(co_await transfer::send_op(*to.stream, Op::kReadBlock, request));
    pb::BlockOpResponseProto answer;
    DFS_CO_TRY_OK(co_await to.reader->message(answer));
    // Until a later connection that says nothing is closed.
    DFS_CO_TRY(Connection silent, co_await connect(from.server->port()));
    EXPECT_FALSE(co_await silent.reader->op());
    uint64_t bytes = 0;
    while (true) {
      DFS_CO_TRY(transfer::Packet packet, co_await to.reader->packet());
      if (packet.header.last_packet_in_block) co_return bytes;
      bytes += packet.data.size();
    }
  }(node, data.size()));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, data.size());
}

// HDFS-14706: without a whole header of the meta file nothing is verified, so nothing is served.
TEST(Transfer, AReplicaWhoseMetaFileIsCutIsReportedCorruptAndNotServed) {
  Node node;
  node.pool.store_block(block_of(1), pattern(1000));
  const std::string meta = node.pool.view(BlockId(1)).meta_path();
  for (uint64_t length : {6u, 0u}) {
    (*node.disk.open(meta, Disk::OpenMode::kReadWrite))->truncate(length).value();
    auto read = run(read_from(node.server->port(), 1, 0, 1000));
    ASSERT_TRUE(read);
    EXPECT_NE(read->find("opReadBlock"), std::string::npos);
  }
  EXPECT_EQ(node.pool.count_events("corrupt 1_1001 1000"), 2u);
  EXPECT_TRUE(*node.disk.exists(node.pool.view(BlockId(1)).data_path()));
}

// HDFS-3875: the last packet of a block may be the corrupt one.
TEST(Transfer, ABlockWhoseLastPacketIsCorruptIsNotFinalised) {
  Node node;
  auto acks = run([](uint16_t port) -> Task<Result<std::vector<PipelineAck>>> {
    DFS_CO_TRY(Connection to, co_await connect(port));
    DFS_CO_TRY_OK(co_await transfer::send_op(*to.stream, Op::kWriteBlock, write_request(1, Stage::kSetupCreate)));
    pb::BlockOpResponseProto answer;
    DFS_CO_TRY_OK(co_await to.reader->message(answer));
    const std::string data = pattern(100);
    std::vector<uint8_t> wrong(4);
    DFS_CO_TRY_OK(co_await transfer::send_packet(
        *to.stream, {.offset_in_block = 0, .seqno = 0, .last_packet_in_block = true, .data_bytes = 100}, wrong,
        as_bytes(data)));
    std::vector<PipelineAck> acks;
    while (auto ack = co_await to.reader->ack()) acks.push_back(*std::move(ack));
    co_return acks;
  }(node.server->port()));
  ASSERT_TRUE(acks) << acks.error().to_string();
  ASSERT_EQ(acks->size(), 1u);
  EXPECT_EQ(acks->front().replies, std::vector{Status::kErrorChecksum});
  node.server->stop();
  EXPECT_EQ(node.pool.view(BlockId(1)).state, ReplicaState::kRbw);
  EXPECT_EQ(node.pool.count_events("received"), 0u);
}

TEST(Transfer, AClientThatBeginsABlockAnewUnderANewerStampIsLetIn) {
  Node node;
  node.pool.create(block_of(1)).reset();
  auto request = write_request(1, Stage::kSetupCreate);
  EXPECT_FALSE(run(write_block_to(node.server->port(), request, "again", 512)));
  request.set_latestgenerationstamp(1002);
  auto sent = run(write_block_to(node.server->port(), request, "again", 512));
  ASSERT_TRUE(sent) << sent.error().to_string();
  EXPECT_EQ(sent->answer, "SUCCESS");
  EXPECT_EQ(raw(node.pool.view(BlockId(1)).block.generation), 1002u);
  EXPECT_EQ(node.pool.content(BlockId(1)), "again");
}

TEST(Transfer, GarbageAnUnknownPoolAndShortCircuitsAreRefusedWithoutHarm) {
  Node node;
  auto garbage = run([](uint16_t port) -> Task<Result<std::string>> {
    DFS_CO_TRY(Connection to, co_await connect(port));
    asio::const_buffer bytes("GET / HTTP/1.1\r\n\r\n", 18);
    DFS_CO_TRY_OK(co_await to.stream->write(std::span(&bytes, 1)));
    auto end = co_await to.reader->op();
    co_return end ? "answered" : "closed";
  }(node.server->port()));
  EXPECT_EQ(*garbage, "closed");
  auto request = write_request(1, Stage::kSetupCreate);
  request.mutable_header()->mutable_baseheader()->mutable_block()->set_poolid("BP-other");
  EXPECT_FALSE(run(write_block_to(node.server->port(), request, "x", 512)));
  auto descriptors = run([](uint16_t port) -> Task<Result<std::string>> {
    DFS_CO_TRY(Connection to, co_await connect(port));
    pb::OpRequestShortCircuitAccessProto ask;
    to_proto(block_of(1), test_pool().pool_id, *ask.mutable_header()->mutable_block());
    ask.set_maxversion(1);
    DFS_CO_TRY_OK(co_await transfer::send_op(*to.stream, Op::kRequestShortCircuitFds, ask));
    pb::BlockOpResponseProto answer;
    DFS_CO_TRY_OK(co_await to.reader->message(answer));
    co_return pb::Status_Name(answer.status());
  }(node.server->port()));
  EXPECT_EQ(*descriptors, "ERROR_UNSUPPORTED");
  EXPECT_TRUE(run(write_block_to(node.server->port(), write_request(2, Stage::kSetupCreate), "x", 512)));
}

TEST(Watchdog, AThrottleSpreadsBytesOverTime) {
  Throttle throttle(1000);
  EXPECT_LE(throttle.take(500), 1ms);
  EXPECT_GT(throttle.take(500), 400ms);
  throttle.set(0);
  EXPECT_EQ(throttle.take(500), 0ns);
}

}  // namespace
}  // namespace dfs::datanode
