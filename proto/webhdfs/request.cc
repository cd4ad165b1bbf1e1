#include "proto/webhdfs/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>

#include "proto/base/utf8.h"

namespace dfs::webhdfs {
namespace {

constexpr uint16_t kPermissionMax = 01777;

template <class Number>
std::optional<Number> parse_number(std::string_view text, int radix) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
}

bool is_letter(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_';
}

// dfs.webhdfs.user.provider.user.pattern
bool is_user_name(std::string_view name) {
  if (name.empty() || !is_letter(name.front())) return false;
  if (name.back() == '$') name.remove_suffix(1);
  return std::ranges::all_of(name,
                             [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

std::string_view simple_name(std::string_view java_class) {
  size_t at = java_class.find_last_of(".$");
  return at == java_class.npos ? java_class : java_class.substr(at + 1);
}

// JSON is UTF-8; a message may quote bytes that are not.
std::string printable(std::string_view text) {
  std::string result(text);
  if (is_utf8(text)) return result;
  std::ranges::replace_if(result, [](char c) { return uint8_t(c) >= 0x80; }, '?');
  return result;
}

}  // namespace

Result<std::optional<std::string>> path_of(std::string_view url_path) {
  if (!url_path.starts_with(kPrefix)) return std::nullopt;
  std::string_view path = url_path.substr(kPrefix.size());
  if (path.empty()) return "/";
  if (path.front() != '/') return std::nullopt;
  if (!is_utf8(path) || path.contains('\0')) return fail(ErrorCode::kInvalidArgument, "The path is not a valid name");
  return std::string(path);
}

bool is_valid_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  if (path.empty()) return true;
  if (path.ends_with('/')) path.remove_suffix(1);
  while (true) {
    size_t end = std::min(path.find('/'), path.size());
    std::string_view name = path.substr(0, end);
    if (name.empty() || name == "." || name == ".." || name.contains(':')) return false;
    if (end == path.size()) return true;
    path.remove_prefix(end + 1);
  }
}

Error invalid_parameter(std::string_view name, std::string_view problem) {
  return {ErrorCode::kInvalidArgument, fmt::format("Invalid value for webhdfs parameter \"{}\": {}", name, problem)};
}

std::optional<std::string> Parameters::text(std::string_view name) const {
  auto found = query_.find(name);
  if (!found || found->empty()) return std::nullopt;
  return std::string(*found);
}

Result<std::string> Parameters::required(std::string_view name, std::string_view operation) const {
  if (auto value = text(name)) return *value;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Required param {} for op: {} is null or empty", name, operation));
}

Result<std::optional<int64_t>> Parameters::integer(std::string_view name, int64_t min, int64_t max) const {
  auto given = text(name);
  if (!given || *given == "null") return std::nullopt;
  auto value = parse_number<int64_t>(*given, 10);
  if (!value)
    return fail(invalid_parameter(name, fmt::format("Failed to parse \"{}\" as a radix-10 long integer.", *given)));
  if (*value < min) {
    return fail(invalid_parameter(name, fmt::format("Invalid parameter range: {} = {} < {}", name, *value, min)));
  }
  if (*value > max) {
    return fail(invalid_parameter(name, fmt::format("Invalid parameter range: {} = {} > {}", name, *value, max)));
  }
  return value;
}

Result<bool> Parameters::boolean(std::string_view name, bool otherwise) const {
  auto given = text(name);
  if (!given) return otherwise;
  std::string value = *given;
  std::ranges::transform(value, value.begin(), lower);
  if (value == "true") return true;
  if (value == "false") return false;
  return fail(invalid_parameter(name, fmt::format("Failed to parse \"{}\" to Boolean.", *given)));
}

Result<std::optional<uint16_t>> Parameters::permission(std::string_view name) const {
  auto given = text(name);
  if (!given || *given == "null") return std::nullopt;
  auto value = parse_number<int16_t>(*given, 8);
  if (!value)
    return fail(invalid_parameter(name, fmt::format("Failed to parse \"{}\" as a radix-8 short integer.", *given)));
  if (*value < 0 || *value > kPermissionMax) {
    return fail(invalid_parameter(
        name, fmt::format("Invalid parameter range: {} = {} {}", name, *given, *value < 0 ? "< 0" : "> 1777")));
  }
  return uint16_t(*value);
}

Result<std::string> Parameters::path(std::string_view name, std::string_view operation) const {
  DFS_TRY(std::string given, required(name, operation));
  if (!given.starts_with('/')) {
    return fail(invalid_parameter(
        name, fmt::format("Invalid parameter value: {} = \"{}\" is not an absolute path.", name, given)));
  }
  if (!is_utf8(given) || given.contains('\0')) return fail(invalid_parameter(name, "The path is not a valid name"));
  auto [first, last] = std::ranges::unique(given, [](char a, char b) { return a == '/' && b == '/'; });
  given.erase(first, last);
  return given;
}

Result<security::Identity> Parameters::identity() const {
  std::string user(kNobody);
  if (auto named = text("user.name")) user = *named;
  if (!is_user_name(user)) {
    return fail(invalid_parameter("user.name", fmt::format("Invalid value: \"{}\" does not belong to the domain "
                                                           "^[A-Za-z_][A-Za-z0-9._-]*[$]?$",
                                                           user)));
  }
  auto represented = text("doas");
  if (!represented || *represented == user) return security::Identity{.user = user, .real_user = {}};
  if (!is_user_name(*represented)) {
    return fail(
        invalid_parameter("doas", fmt::format("Invalid value: \"{}\" is not the name of a user", *represented)));
  }
  return security::Identity{.user = *represented, .real_user = user};
}

std::string Parameters::operation() const {
  std::string name = text("op").value_or(std::string());
  std::ranges::transform(name, name.begin(), upper);
  return name;
}

http::Response json_response(std::string body) {
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-cache");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

http::Response empty_response() {
  http::Response response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("Cache-Control", "no-cache");
  return response;
}

http::Response remote_exception(const Error& error) {
  boost::json::object exception;
  exception["exception"] = printable(simple_name(error.java_class()));
  exception["javaClassName"] = printable(error.java_class());
  exception["message"] = printable(error.message());
  boost::json::object body;
  body["RemoteException"] = std::move(exception);
  http::Response response = json_response(boost::json::serialize(body));
  response.status = unsigned(error.http_status());
  return response;
}

}  // namespace dfs::webhdfs
