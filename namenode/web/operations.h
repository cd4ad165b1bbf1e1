#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "namenode/web/client_calls.h"
#include "namenode/web/webhdfs.h"
#include "proto/http/message.h"
#include "proto/webhdfs/request.h"

namespace dfs::namenode {

// Java's Long.MAX_VALUE: as large as a number in a query may be.
inline constexpr int64_t kLongMax = std::numeric_limits<int64_t>::max();

// One WebHDFS request while it is answered. What it refers to lives until then.
struct WebCall {
  ClientCalls& calls;
  const webhdfs::Parameters& parameters;
  const WebHdfs::Settings& settings;
  std::string path;
  std::string operation;
};

// An operation that is one or two calls of ClientProtocol and a short answer.
using WebOperation = Task<Result<http::Response>> (*)(WebCall call);
using WebOperations = std::map<std::string_view, WebOperation>;

// Null for other HTTP methods. Redirected and streamed operations are not among them.
const WebOperations* web_operations(std::string_view http_method);

}  // namespace dfs::namenode
