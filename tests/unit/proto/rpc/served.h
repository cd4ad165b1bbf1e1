#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "proto/base/event_loop.h"
#include "proto/hadoop/IpcConnectionContext.pb.h"
#include "proto/hadoop/ProtobufRpcEngine2.pb.h"
#include "proto/hadoop/ProtocolInfo.pb.h"
#include "proto/hadoop/RpcHeader.pb.h"
#include "proto/rpc/client.h"
#include "proto/rpc/frames.h"
#include "proto/rpc/method_table.h"
#include "tests/unit/proto/io/run.h"

namespace dfs::rpc {

using namespace std::chrono_literals;
using hadoop::common::RpcRequestHeaderProto;
using hadoop::common::RpcResponseHeaderProto;
// Any message with a string will do for what the tests send to and fro.
using Text = hadoop::common::GetProtocolVersionsRequestProto;

inline constexpr const char* kTestProtocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol";

inline Text text_of(std::string value) {
  Text text;
  text.set_protocol(std::move(value));
  return text;
}

// Keeps calls for another thread to hand them back.
class Keeper {
 public:
  bool await_ready() const { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> waiting) {
    std::lock_guard lock(mutex_);
    kept_.add({waiting.promise().home, waiting});
    ++count_;
  }
  void await_resume() const {}

  size_t count() {
    std::lock_guard lock(mutex_);
    return count_;
  }
  void release() {
    std::lock_guard lock(mutex_);
    count_ = 0;
    kept_.resume_all();
  }

 private:
  std::mutex mutex_;
  Resumptions kept_;
  size_t count_ = 0;
};

// A protocol whose calls answer at once, after a while, when told to, or not at all. Lives on one loop.
class TestService final : public Protocol {
 public:
  explicit TestService(asio::any_io_executor loop) : loop_(loop), gate_(loop, asio::steady_timer::time_point::max()) {
    table_.add("echo", this, &TestService::echo);
    table_.add("echoLater", this, &TestService::echo_later);
    table_.add("wait", this, &TestService::wait);
    table_.add("keep", this, &TestService::keep);
    table_.add("blob", this, &TestService::blob);
    table_.add("who", this, &TestService::who);
    table_.add("fail", this, &TestService::fail_with);
  }
  std::string_view name() const override { return kTestProtocol; }
  uint64_t version() const override { return 1; }
  Reply call(std::string_view method, ByteView request, const CallContext& context) override {
    ++calls;
    return table_.call(method, request, context);
  }
  // Lets the calls of "wait" that wait now go on.
  void release() {
    asio::post(loop_, [this] { gate_.cancel(); });
  }

  std::atomic<int> calls{0};
  std::atomic<int> waiting{0};
  Keeper keeper;  // of the calls of "keep"

 private:
  Result<Text> echo(const Text& request, const CallContext&) { return request; }
  Task<Result<Text>> echo_later(const Text& request, const CallContext&) {
    co_await asio::post(loop_, kAwait);
    co_return request;
  }
  Task<Result<Text>> wait(const Text& request, const CallContext&) {
    ++waiting;
    co_await gate_.async_wait(kAwait);
    --waiting;
    if (co_await cancelled()) co_return fail(ErrorCode::kCancelled, "cancelled");
    co_return request;
  }
  Later<Result<Text>> keep(const Text& request, const CallContext&) {
    if (request.protocol() == "nothing") co_return request;
    co_await keeper;
    if (request.protocol() == "wrong") co_return fail(ErrorCode::kFileNotFound, request.protocol());
    co_return request;
  }
  Result<Text> blob(const Text& request, const CallContext&) {
    return text_of(std::string(std::stoul(request.protocol()), 'x'));
  }
  Result<Text> who(const Text&, const CallContext& context) {
    return text_of(fmt::format("{} {} {} {} {}", context.user.to_string(), context.client_address,
                               context.client_id.size(), context.retry_count, context.caller_context));
  }
  Result<Text> fail_with(const Text& request, const CallContext&) {
    return std::unexpected(Error::from_java(request.protocol(), "the message"));
  }

  asio::any_io_executor loop_;
  asio::steady_timer gate_;
  MethodTable table_;
};

class NoGroups final : public security::GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string&) const override { return {}; }
  void refresh() override {}
};

// A server with the service above on a loop of its own.
class Served {
 public:
  explicit Served(Server::Settings settings = {})
      : service(loop_.executor()),
        proxy_users_({{"hadoop.proxyuser.knox.users", "alice"}, {"hadoop.proxyuser.knox.hosts", "127.0.0.1"}},
                     groups_) {
    settings.listen = {"127.0.0.1", 0};
    server.emplace(settings, std::vector<asio::any_io_executor>{loop_.executor()}, std::vector<Protocol*>{&service},
                   proxy_users_);
    loop_.start();
    EXPECT_TRUE(server->start());
  }
  ~Served() {
    server->stop();
    loop_.stop();
  }
  Endpoint address() const { return {"127.0.0.1", server->port()}; }
  Client::Settings client_settings() const {
    Client::Settings settings;
    settings.server = address();
    settings.protocol = kTestProtocol;
    settings.user = {"alice", ""};
    settings.call_deadline = 10s;
    return settings;
  }

 private:
  EventLoop loop_{"test"};
  NoGroups groups_;

 public:
  TestService service;

 private:
  security::ProxyUsers proxy_users_;

 public:
  std::optional<Server> server;
};

// Waits for what another thread brings about, at most ten seconds.
template <class Condition>
Task<bool> eventually(Condition condition) {
  for (int i = 0; i < 10000; ++i) {
    if (condition()) co_return true;
    (void)co_await sleep_for(1ms);
  }
  co_return false;
}

}  // namespace dfs::rpc
