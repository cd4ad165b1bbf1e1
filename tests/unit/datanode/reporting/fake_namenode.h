#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "proto/base/event_loop.h"
#include "proto/hadoop/DatanodeProtocol.pb.h"
#include "proto/rpc/method_table.h"
#include "proto/rpc/server.h"

namespace dfs::datanode {

// A NameNode as far as one DataNode can tell: it keeps what it is told, and gives the orders that a test lays out.
class FakeNameNode final : public rpc::Protocol {
 public:
  template <class T>
  using Calls = std::vector<T>;
  using Command = hadoop::hdfs::datanode::DatanodeCommandProto;
  using HeartbeatRequest = hadoop::hdfs::datanode::HeartbeatRequestProto;
  using HeartbeatResponse = hadoop::hdfs::datanode::HeartbeatResponseProto;
  using BlockReport = hadoop::hdfs::datanode::BlockReportRequestProto;
  using BlockReportResponse = hadoop::hdfs::datanode::BlockReportResponseProto;
  using Incremental = hadoop::hdfs::datanode::BlockReceivedAndDeletedRequestProto;
  using IncrementalResponse = hadoop::hdfs::datanode::BlockReceivedAndDeletedResponseProto;
  using BadBlocks = hadoop::hdfs::datanode::ReportBadBlocksRequestProto;
  using BadBlocksResponse = hadoop::hdfs::datanode::ReportBadBlocksResponseProto;
  using Register = hadoop::hdfs::datanode::RegisterDatanodeRequestProto;
  using RegisterResponse = hadoop::hdfs::datanode::RegisterDatanodeResponseProto;

  static constexpr uint64_t kLease = 77;

  FakeNameNode() : proxy_users_({}, groups_), loop_("fake-namenode") {
    table_.add("versionRequest", this, &FakeNameNode::version_request);
    table_.add("registerDatanode", this, &FakeNameNode::register_datanode);
    table_.add("sendHeartbeat", this, &FakeNameNode::heartbeat);
    table_.add("blockReport", this, &FakeNameNode::block_report);
    table_.add("blockReceivedAndDeleted", this, &FakeNameNode::incremental);
    table_.add("reportBadBlocks", this, &FakeNameNode::bad_blocks);
    table_.add("errorReport", this, &FakeNameNode::error_report);
    server_ =
        std::make_unique<rpc::Server>(rpc::Server::Settings{.listen = {"127.0.0.1", 0}}, std::vector{loop_.executor()},
                                      std::vector<rpc::Protocol*>{this}, proxy_users_);
    loop_.start();
    EXPECT_TRUE(server_->start());
  }
  ~FakeNameNode() override {
    server_->stop();
    loop_.stop();
  }
  Endpoint address() const { return {"127.0.0.1", server_->port()}; }

  std::string_view name() const override { return "org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override {
    return table_.call(method, request, context);
  }

  // Goes with the answer to the next heartbeat.
  void order(Command command) {
    std::lock_guard lock(mutex_);
    orders_.push_back(std::move(command));
  }
  // The next calls of the kinds that carry reports fail so.
  void refuse_reports(int times, ErrorCode code) {
    std::lock_guard lock(mutex_);
    refusals_ = times;
    refusal_ = code;
  }
  void refuse_heartbeats(ErrorCode code) {
    std::lock_guard lock(mutex_);
    heartbeat_refusal_ = code;
  }
  // From now on it says that heartbeats are held, although they are answered at once.
  void hold_heartbeats() {
    std::lock_guard lock(mutex_);
    holds_ = true;
  }
  void become_standby() {
    std::lock_guard lock(mutex_);
    active_ = false;
  }

  // Whether `condition` of what was heard comes true in time. It runs under the lock of what it looks at.
  bool hears(const std::function<bool(const FakeNameNode&)>& condition) {
    std::unique_lock lock(mutex_);
    return heard_.wait_for(lock, std::chrono::seconds(20), [&] { return condition(*this); });
  }

  int registrations = 0, heartbeats = 0, refused = 0;
  std::optional<HeartbeatRequest> last_heartbeat;
  Calls<BlockReport> reports;
  // "RECEIVED 1_1001 700", one for each block of each call.
  Calls<std::string> changes;
  Calls<BadBlocks> bad;
  // "1 message", the code first.
  Calls<std::string> errors;

 private:
  class NoGroups final : public security::GroupMapping {
   public:
    std::vector<std::string> groups_of(const std::string&) const override { return {}; }
    void refresh() override {}
  };

  template <class Response>
  Result<Response> told(Response response = {}) {
    heard_.notify_all();
    return response;
  }
  Result<void> accept_report() {
    if (refusals_ == 0) return {};
    --refusals_;
    ++refused;
    heard_.notify_all();
    return fail(refusal_, "not now");
  }

  Result<hadoop::hdfs::VersionResponseProto> version_request(const hadoop::hdfs::VersionRequestProto&,
                                                             const rpc::CallContext&) {
    hadoop::hdfs::VersionResponseProto response;
    auto& info = *response.mutable_info();
    info.set_buildversion("");
    info.set_unused(0);
    info.set_blockpoolid("BP-1-127.0.0.1-1");
    info.set_softwareversion("3.4.1");
    info.mutable_storageinfo()->set_layoutversion(uint32_t(-67));
    info.mutable_storageinfo()->set_namespceid(7);
    info.mutable_storageinfo()->set_clusterid("CID-1");
    info.mutable_storageinfo()->set_ctime(5);
    return response;
  }
  Result<RegisterResponse> register_datanode(const Register& request, const rpc::CallContext&) {
    std::lock_guard lock(mutex_);
    ++registrations;
    RegisterResponse response;
    *response.mutable_registration() = request.registration();
    return told(response);
  }
  Result<HeartbeatResponse> heartbeat(const HeartbeatRequest& request, const rpc::CallContext&) {
    std::lock_guard lock(mutex_);
    ++heartbeats;
    last_heartbeat = request;
    if (heartbeat_refusal_) return fail(*heartbeat_refusal_, "go away");
    HeartbeatResponse response;
    response.mutable_hastatus()->set_state(active_ ? hadoop::hdfs::NNHAStatusHeartbeatProto::ACTIVE
                                                   : hadoop::hdfs::NNHAStatusHeartbeatProto::STANDBY);
    response.mutable_hastatus()->set_txid(1);
    response.set_nextisheld(holds_);
    if (request.requestfullblockreportlease()) response.set_fullblockreportleaseid(kLease);
    for (Command& command : orders_) *response.add_cmds() = std::move(command);
    orders_.clear();
    return told(response);
  }
  Result<BlockReportResponse> block_report(const BlockReport& request, const rpc::CallContext&) {
    std::lock_guard lock(mutex_);
    DFS_TRY_OK(accept_report());
    reports.push_back(request);
    return told<BlockReportResponse>();
  }
  Result<IncrementalResponse> incremental(const Incremental& request, const rpc::CallContext&) {
    std::lock_guard lock(mutex_);
    DFS_TRY_OK(accept_report());
    for (const auto& storage : request.blocks()) {
      for (const auto& change : storage.blocks()) {
        changes.push_back(fmt::format(
            "{} {}_{} {}", hadoop::hdfs::datanode::ReceivedDeletedBlockInfoProto::BlockStatus_Name(change.status()),
            change.block().blockid(), change.block().genstamp(), change.block().numbytes()));
      }
    }
    return told<IncrementalResponse>();
  }
  Result<BadBlocksResponse> bad_blocks(const BadBlocks& request, const rpc::CallContext&) {
    std::lock_guard lock(mutex_);
    DFS_TRY_OK(accept_report());
    bad.push_back(request);
    return told<BadBlocksResponse>();
  }

  Result<hadoop::hdfs::datanode::ErrorReportResponseProto> error_report(
      const hadoop::hdfs::datanode::ErrorReportRequestProto& request, const rpc::CallContext&) {
    std::lock_guard lock(mutex_);
    errors.push_back(fmt::format("{} {}", request.errorcode(), request.msg()));
    return told<hadoop::hdfs::datanode::ErrorReportResponseProto>();
  }

  std::mutex mutex_;
  std::condition_variable heard_;
  std::deque<Command> orders_;
  int refusals_ = 0;
  ErrorCode refusal_ = ErrorCode::kIo;
  std::optional<ErrorCode> heartbeat_refusal_;
  bool active_ = true, holds_ = false;
  NoGroups groups_;
  security::ProxyUsers proxy_users_;
  rpc::MethodTable table_;
  EventLoop loop_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace dfs::datanode
