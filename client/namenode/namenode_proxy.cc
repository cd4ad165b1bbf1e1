#include "client/namenode/namenode_proxy.h"

#include <google/protobuf/message_lite.h>

#include <algorithm>
#include <random>

#include "proto/base/check.h"
#include "proto/base/task.h"
#include "proto/rpc/client.h"

namespace dfs::client {
namespace {

constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{2000};

std::string random_client_id() {
  std::random_device source;
  std::string id(16, '\0');
  for (char& byte : id) byte = char(source());
  return id;
}

enum class Repeat { kNo, kSameServer, kNextServer };

Repeat repeat_after(ErrorCode code) {
  switch (code) {
    case ErrorCode::kRetriable:
      return Repeat::kSameServer;
    case ErrorCode::kStandby:
    case ErrorCode::kConnect:
    case ErrorCode::kEof:
    case ErrorCode::kTimeout:
      return Repeat::kNextServer;
    default:
      return Repeat::kNo;
  }
}

// Says whom we could not reach, and what to look at.
Error explained(Error error) {
  if (error.code() != ErrorCode::kConnect && error.code() != ErrorCode::kUnknownHost) return error;
  return Error(error.code(), "cannot reach the NameNode: " + error.message() +
                                 " (is it running, and is fs.defaultFS or the hdfs:// address right?)");
}

}  // namespace

struct NamenodeProxy::State {
  asio::any_io_executor executor;
  Settings settings;
  std::vector<std::unique_ptr<rpc::Client>> clients;
  size_t current = 0;
  bool ever_answered = false;
};

NamenodeProxy::NamenodeProxy(asio::any_io_executor executor, Settings settings) : state_(std::make_unique<State>()) {
  DFS_CHECK(!settings.servers.empty());
  state_->executor = executor;
  state_->settings = std::move(settings);
  const std::string client_id = random_client_id();
  for (const Endpoint& server : state_->settings.servers) {
    rpc::Client::Settings client;
    client.server = server;
    client.protocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol";
    client.user = state_->settings.user;
    client.client_id = client_id;
    client.call_deadline = state_->settings.call_deadline;
    client.connect_deadline = std::min(state_->settings.connect_deadline, state_->settings.call_deadline);
    state_->clients.push_back(std::make_unique<rpc::Client>(executor, std::move(client)));
  }
}

NamenodeProxy::~NamenodeProxy() = default;

const security::Identity& NamenodeProxy::user() const {
  return state_->settings.user;
}
asio::any_io_executor NamenodeProxy::executor() const {
  return state_->executor;
}

Task<Result<void>> NamenodeProxy::call(std::string_view method, const google::protobuf::MessageLite& request,
                                       google::protobuf::MessageLite& response) {
  const auto started = std::chrono::steady_clock::now();
  rpc::Client::CallId id = state_->clients[state_->current]->next_call_id();
  std::chrono::milliseconds pause = kFirstPause;
  while (true) {
    const size_t server = state_->current;
    response.Clear();
    Result<void> answer = co_await state_->clients[server]->call(method, request, response, id);
    if (answer) {
      state_->ever_answered = true;
      co_return answer;
    }
    Error error = without_stack_trace(std::move(answer).error());
    const Repeat repeat = repeat_after(error.code());
    if (error.code() != ErrorCode::kConnect && error.code() != ErrorCode::kEof && error.code() != ErrorCode::kTimeout)
      state_->ever_answered = true;
    const auto patience =
        state_->ever_answered ? state_->settings.call_deadline : state_->settings.first_contact_deadline;
    if (repeat == Repeat::kNo || co_await cancelled() || std::chrono::steady_clock::now() + pause > started + patience)
      co_return fail(explained(std::move(error)));
    if (repeat == Repeat::kNextServer && state_->current == server)
      state_->current = (server + 1) % state_->clients.size();
    ++id.retry_count;
    DFS_CO_TRY_OK(co_await sleep_for(pause));
    pause = std::min(pause * 2, kLongestPause);
  }
}

Task<void> NamenodeProxy::close() {
  for (auto& client : state_->clients) co_await client->close();
}

Error without_stack_trace(Error error) {
  const size_t cut = error.message().find("\n\tat ");
  if (cut == std::string::npos) return error;
  return Error::from_java(error.java_class(), error.message().substr(0, cut));
}

}  // namespace dfs::client
