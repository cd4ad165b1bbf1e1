#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/error.h"

namespace dfs::http {

// Header fields or query parameters in their order; names of fields are compared without case.
class Fields {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  std::optional<std::string_view> find(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;  // "GET", as sent
  std::string target;  // as sent: path and query
  std::string path;    // %-decoded; may hold any byte
  Fields query;        // %-decoded, '+' is a space; parameter names are compared without case, as WebHDFS does
  Fields headers;
  std::string client_address;  // IP alone
  bool has_body = false;
};

struct Response {
  unsigned status = 200;
  Fields headers;  // without Content-Length and Transfer-Encoding
  std::string body;
};

// "a b/ä" as it stands in a URL. `kPath` keeps '/'; `kQuery` keeps nothing but unreserved characters.
enum class EncodeFor { kPath, kQuery };
std::string percent_encode(std::string_view text, EncodeFor where);

// Splits and decodes a request target. kInvalidArgument where it is no valid origin-form target.
Result<void> parse_target(std::string_view target, Request& into);

}  // namespace dfs::http
