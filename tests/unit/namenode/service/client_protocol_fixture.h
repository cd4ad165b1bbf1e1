#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "namenode/service/client_protocol.h"
#include "namenode/service/namespace_access.h"
#include "proto/base/event_loop.h"
#include "proto/base/task.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"
#include "tests/unit/namenode/service/administration_of_edits.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

// Groups by name: a user "x" is in the group "x-group".
class NamedGroups final : public security::GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string& user) const override { return {user + "-group"}; }
  void refresh() override {}
};

class RecordingAdministration final : public AdministrationOfEdits {
 public:
  Task<Result<bool>> safe_mode(SafeModeAction action) override { co_return action == SafeModeAction::kEnter; }
  Task<Result<TransactionId>> roll_edits() override { co_return TransactionId(77); }
  Task<Result<void>> set_balancer_bandwidth(uint64_t bytes) override {
    bandwidth = bytes;
    co_return Result<void>();
  }
  Result<void> write_dump(const std::string& file_name, const std::string& text) override {
    dumps[file_name] = text;
    return {};
  }
  std::map<std::string, std::string> dumps;
  uint64_t bandwidth = 0;
};

class ClientProtocolTest : public NamespaceFixture {
 protected:
  // The namespace thread without a thread: each step is planned, applied and answered where it is submitted.
  class DirectThread final : public NamespaceThread {
   public:
    explicit DirectThread(ClientProtocolTest& test) : test_(test) {}
    Moment published() const override { return {test_.seen_by_readers(), test_.tables->last_applied()}; }

   private:
    bool submit(Step& step, Suspended) override {
      std::vector<EditRecord> records;
      Batch locations;
      step.plan(test_.context(step.caller), records, locations);
      EXPECT_TRUE(test_.tables->write(locations, kNoTransaction));
      for (EditRecord& record : records) {
        EXPECT_TRUE(test_.apply_to(*test_.tables, record, true));
        test_.log.push_back(std::move(record));
      }
      return false;
    }
    void submit_unawaited(std::unique_ptr<Step> step) override {
      std::vector<EditRecord> records;
      Batch locations;
      step->plan(test_.context(step->caller), records, locations);
      for (EditRecord& record : records) {
        EXPECT_TRUE(test_.apply_to(*test_.tables, record, true));
        test_.log.push_back(std::move(record));
      }
    }
    ClientProtocolTest& test_;
  };

  // The moment that calls read from.
  virtual std::shared_ptr<const View> seen_by_readers() { return tables->snapshot(); }

  Result<std::string> call(rpc::Protocol& protocol, std::string_view method, const std::string& bytes) {
    rpc::Reply reply = protocol.call(method, as_bytes(bytes), rpc);
    if (auto* now_known = std::get_if<Result<std::string>>(&reply)) return std::move(*now_known);
    Result<std::string> answer = fail(ErrorCode::kCancelled, "the task did not end");
    boost::asio::io_context loop;
    boost::asio::co_spawn(loop, rpc::as_task(std::move(reply)),
                          [&](std::exception_ptr thrown, Result<std::string> result) {
                            EXPECT_FALSE(thrown);
                            answer = std::move(result);
                          });
    loop.run();
    return answer;
  }
  template <class Response>
  Result<Response> call(std::string_view method, const google::protobuf::MessageLite& request) {
    DFS_TRY(std::string bytes, call(client, method, request.SerializeAsString()));
    Response response;
    // Responses travel with their length before them or without, as the table decides; both are parsed here.
    if (!response.ParseFromString(bytes)) return fail(ErrorCode::kCorruptFormat, "response");
    return response;
  }
  Result<MkdirsResponseProto> mkdirs(const std::string& path) {
    MkdirsRequestProto request;
    request.set_src(path);
    request.mutable_masked()->set_perm(0755);
    request.set_createparent(true);
    return call<MkdirsResponseProto>("mkdirs", request);
  }
  std::optional<HdfsFileStatusProto> info(const std::string& path) {
    GetFileInfoRequestProto request;
    request.set_src(path);
    auto response = call<GetFileInfoResponseProto>("getFileInfo", request);
    EXPECT_TRUE(response) << error_of(response);
    if (!response || !response->has_fs()) return std::nullopt;
    return response->fs();
  }

  NamedGroups groups;
  DirectThread thread{*this};
  class Lines final : public AuditLog {
   public:
    void write(std::string_view line) override { lines.emplace_back(line); }
    std::vector<std::string> lines;
  };
  Lines audit_lines;
  AuditSettings audit_settings;
  NamespaceAccess access{thread, blocks, groups, settings, Audit(&audit_lines, audit_settings)};
  RecordingAdministration administration;
  EventLoop handlers{"handlers"};  // for tests that start it; what `client` runs elsewhere ends there
  ClientProtocol client{access, administration};
  rpc::CallContext rpc{.user = {.user = "root", .real_user = ""},
                       .client_address = "10.0.0.1",
                       .client_id = std::string(16, 'c'),
                       .call_id = 1,
                       .retry_count = 0,
                       .caller_context = "",
                       .protocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol"};
};

}  // namespace dfs::namenode
