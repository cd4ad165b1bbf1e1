#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace dfs {

enum class ErrorCode : uint8_t {
#define DFS_ERROR(name, java, error_number, http_status) name,
#include "proto/base/error_code.def"
#undef DFS_ERROR
};

// What a caller can react to (the code) and what a person reads (the message, no trailing newline).
//
// An error that came over the wire with a Java class that is not in error_code.def has the code kRemote and
// keeps that class in `remote_class`, so that it can be shown and passed on unchanged.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  // Decodes a Java exception class as it stands in an RPC response or a RemoteException.
  static Error from_java(std::string_view java_class, std::string message);
  // `what` names the operation and its object, e.g. "open /data/current/VERSION". ENOSPC becomes
  // kDiskOutOfSpace, ENOENT kFileNotFound, EACCES and EPERM kAccessControl, connection errors kConnect or
  // kEof, ETIMEDOUT kTimeout, EIO and what else a failing disk answers kDiskError, every other errno kIo. The message
  // ends in strerror's text.
  static Error from_errno(int error_number, std::string_view what);

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  // The same error, its message preceded by "`context`: ".
  Error within(std::string_view context) &&;

  std::string_view java_class() const;
  int error_number() const;
  int http_status() const;
  // "FileNotFoundException: File does not exist: /x", for logs and for people.
  std::string to_string() const;

 private:
  ErrorCode code_;
  std::string remote_class_;
  std::string message_;
};

template <class T>
using Result = std::expected<T, Error>;

// `return fail(ErrorCode::kIo, "...")`, likewise with co_return.
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace dfs

#define DFS_CONCAT_INNER(a, b) a##b
#define DFS_CONCAT(a, b) DFS_CONCAT_INNER(a, b)

// DFS_TRY(Path path, Path::parse(text)): declares and continues, or returns the error. DFS_CO_TRY in coroutines.
#define DFS_TRY_WITH(leave, result, declaration, ...) \
  auto result = (__VA_ARGS__);                        \
  if (!result) [[unlikely]]                           \
    leave std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)
#define DFS_TRY(declaration, ...) DFS_TRY_WITH(return, DFS_CONCAT(dfs_result_, __COUNTER__), declaration, __VA_ARGS__)
#define DFS_CO_TRY(declaration, ...) \
  DFS_TRY_WITH(co_return, DFS_CONCAT(dfs_result_, __COUNTER__), declaration, __VA_ARGS__)

// The same for a Result whose value is void or not wanted.
#define DFS_CHECK_OK_WITH(leave, ...)                       \
  do {                                                      \
    auto dfs_result = (__VA_ARGS__);                        \
    if (!dfs_result) [[unlikely]]                           \
      leave std::unexpected(std::move(dfs_result).error()); \
  } while (false)
#define DFS_TRY_OK(...) DFS_CHECK_OK_WITH(return, __VA_ARGS__)
#define DFS_CO_TRY_OK(...) DFS_CHECK_OK_WITH(co_return, __VA_ARGS__)
