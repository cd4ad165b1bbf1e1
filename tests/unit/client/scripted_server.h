#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <mutex>

#include "client/namenode/client_thread.h"
#include "client/namenode/namenode.h"
#include "proto/base/event_loop.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/rpc/server.h"

namespace dfs::client {

inline constexpr const char* kClientProtocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol";
inline constexpr const char* kClientDatanodeProtocol = "org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol";

// A server of one Java interface whose answers the test writes down. on() before the first call of that method.
class ScriptedServer : public rpc::Protocol {
 public:
  explicit ScriptedServer(std::string protocol) : protocol_(std::move(protocol)), proxy_users_({}, groups_) {
    server_.emplace(rpc::Server::Settings{.listen = {"127.0.0.1", 0}},
                    std::vector<asio::any_io_executor>{loop_.executor()}, std::vector<rpc::Protocol*>{this},
                    proxy_users_);
    loop_.start();
    EXPECT_TRUE(server_->start());
  }
  ~ScriptedServer() override { stop(); }
  void stop() {
    if (!server_) return;
    server_->stop();
    loop_.stop();
    server_.reset();
  }

  template <class Request, class Response>
  void on(const std::string& method, std::function<Result<Response>(const Request&)> answer) {
    std::lock_guard lock(mutex_);
    answers_[method] = [answer](ByteView bytes) -> Result<std::string> {
      Request request;
      if (!request.ParseFromArray(bytes.data(), int(bytes.size()))) return fail(ErrorCode::kRpcServer, "not a request");
      Result<Response> response = answer(request);
      if (!response) return fail(std::move(response).error());
      return response->SerializeAsString();
    };
  }
  // How often `method` was called.
  int calls(const std::string& method) {
    std::lock_guard lock(mutex_);
    return calls_[method];
  }
  Endpoint address() const { return {"127.0.0.1", server_->port()}; }

  std::string_view name() const override { return protocol_; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext&) override {
    std::lock_guard lock(mutex_);
    ++calls_[std::string(method)];
    auto answer = answers_.find(std::string(method));
    if (answer == answers_.end())
      return Result<std::string>(fail(ErrorCode::kNoSuchMethod, "not in the script: " + std::string(method)));
    return answer->second(request);
  }

 private:
  class NoGroups final : public security::GroupMapping {
   public:
    std::vector<std::string> groups_of(const std::string&) const override { return {}; }
    void refresh() override {}
  };

  std::string protocol_;
  EventLoop loop_{"scripted"};
  NoGroups groups_;
  security::ProxyUsers proxy_users_;
  std::mutex mutex_;
  std::map<std::string, std::function<Result<std::string>(ByteView)>> answers_;
  std::map<std::string, int> calls_;
  std::optional<rpc::Server> server_;
};

// A scripted NameNode and our proxy of it on a client's thread.
class ScriptedNamenode : public ScriptedServer {
 public:
  ScriptedNamenode()
      : ScriptedServer(kClientProtocol), proxy_(thread.executor(), proxy_settings()), namenode(proxy_, "client") {}
  ~ScriptedNamenode() override {
    (void)thread.run([](NamenodeProxy& proxy) -> Task<Result<void>> {
      co_await proxy.close();
      co_return Result<void>{};
    }(proxy_));
  }

  ClientThread thread;

 private:
  NamenodeProxy::Settings proxy_settings() const {
    NamenodeProxy::Settings settings;
    settings.servers = {address()};
    settings.user = {"alice", ""};
    settings.call_deadline = std::chrono::milliseconds(10000);
    return settings;
  }
  NamenodeProxy proxy_;

 public:
  Namenode namenode;
};

inline hadoop::hdfs::LocatedBlockProto located_block(uint64_t id, uint64_t offset, uint64_t length) {
  hadoop::hdfs::LocatedBlockProto block;
  block.mutable_b()->set_poolid("BP-1");
  block.mutable_b()->set_blockid(id);
  block.mutable_b()->set_generationstamp(1001);
  block.mutable_b()->set_numbytes(length);
  block.set_offset(offset);
  block.set_corrupt(false);
  auto& token = *block.mutable_blocktoken();
  token.set_identifier("");
  token.set_password("");
  token.set_kind("");
  token.set_service("");
  return block;
}

// A DataNode that listens on loopback: `ipc_port` for RPC, `transfer_port` for blocks.
inline void add_location(hadoop::hdfs::LocatedBlockProto& block, const std::string& uuid, uint16_t ipc_port,
                         uint16_t transfer_port) {
  auto& node = *block.add_locs()->mutable_id();
  node.set_ipaddr("127.0.0.1");
  node.set_hostname("localhost");
  node.set_datanodeuuid(uuid);
  node.set_xferport(transfer_port);
  node.set_infoport(0);
  node.set_ipcport(ipc_port);
  block.add_iscached(false);
  block.add_storagetypes(hadoop::hdfs::DISK);
  block.add_storageids("DS-" + uuid);
}

}  // namespace dfs::client
