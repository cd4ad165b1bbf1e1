#include <fmt/format.h>

#include <charconv>

#include "proto/io/stream.h"

namespace dfs {

Result<Endpoint> Endpoint::parse(std::string_view text, uint16_t default_port) {
  auto invalid = [&](std::string_view problem) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\" is not an address: {}; write host:port", text, problem));
  };
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return invalid("the closing bracket is missing");
    host = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return invalid("only a port may follow the bracket");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (size_t colon = text.find(':'); colon != std::string_view::npos && text.rfind(':') == colon) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) return invalid("the host is missing");
  if (host.find_first_of(" \t\r\n/@?#") != std::string_view::npos) return invalid("a host has no such characters");
  Endpoint endpoint{std::string(host), default_port};
  if (has_port) {
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc() || end != port.data() + port.size()) return invalid("a port is a number up to 65535");
  }
  return endpoint;
}

std::string Endpoint::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

}  // namespace dfs
