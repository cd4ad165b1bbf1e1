#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "proto/base/task.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

// Calls ClientProtocol in this process, in the name of one HTTP request. Lives until the calls have ended.
class ClientCalls {
 public:
  ClientCalls(rpc::Protocol& protocol, security::Identity user, std::string address) : protocol_(protocol) {
    context_.user = std::move(user);
    context_.client_address = std::move(address);
    context_.call_id = kNotFromRpc;
    context_.protocol = "webhdfs";
  }

  const security::Identity& user() const { return context_.user; }
  const std::string& address() const { return context_.client_address; }

  template <class Response, class Request>
  Task<Result<Response>> call(std::string_view method, Request request) {
    std::string bytes = request.SerializeAsString();
    rpc::Reply reply = protocol_.call(method, as_bytes(bytes), context_);
    Result<std::string> answer = co_await rpc::as_task(std::move(reply));
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Response response;
    if (!response.ParseFromString(*answer)) co_return fail(ErrorCode::kCorruptFormat, std::string(method));
    co_return response;
  }

 private:
  // RpcConstants.INVALID_CALL_ID: HTTP requests carry no identity by which a repetition could be known.
  static constexpr int32_t kNotFromRpc = -2;

  rpc::Protocol& protocol_;
  rpc::CallContext context_;
};

}  // namespace dfs::namenode
