#include "client/read/replica_reader.h"

#include "tests/unit/client/scripted_datanode.h"
#include "tests/unit/client/scripted_server.h"

namespace dfs::client {
namespace {

using namespace hadoop::hdfs;

constexpr size_t kFileBytes = 3000;

std::string file_bytes() {
  std::string bytes;
  for (size_t i = 0; i < kFileBytes; ++i) bytes.push_back(char(i * 7 + i / 512));
  return bytes;
}

enum class Behaviour { kGood, kCorrupt, kStopsHalfWay, kRefuses, kFrozen };

Task<void> send_bytes(Stream& stream, transfer::Reader& reader, Behaviour behaviour) {
  OpReadBlockProto request;
  if (!co_await reader.op() || !co_await reader.message(request)) co_return;
  if (behaviour == Behaviour::kFrozen) co_await hang();
  if (behaviour == Behaviour::kFrozen || behaviour == Behaviour::kRefuses) co_return;
  const checksum::Checksum checksum;
  BlockOpResponseProto response;
  response.set_status(SUCCESS);
  const uint64_t begin = request.offset() / checksum.chunk_bytes * checksum.chunk_bytes;
  response.mutable_readopchecksuminfo()->set_chunkoffset(begin);
  transfer::to_proto(checksum, *response.mutable_readopchecksuminfo()->mutable_checksum());
  (void)co_await transfer::send_message(stream, response);
  const std::string all = file_bytes();
  int64_t seqno = 0;
  for (uint64_t at = begin; at < request.offset() + request.len(); at += 1024) {
    if (behaviour == Behaviour::kStopsHalfWay && at >= kFileBytes / 2) co_return;
    std::string part = all.substr(at, std::min<uint64_t>(1024, request.offset() + request.len() - at));
    std::vector<uint8_t> sums(checksum.sums_bytes(part.size()));
    checksum.compute(as_bytes(part), sums);
    if (behaviour == Behaviour::kCorrupt) part[0] ^= 1;
    (void)co_await transfer::send_packet(
        stream, {.offset_in_block = int64_t(at), .seqno = seqno++, .data_bytes = uint32_t(part.size())}, sums,
        as_bytes(part));
  }
  (void)co_await transfer::send_packet(stream, {.seqno = seqno, .last_packet_in_block = true}, {}, {});
  ClientReadStatusProto status;
  (void)co_await reader.message(status);
}

// A file of one block whose replicas behave as told, for each connection; the last one of a list counts for all later.
class ReplicaReaderOf : public testing::Test {
 protected:
  ReplicaReaderOf() {
    settings_.connect_deadline = std::chrono::milliseconds(2000);
    settings_.io_deadline = std::chrono::milliseconds(300);
    namenode_.on<GetBlockLocationsRequestProto, GetBlockLocationsResponseProto>(
        "getBlockLocations", [this](const GetBlockLocationsRequestProto&) -> Result<GetBlockLocationsResponseProto> {
          GetBlockLocationsResponseProto response;
          auto& located = *response.mutable_locations();
          located.set_filelength(kFileBytes);
          located.set_underconstruction(false);
          located.set_islastblockcomplete(true);
          LocatedBlockProto block = located_block(1, 0, kFileBytes);
          for (size_t i = 0; i < nodes_.size(); ++i) add_location(block, std::to_string(i), 1, nodes_[i]->port());
          *located.add_blocks() = block;
          return response;
        });
    namenode_.on<ReportBadBlocksRequestProto, ReportBadBlocksResponseProto>(
        "reportBadBlocks", [this](const ReportBadBlocksRequestProto& request) -> Result<ReportBadBlocksResponseProto> {
          reported_.push_back(request.blocks(0).locs(0).id().datanodeuuid());
          return ReportBadBlocksResponseProto();
        });
  }
  void replica(std::vector<Behaviour> behaviours) {
    nodes_.push_back(
        std::make_unique<ScriptedDatanode>([behaviours](Stream& stream, transfer::Reader& reader, int connection) {
          return send_bytes(stream, reader, behaviours[std::min(size_t(connection), behaviours.size() - 1)]);
        }));
  }
  Result<std::string> read(uint64_t begin = 0, uint64_t end = kFileBytes) {
    return namenode_.thread.run(read_all(begin, end));
  }
  int locations_asked() { return namenode_.calls("getBlockLocations"); }

  std::vector<std::unique_ptr<ScriptedDatanode>> nodes_;
  std::vector<std::string> reported_;
  TransferSettings settings_;
  ScriptedNamenode namenode_;

 private:
  Task<Result<std::string>> read_all(uint64_t begin, uint64_t end) {
    FileBlocks blocks(namenode_.namenode, {"alice", ""}, settings_, "/f");
    DFS_CO_TRY_OK(co_await blocks.refresh());
    Connections connections(settings_);
    std::set<std::string> dead;
    ReplicaReader reader({namenode_.namenode, connections, settings_, blocks, dead}, begin, end);
    std::string all;
    ReceivedBytes bytes;
    while (true) {
      Result<void> received = co_await reader.next(bytes);
      if (!received || bytes.bytes == 0) {
        reader.close();
        connections.close();
        if (!received) co_return fail(std::move(received).error());
        co_return all;
      }
      for (ByteView slice : bytes.slices) all += as_text(slice);
    }
  }
};

TEST_F(ReplicaReaderOf, ARangeIsReadFromTheFirstReplica) {
  replica({Behaviour::kGood});
  replica({Behaviour::kGood});
  EXPECT_EQ(read().value_or(""), file_bytes());
  EXPECT_EQ(read(700, 2100).value_or(""), file_bytes().substr(700, 1400));
  EXPECT_EQ(nodes_[1]->connections(), 0);
}

TEST_F(ReplicaReaderOf, AnotherReplicaGoesOnAtTheByteWhereOneStopped) {
  replica({Behaviour::kStopsHalfWay});
  replica({Behaviour::kGood});
  EXPECT_EQ(read().value_or(""), file_bytes());
}

TEST_F(ReplicaReaderOf, AFrozenDataNodeIsLeftForAnother) {
  replica({Behaviour::kFrozen});
  replica({Behaviour::kGood});
  EXPECT_EQ(read().value_or(""), file_bytes());
}

TEST_F(ReplicaReaderOf, CorruptBytesAreNotReturnedButReported) {
  replica({Behaviour::kCorrupt});
  replica({Behaviour::kGood});
  EXPECT_EQ(read().value_or(""), file_bytes());
  EXPECT_EQ(reported_, std::vector<std::string>{"0"});
}

TEST_F(ReplicaReaderOf, WithEveryReplicaCorruptThereIsNothingToWaitFor) {
  replica({Behaviour::kCorrupt});
  replica({Behaviour::kCorrupt});
  auto all = read();
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code(), ErrorCode::kChecksum);
  EXPECT_EQ(locations_asked(), 1);
}

TEST_F(ReplicaReaderOf, AReplicaThatWasOnlyUnreachableIsTriedAgainAlthoughTheOthersAreCorrupt) {
  replica({Behaviour::kRefuses, Behaviour::kGood});
  replica({Behaviour::kCorrupt});
  EXPECT_EQ(read().value_or(""), file_bytes());
  EXPECT_EQ(locations_asked(), 2);
}

}  // namespace
}  // namespace dfs::client
