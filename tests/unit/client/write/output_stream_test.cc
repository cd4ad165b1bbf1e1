#include "client/write/output_stream.h"

#include <climits>

#include "tests/unit/client/scripted_datanode.h"
#include "tests/unit/client/scripted_server.h"

namespace dfs::client {
namespace {

using namespace hadoop::hdfs;
using namespace std::chrono_literals;
using transfer::Stage;
using transfer::Status;

constexpr uint64_t kBlock = 64 << 10;
constexpr uint32_t kPacket = 4096;

std::string bytes_of(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(char(i * 31 + i / 4096));
  return bytes;
}

// What becomes of one pipeline.
struct Plan {
  enum class End { kNever, kConnectionLost, kFrozen, kBadNode, kRefused, kLastPacketUnanswered };
  End end = End::kNever;
  int after_acks = 0;   // so many packets are acknowledged before
  size_t bad_node = 0;  // for kBadNode and kRefused, its place in the pipeline
};

// What the first DataNode of a pipeline was asked for.
struct Attempt {
  size_t node = 0;  // which of the DataNodes it is
  Stage stage{};
  size_t nodes = 0;
  uint64_t block = 0, stamp = 0, new_stamp = 0, acknowledged = 0, sent = 0;
};

// A NameNode and DataNodes that follow the plans, one for each pipeline that is set up; without one all goes well.
// DataNodes keep the bytes of a block together, since only the first of a pipeline is ever spoken to.
class OutputStreamTo : public testing::Test {
 protected:
  explicit OutputStreamTo(size_t datanodes = 4) {
    for (size_t i = 0; i < datanodes; ++i) {
      nodes_.push_back(std::make_unique<ScriptedDatanode>(
          [this, i](Stream& stream, transfer::Reader& reader, int) { return serve(i, stream, reader); }));
    }
    settings_.connect_deadline = 2000ms;
    settings_.io_deadline = 400ms;
    settings_.extra_per_node = 0ms;
    settings_.total_deadline = 2000ms;
    settings_.packet_bytes = kPacket;
    settings_.client_name = "client";
    script_namenode();
  }

  std::unique_ptr<OutputStream> open(uint16_t replication = 3, std::optional<OutputStream::Tail> tail = {}) {
    BlockStreamer::Settings settings;
    settings.transfer = settings_;
    settings.path = "/f";
    settings.file = {.inode = 7, .length = 0, .block_size = kBlock, .replication = replication};
    if (tail) settings.file.length = tail->block.b().numbytes();
    return std::make_unique<OutputStream>(
        OutputStream::Environment{.session = nullptr, .thread = namenode_.thread, .namenode = namenode_.namenode},
        settings, false, std::move(tail));
  }
  static Result<void> write(OutputStream& stream, std::string_view bytes) { return stream.write(as_bytes(bytes)); }
  // All blocks, one after the other.
  std::string stored() {
    std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& [id, bytes] : blocks_) all += bytes;
    return all;
  }
  std::vector<Attempt> attempts() {
    std::lock_guard lock(mutex_);
    return attempts_;
  }
  LocatedBlockProto block_on(uint64_t id, uint64_t stamp, uint64_t length, const std::vector<size_t>& nodes) {
    LocatedBlockProto block = located_block(id, 0, length);
    block.mutable_b()->set_generationstamp(stamp);
    for (size_t node : nodes) add_location(block, std::to_string(node), 1, nodes_[node]->port());
    return block;
  }

  std::mutex mutex_;
  std::deque<Plan> plans_;
  std::vector<Attempt> attempts_;
  std::map<uint64_t, std::string> blocks_;
  std::vector<size_t> placement_ = {0, 1, 2};
  std::vector<std::string> excluded_;   // by the last addBlock
  std::vector<size_t> transferred_to_;  // by TRANSFER_BLOCK
  std::deque<ErrorCode> fsync_failures_;
  uint64_t completed_length_ = 0;
  TransferSettings settings_;
  std::vector<std::unique_ptr<ScriptedDatanode>> nodes_;
  ScriptedNamenode namenode_;

 private:
  void script_namenode() {
    namenode_.on<AddBlockRequestProto, AddBlockResponseProto>(
        "addBlock", [this](const AddBlockRequestProto& request) -> Result<AddBlockResponseProto> {
          std::lock_guard lock(mutex_);
          excluded_.clear();
          for (const auto& node : request.excludenodes()) excluded_.push_back(node.id().datanodeuuid());
          std::vector<size_t> nodes;
          for (size_t node : placement_)
            if (std::ranges::find(excluded_, std::to_string(node)) == excluded_.end()) nodes.push_back(node);
          AddBlockResponseProto response;
          *response.mutable_block() = block_on(next_block_++, ++stamp_, 0, nodes);
          return response;
        });
    namenode_.on<AbandonBlockRequestProto, AbandonBlockResponseProto>(
        "abandonBlock", [](const AbandonBlockRequestProto&) -> Result<AbandonBlockResponseProto> {
          return AbandonBlockResponseProto();
        });
    namenode_.on<UpdateBlockForPipelineRequestProto, UpdateBlockForPipelineResponseProto>(
        "updateBlockForPipeline",
        [this](const UpdateBlockForPipelineRequestProto& request) -> Result<UpdateBlockForPipelineResponseProto> {
          std::lock_guard lock(mutex_);
          UpdateBlockForPipelineResponseProto response;
          *response.mutable_block() = block_on(request.block().blockid(), ++stamp_, 0, {});
          return response;
        });
    namenode_.on<UpdatePipelineRequestProto, UpdatePipelineResponseProto>(
        "updatePipeline", [](const UpdatePipelineRequestProto&) -> Result<UpdatePipelineResponseProto> {
          return UpdatePipelineResponseProto();
        });
    namenode_.on<GetAdditionalDatanodeRequestProto, GetAdditionalDatanodeResponseProto>(
        "getAdditionalDatanode",
        [this](const GetAdditionalDatanodeRequestProto& request) -> Result<GetAdditionalDatanodeResponseProto> {
          std::lock_guard lock(mutex_);
          std::set<std::string> taken;
          std::vector<size_t> nodes;
          for (const auto& node : request.existings()) {
            taken.insert(node.id().datanodeuuid());
            nodes.push_back(std::stoul(node.id().datanodeuuid()));
          }
          for (const auto& node : request.excludes()) taken.insert(node.id().datanodeuuid());
          for (size_t node = 0; node < nodes_.size(); ++node)
            if (nodes.size() == size_t(request.existings_size()) && !taken.contains(std::to_string(node)))
              nodes.push_back(node);
          GetAdditionalDatanodeResponseProto response;
          *response.mutable_block() = block_on(request.blk().blockid(), request.blk().generationstamp(), 0, nodes);
          return response;
        });
    namenode_.on<FsyncRequestProto, FsyncResponseProto>("fsync",
                                                        [this](const FsyncRequestProto&) -> Result<FsyncResponseProto> {
                                                          std::lock_guard lock(mutex_);
                                                          if (fsync_failures_.empty()) return FsyncResponseProto();
                                                          ErrorCode code = fsync_failures_.front();
                                                          fsync_failures_.pop_front();
                                                          return fail(code, "fsync failed");
                                                        });
    namenode_.on<CompleteRequestProto, CompleteResponseProto>(
        "complete", [this](const CompleteRequestProto& request) -> Result<CompleteResponseProto> {
          std::lock_guard lock(mutex_);
          completed_length_ = request.last().numbytes();
          CompleteResponseProto response;
          response.set_result(true);
          return response;
        });
  }

  Task<void> serve(size_t node, Stream& stream, transfer::Reader& reader) {
    auto op = co_await reader.op();
    if (!op) co_return;
    if (*op == transfer::Op::kTransferBlock) {
      OpTransferBlockProto request;
      if (!co_await reader.message(request)) co_return;
      {
        std::lock_guard lock(mutex_);
        transferred_to_.push_back(std::stoul(request.targets(0).id().datanodeuuid()));
      }
      BlockOpResponseProto response;
      response.set_status(SUCCESS);
      (void)co_await transfer::send_message(stream, response);
      co_return;
    }
    OpWriteBlockProto request;
    if (!co_await reader.message(request)) co_return;
    co_await receive(node, stream, reader, request);
  }

  Plan begin(size_t node, const OpWriteBlockProto& request) {
    std::lock_guard lock(mutex_);
    const ExtendedBlockProto& block = request.header().baseheader().block();
    attempts_.push_back({.node = node,
                         .stage = Stage(int(request.stage())),
                         .nodes = 1 + size_t(request.targets_size()),
                         .block = block.blockid(),
                         .stamp = block.generationstamp(),
                         .new_stamp = request.latestgenerationstamp(),
                         .acknowledged = request.minbytesrcvd(),
                         .sent = request.maxbytesrcvd()});
    if (plans_.empty()) return {};
    Plan plan = plans_.front();
    plans_.pop_front();
    return plan;
  }

  void store(uint64_t block, const transfer::Packet& packet) {
    std::lock_guard lock(mutex_);
    std::string& bytes = blocks_[block];
    const size_t end = size_t(packet.header.offset_in_block) + packet.data.size();
    EXPECT_LE(size_t(packet.header.offset_in_block), bytes.size()) << "a gap";
    if (bytes.size() < end) bytes.resize(end);
    std::ranges::copy(as_text(packet.data), bytes.begin() + packet.header.offset_in_block);
  }

  Task<void> receive(size_t node, Stream& stream, transfer::Reader& reader, const OpWriteBlockProto& request) {
    const Plan plan = begin(node, request);
    const size_t nodes = 1 + size_t(request.targets_size());
    BlockOpResponseProto response;
    response.set_status(SUCCESS);
    response.set_firstbadlink("");
    if (plan.end == Plan::End::kRefused) {
      response.set_status(ERROR);
      const auto& bad = request.targets(int(plan.bad_node) - 1).id();
      response.set_firstbadlink(bad.ipaddr() + ":" + std::to_string(bad.xferport()));
    }
    (void)co_await transfer::send_message(stream, response);
    if (plan.end == Plan::End::kRefused || Stage(int(request.stage())) == Stage::kCloseRecovery) co_return;
    for (int acks = 0;; ++acks) {
      auto packet = co_await reader.packet();
      if (!packet) co_return;
      transfer::PipelineAck ack{.seqno = packet->header.seqno, .replies = std::vector(nodes, Status::kSuccess)};
      if (acks == plan.after_acks) {
        if (plan.end == Plan::End::kFrozen) co_await hang();
        if (plan.end == Plan::End::kFrozen || plan.end == Plan::End::kConnectionLost) co_return;
        if (plan.end == Plan::End::kBadNode) {
          ack.seqno = transfer::kUnknownSeqno;
          ack.replies[plan.bad_node] = Status::kError;
        }
      }
      if (plan.end == Plan::End::kLastPacketUnanswered && packet->header.last_packet_in_block) co_return;
      const bool good = ack.is_success();
      const bool last = packet->header.last_packet_in_block;
      if (good) store(request.header().baseheader().block().blockid(), *packet);
      std::string encoded;
      transfer::encode_ack(ack, encoded);
      (void)co_await stream.write(encoded);
      if (!good || last) {
        // Whatever is still coming must not turn the end of the connection into a reset.
        while (!last && co_await reader.packet()) {
        }
        co_return;
      }
    }
  }

  uint64_t next_block_ = 1;
  uint64_t stamp_ = 1000;
};

TEST_F(OutputStreamTo, BlocksFollowOneAnother) {
  const std::string bytes = bytes_of(2 * kBlock + 12345);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes);
  EXPECT_EQ(attempts().size(), 3u);
  EXPECT_EQ(completed_length_, 12345u);
}

class ALostNode : public OutputStreamTo, public testing::WithParamInterface<size_t> {};

TEST_P(ALostNode, IsLeftOutAndWhatWasNotAcknowledgedIsSentAgain) {
  const size_t lost = GetParam();
  plans_ = {{.end = Plan::End::kBadNode, .after_acks = 3, .bad_node = lost}};
  const std::string bytes = bytes_of(40'000);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes);
  auto seen = attempts();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].stage, Stage::kSetupStreamingRecovery);
  EXPECT_EQ(seen[1].nodes, 2u);
  EXPECT_EQ(seen[1].node, lost == 0 ? 1u : 0u);
  EXPECT_EQ(seen[1].stamp, seen[0].stamp);
  EXPECT_GT(seen[1].new_stamp, seen[0].stamp);
  EXPECT_EQ(seen[1].acknowledged, 3 * kPacket);
  EXPECT_GE(seen[1].sent, seen[1].acknowledged);
  EXPECT_EQ(completed_length_, bytes.size());
}

INSTANTIATE_TEST_SUITE_P(EachPlace, ALostNode, testing::Values(0, 1, 2));

TEST_F(OutputStreamTo, TheFirstNodeIsToBlameForALostConnection) {
  plans_ = {{.end = Plan::End::kConnectionLost, .after_acks = 2}};
  const std::string bytes = bytes_of(30'000);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes);
  auto seen = attempts();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].node, 1u);
}

TEST_F(OutputStreamTo, AndForAcknowledgementsThatDoNotCome) {
  plans_ = {{.end = Plan::End::kFrozen, .after_acks = 2}};
  const std::string bytes = bytes_of(30'000);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes);
  EXPECT_EQ(attempts().back().node, 1u);
}

TEST_F(OutputStreamTo, ABlockWhoseEndWasNotAcknowledgedIsClosedByARecoveryWithoutPackets) {
  plans_ = {{.end = Plan::End::kLastPacketUnanswered, .after_acks = INT_MAX}};
  const std::string bytes = bytes_of(kBlock + 10'000);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes);
  auto seen = attempts();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].stage, Stage::kCloseRecovery);
  EXPECT_EQ(seen[1].acknowledged, kBlock);
  EXPECT_EQ(seen[2].stage, Stage::kSetupCreate);
}

TEST_F(OutputStreamTo, ARecoveryMayItselfLoseANode) {
  plans_ = {{.end = Plan::End::kBadNode, .after_acks = 3, .bad_node = 2},
            {.end = Plan::End::kRefused, .bad_node = 1},
            {.end = Plan::End::kConnectionLost}};
  const std::string bytes = bytes_of(40'000);
  auto stream = open(2);
  ASSERT_TRUE(write(*stream, bytes));
  auto closed = stream->close();
  ASSERT_FALSE(closed) << "nobody is left";
  EXPECT_NE(closed.error().message().find("are bad. Aborting"), std::string::npos);
  EXPECT_EQ(attempts().size(), 3u);
}

TEST_F(OutputStreamTo, APacketThatFailsAgainAndAgainIsGivenUp) {
  placement_ = {0, 1, 2, 3};
  for (int i = 0; i < 10; ++i) plans_.push_back({.end = Plan::End::kBadNode, .after_acks = 0, .bad_node = 0});
  auto stream = open(4);
  auto written = write(*stream, bytes_of(9000));
  auto closed = stream->close();
  EXPECT_FALSE(closed);
  EXPECT_LE(attempts().size(), 6u);
}

TEST_F(OutputStreamTo, ANodeThatANewPipelineCannotReachIsExcluded) {
  plans_ = {{.end = Plan::End::kRefused, .bad_node = 1}};
  const std::string bytes = bytes_of(5000);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes);
  EXPECT_EQ(excluded_, std::vector<std::string>{"1"});
  EXPECT_EQ(namenode_.calls("abandonBlock"), 1);
}

TEST_F(OutputStreamTo, AfterAFlushALostNodeIsReplacedByACopyOfWhatReadersWerePromised) {
  plans_ = {{.end = Plan::End::kBadNode, .after_acks = 2, .bad_node = 1}};
  const std::string bytes = bytes_of(30'000);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes.substr(0, 5000)));
  ASSERT_TRUE(stream->hflush());
  ASSERT_TRUE(write(*stream, bytes.substr(5000)));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes);
  EXPECT_EQ(transferred_to_, std::vector<size_t>{3});
  EXPECT_EQ(attempts().back().nodes, 3u);
}

TEST_F(OutputStreamTo, AFlushWaitsForTheRecovery) {
  plans_ = {{.end = Plan::End::kConnectionLost, .after_acks = 0}};
  const std::string bytes = bytes_of(777);
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->hflush());
  EXPECT_EQ(stored(), bytes);
  ASSERT_TRUE(write(*stream, bytes));
  ASSERT_TRUE(stream->hsync());
  EXPECT_EQ(stored(), bytes + bytes);
  ASSERT_TRUE(stream->close());
}

TEST_F(OutputStreamTo, AnAppendGoesOnUnderANewGenerationStamp) {
  blocks_[1] = bytes_of(1000);
  auto stream = open(3, OutputStream::Tail{.block = block_on(1, 900, 1000, {0, 1, 2})});
  ASSERT_TRUE(write(*stream, "more"));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes_of(1000) + "more");
  auto seen = attempts();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].stage, Stage::kSetupAppend);
  EXPECT_EQ(seen[0].stamp, 900u);
  EXPECT_EQ(completed_length_, 1004u);
}

TEST_F(OutputStreamTo, AnAppendThatCannotReachANodeReplacesIt) {
  blocks_[1] = bytes_of(1000);
  plans_ = {{.end = Plan::End::kRefused, .bad_node = 2}};
  auto stream = open(3, OutputStream::Tail{.block = block_on(1, 900, 1000, {0, 1, 2})});
  ASSERT_TRUE(write(*stream, "more"));
  ASSERT_TRUE(stream->close());
  EXPECT_EQ(stored(), bytes_of(1000) + "more");
  auto seen = attempts();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].stage, Stage::kSetupAppendRecovery);
  EXPECT_EQ(seen[1].nodes, 3u);
  EXPECT_EQ(transferred_to_, std::vector<size_t>{3});
}

TEST_F(OutputStreamTo, AFlushThatTheNameNodeRefusedIsToldAgainByTheNextOne) {
  fsync_failures_ = {ErrorCode::kSafeMode};
  auto stream = open();
  ASSERT_TRUE(write(*stream, "first"));
  EXPECT_FALSE(stream->hflush());
  ASSERT_TRUE(write(*stream, "second"));
  EXPECT_TRUE(stream->hflush());
  EXPECT_EQ(namenode_.calls("fsync"), 2);
  EXPECT_TRUE(stream->hflush());
  EXPECT_EQ(namenode_.calls("fsync"), 2) << "the NameNode knows";
  ASSERT_TRUE(stream->close());
}

TEST_F(OutputStreamTo, NobodyWaitsBeyondTheTimeToGiveUp) {
  settings_.io_deadline = 60s;
  plans_ = {{.end = Plan::End::kFrozen, .after_acks = 0}};
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes_of(5000)));
  stream->give_up_at(std::chrono::steady_clock::now() + 50ms);
  auto closed = stream->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), ErrorCode::kTimeout);
}

TEST_F(OutputStreamTo, AlsoOneThatWaitsAlready) {
  settings_.io_deadline = 60s;
  plans_ = {{.end = Plan::End::kFrozen, .after_acks = 0}};
  auto stream = open();
  ASSERT_TRUE(write(*stream, bytes_of(5000)));
  std::thread closing([&] { EXPECT_FALSE(stream->close()); });
  stream->give_up_at(std::chrono::steady_clock::now() + 50ms);
  closing.join();
}

}  // namespace
}  // namespace dfs::client
