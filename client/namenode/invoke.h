#pragma once

#include "client/namenode/namenode_proxy.h"
#include "proto/base/task.h"

namespace dfs::client {

template <class Response, class Request>
Task<Result<Response>> invoke(NamenodeProxy& proxy, std::string_view method, Request request) {
  Response response;
  DFS_CO_TRY_OK(co_await proxy.call(method, request, response));
  co_return response;
}

}  // namespace dfs::client
