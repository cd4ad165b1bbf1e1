#include "client/datanode/visible_length.h"

#include "proto/hadoop/ClientDatanodeProtocol.pb.h"
#include "tests/unit/client/scripted_server.h"

namespace dfs::client {
namespace {

using Request = hadoop::hdfs::GetReplicaVisibleLengthRequestProto;
using Response = hadoop::hdfs::GetReplicaVisibleLengthResponseProto;
using Answer = std::function<Result<Response>()>;

Answer length(uint64_t bytes) {
  return [bytes]() -> Result<Response> {
    Response response;
    response.set_length(bytes);
    return response;
  };
}
Answer error(ErrorCode code) {
  return [code]() -> Result<Response> { return fail(code, "the message"); };
}

// DataNodes with these answers, in the order in which they are asked.
class VisibleLength : public testing::Test {
 protected:
  Result<uint64_t> ask(const std::vector<Answer>& answers) {
    hadoop::hdfs::LocatedBlockProto block = located_block(1, 0, 0);
    for (const Answer& answer : answers) {
      auto& node = nodes_.emplace_back(std::make_unique<ScriptedServer>(kClientDatanodeProtocol));
      node->on<Request, Response>("getReplicaVisibleLength", [answer](const Request&) { return answer(); });
      add_location(block, std::to_string(nodes_.size()), node->address().port, 1);
    }
    TransferSettings settings;
    settings.connect_deadline = std::chrono::milliseconds(2000);
    settings.io_deadline = std::chrono::milliseconds(2000);
    return thread_.run(visible_length(block, {"alice", ""}, settings));
  }
  int calls(size_t node) { return nodes_[node]->calls("getReplicaVisibleLength"); }

 private:
  ClientThread thread_;
  std::vector<std::unique_ptr<ScriptedServer>> nodes_;
};

TEST_F(VisibleLength, TheFirstDataNodeThatKnowsIsBelieved) {
  auto answer = ask({error(ErrorCode::kIo), length(1234), length(99)});
  EXPECT_EQ(answer.value_or(0), 1234u);
  EXPECT_EQ(calls(2), 0);
}

TEST_F(VisibleLength, MinusOneIsNoLength) {
  EXPECT_EQ(ask({length(uint64_t(-1)), length(7)}).value_or(0), 7u);
}

TEST_F(VisibleLength, NobodyKnowsWhenEveryDataNodeSaysMinusOne) {
  auto answer = ask({length(uint64_t(-1)), length(uint64_t(-1))});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().java_class(), "org.apache.hadoop.hdfs.CannotObtainBlockLengthException");
}

TEST_F(VisibleLength, ABlockThatNoDataNodeHasYetIsEmpty) {
  EXPECT_EQ(ask({error(ErrorCode::kReplicaNotFound), error(ErrorCode::kReplicaNotFound)}).value_or(9), 0u);
}

TEST_F(VisibleLength, ABlockIsNotEmptyBecauseSomeDataNodesDoNotHaveIt) {
  EXPECT_FALSE(ask({error(ErrorCode::kReplicaNotFound), error(ErrorCode::kIo)}));
  EXPECT_FALSE(ask({error(ErrorCode::kReplicaNotFound), length(uint64_t(-1))}));
  EXPECT_FALSE(ask({}));
}

TEST_F(VisibleLength, ADataNodeThatIsStillStartingIsAskedAgain) {
  auto tries = std::make_shared<int>(0);
  auto starting = [tries]() -> Result<Response> {
    if (++*tries < 3) return fail(ErrorCode::kRetriable, "starting");
    Response response;
    response.set_length(5);
    return response;
  };
  EXPECT_EQ(ask({error(ErrorCode::kReplicaNotFound), starting}).value_or(0), 5u);
  EXPECT_EQ(calls(0), 1);
}

TEST_F(VisibleLength, NotForever) {
  EXPECT_FALSE(ask({error(ErrorCode::kRetriable)}));
  EXPECT_GE(calls(0), 3);
}

}  // namespace
}  // namespace dfs::client
