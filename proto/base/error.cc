#include "proto/base/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_map>

namespace dfs {
namespace {

struct Mapping {
  std::string_view java_class;
  int error_number;
  int http_status;
};

constexpr Mapping kMappings[] = {
#define DFS_ERROR(name, java, error_number, http_status) {java, error_number, http_status},
#include "proto/base/error_code.def"
#undef DFS_ERROR
};

const Mapping& mapping_of(ErrorCode code) {
  return kMappings[static_cast<size_t>(code)];
}

ErrorCode code_of_errno(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kDiskOutOfSpace;
    case ENOENT:
      return ErrorCode::kFileNotFound;
    case EEXIST:
      return ErrorCode::kFileAlreadyExists;
    case EACCES:
    case EPERM:
      return ErrorCode::kAccessControl;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return ErrorCode::kConnect;
    case ECONNRESET:
    case EPIPE:
      return ErrorCode::kEof;
    case ETIMEDOUT:
      return ErrorCode::kTimeout;
    case ECANCELED:
      return ErrorCode::kCancelled;
    case EIO:
    case EROFS:
    case ENXIO:
    case ENODEV:
    case EUCLEAN:
      return ErrorCode::kDiskError;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

Error Error::from_java(std::string_view java_class, std::string message) {
  static const auto* const codes = [] {
    auto* map = new std::unordered_map<std::string_view, ErrorCode>;
    for (size_t i = 0; i < std::size(kMappings); ++i) map->try_emplace(kMappings[i].java_class, ErrorCode(i));
    return map;
  }();
  if (auto found = codes->find(java_class); found != codes->end()) return Error(found->second, std::move(message));
  Error error(ErrorCode::kRemote, std::move(message));
  error.remote_class_ = java_class;
  return error;
}

Error Error::from_errno(int error_number, std::string_view what) {
  std::string message(what);
  message += ": ";
  message += std::strerror(error_number);
  return Error(code_of_errno(error_number), std::move(message));
}

Error Error::within(std::string_view context) && {
  message_.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

std::string_view Error::java_class() const {
  return remote_class_.empty() ? mapping_of(code_).java_class : std::string_view(remote_class_);
}
int Error::error_number() const {
  return mapping_of(code_).error_number;
}
int Error::http_status() const {
  return mapping_of(code_).http_status;
}

std::string Error::to_string() const {
  std::string_view name = java_class();
  if (size_t dot = name.find_last_of(".$"); dot != std::string_view::npos) name.remove_prefix(dot + 1);
  return std::string(name) + ": " + message_;
}

}  // namespace dfs
